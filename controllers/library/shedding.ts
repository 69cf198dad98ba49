import { type BackOff, backOffStep, initialBackOff, waitOf } from "./back-off.ts";
import { oncePer } from "./once-per.ts";
import type { SheddingSettings } from "./shedding-settings.ts";
import { heldFor, reached, shown } from "./timing.ts";

/** What holds for one load in place of the settings. */
export interface OwnShedding {
  /** On battery it loses power below this state of charge, %; */
  readonly charge?: number;
  /** or with less autonomy than this, at the worst, s; */
  readonly autonomy?: number;
  /** and at any time above this inlet temperature, °C, held for `shedWarmTime`; at once where `shedHot` is exceeded too. */
  readonly temperature?: number;
  /** s for which mains are good, and nothing else is against it, before it comes back. */
  readonly restoreDelay?: number;
  /** s between the request to shut down and the outlet's opening. */
  readonly grace?: number;
}

export interface Load {
  readonly id: string;
  /** 0 never .. 9 first. */
  readonly priority: number;
  /** Whether it has power; undefined when that is not known. */
  readonly on?: boolean;
  /** Whether it can be asked to shut down before it loses power. */
  readonly graceful: boolean;
  /** It has shut down: no need to wait longer. */
  readonly down?: boolean;
  readonly own?: OwnShedding | undefined;
}

/** `stopping`: asked to shut down; `off`: without power by us; `back`: given power again, until that is seen. */
export interface LoadState {
  readonly phase: "on" | "stopping" | "off" | "back";
  readonly for: number;
  readonly why: string;
  /** s since nothing is against its having power any more. */
  readonly clear?: number;
}

/** Whether it is too hot for one load, and s for which that has not been so. */
export interface OwnHeat {
  readonly hot: boolean;
  readonly held: number;
  readonly returns?: BackOff;
}

export interface SheddingState {
  readonly loads: Readonly<Record<string, LoadState>>;
  /** Priorities from this one on are too hot to run; 10: none. And s until the next one. */
  readonly hotFrom: number;
  readonly warmFor: number;
  readonly coolFor: number;
  readonly lowFor: number;
  readonly goodFor: number;
  readonly sinceReturn: number;
  /** How often it was too warm again soon after somebody had come back. */
  readonly returns?: BackOff;
  /** Of loads with a temperature of their own. */
  readonly heat?: Readonly<Record<string, OwnHeat>>;
}

export const initialShedding: SheddingState = {
  loads: {},
  hotFrom: 10,
  warmFor: 0,
  coolFor: 0,
  lowFor: 0,
  goodFor: 0,
  sinceReturn: 1e6,
};

export interface SheddingInput {
  readonly loads: readonly Load[];
  /** Mains are out. */
  readonly out: boolean;
  /** %; absent: not known. */
  readonly charge?: number | undefined;
  /** Worst autonomy, s. */
  readonly autonomy?: number | undefined;
  readonly busVolts?: number | undefined;
  readonly inlet?: number | undefined;
  /** Nobody without a temperature of their own loses power for heat below this now, °C. */
  readonly allowed?: number | undefined;
}

export interface SheddingResult {
  /** Asked to shut down in order. */
  readonly stopping: readonly string[];
  /** Without power. */
  readonly off: readonly string[];
  /** Told to come on, until they are seen to be. */
  readonly back: readonly string[];
  readonly lowVolts: boolean;
  readonly reasons: readonly string[];
  readonly state: SheddingState;
}

const thresholds = oncePer((s: SheddingSettings): readonly number[] => [
  -1,
  s.shed1,
  s.shed2,
  s.shed3,
  s.shed4,
  s.shed5,
  s.shed6,
  s.shed7,
  s.shed8,
  s.shed9,
]);
/** State of charge, %, at which a priority loses power; -1: never. */
export const shedCharge = (priority: number, settings: SheddingSettings): number =>
  thresholds(settings)[Math.round(priority)] ?? -1;

/** State of charge, %, above which it comes back. What goes at once need not wait for a full battery. */
export const returnCharge = (
  { priority, own }: Pick<Load, "priority" | "own">,
  settings: SheddingSettings,
): number =>
  Math.min(95, (own?.charge ?? shedCharge(Math.min(8, priority), settings)) + settings.restoreCharge);

