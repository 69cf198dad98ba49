import type { Factors, FullRecord } from "../sdr/model.ts";
import {
  countsOf,
  differenceOf,
  firstNonLinear,
  type Formula,
  isFalling,
  rawOfValue,
  toleranceOf,
  valueOfRaw,
} from "./conversion.ts";
import { eventTypes } from "./states.ts";
import { type Quantity, quantityOf } from "./units.ts";

/** The number of a sensor that has one. */
export interface Analog extends Formula {
  readonly quantity: Quantity;
  /** Its factors differ from reading to reading: Get Sensor Reading Factors. IPMI v2.0 §36.4. */
  readonly isNonLinear: boolean;
  /** A larger raw byte is a smaller value: upper thresholds are then the lower values. */
  readonly isFalling: boolean;
  /** What one raw count is worth, in the output's unit, for rounding; absent when it differs. */
  readonly step?: number;
  /** In the output's unit, as far as the record gives them. */
  readonly nominal?: number;
  readonly normalMinimum?: number;
  readonly normalMaximum?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The formula for one raw byte: that of the record, or with the factors the BMC gave for it. */
const formulaFor = (analog: Formula, factors: Factors | undefined): Formula =>
  factors === undefined ? analog : { ...analog, factors };

/**
 * The value of a raw byte in the output's unit.
 * @param factors of this raw byte, for sensors that are not linear
 * @returns undefined when it has none: see `valueOfRaw`
 */
export function analogValue(
  analog: Pick<Analog, keyof Formula | "quantity">,
  raw: number,
  factors?: Factors,
): number | undefined {
  if (analog.linearization >= firstNonLinear && factors === undefined) return undefined;
  const value = valueOfRaw(formulaFor(analog, factors), raw);
  return value === undefined ? undefined : inOutput(analog.quantity, value);
}

/** Another unit makes no value more exact: a byte has three digits, and six keep it apart from its neighbours. */
const convertedDigits = 6;

/** A value of the sensor's own unit in the output's. */
export function inOutput({ factor, offset }: Quantity, own: number): number {
  if (factor === 1 && offset === 0) return own;
  return Number((own * factor + offset).toPrecision(convertedDigits));
}

/**
 * The raw byte whose value is nearest to `value`, which is in the output's unit.
 * @param factors of the raw byte meant, for sensors that are not linear
 */
export function analogRaw(analog: Analog, value: number, factors?: Factors): number | undefined {
  if (analog.isNonLinear && factors === undefined) return undefined;
  const { factor, offset } = analog.quantity;
  return rawOfValue(formulaFor(analog, factors), (value - offset) / factor);
}

/** What `counts` raw counts are worth in the output's unit, e.g. hysteresis; undefined when that differs. */
export function analogDifference(analog: Pick<Analog, keyof Formula | "quantity">, counts: number) {
  const difference = differenceOf(analog, counts);
  return difference === undefined ? undefined : difference * Math.abs(analog.quantity.factor);
}

/** The inverse of `analogDifference`, 0..255. */
export const analogCounts = (analog: Analog, difference: number): number | undefined =>
  countsOf(analog, difference / Math.abs(analog.quantity.factor));

/** How far a value may be off for the tolerance, in the output's unit; undefined when there is no value. */
export function analogTolerance(analog: Analog, raw: number, factors?: Factors): number | undefined {
  if (analog.isNonLinear && factors === undefined) return undefined;
  const tolerance = toleranceOf(formulaFor(analog, factors), raw);
  return tolerance === undefined ? undefined : tolerance * Math.abs(analog.quantity.factor);
}

/**
 * The number a full record describes. Records of discrete sensors have one on HP machines, which give it a unit.
 * @returns undefined when it describes none
 */
export function analogOf(record: FullRecord): Analog | undefined {
  const { format, linearization, factors, units, eventType } = record;
  const hasUnit = units.base !== 0 || units.percent;
  if (format === "none" || (eventType !== eventTypes.threshold && !hasUnit)) return undefined;
  const formula = { format, linearization, factors, quantity: quantityOf(units, record.name) };
  const step = analogDifference(formula, 1);
  return {
    ...formula,
    isNonLinear: linearization >= firstNonLinear,
    isFalling: isFalling(formula),
    ...(step === undefined ? {} : { step }),
    ...rangeOf(record, formula),
  };
}

function rangeOf(record: FullRecord, formula: Pick<Analog, keyof Formula | "quantity">): object {
  const { nominal, normalMinimum, normalMaximum, minimum, maximum } = record;
  const raws = { nominal, normalMinimum, normalMaximum, minimum, maximum };
  return Object.fromEntries(
    Object.entries(raws).flatMap(([name, raw]) => {
      const value = raw === undefined ? undefined : analogValue(formula, raw);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
