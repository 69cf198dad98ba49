import { BothyError } from "../../../devices/errors.ts";
import type { Requester } from "../contract.ts";
import { analogCounts, analogDifference } from "./analog.ts";
import { type AskOptions, askSensor, enough } from "./ask.ts";
import type { Hysteresis } from "./reading.ts";
import type { Sensor } from "./sensor.ts";

const setCommand = 0x24;
const getCommand = 0x25;
/** Reserved for a mask that was never defined. */
const noMask = 0xff;

/** How far a reading must go back. */
export interface HysteresisOf {
  readonly raw: Hysteresis;
  /** In the unit of `sensor.analog.quantity.output`; absent when a raw count is not worth the same everywhere. */
  readonly values?: Hysteresis;
}

/** Raw counts with what they are worth. */
export function hysteresisOf(sensor: Sensor, raw: Hysteresis = sensor.hysteresis): HysteresisOf {
  const { positive, negative } = raw;
  const counts = { positive, negative };
  const worth = (n: number): number | undefined =>
    sensor.analog === undefined ? undefined : analogDifference(sensor.analog, n);
  const values = { positive: worth(positive), negative: worth(negative) };
  return values.positive === undefined || values.negative === undefined
    ? { raw: counts }
    : { raw: counts, values: { positive: values.positive, negative: values.negative } };
}

/** Get Sensor Hysteresis. IPMI v2.0 §35.7. @throws BothyError */
export async function readHysteresis(
  requester: Requester,
  sensor: Sensor,
  options: AskOptions = {},
): Promise<HysteresisOf> {
  const data = await askSensor(requester, sensor, getCommand, [noMask], options);
  const answer = enough(sensor, data, 2);
  return hysteresisOf(sensor, { positive: answer.readUInt8(0), negative: answer.readUInt8(1) });
}

/**
 * Sets both to the nearest raw counts. Set Sensor Hysteresis, IPMI v2.0 §35.6.
 * @param values in the unit of `sensor.analog.quantity.output`, not negative
 * @returns what the BMC was told
 * @throws BothyError `NOT_WRITABLE`, `OUT_OF_RANGE`, and whatever the BMC has against it
 */
export async function setHysteresis(
  requester: Requester,
  sensor: Sensor,
  values: Hysteresis,
  options: AskOptions = {},
): Promise<HysteresisOf> {
  const raw = { positive: countsFor(sensor, values.positive), negative: countsFor(sensor, values.negative) };
  await askSensor(requester, sensor, setCommand, [noMask, raw.positive, raw.negative], options);
  return hysteresisOf(sensor, raw);
}

function countsFor({ name, analog, hysteresis }: Sensor, value: number): number {
  const source = `${name} hysteresis`;
  const counts = analog === undefined ? undefined : analogCounts(analog, value);
  const max = analog === undefined ? undefined : analogDifference(analog, 255);
  if (counts === undefined || max === undefined || hysteresis.access !== "settable")
    throw new BothyError("NOT_WRITABLE", { source });
  if (value >= 0 && value <= max) return counts;
  throw new BothyError("OUT_OF_RANGE", { source, value, min: 0, max, unit: "" });
}
