import { type Static, Type } from "typebox";
import { kelvin, numberOf, plain, secondsOf } from "../settings.ts";
import { clamp, countedSeconds, usable } from "./limit.ts";

const value = (text: string, initial: number) =>
  numberOf("%", { default: initial, minimum: -1e6, maximum: 1e6, description: text });

/** Settings of trim and respond; defaults: a floor of fan duty asked for by hot racks. */
export const trimSettings = Type.Object({
  initial: value("Setpoint to begin with, and while the equipment is off.", 40),
  min: value("Smallest setpoint.", 25),
  max: value("Largest setpoint.", 100),
  trim: value("Added each time. Its sign is the other one than respond's.", -1),
  respond: value("Added each time per request beyond those ignored.", 4),
  maxRespond: value("The most all requests together add at a time.", 12),
  ignore: plain({ default: 0, minimum: 0, maximum: 1000, description: "So many requests are not answered." }),
  every: secondsOf({ default: 60, minimum: 1, description: "Time between changes." }),
  delay: secondsOf({
    default: 300,
    description: "How long the equipment must have been on before the first.",
  }),
});
export type TrimSettings = Static<typeof trimSettings>;

/** JSON. */
export interface TrimState {
  readonly setpoint: number;
  /** Seconds the equipment has been on, counted up to the delay. */
  readonly on: number;
  /** Seconds since the last change. */
  readonly since: number;
}

export const trimInit = ({ initial }: TrimSettings): TrimState => ({ setpoint: initial, on: 0, since: 0 });

/** What is wrong with settings that fit the schema; undefined: nothing. */
export function checkTrim(settings: TrimSettings): string | undefined {
  const { trim, respond, maxRespond, min, max, initial } = settings;
  if (trim * respond > 0) return `trim ${trim} and respond ${respond} must have opposite signs`;
  if (respond * maxRespond < 0) return `maxRespond ${maxRespond} must have the sign of respond ${respond}`;
  if (min > max) return `min ${min} must not be above max ${max}`;
  return initial < min || initial > max
    ? `initial ${initial} is outside min ${min} .. max ${max}`
    : undefined;
}

export interface TrimResult {
  readonly setpoint: number;
  /** Whether this step changed the setpoint. */
  readonly changed: boolean;
  readonly state: TrimState;
}

/**
 * One step of trim and respond: each `every`, once the equipment has been on for `delay`, the setpoint moves by `trim`,
 * and by `respond` for each request beyond `ignore`, at most `maxRespond`. Pure.
 * @param requests undefined or not finite: unknown, the setpoint stays
 */
export function trimStep(
  state: TrimState,
  input: {
    readonly requests: number | undefined;
    readonly on: boolean;
    readonly dt: number;
    readonly nominal: number;
  },
  settings: TrimSettings,
): TrimResult {
  if (!input.on) return { setpoint: settings.initial, changed: false, state: trimInit(settings) };
  const span = countedSeconds(input.dt, input.nominal);
  const on = Math.min(settings.delay, state.on + span);
  if (on < settings.delay) return { setpoint: state.setpoint, changed: false, state: { ...state, on } };
  // The delay counts as a whole wait: the first change comes when it has passed.
  const since = state.on < settings.delay ? settings.every : state.since + span;
  if (since < settings.every || !usable(input.requests))
    return {
      setpoint: state.setpoint,
      changed: false,
      state: { ...state, on, since: Math.min(since, settings.every) },
    };
  const setpoint = clamp(state.setpoint + answer(input.requests, settings), settings.min, settings.max);
  // The remainder is carried over, so that the rate is right with any step length; two at once never happen.
  const left = Math.min(since - settings.every, settings.every / 2);
  return { setpoint, changed: setpoint !== state.setpoint, state: { setpoint, on, since: left } };
}

const answer = (requests: number, { trim, respond, maxRespond, ignore }: TrimSettings): number => {
  if (requests <= ignore) return trim;
  const asked = Math.min(Math.abs(respond * (requests - ignore)), Math.abs(maxRespond));
  return trim + Math.sign(respond) * asked;
};

/** How racks ask. */
export const requestSettings = Type.Object({
  one: kelvin({ default: 1, description: "Inlet this far above the setpoint: one request." }),
  two: kelvin({ default: 2, description: "Inlet this far above: two requests." }),
  three: kelvin({ default: 3, description: "Inlet this far above, or a throttling server: three requests." }),
  unknown: plain({
    default: 1,
    minimum: 0,
    maximum: 3,
    description: "Requests of a rack whose inlet is not known: it may be hot.",
  }),
});
export type RequestSettings = Static<typeof requestSettings>;

export interface RackNeed {
  readonly name: string;
  /** °C; undefined: not known. */
  readonly inlet: number | undefined;
  readonly throttling?: boolean;
  /** Weight of its requests. Default 1. */
  readonly importance?: number;
}

/** Requests of one rack, 0..3, before its importance. */
export function requestsOf(rack: RackNeed, setpoint: number, settings: RequestSettings): number {
  if (rack.throttling === true) return 3;
  if (!usable(rack.inlet)) return settings.unknown;
  const above = rack.inlet - setpoint;
  if (above > settings.three) return 3;
  if (above > settings.two) return 2;
  return above > settings.one ? 1 : 0;
}

export interface Requests {
  readonly total: number;
  /** The rack that asks for most; undefined when none asks. */
  readonly leader?: string;
}

/** All racks' requests, weighted by importance. */
export function countRequests(
  racks: readonly RackNeed[],
  setpoint: number,
  settings: RequestSettings,
): Requests {
  let total = 0;
  let most = 0;
  let leader: string | undefined;
  for (const rack of racks) {
    const asked = requestsOf(rack, setpoint, settings) * (rack.importance ?? 1);
    total += asked;
    if (asked > most) [most, leader] = [asked, rack.name];
  }
  return leader === undefined ? { total } : { total, leader };
}
