import { type Static, Type } from "typebox";
import { celsius, kelvin, percent, secondsOf, volts } from "../settings.ts";
import { oncePer } from "./once-per.ts";
import { heldFor, reached, shown } from "./timing.ts";

const shedAt = (priority: number, value: number, what: string) =>
  percent({
    default: value,
    description: `On battery, loads of priority ${priority} (${what}) lose power at this state of charge.`,
  });

/** Who loses power first when power or cooling runs short, and who gets it back. */
export const sheddingSettings = Type.Object({
  shed9: shedAt(9, 100, "tests: at once"),
  shed8: shedAt(8, 75, "what can wait"),
  shed7: shedAt(7, 60, "compute"),
  shed6: shedAt(6, 50, "compute that serves others"),
  shed5: shedAt(5, 40, "storage"),
  shed4: shedAt(4, 35, "storage of others"),
  shed3: shedAt(3, 30, "radio carriers"),
  shed2: shedAt(2, 20, "the last radio carriers"),
  shed1: shedAt(1, 10, "transport and gateway"),
  shedMinutes: secondsOf({
    default: 1800,
    maximum: 86_400,
    description: "With less autonomy than this, at the worst, loads of priority 5 and above lose power.",
  }),
  shedMinutesLast: secondsOf({
    default: 600,
    maximum: 86_400,
    description: "With less than this, all but priority 0.",
  }),
  shedWarm: celsius({
    default: 35,
    minimum: 25,
    maximum: 60,
    description: "Inlet temperature at which loads lose power one priority after the other.",
  }),
  shedHot: celsius({ default: 40, minimum: 25, maximum: 70, description: "The same, at once." }),
  shedWarmTime: secondsOf({
    default: 300,
    minimum: 10,
    maximum: 7200,
    description: "How long it must be too warm for each priority.",
  }),
  shedHotTime: secondsOf({
    default: 60,
    minimum: 5,
    maximum: 3600,
    description: "Between two priorities while it is hot.",
  }),
  shedCool: kelvin({
    default: 3,
    minimum: 1,
    maximum: 20,
    description: "So far below, loads may come back.",
  }),
  lowVoltsWarning: volts({
    default: 46,
    minimum: 10,
    maximum: 400,
    description: "DC bus that is warned of.",
  }),
  lowVolts: volts({
    default: 44,
    minimum: 10,
    maximum: 400,
    description: "DC bus at which all but priority 0 loses power.",
  }),
  lowVoltsTime: secondsOf({ default: 5, maximum: 300, description: "How long the bus must be so low." }),
  grace: secondsOf({
    default: 120,
    maximum: 3600,
    description: "Between the request to shut down and the outlet's opening.",
  }),
  restoreAfter: secondsOf({
    default: 120,
    maximum: 7200,
    description: "How long mains must be good before loads come back.",
  }),
  restoreCharge: percent({
    default: 10,
    description: "State of charge above that of the shedding for the return.",
  }),
  restoreGap: secondsOf({
    default: 10,
    minimum: 1,
    maximum: 600,
    description: "Between the returns of two loads.",
  }),
  outletRest: secondsOf({
    default: 10,
    maximum: 600,
    description: "An outlet that was opened stays open at least this long: power supplies must discharge.",
  }),
});
export type SheddingSettings = Static<typeof sheddingSettings>;

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
}

