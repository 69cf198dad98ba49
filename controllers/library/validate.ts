import { type Static, Type } from "typebox";
import { kelvin, plain } from "../settings.ts";
import { median } from "./filter.ts";
import { type SensorFault, sensorInit, sensorSettings, type SensorState, sensorStep } from "./sensor.ts";
import { heldFor, reached } from "./timing.ts";
import { vote, type Voter, voteSettings } from "./vote.ts";

/** Everything about a set of sensors of one quantity. */
export const validateSettings = Type.Object({
  ...sensorSettings.properties,
  ...voteSettings.properties,
  minGood: plain({
    default: 1,
    minimum: 1,
    maximum: 100,
    description: "So many places must have a believable reading.",
  }),
  placeDelta: kelvin({
    default: 6,
    description:
      "Of three or more places, one further than this from the middle one is left out: its sensor is wrong. 0: none is.",
  }),
});
export type ValidateSettings = Static<typeof validateSettings>;

export function checkValidate({ lowest, highest }: ValidateSettings): string | undefined {
  return lowest < highest ? undefined : `lowest ${lowest} must be below highest ${highest}`;
}

export interface Probe {
  /** Unique, and the same in every step. */
  readonly name: string;
  /** Undefined: the transport has none. */
  readonly value: number | undefined;
  /** s */
  readonly age?: number;
  /** Probes of one place are voted on; different places are compared by the hottest (or coldest). Default: its own. */
  readonly place?: string;
}

export interface ValidateState {
  readonly sensors: Readonly<Record<string, SensorState>>;
  /** How long each place's probes have disagreed, s; those that do not are not named. */
  readonly disagreeing: Readonly<Record<string, number>>;
}

export const validateInit = (): ValidateState => ({ sensors: {}, disagreeing: {} });

export interface Judged {
  readonly name: string;
  readonly place: string;
  readonly quality: "good" | "uncertain" | "bad";
  readonly value: number | undefined;
  readonly reason: SensorFault | undefined;
}

export interface Place {
  readonly place: string;
  /** Undefined: no believable probe. */
  readonly value: number | undefined;
  readonly quality: "good" | "uncertain" | "bad";
  /** Probes it has, and those that counted. */
  readonly probes: number;
  readonly used: number;
}

export interface Validated {
  /** The worst place's value; undefined: fewer than `minGood` places have one. */
  readonly value: number | undefined;
  readonly quality: "good" | "uncertain" | "bad";
  /** The probe that decided. */
  readonly leader: string | undefined;
  readonly sensors: readonly Judged[];
  readonly places: readonly Place[];
  /** Places whose probes have disagreed for long enough to be told. */
  readonly disagree: readonly string[];
  /** Places of whose several probes one counts, and the place that is left of several: nobody contradicts it. */
  readonly alone: readonly string[];
  readonly state: ValidateState;
}

export interface ValidateStep {
  readonly dt: number;
  /** For being stuck, in place of the others' median. */
  readonly reference?: number | undefined;
  /** In place of what the settings say. */
  readonly worse?: ValidateSettings["worse"];
}

/** What is needed of the settings, when the step says which side is worse. */
export type JudgeSettings = Omit<ValidateSettings, "worse"> & Partial<Pick<ValidateSettings, "worse">>;

/**
 * Judges a set of sensors: transport, range, rate, stuck, vote, in that order. Pure. A missing reading is never replaced
 * by a number. Each sensor's reference for being stuck is the median of the others' readings, or what is handed in.
 */
export function validateStep(
  state: ValidateState,
  probes: readonly Probe[],
  step: ValidateStep,
  settings: JudgeSettings,
): Validated {
  const { dt, worse = settings.worse ?? "high" } = step;
  const kept: Record<string, SensorState> = {};
  const judged: Judged[] = [];
  for (const probe of probes) {
    const { name, place = name, value, age = 0 } = probe;
    const reference = step.reference ?? othersMedian(state, probes, probe);
    const before = state.sensors[name] ?? sensorInit();
    const result = sensorStep(before, { value, age, reference, dt }, settings);
    kept[name] = result.state;
    judged.push({ name, place, quality: result.quality, value: result.value, reason: result.reason });
  }
  const places = withoutStrays(
    placesOf(judged, { voteDelta: settings.voteDelta, worse }),
    settings.placeDelta,
    worse,
  );
  const disagreeing: Record<string, number> = {};
  const late: Voted[] = [];
  for (const one of places) {
    if (one.dropped.length === 0) continue;
    const held = heldFor(state.disagreeing[one.place] ?? 0, true, dt);
    disagreeing[one.place] = held;
    if (reached(held, settings.voteAfter)) late.push(one);
  }
  const worst = worstOf(places, worse, settings.minGood);
  return {
    value: worst?.value,
    quality: worst?.quality ?? "bad",
    leader: worst?.leader,
    sensors: late.length === 0 ? judged : judged.map((one) => votedOn(one, late)),
    places,
    disagree: late.filter(({ value }) => value !== undefined).map(({ place }) => place),
    alone: aloneOf(places),
    state: { sensors: kept, disagreeing },
  };
}

