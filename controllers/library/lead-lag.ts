import { type Static, Type } from "typebox";
import { hoursOf, kelvin, percent, secondsOf } from "../settings.ts";
import { heldFor, reached } from "./timing.ts";

/** Which of several units run: the order by run hours, the proof that one cools, and who steps in. */
export const leadLagSettings = Type.Object({
  rotateHours: hoursOf({
    default: 8,
    minimum: 0,
    maximum: 1000,
    description:
      "The lead changes when it has run this much longer than another unit. 0: each time all have stopped.",
  }),
  rotateAfter: hoursOf({
    default: 168,
    minimum: 1,
    maximum: 720,
    description: "The lead changes at the latest after this time.",
  }),
  proofTime: secondsOf({
    default: 180,
    minimum: 30,
    maximum: 1800,
    description: "Within this time of its start a unit must be seen to cool, or it counts as failed.",
  }),
  proofPower: percent({
    default: 20,
    description: "Seen to cool: it draws more than this share of its rated power.",
  }),
  proofDifference: kelvin({
    default: 3,
    maximum: 20,
    description: "Seen to cool: its supply air is this much colder than its return air.",
  }),
  retryAfter: hoursOf({
    default: 24,
    minimum: 0.5,
    maximum: 720,
    description: "A failed unit is tried again after this time.",
  }),
});
export type LeadLagSettings = Static<typeof leadLagSettings>;

export interface UnitRecord {
  /** Seconds its compressor has run, starts and trips, as counted here. */
  readonly run: number;
  readonly starts: number;
  readonly trips: number;
  readonly running: boolean;
  readonly tripped: boolean;
  /** s commanded without proof; proven in this run. */
  readonly unproven: number;
  readonly proven: boolean;
  /** Absent while it is sound. */
  readonly failed?: { readonly why: string; readonly for: number };
}

export interface LeadLagState {
  /** Lead first. */
  readonly order: readonly string[];
  readonly units: Readonly<Record<string, UnitRecord>>;
  /** s since the lead last changed. */
  readonly sinceRotation: number;
  /** A change of the lead under way: the new one is started and proven before the old one stops. */
  readonly swap?: { readonly from: string; readonly to: string };
}

export const initialLeadLag: LeadLagState = { order: [], units: {}, sinceRotation: 0 };

export interface UnitInput {
  readonly id: string;
  /** What it was commanded, and let by its guard, in the step before. */
  readonly commanded: boolean;
  /** Seen to cool; absent when nothing says, which is no failure. */
  readonly proof?: boolean;
  readonly tripped?: boolean;
  /** Present, answering, and not locked out. */
  readonly available: boolean;
  /** Its compressor has to rest: one that need not goes before it. */
  readonly rests?: boolean;
  /** Run time by the unit's own counter, s: goes before what is counted here. */
  readonly runSeconds?: number;
}

export interface LeadLagInput {
  readonly units: readonly UnitInput[];
  /** How many should run. */
  readonly wanted: number;
  /** No change of the lead now: some protection is at work. */
  readonly blockRotation?: boolean;
  /** Somebody says the failed ones were repaired. */
  readonly reset?: boolean;
}

export interface LeadLagResult {
  /** Units to ask for, in the order they should start. */
  readonly requests: readonly string[];
  readonly lead?: string;
  readonly failed: readonly { readonly id: string; readonly why: string }[];
  /** No unit is left that could cool. */
  readonly allFailed: boolean;
  /** Units that could run. */
  readonly sound: number;
  readonly state: LeadLagState;
}

const fresh: UnitRecord = {
  run: 0,
  starts: 0,
  trips: 0,
  running: false,
  tripped: false,
  unproven: 0,
  proven: false,
};

/**
 * Whether a unit is seen to cool: power and the air it cools, as far as they are known.
 * @returns undefined when neither is
 */
export function proofOf(
  seen: {
    /** Drawn and rated, W. */
    readonly power?: number;
    readonly rated?: number;
    readonly supply?: number;
    readonly return?: number;
  },
  settings: LeadLagSettings,
): boolean | undefined {
  const checks: boolean[] = [];
  if (seen.power !== undefined && seen.rated !== undefined && seen.rated > 0) {
    checks.push(seen.power > (seen.rated * settings.proofPower) / 100);
  }
  if (seen.supply !== undefined && seen.return !== undefined) {
    checks.push(seen.supply <= seen.return - settings.proofDifference);
  }
  return checks.length === 0 ? undefined : checks.every(Boolean);
}

function record(
  before: UnitRecord,
  unit: UnitInput,
  settings: LeadLagSettings,
  dt: number,
  reset: boolean,
): UnitRecord {
  const tripped = unit.tripped === true;
  const proven = unit.commanded && (before.proven || unit.proof !== false);
  const unproven = heldFor(before.unproven, unit.commanded && !proven, dt);
  const counted: UnitRecord = {
    run: unit.runSeconds ?? before.run + (unit.commanded ? dt : 0),
    starts: before.starts + (unit.commanded && !before.running ? 1 : 0),
    trips: before.trips + (tripped && !before.tripped ? 1 : 0),
    running: unit.commanded,
    tripped,
    unproven,
    proven,
  };
  const { failed } = before;
  if (failed === undefined) {
    if (!reached(unproven, settings.proofTime) || unproven === 0) return counted;
    return {
      ...counted,
      failed: { why: `did not cool within ${settings.proofTime} s of its start`, for: 0 },
    };
  }
  const lasts = failed.for + dt;
  const again = reset || lasts >= settings.retryAfter * 3600 || (unit.commanded && unit.proof === true);
  return again ? { ...counted, unproven: 0 } : { ...counted, failed: { ...failed, for: lasts } };
}

