import type { Alarm } from "../contract.ts";
import type { GuardResult } from "../library/compressor-guard.ts";
import { type LeadLagResult, proofOf } from "../library/lead-lag.ts";
import { listed, span } from "../library/timing.ts";
import type { PerDevice, Rank } from "../outputs.ts";
import type { Applied, Observation } from "../sample.ts";
import { alarm, maybe, valueAt } from "./parts.ts";
import type { StagedCoolingSettings } from "./staged-cooling-settings.ts";

/** One air-conditioner as it shows itself. */
export interface Unit {
  readonly target: Applied;
  /** Its state in a word; undefined: it does not answer. */
  readonly word: string | undefined;
  readonly tripped: boolean;
  /** Seen to cool; undefined: nothing says. */
  readonly proof: boolean | undefined;
  readonly runSeconds: number | undefined;
  /** s until it would start by itself; undefined: it does not say. */
  readonly rests: number | undefined;
}

/** What of all units there is to be seen. */
export interface Seen {
  readonly states: readonly Observation<string>[];
  readonly trips: readonly Observation<string>[];
  readonly power: readonly Observation[];
  readonly supply: readonly Observation[];
  readonly back: readonly Observation[];
  readonly runHours: readonly Observation[];
  readonly rests: readonly Observation[];
}

export const runningWords: readonly string[] = ["cooling", "defrost", "running", "on"];
export const lockedWords: readonly string[] = ["lockout", "fault"];

export function unitsOf(targets: readonly Applied[], seen: Seen, s: StagedCoolingSettings): readonly Unit[] {
  return targets.map((target) => {
    const at = <T extends number | string>(all: readonly Observation<T>[]): T | undefined =>
      valueAt(all, target.name, target.device);
    const word = at(seen.states);
    const hours = at(seen.runHours);
    const power = s.ratedPower > 0 ? { ...maybe("power", at(seen.power)), rated: s.ratedPower } : {};
    const air = { ...maybe("supply", at(seen.supply)), ...maybe("return", at(seen.back)) };
    return {
      target,
      word,
      tripped: word === "lockout" || at(seen.trips) === "alarm",
      // Outdoor air makes supply air cold as well: what says of itself that it does not run does not cool.
      proof: word !== undefined && !runningWords.includes(word) ? false : proofOf({ ...power, ...air }, s),
      runSeconds: hours === undefined ? undefined : hours * 3600,
      rests: at(seen.rests),
    };
  });
}

export const isRunning = ({ word }: Unit): boolean | undefined =>
  word === undefined ? undefined : runningWords.includes(word);

/** Its own timer keeps its compressor at rest. */
export const waitsByItself = (unit: Unit): boolean => isRunning(unit) === false && (unit.rests ?? 0) > 0;

/** It says of itself that it cannot cool. */
export const cannotCool = ({ word }: Unit): boolean => word !== undefined && lockedWords.includes(word);

/** It answers and says of itself that it could cool. */
const isWell = ({ word }: Unit): boolean => word !== undefined && !lockedWords.includes(word);

/** It may be asked for. One that runs and is silent goes on: to stop it would end what cools, for want of an answer. */
export const isAvailable = (unit: Unit, commanded: boolean): boolean =>
  isWell(unit) || (commanded && unit.word === undefined);

/** Within a minimum time, or waiting: nobody below this rank starts or stops it, but who forces it. */
const isGuarded = ({ on, holds, state: { now, since } }: GuardResult, s: StagedCoolingSettings): boolean =>
  holds !== undefined || now - since < (on ? s.minimumOn : s.minimumOff);

/** How firmly each unit is commanded, and why. What trips protects the unit itself: nobody passes that. */
export function guardRanks(
  units: readonly Unit[],
  guards: readonly GuardResult[],
  s: StagedCoolingSettings,
): { readonly rank: PerDevice<Rank>; readonly why: PerDevice<string> } {
  const rank: Record<string, Rank> = {};
  const why: Record<string, string> = {};
  for (const [i, { target }] of units.entries()) {
    const guard = guards[i];
    if (guard === undefined) continue;
    if (guard.state.lockedOut || guard.state.tripped) {
      rank[target.device] = "equipmentProtection";
      why[target.device] = guard.state.lockedOut
        ? "it is locked out after repeated trips; find the cause, then raise `resets`"
        : "a safety of the unit has tripped";
    } else if (isGuarded(guard, s)) {
      rank[target.device] = "minimumOnOff";
      why[target.device] =
        `its compressor runs for at least ${span(s.minimumOn)}, rests for at least ${span(s.minimumOff)}, and starts at most ${s.startsPerHour} times an hour`;
    }
  }
  return { rank: { each: rank }, why: { each: why } };
}

/** What is wrong with units, for people. */
export function alarmsOf(
  units: readonly Unit[],
  guards: readonly GuardResult[],
  order: LeadLagResult,
): readonly Alarm[] {
  const alarms = units.flatMap((unit, i) => unitAlarms(unit, guards[i]));
  for (const { id, why } of order.failed) {
    const name = units.find(({ target }) => target.device === id)?.target.name ?? id;
    alarms.push(alarm(`failed:${name}`, "major", `${name} ${why}; the next unit takes its place`, id));
  }
  if (order.allFailed) {
    alarms.push(alarm("no-cooling", "critical", "no cooling unit is left that works; send somebody now"));
  }
  return alarms;
}

function unitAlarms({ target: { name, device }, word }: Unit, guard: GuardResult | undefined): Alarm[] {
  const alarms: Alarm[] = [];
  if (word === undefined) {
    const text = `${name} does not say what it does; check its bus`;
    alarms.push(alarm(`silent:${name}`, "major", text, device));
  }
  if (guard?.state.lockedOut === true) {
    const text = `${name} is locked out after repeated trips; find the cause, then raise \`resets\``;
    alarms.push(alarm(`locked-out:${name}`, "major", text, device));
  } else if (word === "lockout" || guard?.state.tripped === true) {
    alarms.push(alarm(`tripped:${name}`, "major", `${name} has tripped; check condenser and fan`, device));
  }
  if (guard?.shortCycles === true) {
    const text = `${name} starts too often: ${guard.startsLastHour} times within the hour`;
    alarms.push(alarm(`short-cycling:${name}`, "warning", text, device));
  }
  return alarms;
}

export function reasonOf(on: readonly Unit[], staged: string, drying: boolean, free: boolean): string {
  const names =
    on.length === 0 ? "No compressor runs" : `${listed(on.map(({ target }) => target.name))} cools`;
  const why = drying ? "the air is being dried" : free ? "outdoor air cools" : staged;
  return `${names}: ${why}`;
}
