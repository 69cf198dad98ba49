import { type Priority } from "../../../devices/plugin.ts";
import { BothyError } from "../../../devices/errors.ts";
import type { Requester } from "../contract.ts";
import type { Sensor } from "./sensor.ts";

export interface AskOptions {
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

const sensorFunction = 0x04;

/** Sends a sensor command to whoever owns the sensor. @throws BothyError `NO_PATH` when nobody does */
export async function askSensor(
  requester: Requester,
  sensor: Sensor,
  command: number,
  data: readonly number[],
  options: AskOptions = {},
): Promise<Buffer> {
  if (sensor.unreachable !== undefined)
    throw new BothyError("NO_PATH", { source: sensor.name, fault: sensor.unreachable });
  return requester.request({
    netFn: sensorFunction,
    command,
    data: Uint8Array.of(sensor.number, ...data),
    lun: sensor.lun,
    ...(sensor.target === undefined ? {} : { target: sensor.target }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** The bytes of an answer, `least` of them at least. @throws BothyError `SHORT_FRAME` */
export function enough(sensor: Sensor, data: Buffer, least: number): Buffer {
  if (data.length >= least) return data;
  throw new BothyError("SHORT_FRAME", {
    source: sensor.name,
    fault: `${data.length} bytes of ${least} at least`,
  });
}