/** Known units in their order, new ones behind them; those that are gone are left out. */
function ordered(order: readonly string[], units: readonly UnitInput[]): readonly string[] {
  const ids = units.map(({ id }) => id);
  const kept = order.filter((id) => ids.includes(id));
  return kept.length === ids.length ? kept : [...kept, ...ids.filter((id) => !kept.includes(id))];
}

type Records = Readonly<Record<string, UnitRecord>>;

/** Who should lead in place of the lead, if anybody. */
function successor(
  sound: readonly string[],
  records: Records,
  { sinceRotation, stopped }: { readonly sinceRotation: number; readonly stopped: boolean },
  settings: LeadLagSettings,
): string | undefined {
  const [lead, ...others] = sound;
  if (lead === undefined || others.length === 0) return undefined;
  const run = (id: string): number => records[id]?.run ?? 0;
  const least = others.reduce((best, id) => (run(id) < run(best) ? id : best));
  const turn =
    settings.rotateHours === 0 ? stopped : reached(run(lead) - run(least), settings.rotateHours * 3600);
  const due = turn || reached(sinceRotation, settings.rotateAfter * 3600);
  return due ? least : undefined;
}

/** The new lead first, the old one last. */
const swapped = (order: readonly string[], { from, to }: { from: string; to: string }): readonly string[] => [
  to,
  ...order.filter((id) => id !== to && id !== from),
  from,
];

/**
 * One step: which units are asked for.
 * @param dt seconds since the step before, >= 0
 */
export function leadLagStep(
  before: LeadLagState,
  input: LeadLagInput,
  settings: LeadLagSettings,
  dt: number,
): LeadLagResult {
  const units: Records = Object.fromEntries(
    input.units.map((unit) => [
      unit.id,
      record(before.units[unit.id] ?? fresh, unit, settings, dt, input.reset === true),
    ]),
  );
  const order = ordered(before.order, input.units);
  const available = new Set(input.units.filter((unit) => unit.available).map(({ id }) => id));
  const sound = order.filter((id) => available.has(id) && units[id]?.failed === undefined);
  const since = before.sinceRotation + dt;
  const running = (all: Records): boolean => Object.values(all).some((one) => one.running);
  const stopped = running(before.units) && !running(units);
  const turn = rotate(
    { ...before, order, units, sinceRotation: since },
    sound,
    { ...input, stopped },
    settings,
  );
  const failed = order.flatMap((id) => {
    const why = units[id]?.failed?.why;
    return why === undefined ? [] : [{ id, why }];
  });
  // With nothing sound left, what might still cool is asked for all the same: it cannot do harm.
  const last = sound.length === 0 && input.wanted > 0;
  const candidates = fittest(
    turn.order.filter((id) => (last ? available.has(id) : sound.includes(id))),
    input.units,
  );
  const requests = last ? candidates : candidates.slice(0, input.wanted);
  const { swap } = turn;
  const both = swap === undefined || requests.includes(swap.to) ? requests : [swap.to, ...requests];
  const lead = turn.order.find((id) => candidates.includes(id));
  return {
    requests: both,
    ...(lead === undefined ? {} : { lead }),
    failed,
    allFailed: sound.length === 0 && input.units.length > 0,
    sound: sound.length,
    state: turn,
  };
}

/** Those that run, then those that could, then those that must rest first; otherwise as they were. */
function fittest(order: readonly string[], units: readonly UnitInput[]): readonly string[] {
  const rank = (id: string): number => {
    const unit = units.find((one) => one.id === id);
    return unit?.commanded === true ? 0 : unit?.rests === true ? 2 : 1;
  };
  return units.some(({ rests }) => rests === true) ? order.toSorted((a, b) => rank(a) - rank(b)) : order;
}

/** Begins, ends and calls off changes of the lead. */
function rotate(
  state: LeadLagState,
  sound: readonly string[],
  { wanted, blockRotation, stopped }: LeadLagInput & { readonly stopped: boolean },
  settings: LeadLagSettings,
): LeadLagState {
  const { swap, ...rest } = state;
  const change = (of: { from: string; to: string }): LeadLagState => ({
    ...rest,
    order: swapped(state.order, of),
    sinceRotation: 0,
  });
  if (swap !== undefined) {
    if (!sound.includes(swap.to) || !sound.includes(swap.from)) return rest;
    if (wanted === 0 || state.units[swap.to]?.proven === true) return change(swap);
    return state;
  }
  if (blockRotation === true) return state;
  const next = successor(sound, state.units, { ...state, stopped }, settings);
  const lead = sound[0];
  if (next === undefined || lead === undefined) return state;
  const turn = { from: lead, to: next };
  const running = state.units[next]?.running === true && state.units[next].proven;
  return wanted === 0 || running || wanted >= sound.length ? change(turn) : { ...rest, swap: turn };
}
