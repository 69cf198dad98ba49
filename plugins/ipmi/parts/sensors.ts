import { type Device, valuesOf } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import type { Reading } from "../../../devices/reading.ts";
import type { AskOptions } from "../answer.ts";
import type { RawThresholds } from "../sdr/model.ts";
import { readAll, unreadable } from "../sensors/read.ts";
import type { SensorReading } from "../sensors/reading.ts";
import type { Sensor } from "../sensors/sensor.ts";
import type { Host } from "./host.ts";
import type { Part, PartDeps } from "./part.ts";
import { chosen, sensorDevice, sensorReadings } from "./sensor-device.ts";

/** Thresholds by name, in the unit of the value, for people. */
export type Limits = Readonly<Record<string, string>>;

/** What is known of sensors besides their records; may become better at any time. */
export interface SensorFacts {
  /** What Get Sensor Thresholds said, by key. */
  readonly thresholds: ReadonlyMap<string, { readonly raw: RawThresholds }>;
  /** See `ReadOptions` of sensors. */
  readonly ignoreScanning: boolean;
  limitsOf(sensor: Sensor): Limits;
}

/** "It only sends events": asking again is no use. */
const illegal = 0xcd;

/** All sensors that can be read, in one poll: the session keeps as many requests under way as the BMC bears. */
export function sensorsPart(
  deps: PartDeps,
  host: Host,
  sensors: readonly Sensor[],
  facts: SensorFacts,
): Part {
  const { clock, settings } = deps;
  const wanted = chosen(sensors, settings).filter((sensor) => unreadable(sensor) === undefined);
  const names = new Map<string, number>();
  for (const { name } of wanted) names.set(name, (names.get(name) ?? 0) + 1);
  const pairs = wanted.map((sensor) => ({
    sensor,
    device: sensorDevice(settings, sensor, names.get(sensor.name) === 1),
  }));
  const useless = new Map<string, SensorReading>();
  const read = async (options: AskOptions): Promise<readonly Reading[]> => {
    const asked = wanted.filter(({ key }) => !useless.has(key));
    const said = new Map(useless);
    const answers = await readAll(deps.bmc, asked, {
      ...sensorAsk(options),
      thresholds: facts.thresholds,
      ignoreScanning: facts.ignoreScanning,
    });
    asked.forEach((sensor, i) => {
      const answer = answers[i];
      if (answer === undefined) return;
      said.set(sensor.key, answer);
      if (answer.completion === illegal) useless.set(sensor.key, answer);
    });
    const someAreAbsent = [...said.values()].some(({ unavailable }) => unavailable !== undefined);
    const isOff = someAreAbsent ? (await host.isOn(settings.fast, options)) === false : host.on === false;
    const at = clock.now();
    return pairs.flatMap(({ sensor, device }) =>
      readingsOf(device, sensor, said, at, { isOff, limits: facts.limitsOf(sensor) }),
    );
  };
  const devices = pairs.map(({ device }) => device);
  const values = devices.flatMap(valuesOf);
  return {
    devices,
    polls: values.length === 0 ? [] : [{ id: "sensors", period: settings.fast, values, read }],
  };
}

/** Absent is not the same as undefined there. */
const sensorAsk = ({ priority, signal }: AskOptions) => ({
  ...(priority === undefined ? {} : { priority }),
  ...(signal === undefined ? {} : { signal }),
});

function readingsOf(
  device: Device,
  sensor: Sensor,
  said: ReadonlyMap<string, SensorReading>,
  at: number,
  more: Parameters<typeof sensorReadings>[4],
): readonly Reading[] {
  const answer = said.get(sensor.key);
  if (answer !== undefined) return sensorReadings(device, sensor, answer, at, more);
  const { code, message } = new BothyError("INTERNAL", { source: device.info, fault: "it was not asked" });
  return valuesOf(device).map((id) => ({ id, at, quality: "bad", reason: { code, text: message } }));
}

/** Sensors that never have a reading, and why, for people. What they have to say may stand in the event log. */
export const unread = (sensors: readonly Sensor[]): Readonly<Record<string, readonly string[]>> => {
  const reasons: Record<string, string[]> = {};
  for (const sensor of sensors) {
    const why = unreadable(sensor);
    if (why !== undefined) (reasons[why] ??= []).push(sensor.name);
  }
  return reasons;
};
