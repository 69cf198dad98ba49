import { type RawThresholds, type ThresholdName, thresholdNames } from "../sdr/model.ts";
import { analogRaw } from "./analog.ts";
import { fromRaw } from "./conversion.ts";
import type { DecodeOptions, Severity } from "./reading.ts";
import type { Sensor } from "./sensor.ts";

const severityOf: Readonly<Record<ThresholdName, Severity>> = {
  lnc: "non-critical",
  unc: "non-critical",
  lc: "critical",
  uc: "critical",
  lnr: "non-recoverable",
  unr: "non-recoverable",
};
const byBadness: readonly ThresholdName[] = ["lnc", "unc", "lc", "uc", "lnr", "unr"];
/** In the state byte of Get Sensor Reading. */
const bits = Object.fromEntries(thresholdNames.map((name, bit) => [name, 1 << bit])) as Readonly<
  Record<ThresholdName, number>
>;

const isUpper = (name: ThresholdName): boolean => name.startsWith("u");

/** The thresholds that are known for sure: what the BMC gave, or what can never change. */
export const knownThresholds = (sensor: Sensor, given: RawThresholds | undefined): RawThresholds =>
  given ?? (sensor.thresholds.access === "fixed" ? sensor.thresholds.raw : {});

/** Whether a raw byte is at a threshold or beyond. IPMI v2.0 §35.14: raw is compared with raw, both signed. */
function isBeyond(sensor: Sensor, name: ThresholdName, raw: number, threshold: number, slack = 0): boolean {
  const format = sensor.analog?.format ?? "unsigned";
  const above = fromRaw(raw, format) - fromRaw(threshold, format);
  return isUpper(name) ? above >= -slack : above <= slack;
}

/**
 * Thresholds that make no sense because the sensor's own nominal value is beyond them (HP DL140); they count for nothing.
 * Only those its maker set: one that differs from the record's is somebody's will. A nominal value of raw 0 is taken for
 * one that was never filled in.
 */
export function absurdThresholds(sensor: Sensor, thresholds: RawThresholds): readonly ThresholdName[] {
  const { analog } = sensor;
  const nominal = analog?.nominal === undefined ? undefined : analogRaw(analog, analog.nominal);
  if (nominal === undefined || nominal === 0) return [];
  return thresholdNames.filter((name) => {
    const threshold = thresholds[name];
    if (threshold === undefined || threshold !== sensor.thresholds.raw[name]) return false;
    return isBeyond(sensor, name, nominal, threshold);
  });
}

/**
 * The thresholds a reading has crossed, from the mildest to the worst. What the BMC reports is checked where the
 * threshold is known: a crossing it missed counts, one that hysteresis cannot explain does not (Intel S5000). Bits its
 * record does not promise are ignored. IPMI v2.0 §35.14, §36.5.
 * @param reported the state byte of Get Sensor Reading
 */
export function crossedThresholds(
  sensor: Sensor,
  raw: number,
  reported: number,
  options: DecodeOptions,
): readonly ThresholdName[] {
  const known = sensor.analog === undefined ? {} : knownThresholds(sensor, options.thresholds);
  const { positive, negative } = options.hysteresis ?? sensor.hysteresis;
  const crossed = byBadness.filter((name) => {
    const says = (reported & bits[name]) !== 0 && sensor.thresholds.reported.includes(name);
    const threshold = known[name];
    if (threshold === undefined) return says;
    const slack = says ? (isUpper(name) ? positive : negative) : 0;
    return isBeyond(sensor, name, raw, threshold, slack);
  });
  if (crossed.length === 0) return crossed;
  const absurd = absurdThresholds(sensor, known);
  return crossed.filter((name) => !absurd.includes(name));
}

/** How bad the worst crossing is; undefined when the sensor has no thresholds anybody knows of. */
export function crossedSeverity(
  sensor: Sensor,
  crossed: readonly ThresholdName[],
  options: DecodeOptions,
): Severity | undefined {
  const worst = crossed.at(-1);
  if (worst !== undefined) return severityOf[worst];
  if (sensor.thresholds.reported.length > 0) return "ok";
  return Object.keys(knownThresholds(sensor, options.thresholds)).length > 0 ? "ok" : undefined;
}