/** Why a load should be without power now, or undefined. */
function against(
  load: Load,
  input: SheddingInput,
  held: SheddingState,
  s: SheddingSettings,
): string | undefined {
  const { priority, own } = load;
  if (priority <= 0) return undefined;
  if (own?.temperature === undefined ? priority >= held.hotFrom : held.heat?.[load.id]?.hot === true)
    return input.inlet === undefined ? "it was too hot inside" : `the inlet is at ${shown(input.inlet)} °C`;
  if (reached(held.lowFor, s.lowVoltsTime) && held.lowFor > 0)
    return `the DC bus is at ${shown(input.busVolts ?? 0)} V`;
  if (!input.out) return undefined;
  const { charge, autonomy } = input;
  if (priority === 9 && (own?.charge === undefined || charge === undefined))
    return charge === undefined ? "mains are out" : `the battery is at ${shown(charge)} %`;
  if (charge !== undefined && charge < (own?.charge ?? shedCharge(priority, s)))
    return `the battery is at ${shown(charge)} %`;
  const least =
    own?.autonomy ?? (priority >= 5 ? Math.max(s.shedMinutes, s.shedMinutesLast) : s.shedMinutesLast);
  return autonomy !== undefined && autonomy < least
    ? `the battery may last only ${Math.floor(autonomy / 60)} min`
    : undefined;
}

/** Priorities that somebody has who takes turns: one nobody has costs no time. */
const inTurn = (loads: readonly Load[]): readonly number[] =>
  loads.filter(({ own }) => own?.temperature === undefined).map(({ priority }) => priority);

/** From which priority on loads lose power when one priority more does. */
function onePriorityMore(loads: readonly Load[], from: number): number {
  const left = inTurn(loads).filter((p) => p > 0 && p < from);
  return left.length === 0 ? from : Math.max(...left);
}

/** The same when the most important one of those without power comes back. */
function onePriorityLess(loads: readonly Load[], from: number): number {
  const without = inTurn(loads).filter((p) => p >= from);
  const still = without.filter((p) => p > Math.min(...without));
  return still.length === 0 ? 10 : Math.min(...still);
}

/** Loads with a temperature of their own take no turns: each is too hot, or cool again, for itself. */
function ownHeat(
  before: SheddingState,
  { loads, inlet }: SheddingInput,
  s: SheddingSettings,
  dt: number,
): Readonly<Record<string, OwnHeat>> {
  const all: Record<string, OwnHeat> = {};
  for (const { id, own } of loads) {
    if (own?.temperature === undefined) continue;
    const { hot, held, returns = initialBackOff } = before.heat?.[id] ?? { hot: false, held: 0 };
    const turning =
      inlet === undefined ? undefined : hot ? inlet < own.temperature - s.shedCool : inlet > own.temperature;
    const lasts = turning === undefined ? held : heldFor(held, turning, dt);
    const atOnce = inlet !== undefined && inlet > s.shedHot;
    const wait = hot ? waitOf(returns, s.shedWarmTime, s.shedReturnMost) : atOnce ? 0 : s.shedWarmTime;
    const turns = turning === true && reached(lasts, wait);
    const next = backOffStep(returns, turns && hot, turns && !hot, dt);
    all[id] = { hot: turns ? !hot : hot, held: turns ? 0 : lasts, returns: next };
  }
  return all;
}

