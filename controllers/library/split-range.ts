import { type Static, Type } from "typebox";
import { numberOf, percent } from "../settings.ts";
import { clamp } from "./limit.ts";

/** One actuator's share of a master signal: from `from` to `to` its command goes from `low` to `high`. */
export interface Range {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** What is wrong with ranges; undefined: nothing. They must follow each other without overlap. */
export function checkRanges(ranges: readonly Range[]): string | undefined {
  for (const [i, { name, from, to }] of ranges.entries()) {
    if (from >= to) return `${name}: from ${from} must be below to ${to}`;
    const before = ranges[i - 1];
    if (before !== undefined && from < before.to)
      return `${name} begins at ${from}, before ${before.name} ends at ${before.to}`;
  }
  return undefined;
}

/** The command of one range. */
export const inRange = (master: number, { from, to, low, high }: Range): number =>
  low + (high - low) * clamp((master - from) / (to - from), 0, 1);

const bound = (initial: number, text: string) =>
  numberOf("%", { default: initial, minimum: -100, maximum: 100, description: text });

/** Where each actuator of the sequence begins and ends. */
export const sequenceSettings = Type.Object({
  heaterUntil: bound(-5, "Demand below which the heater works; full at -100."),
  damperUntil: bound(35, "Demand at which the economiser damper is fully open; it begins at 0."),
  fansUntil: bound(
    65,
    "Demand at which the fans are at full speed; mechanical cooling begins there, full at 100.",
  ),
  damperMin: percent({ default: 0, description: "Damper position that always remains." }),
});
export type SequenceSettings = Static<typeof sequenceSettings>;

export function checkSequence(settings: SequenceSettings): string | undefined {
  const { heaterUntil, damperUntil, fansUntil } = settings;
  const rising = heaterUntil < 0 && damperUntil > 0 && fansUntil > damperUntil && fansUntil < 100;
  return rising ? undefined : "the sequence must rise: heaterUntil < 0 < damperUntil < fansUntil < 100";
}

export interface SequenceCommands {
  /** All 0..100 %. */
  readonly heater: number;
  readonly damper: number;
  readonly fans: number;
  readonly dx: number;
  /** Which actuator modulates. */
  readonly active: "heater" | "none" | "damper" | "fans" | "dx";
}

/**
 * What the actuators of a zone do for one demand: heater, dead band, damper, fans, mechanical cooling, one after the
 * other. Pure. Each command only ever rises or only ever falls with the demand, and heating and cooling never overlap.
 * @param demand -100..100 %: below 0 heating
 * @param fansFloor the smallest fan duty, %: flow feed-forward
 * @param economiser when not allowed the damper stays at its minimum; see `positionOf` for the demand then
 */
export function sequenceCommands(
  demand: number,
  fansFloor: number,
  economiser: boolean,
  settings: SequenceSettings,
): SequenceCommands {
  const { heaterUntil, damperUntil, fansUntil, damperMin } = settings;
  const heater = inRange(demand, { name: "heater", from: -100, to: heaterUntil, low: 100, high: 0 });
  const opened = inRange(demand, { name: "damper", from: 0, to: damperUntil, low: damperMin, high: 100 });
  const damper = economiser ? opened : damperMin;
  const fans = inRange(demand, { name: "fans", from: damperUntil, to: fansUntil, low: fansFloor, high: 100 });
  const dx = inRange(demand, { name: "dx", from: fansUntil, to: 100, low: 0, high: 100 });
  return { heater, damper, fans, dx, active: activeAt(demand, settings) };
}

const activeAt = (demand: number, s: SequenceSettings): SequenceCommands["active"] => {
  if (demand < s.heaterUntil) return "heater";
  if (demand <= 0) return "none";
  if (demand < s.damperUntil) return "damper";
  return demand < s.fansUntil ? "fans" : "dx";
};

/**
 * The place in the sequence for a loop's output. With the economiser locked out the damper's part is skipped: cooling
 * begins with the fans. The loop's largest output is then `largestOutput`.
 */
export const positionOf = (output: number, economiser: boolean, { damperUntil }: SequenceSettings): number =>
  !economiser && output > 0 ? Math.min(100, output + damperUntil) : output;

export const largestOutput = (economiser: boolean, { damperUntil }: SequenceSettings): number =>
  economiser ? 100 : 100 - damperUntil;

/**
 * By how much a loop's output must move when the economiser is allowed or locked out, so that fans, mechanical cooling
 * and heater stay where they are. Give it to `pidShift`.
 */
export function shiftOf(output: number, allowed: boolean, { damperUntil }: SequenceSettings): number {
  if (output <= 0) return 0;
  return allowed ? damperUntil : -Math.min(output, damperUntil);
}
