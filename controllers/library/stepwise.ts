import { type Static, Type } from "typebox";
import { flag, kelvin, numberOf } from "../settings.ts";
import { usable } from "./limit.ts";
import { wordOf } from "./words.ts";

/** The largest number of points a table may have. */
export const mostPoints = 20;

const point = Type.Object({
  at: numberOf("°C", {
    default: 25,
    minimum: -1e6,
    maximum: 1e6,
    description: "Reading from which it holds.",
  }),
  output: numberOf("%", { default: 50, minimum: -1e6, maximum: 1e6, description: "Output there." }),
});

/** A table from readings to outputs. Readings in °C and outputs in %, unless the controller says otherwise. */
export const stepwiseSettings = Type.Object({
  points: Type.Array(point, {
    minItems: 1,
    maxItems: mostPoints,
    description: "Readings, rising, each with its output. Below the first the first one's output holds.",
    default: [
      { at: 20, output: 30 },
      { at: 24, output: 45 },
      { at: 27, output: 70 },
      { at: 30, output: 100 },
    ],
  }),
  hysteresis: wordOf(["threshold", "accepted-input"], {
    default: "threshold",
    description:
      "threshold: a step up waits until its reading plus `positive`, a step down until its reading less `negative`. " +
      "accepted-input: nothing is looked up until the reading has moved that far from the last one used.",
  }),
  positive: kelvin({ default: 0.5, description: "Hysteresis while the reading rises." }),
  negative: kelvin({ default: 1, description: "Hysteresis while the reading falls." }),
  interpolate: flag({
    default: false,
    description: "Straight lines between the points in place of steps. Hysteresis is then by accepted input.",
  }),
});
export type StepwiseSettings = Static<typeof stepwiseSettings>;

/** What a table remembers; JSON. */
export interface StepwiseState {
  /** The reading last used; null before the first. */
  readonly accepted: number | null;
  /** The point in force; null before the first reading. */
  readonly index: number | null;
  readonly output: number | null;
}

export interface StepwiseResult {
  readonly output: number;
  /** Which point is in force, from 0. */
  readonly index: number | null;
  /** No reading: the last output holds, or the largest of the table when there was none. */
  readonly held: boolean;
  readonly state: StepwiseState;
}

export const stepwiseInit = (): StepwiseState => ({ accepted: null, index: null, output: null });

/** What is wrong with settings that fit the schema; undefined: nothing. */
export function checkStepwise({ points }: StepwiseSettings): string | undefined {
  const falling = points.findIndex((one, i) => i > 0 && one.at <= (points[i - 1]?.at ?? -Infinity));
  return falling < 0 ? undefined : `points must rise: number ${falling + 1} is not above the one before it`;
}

/**
 * One look into the table. Pure.
 * @param reading undefined or not finite: there is none. Never answered with the lowest output.
 */
export function stepwiseStep(
  state: StepwiseState,
  reading: number | undefined,
  settings: StepwiseSettings,
): StepwiseResult {
  if (!usable(reading)) {
    const output = state.output ?? Math.max(...settings.points.map((one) => one.output));
    return { output, index: state.index, held: true, state };
  }
  const byThreshold = settings.hysteresis === "threshold" && !settings.interpolate;
  const accepted = byThreshold ? reading : accept(state.accepted, reading, settings);
  const known = state.index !== null && state.index < settings.points.length ? state.index : null;
  const index =
    byThreshold && known !== null
      ? byThresholds(known, reading, settings)
      : lookUp(accepted, settings.points);
  const output = settings.interpolate
    ? between(accepted, index, settings.points)
    : outputAt(index, settings.points);
  return { output, index, held: false, state: { accepted, index, output } };
}

type Points = StepwiseSettings["points"];

const atOf = (index: number, points: Points): number => points[index]?.at ?? NaN;
const outputAt = (index: number, points: Points): number => points[index]?.output ?? NaN;

/** The last point at or below a reading; the first one when all are above it. */
function lookUp(reading: number, points: Points): number {
  let index = 0;
  while (atOf(index + 1, points) <= reading) index++;
  return index;
}

/** The reading to go on with: a new one only when it has moved far enough. */
export const accept = (
  last: number | null,
  reading: number,
  band: { readonly positive: number; readonly negative: number },
): number =>
  last === null || reading - last > band.positive || last - reading > band.negative ? reading : last;

function byThresholds(
  index: number,
  reading: number,
  { points, positive, negative }: StepwiseSettings,
): number {
  let at = index;
  while (reading >= atOf(at + 1, points) + positive) at++;
  while (at > 0 && reading < atOf(at, points) - negative) at--;
  return at;
}

function between(reading: number, index: number, points: Points): number {
  const [from, to] = [points[index], points[index + 1]];
  if (from === undefined) return NaN;
  if (to === undefined || reading <= from.at) return from.output;
  return from.output + ((to.output - from.output) * (reading - from.at)) / (to.at - from.at);
}
