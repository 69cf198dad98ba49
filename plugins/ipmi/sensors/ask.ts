import { type Priority } from "../../../devices/plugin.ts";
import { BothyError } from "../../../devices/errors.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import type { Sensor } from "./sensor.ts";

export interface AskOptions {
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

const sensorFunction = 0x04;

/** Sends a sensor command to whoever owns the sensor. @throws BothyError `NO_PATH` when nobody does */
export function askSensor(
  requester: Requester,
  sensor: Sensor,
  command: number,
  data: readonly number[],
  options: AskOptions = {},
): Promise<Buffer> {
  const { name, number, lun, target, unreachable } = sensor;
  if (unreachable !== undefined)
    return Promise.reject(new BothyError("NO_PATH", { source: name, fault: unreachable }));
  // Filled in step by step: this runs for every reading of every sensor.
  const request: Draft = { netFn: sensorFunction, command, data: Uint8Array.of(number, ...data), lun };
  if (target !== undefined) request.target = target;
  if (options.priority !== undefined) request.priority = options.priority;
  if (options.signal !== undefined) request.signal = options.signal;
  return requester.request(request);
}

type Draft = { -readonly [Name in keyof IpmiRequest]: IpmiRequest[Name] };

/** The bytes of an answer, `least` of them at least. @throws BothyError `SHORT_FRAME` */
export function enough(sensor: Sensor, data: Buffer, least: number): Buffer {
  if (data.length >= least) return data;
  throw new BothyError("SHORT_FRAME", {
    source: sensor.name,
    fault: `${data.length} bytes of ${least} at least`,
  });
}
