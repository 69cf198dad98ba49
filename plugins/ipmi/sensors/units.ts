import type { UnitCodes } from "../sdr/model.ts";
import { unitRow } from "./unit-table.ts";

/** What a sensor's number measures, and how it becomes the value of an output: `value × factor + offset`. */
export interface Quantity {
  /** A name of devices/output.ts; `number` when none fits. */
  readonly output: string;
  readonly factor: number;
  readonly offset: number;
  /** What the BMC gives it in, before the conversion, e.g. `degrees Fahrenheit`, `°F`. Empty for none. */
  readonly unit: { readonly name: string; readonly symbol: string };
}

const rateNames = [
  "",
  "microsecond",
  "millisecond",
  "second",
  "minute",
  "hour",
  "day",
  // Reserved.
  "",
] as const;
const rateSymbols = ["", "\u00b5s", "ms", "s", "min", "h", "d", ""] as const;
const perSecond = [1, 1e6, 1e3, 1, 1 / 60, 1 / 3600, 1 / 86_400, 1] as const;
/** Unit codes that are spans of time, in seconds. */
const spans: ReadonlyMap<number, number> = new Map([
  [20, 1e-6],
  [21, 1e-3],
  [22, 1],
  [23, 60],
  [24, 3600],
  [25, 86_400],
  [26, 604_800],
]);

/** Codes whose amount per second is an output of its own, with the factor from the unit to that output's. */
const flows: ReadonlyMap<number, readonly [output: string, factor: number]> = new Map([
  [7, ["watt", 1]],
  [8, ["electric-current", 1]],
  [31, ["airflow", 0.028316846592]],
  [36, ["airflow", 1]],
  [29, ["velocity", 0.3048]],
  [33, ["velocity", 0.01]],
  [34, ["velocity", 1]],
  [41, ["rpm", 60]],
  [42, ["frequency", 1]],
]);

/** Codes whose amount over time is an output of its own, with the factor from unit × second to that output's. */
const amounts: ReadonlyMap<number, readonly [output: string, factor: number]> = new Map([
  [4, ["volt-second", 1]],
  [5, ["amp-hour", 1 / 3600]],
  [6, ["watt-hour", 1 / 3600]],
]);

/** How a unit reads. IPMI v2.0 table 43-1, bytes 21 to 23. */
export function unitText(codes: UnitCodes): Quantity["unit"] {
  const base = unitRow(codes.base);
  const modifier = unitRow(joinOf(codes) === "none" ? 0 : codes.modifier);
  const divided = joinOf(codes) === "divided";
  const percent = codes.percent ? ["percent", "%"] : ["", ""];
  const [name, symbol] = [
    joined([percent[0], base.name], " of "),
    joined([percent[1], base.symbol], codes.base === 0 ? "" : " "),
  ];
  const rate = codes.rate;
  return {
    name: per(joined([name, modifier.name], divided ? " per " : " times "), rateNames[rate], " per "),
    symbol: per(joined([symbol, modifier.symbol], divided ? "/" : "\u00b7"), rateSymbols[rate], "/"),
  };
}

/**
 * Which output takes numbers in these units, and how.
 * @param name the sensor's: percentages of humidity are told from others by it
 */
export function quantityOf(codes: UnitCodes, name = ""): Quantity {
  const unit = unitText(codes);
  const fits = (output: string, factor = 1, offset = 0): Quantity => ({ output, factor, offset, unit });
  if (codes.percent) return fits(percentOutput(codes, name));
  const time = perTime(codes);
  if (time !== undefined) {
    const [output, factor] = flows.get(codes.base) ?? [];
    if (output !== undefined && factor !== undefined) return fits(output, factor * time);
    return isCount(codes) ? fits("rate", time) : fits("number");
  }
  if (codes.rate !== 0) return fits("number");
  if (joinOf(codes) === "multiplied") {
    const [output, factor] = amounts.get(codes.base) ?? [];
    const span = spans.get(codes.modifier);
    if (output === undefined || factor === undefined || span === undefined) return fits("number");
    return fits(output, factor * span);
  }
  if (joinOf(codes) === "divided") return fits("number");
  const { output, factor, offset } = unitRow(codes.base);
  return output === undefined ? fits("number") : fits(output, factor, offset);
}

/** How many of what is "per time" go to a second; undefined when it is not just something per time. */
function perTime(codes: UnitCodes): number | undefined {
  const join = joinOf(codes);
  if (join === "none" && codes.rate > 0 && codes.rate < 7) return perSecond[codes.rate];
  const span = spans.get(codes.modifier);
  return join === "divided" && codes.rate === 0 && span !== undefined ? 1 / span : undefined;
}

/** Dell C6220 joins units to none at all: then there is no modifier. */
const joinOf = ({ join, modifier, base, percent }: UnitCodes): UnitCodes["join"] =>
  modifier === 0 || (base === 0 && !percent) ? "none" : join;

const isCount = ({ base }: UnitCodes): boolean => base === 0 || unitRow(base).output === "count";

const percentOutput = (codes: UnitCodes, name: string): string => {
  if (codes.rate !== 0 || joinOf(codes) !== "none") return "number";
  return /humid|\brh\b/iu.test(name) ? "humidity" : "percentage";
};

const joined = (parts: readonly (string | undefined)[], by: string): string =>
  parts.filter((part) => part !== undefined && part !== "").join(by);

const per = (text: string, rate: string | undefined, by: string): string =>
  rate === undefined || rate === "" ? text : `${text}${text === "" ? by.trimStart() : by}${rate}`;