function aloneOf(places: readonly Voted[]): readonly string[] {
  let valued = 0;
  for (const { value } of places) if (value !== undefined) valued++;
  const last = places.length > 1 && valued === 1;
  return places
    .filter(({ value, probes, used }) => value !== undefined && (last || (probes > 1 && used === 1)))
    .map(({ place }) => place);
}

/** Of the readings in this step, so that two sensors that move together are compared at the same time. */
function othersMedian(state: ValidateState, probes: readonly Probe[], probe: Probe): number | undefined {
  const others: number[] = [];
  for (const { name, value } of probes)
    if (name !== probe.name && value !== undefined && state.sensors[name]?.fault === null) others.push(value);
  return median(others);
}

/** One that has been outvoted for long is bad. */
function votedOn(one: Judged, late: readonly Voted[]): Judged {
  const { name, place } = one;
  if (!late.some((voted) => voted.place === place && voted.dropped.includes(name))) return one;
  return { name, place, quality: "bad", value: undefined, reason: "vote" };
}

interface Voted extends Place {
  readonly leader: string | undefined;
  readonly dropped: readonly string[];
}

type VoteRule = Pick<ValidateSettings, "voteDelta" | "worse">;

function placesOf(sensors: readonly Judged[], rule: VoteRule): readonly Voted[] {
  const places = new Map<string, Judged[]>();
  for (const one of sensors) {
    const all = places.get(one.place);
    if (all === undefined) places.set(one.place, [one]);
    else all.push(one);
  }
  const voted: Voted[] = [];
  for (const [place, all] of places) voted.push(votedAt(place, all, rule));
  return voted;
}

function votedAt(place: string, all: readonly Judged[], rule: VoteRule): Voted {
  const voters: Voter[] = [];
  for (const { name, value } of all) if (value !== undefined) voters.push({ name, value });
  const { value, leader, dropped } = vote(voters, rule);
  const used = voters.length - dropped.length;
  const doubtful = all.some((one) => one.name === leader && one.quality === "uncertain");
  const quality = value === undefined ? "bad" : doubtful || dropped.length > 0 ? "uncertain" : "good";
  return { place, value, leader, dropped, quality, probes: all.length, used };
}

/** A place far from all the others has no value: an air stream is never so much warmer or colder than its neighbours. */
function withoutStrays(
  places: readonly Voted[],
  placeDelta: number,
  worse: ValidateSettings["worse"],
): readonly Voted[] {
  if (places.length < 3 || placeDelta === 0) return places;
  const valued: Voter[] = [];
  for (const { place, value } of places) if (value !== undefined) valued.push({ name: place, value });
  if (valued.length < 3) return places;
  const { dropped } = vote(valued, { voteDelta: placeDelta, worse });
  if (dropped.length === 0) return places;
  return places.map((one) => {
    if (!dropped.includes(one.place) || one.leader === undefined) return one;
    const out = [...one.dropped, one.leader];
    return { ...one, value: undefined, leader: undefined, quality: "bad", used: 0, dropped: out };
  });
}

/** @returns undefined when fewer than `minGood` places have a value */
function worstOf(
  places: readonly Voted[],
  worse: ValidateSettings["worse"],
  minGood: number,
): Voted | undefined {
  let worst: Voted | undefined;
  let good = 0;
  for (const one of places) {
    if (one.value === undefined) continue;
    good++;
    const before = worst?.value;
    if (before === undefined || (worse === "high" ? one.value > before : one.value < before)) worst = one;
  }
  return good < minGood ? undefined : worst;
}