/** Counts what shortens and what lengthens the list. */
function count(before: SheddingState, input: SheddingInput, s: SheddingSettings, dt: number): SheddingState {
  const { inlet, busVolts, allowed = 0 } = input;
  const hot = inlet !== undefined && inlet > Math.max(s.shedHot, allowed);
  const warm = inlet !== undefined && inlet > Math.max(s.shedWarm, allowed);
  const warmFor = inlet === undefined ? before.warmFor : heldFor(before.warmFor, warm, dt);
  const coolFor = heldFor(before.coolFor, inlet !== undefined && inlet < s.shedWarm - s.shedCool, dt);
  const due = hot ? (before.hotFrom === 10 ? 0 : s.shedHotTime) : s.shedWarmTime;
  const more = warmFor > 0 && reached(warmFor, due);
  const { returns = initialBackOff } = before;
  const wait = waitOf(returns, s.shedWarmTime, s.shedReturnMost);
  const less = before.hotFrom < 10 && coolFor > 0 && reached(coolFor, wait);
  const hotFrom = more
    ? onePriorityMore(input.loads, before.hotFrom)
    : less
      ? onePriorityLess(input.loads, before.hotFrom)
      : before.hotFrom;
  return {
    loads: before.loads,
    hotFrom,
    warmFor: more ? 0 : warmFor,
    // Those that are back warm the air before the next ones follow.
    coolFor: less ? 0 : coolFor,
    lowFor: heldFor(before.lowFor, busVolts !== undefined && busVolts < s.lowVolts, dt),
    goodFor: heldFor(before.goodFor, !input.out, dt),
    sinceReturn: Math.min(before.sinceReturn + dt, 1e6),
    returns: backOffStep(returns, less, more, dt),
    ...(input.loads.some(({ own }) => own?.temperature !== undefined)
      ? { heat: ownHeat(before, input, s, dt) }
      : {}),
  };
}

function step(
  load: Load,
  was: LoadState,
  why: string | undefined,
  may: boolean,
  s: SheddingSettings,
  dt: number,
): LoadState {
  const lasts = was.for + dt;
  const grace = load.own?.grace ?? s.grace;
  switch (was.phase) {
    case "on":
      // What somebody else switched off is not ours to switch on again.
      if (why === undefined || load.on === false) return { phase: "on", for: 0, why: "" };
      return { phase: load.graceful && grace > 0 ? "stopping" : "off", for: 0, why };
    case "stopping":
      if (load.down === true || reached(lasts, grace)) return { phase: "off", for: 0, why: was.why };
      return { ...was, for: lasts };
    case "off":
      if (why !== undefined) return { phase: "off", for: lasts, why };
      return may && reached(lasts, s.outletRest)
        ? { phase: "back", for: 0, why: "" }
        : { ...was, for: lasts, clear: (was.clear ?? 0) + dt };
    case "back":
      if (why !== undefined) return { phase: "off", for: 0, why };
      // A reading from before it was shed is no proof.
      return (load.on === true && reached(lasts, 10)) || lasts > 300
        ? { phase: "on", for: 0, why: "" }
        : { ...was, for: lasts };
  }
}

/** Mains have been good long enough, the battery is full enough, and it is cool enough. */
function mayReturn(
  load: Load,
  was: LoadState,
  { out, charge }: SheddingInput,
  held: SheddingState,
  s: SheddingSettings,
): boolean {
  const { own } = load;
  const good = !out && reached(held.goodFor, own?.restoreDelay ?? s.restoreAfter);
  const cool = own?.temperature !== undefined || held.hotFrom === 10 || held.coolFor > 0;
  const enough = charge === undefined || charge > returnCharge(load, s);
  return good && cool && enough && reached(was.clear ?? 0, own?.restoreDelay ?? 0);
}

/**
 * One step.
 * @param dt seconds since the step before
 */
export function sheddingStep(
  before: SheddingState,
  input: SheddingInput,
  settings: SheddingSettings,
  dt: number,
): SheddingResult {
  const held = count(before, input, settings, dt);
  let { sinceReturn } = held;
  const loads: Record<string, LoadState> = {};
  const phases = { stopping: [] as string[], off: [] as string[], back: [] as string[] };
  const why = new Set<string>();
  for (const load of [...input.loads].sort((a, b) => a.priority - b.priority)) {
    const was = before.loads[load.id] ?? { phase: "on", for: 0, why: "" };
    const may = mayReturn(load, was, input, held, settings) && reached(sinceReturn, settings.restoreGap);
    const next = step(load, was, against(load, input, held, settings), may, settings, dt);
    if (next.phase === "back" && was.phase === "off") sinceReturn = 0;
    loads[load.id] = next;
    if (next.phase !== "on") phases[next.phase].push(load.id);
    if (next.phase === "off" || next.phase === "stopping") why.add(next.why);
  }
  return {
    ...phases,
    lowVolts: input.busVolts !== undefined && input.busVolts < settings.lowVoltsWarning,
    reasons: [...why],
    state: { ...held, loads, sinceReturn },
  };
}
