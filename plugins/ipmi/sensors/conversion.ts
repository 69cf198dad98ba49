import type { AnalogFormat, Factors } from "../sdr/model.ts";

/** How a raw byte becomes a number. IPMI v2.0 §36.3. */
export interface Formula {
  readonly format: AnalogFormat;
  /** 0 linear … 11 cube root, 70h and up: factors differ from reading to reading. */
  readonly linearization: number;
  readonly factors: Factors;
}

/** From this linearisation on, Get Sensor Reading Factors must be asked for each reading. IPMI v2.0 §36.4. */
export const firstNonLinear = 0x70;

interface Curve {
  readonly of: (y: number) => number;
  /** All numbers `of` makes the argument from. */
  readonly back: (value: number) => readonly number[];
}

/**
 * By the linearisation's code; IPMI v2.0 table 43-1, byte 24. Code 11 is written "cube to the power of −1": the cube
 * root, as the inverse of the cube. FreeIPMI takes it for 1/x³.
 */
const curves: readonly Curve[] = [
  { of: (y) => y, back: (v) => [v] },
  { of: Math.log, back: (v) => [Math.exp(v)] },
  { of: Math.log10, back: (v) => [10 ** v] },
  { of: Math.log2, back: (v) => [2 ** v] },
  { of: Math.exp, back: (v) => [Math.log(v)] },
  { of: (y) => 10 ** y, back: (v) => [Math.log10(v)] },
  { of: (y) => 2 ** y, back: (v) => [Math.log2(v)] },
  { of: (y) => 1 / y, back: (v) => [1 / v] },
  { of: (y) => y * y, back: (v) => [Math.sqrt(v), -Math.sqrt(v)] },
  { of: (y) => y ** 3, back: (v) => [Math.cbrt(v)] },
  { of: Math.sqrt, back: (v) => (v < 0 ? [] : [v * v]) },
  { of: Math.cbrt, back: (v) => [v ** 3] },
];

/** Non-linear ones are straight once the factors of the reading are known. */
const curveOf = (code: number): Curve | undefined => curves[code >= firstNonLinear ? 0 : code];

/** Division keeps decimals exact where multiplying by a fraction would not. */
const scaled = (value: number, exponent: number): number =>
  exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;

const ranges: Readonly<Record<AnalogFormat, readonly [number, number]>> = {
  unsigned: [0, 255],
  "ones-complement": [-127, 127],
  "twos-complement": [-128, 127],
  none: [0, 255],
};

/** The raw byte as a number, signed as the format says. */
export function fromRaw(raw: number, format: AnalogFormat): number {
  if (format === "twos-complement") return raw < 0x80 ? raw : raw - 0x100;
  if (format === "ones-complement") return raw < 0x80 ? raw : raw - 0xff;
  return raw;
}

/** The raw byte nearest to `x`, within the range of the format. */
export function toRaw(x: number, format: AnalogFormat): number {
  const [low, high] = ranges[format];
  // Adding 0 makes −0 the usual one, here and below.
  const whole = Math.min(high, Math.max(low, Math.round(x))) + 0;
  return whole >= 0 ? whole : whole + (format === "ones-complement" ? 0xff : 0x100);
}

/** (M·x + B·10^K1)·10^K2, computed so that decimals come out exact. */
function straight({ m, b, bExponent, rExponent }: Factors, x: number): number {
  return bExponent < 0
    ? scaled(m * x * 10 ** -bExponent + b, bExponent + rExponent)
    : scaled(m * x + b * 10 ** bExponent, rExponent);
}

function valueAt(formula: Formula, x: number): number | undefined {
  const value = curveOf(formula.linearization)?.of(straight(formula.factors, x));
  return value !== undefined && Number.isFinite(value) ? value + 0 : undefined;
}

/**
 * The value of a raw byte, in the sensor's own unit. IPMI v2.0 §36.3.
 * @param raw 0..255
 * @returns undefined when the sensor has no number, its linearisation is unknown, or the result is not finite
 */
export const valueOfRaw = (formula: Formula, raw: number): number | undefined =>
  formula.format === "none" ? undefined : valueAt(formula, fromRaw(raw, formula.format));

/**
 * The raw byte whose value is nearest to `value`, within the range of the format: for thresholds.
 * @returns undefined when no raw byte could mean it
 */
export function rawOfValue(formula: Formula, value: number): number | undefined {
  const { format, factors, linearization } = formula;
  const { m, b, bExponent, rExponent } = factors;
  if (format === "none" || m === 0) return undefined;
  const candidates = (curveOf(linearization)?.back(value) ?? [])
    .map((y) => (scaled(y, -rExponent) - scaled(b, bExponent)) / m)
    .filter((x) => !Number.isNaN(x))
    .map((x) => toRaw(x, format));
  const off = (raw: number): number => Math.abs((valueOfRaw(formula, raw) ?? Infinity) - value);
  return candidates.sort((one, other) => off(one) - off(other))[0];
}

/** Whether a difference of raw counts means the same everywhere. */
export const isLinear = ({ format, linearization }: Formula): boolean =>
  format !== "none" && linearization === 0;

/**
 * What a difference of `counts` raw counts is worth, e.g. hysteresis: the offset does not enter. IPMI v2.0 §36.5.
 * @returns undefined when the sensor is not linear
 */
export const differenceOf = (formula: Formula, counts: number): number | undefined =>
  isLinear(formula) ? scaled(Math.abs(formula.factors.m) * counts, formula.factors.rExponent) : undefined;

/**
 * The inverse of `differenceOf`, within a byte.
 * @returns undefined when the sensor is not linear
 */
export function countsOf(formula: Formula, difference: number): number | undefined {
  if (!isLinear(formula) || formula.factors.m === 0) return undefined;
  const counts = scaled(difference, -formula.factors.rExponent) / Math.abs(formula.factors.m);
  return Math.min(255, Math.max(0, Math.round(counts)));
}

/** Whether a larger raw byte means a smaller value. */
export const isFalling = ({ linearization, factors }: Formula): boolean =>
  factors.m < 0 !== (linearization === 7);

/** How far the value of a raw byte may be off for the tolerance, in the sensor's own unit. IPMI v2.0 §36.4.1. */
export function toleranceOf(formula: Formula, raw: number): number | undefined {
  const { tolerance } = formula.factors;
  const value = valueOfRaw(formula, raw);
  if (value === undefined) return undefined;
  const x = fromRaw(raw, formula.format);
  const ends = [x - tolerance / 2, x + tolerance / 2].map((end) => valueAt(formula, end) ?? value);
  return Math.max(...ends.map((end) => Math.abs(end - value)));
}

/** Accuracy in percent of the value. IPMI v2.0 table 43-1, bytes 28 and 29. */
export const accuracyPercent = ({ accuracy, accuracyExponent }: Factors): number =>
  (accuracy * 10 ** accuracyExponent) / 100;