/** `stopping`: asked to shut down; `off`: without power by us; `back`: given power again, until that is seen. */
export interface LoadState {
  readonly phase: "on" | "stopping" | "off" | "back";
  readonly for: number;
  readonly why: string;
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
export const returnCharge = (priority: number, settings: SheddingSettings): number =>
  Math.min(95, shedCharge(Math.min(8, priority), settings) + settings.restoreCharge);

/** Why a load should be without power now, or undefined. */
function against(
  load: Load,
  input: SheddingInput,
  held: SheddingState,
  s: SheddingSettings,
): string | undefined {
  const { priority } = load;
  if (priority <= 0) return undefined;
  if (priority >= held.hotFrom)
    return input.inlet === undefined ? "it was too hot inside" : `the inlet is at ${shown(input.inlet)} °C`;
  if (reached(held.lowFor, s.lowVoltsTime) && held.lowFor > 0)
    return `the DC bus is at ${shown(input.busVolts ?? 0)} V`;
  if (!input.out) return undefined;
  const at = shedCharge(priority, s);
  if (priority === 9 || (input.charge !== undefined && input.charge < at)) {
    return input.charge === undefined ? "mains are out" : `the battery is at ${shown(input.charge)} %`;
  }
  const { autonomy } = input;
  if (autonomy === undefined) return undefined;
  const short = autonomy < s.shedMinutesLast || (priority >= 5 && autonomy < s.shedMinutes);
  return short ? `the battery may last only ${Math.floor(autonomy / 60)} min` : undefined;
}

/** The next priority that somebody has: one nobody has costs no time. */
function nextPriority(loads: readonly Load[], from: number): number {
  const present = loads.map(({ priority }) => priority).filter((p) => p > 0 && p < from);
  return present.length === 0 ? from : Math.max(...present);
}

/** Counts what shortens and what lengthens the list. */
function count(before: SheddingState, input: SheddingInput, s: SheddingSettings, dt: number): SheddingState {
  const { inlet, busVolts } = input;
  const hot = inlet !== undefined && inlet > s.shedHot;
  const warmFor = inlet === undefined ? before.warmFor : heldFor(before.warmFor, inlet > s.shedWarm, dt);
  const coolFor = heldFor(before.coolFor, inlet !== undefined && inlet < s.shedWarm - s.shedCool, dt);
  const due = hot ? (before.hotFrom === 10 ? 0 : s.shedHotTime) : s.shedWarmTime;
  const next = warmFor > 0 && reached(warmFor, due);
  const hotFrom = next
    ? nextPriority(input.loads, before.hotFrom)
    : reached(coolFor, s.shedWarmTime) && coolFor > 0
      ? 10
      : before.hotFrom;
  return {
    loads: before.loads,
    hotFrom,
    warmFor: next ? 0 : warmFor,
    coolFor,
    lowFor: heldFor(before.lowFor, busVolts !== undefined && busVolts < s.lowVolts, dt),
    goodFor: heldFor(before.goodFor, !input.out, dt),
    sinceReturn: Math.min(before.sinceReturn + dt, 1e6),
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
  switch (was.phase) {
    case "on":
      // What somebody else switched off is not ours to switch on again.
      if (why === undefined || load.on === false) return { phase: "on", for: 0, why: "" };
      return { phase: load.graceful && s.grace > 0 ? "stopping" : "off", for: 0, why };
    case "stopping":
      if (load.down === true || reached(lasts, s.grace)) return { phase: "off", for: 0, why: was.why };
      return { ...was, for: lasts };
    case "off":
      if (why !== undefined) return { ...was, for: lasts, why };
      return may && reached(lasts, s.outletRest)
        ? { phase: "back", for: 0, why: "" }
        : { ...was, for: lasts };
    case "back":
      if (why !== undefined) return { phase: "off", for: 0, why };
      // A reading from before it was shed is no proof.
      return (load.on === true && reached(lasts, 10)) || lasts > 300
        ? { phase: "on", for: 0, why: "" }
        : { ...was, for: lasts };
  }
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
  const good = !input.out && reached(held.goodFor, settings.restoreAfter);
  const cool = held.hotFrom === 10;
  let { sinceReturn } = held;
  const loads: Record<string, LoadState> = {};
  const phases = { stopping: [] as string[], off: [] as string[], back: [] as string[] };
  const why = new Set<string>();
  for (const load of [...input.loads].sort((a, b) => a.priority - b.priority)) {
    const was = before.loads[load.id] ?? { phase: "on", for: 0, why: "" };
    const enough = input.charge === undefined || input.charge > returnCharge(load.priority, settings);
    const may = good && cool && enough && reached(sinceReturn, settings.restoreGap);
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
