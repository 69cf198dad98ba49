import { BothyError } from "../../../devices/errors.ts";
import { outputs } from "../../../devices/output.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { type Factors, type RawThresholds, type ThresholdName, thresholdNames } from "../sdr/model.ts";
import { type Analog, analogRaw, analogValue } from "./analog.ts";
import { type AskOptions, askSensor, enough } from "./ask.ts";
import { readFactors, unreadable } from "./read.ts";
import { type Sensor, thresholdsIn } from "./sensor.ts";

const setCommand = 0x26;
const getCommand = 0x27;

export type ThresholdValues = Readonly<Partial<Record<ThresholdName, number>>>;

/** The thresholds of one sensor. */
export interface Thresholds {
  readonly raw: RawThresholds;
  /** In the unit of `sensor.analog.quantity.output`; without those whose raw byte has no value. */
  readonly values: ThresholdValues;
}

/** The values of raw thresholds. @param factors by raw byte, for sensors that are not linear */
export function thresholdValues(
  analog: Analog | undefined,
  raw: RawThresholds,
  factors: ReadonlyMap<number, Factors> = new Map(),
): ThresholdValues {
  if (analog === undefined) return {};
  return Object.fromEntries(
    thresholdNames.flatMap((name) => {
      const byte = raw[name];
      const value = byte === undefined ? undefined : analogValue(analog, byte, factors.get(byte));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The thresholds in force: what the BMC says, or the record where the BMC cannot be asked or refuses to tell. Get Sensor
 * Thresholds, IPMI v2.0 §35.9.
 * @throws BothyError when nobody answered, or there is no session
 */
export async function readThresholds(
  requester: Requester,
  sensor: Sensor,
  options: AskOptions = {},
): Promise<Thresholds> {
  const raw = await rawThresholds(requester, sensor, options);
  const factors = new Map<number, Factors>();
  if (sensor.analog?.isNonLinear === true && unreadable(sensor) === undefined) {
    for (const byte of new Set(Object.values(raw))) {
      const found = await unlessRefused(readFactors(requester, sensor, byte, options));
      if (found !== undefined) factors.set(byte, found);
    }
  }
  return { raw, values: thresholdValues(sensor.analog, raw, factors) };
}

/**
 * The thresholds of all sensors that have some, by `sensor.key`, asked for at once. Those of a controller behind the BMC
 * that does not answer are not among them.
 * @throws BothyError when nobody answered, or there is no session
 */
export async function readAllThresholds(
  requester: Requester,
  sensors: readonly Sensor[],
  options: AskOptions = {},
): Promise<ReadonlyMap<string, Thresholds>> {
  const having = sensors.filter(({ thresholds }) => thresholds.readable.length > 0);
  const all = having.map(async (sensor): Promise<readonly (readonly [string, Thresholds])[]> => {
    try {
      return [[sensor.key, await readThresholds(requester, sensor, options)]];
    } catch (thrown) {
      if (sensor.target === undefined) throw thrown;
      return [];
    }
  });
  return new Map((await Promise.all(all)).flat());
}

async function rawThresholds(
  requester: Requester,
  sensor: Sensor,
  options: AskOptions,
): Promise<RawThresholds> {
  const { access, readable, raw } = sensor.thresholds;
  if (readable.length === 0 || access === "fixed" || unreadable(sensor) !== undefined) return raw;
  const asked = askSensor(requester, sensor, getCommand, [], options);
  const data = await unlessRefused(asked.then((answer) => enough(sensor, answer, 1)));
  if (data === undefined) return raw;
  const given = thresholdsIn(data[0] ?? 0).flatMap((name) => {
    const byte = data[1 + thresholdNames.indexOf(name)];
    return byte === undefined ? [] : [[name, byte] as const];
  });
  return Object.fromEntries(given);
}

/** A completion code or a short answer is about this sensor alone: undefined. Everything else is thrown. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (completionOf(thrown) !== undefined) return undefined;
    if (thrown instanceof BothyError && thrown.code === "SHORT_FRAME") return undefined;
    throw thrown;
  }
}

/**
 * Sets thresholds, each to the nearest raw byte. Set Sensor Thresholds, IPMI v2.0 §35.8.
 * @param values in the unit of `sensor.analog.quantity.output`
 * @returns what the BMC was told: nearest to `values`, not the same
 * @throws BothyError `NOT_WRITABLE` for a threshold that cannot be set, `OUT_OF_RANGE` for a value no raw byte has, and
 *   whatever the BMC has against it
 */
export async function setThresholds(
  requester: Requester,
  sensor: Sensor,
  values: ThresholdValues,
  options: AskOptions = {},
): Promise<Thresholds> {
  const bytes = [0, 0, 0, 0, 0, 0];
  let mask = 0;
  const raw: Partial<Record<ThresholdName, number>> = {};
  thresholdNames.forEach((name, bit) => {
    const value = values[name];
    if (value === undefined) return;
    raw[name] = bytes[bit] = rawFor(sensor, name, value);
    mask |= 1 << bit;
  });
  if (mask !== 0) await askSensor(requester, sensor, setCommand, [mask, ...bytes], options);
  return { raw, values: thresholdValues(sensor.analog, raw) };
}

function rawFor({ analog, name: sensor, thresholds }: Sensor, name: ThresholdName, value: number): number {
  const source = `${sensor} ${name}`;
  if (analog === undefined || analog.isNonLinear || !thresholds.settable.includes(name))
    throw new BothyError("NOT_WRITABLE", { source });
  const { min, max } = rangeOf(analog);
  const slack = (analog.step ?? 0) / 2;
  const raw = analogRaw(analog, value);
  if (raw !== undefined && value >= min - slack && value <= max + slack) return raw;
  const unit = outputs.get(analog.quantity.output)?.unit?.symbol ?? "";
  throw new BothyError("OUT_OF_RANGE", { source, value, min, max, unit });
}

/** The least and the greatest value a raw byte can have. */
function rangeOf(analog: Analog): { min: number; max: number } {
  const values = Array.from({ length: 256 }, (_, raw) => analogValue(analog, raw)).filter(
    (value) => value !== undefined,
  );
  return { min: Math.min(...values), max: Math.max(...values) };
}
