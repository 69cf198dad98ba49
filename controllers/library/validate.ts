import { type Static, Type } from "typebox";
import { kelvin, plain } from "../settings.ts";
import { median } from "./filter.ts";
import {
  type SensorFault,
  sensorInit,
  type SensorResult,
  sensorSettings,
  type SensorState,
  sensorStep,
} from "./sensor.ts";
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
  /** Places that have several probes, and only one that counts. */
  readonly alone: readonly string[];
  readonly state: ValidateState;
}

/**
 * Judges a set of sensors: transport, range, rate, stuck, vote, in that order. Pure. A missing reading is never replaced
 * by a number. Each sensor's reference for being stuck is the median of the others' readings, or what is handed in.
 * @param reference for being stuck, in place of the others' median
 */
export function validateStep(
  state: ValidateState,
  probes: readonly Probe[],
  step: { readonly dt: number; readonly reference?: number | undefined },
  settings: ValidateSettings,
): Validated {
  const results = new Map<string, SensorResult>();
  for (const probe of probes) {
    const reference = step.reference ?? othersMedian(state, probes, probe);
    const { value, age = 0 } = probe;
    const before = state.sensors[probe.name] ?? sensorInit();
    results.set(probe.name, sensorStep(before, { value, age, reference, dt: step.dt }, settings));
  }
  const judged = judgedOf(probes, results);
  const voted = withoutStrays(placesOf(judged, settings), settings);
  const disagreeing: Record<string, number> = {};
  for (const { place, dropped } of voted)
    if (dropped.length > 0) disagreeing[place] = heldFor(state.disagreeing[place] ?? 0, true, step.dt);
  const late = (place: string) =>
    place in disagreeing && reached(disagreeing[place] ?? 0, settings.voteAfter);
  const sensors = judged.map((one) => {
    const out = voted.some(
      ({ place, dropped }) => place === one.place && late(place) && dropped.includes(one.name),
    );
    return out ? { ...one, quality: "bad" as const, value: undefined, reason: "vote" as const } : one;
  });
  const kept: Record<string, SensorState> = {};
  for (const [name, result] of results) kept[name] = result.state;
  return {
    ...worstOf(voted, settings),
    sensors,
    places: voted,
    disagree: Object.keys(disagreeing).filter(
      (place) => late(place) && voted.some((one) => one.place === place && one.value !== undefined),
    ),
    alone: voted.filter((one) => one.probes > 1 && one.used === 1).map((one) => one.place),
    state: { sensors: kept, disagreeing },
  };
}

/** Of the readings in this step, so that two sensors that move together are compared at the same time. */
function othersMedian(state: ValidateState, probes: readonly Probe[], probe: Probe): number | undefined {
  const others: number[] = [];
  for (const { name, value } of probes)
    if (name !== probe.name && value !== undefined && state.sensors[name]?.fault === null) others.push(value);
  return median(others);
}

const judgedOf = (probes: readonly Probe[], results: ReadonlyMap<string, SensorResult>): readonly Judged[] =>
  probes.map(({ name, place = name }) => {
    const result = results.get(name);
    return { name, place, quality: result?.quality ?? "bad", value: result?.value, reason: result?.reason };
  });

interface Voted extends Place {
  readonly leader: string | undefined;
  readonly dropped: readonly string[];
}

function placesOf(sensors: readonly Judged[], settings: ValidateSettings): readonly Voted[] {
  const places = new Map<string, Judged[]>();
  for (const one of sensors) places.set(one.place, [...(places.get(one.place) ?? []), one]);
  return [...places].map(([place, all]) => {
    const voters: Voter[] = [];
    for (const { name, value } of all) if (value !== undefined) voters.push({ name, value });
    const { value, leader, dropped } = vote(voters, settings);
    const used = voters.length - dropped.length;
    const doubtful = all.some((one) => one.name === leader && one.quality === "uncertain");
    const quality = value === undefined ? "bad" : doubtful || dropped.length > 0 ? "uncertain" : "good";
    return { place, value, leader, dropped, quality, probes: all.length, used };
  });
}

/** A place far from all the others has no value: an air stream is never so much warmer or colder than its neighbours. */
function withoutStrays(places: readonly Voted[], { placeDelta, worse }: ValidateSettings): readonly Voted[] {
  const valued = places.flatMap(({ place, value }) => (value === undefined ? [] : [{ name: place, value }]));
  if (valued.length < 3 || placeDelta === 0) return places;
  const { dropped } = vote(valued, { voteDelta: placeDelta, voteAfter: 0, worse });
  if (dropped.length === 0) return places;
  return places.map((one) => {
    if (!dropped.includes(one.place) || one.leader === undefined) return one;
    const out = [...one.dropped, one.leader];
    return { ...one, value: undefined, leader: undefined, quality: "bad", used: 0, dropped: out };
  });
}

function worstOf(
  places: readonly Voted[],
  { worse, minGood }: ValidateSettings,
): Pick<Validated, "value" | "quality" | "leader"> {
  let worst: Voted | undefined;
  let good = 0;
  for (const one of places) {
    if (one.value === undefined) continue;
    good++;
    const before = worst?.value;
    if (before === undefined || (worse === "high" ? one.value > before : one.value < before)) worst = one;
  }
  if (worst === undefined || good < minGood) return { value: undefined, quality: "bad", leader: undefined };
  return { value: worst.value, quality: worst.quality, leader: worst.leader };
}
