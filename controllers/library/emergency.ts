import { type Static, Type } from "typebox";
import { celsius, kelvin, secondsOf } from "../settings.ts";
import { heldFor, hysteresis, listed, reached, shown } from "./timing.ts";

/** Outdoor air and all fans when cooling is lost, or when nothing else keeps up. */
export const emergencySettings = Type.Object({
  lostAfter: secondsOf({
    default: 10,
    maximum: 60,
    description: "Cooling that should run and does not for this long is lost.",
  }),
  lostFrom: celsius({
    default: 25,
    maximum: 45,
    description: "Lost cooling matters from this inlet temperature on.",
  }),
  lostAhead: secondsOf({
    default: 60,
    maximum: 300,
    description:
      "The inlet counts as it will be this much later at its present rise: probes lag, and air warms within seconds.",
  }),
  restingFrom: celsius({
    default: 30,
    maximum: 45,
    description:
      "Cooling that only waits until its compressor has rested matters from this inlet temperature on.",
  }),
  overloadAt: celsius({
    default: 33,
    minimum: 25,
    maximum: 50,
    description: "Inlet temperature at which outdoor air helps whatever the cooling does.",
  }),
  emergencyBand: kelvin({ default: 3, minimum: 1, maximum: 10, description: "It ends this far below." }),
  emergencyLeast: secondsOf({
    default: 120,
    maximum: 3600,
    description: "The shortest emergency ventilation.",
  }),
  emergencyColdest: celsius({
    default: 15,
    minimum: 5,
    maximum: 25,
    description:
      "The damper opens no further than mixed air of this temperature takes; an inlet below ends it.",
  }),
  retryFor: secondsOf({
    default: 300,
    maximum: 3600,
    description:
      "Once equipment takes 5 % less power than when the inlet became too hot, cooling that works is given so long alone: air that is warm outdoors would keep the inlet hot for ever. 0: it is not.",
  }),
  helpsBelow: kelvin({
    default: 1,
    maximum: 10,
    description: "The damper opens only to outdoor air this much colder than return air.",
  }),
  emergencyDewPoint: celsius({
    default: 24,
    maximum: 35,
    description: "Outdoor dew point above which the damper stays shut, unless the inlet is above the next.",
  }),
  wetAnyway: celsius({
    default: 40,
    minimum: 30,
    maximum: 60,
    description: "Above this inlet temperature moist air is better than none.",
  }),
});
export type EmergencySettings = Static<typeof emergencySettings>;

export interface EmergencyState {
  readonly lostFor: number;
  /** Inlet when cooling was last there, °C; null: not known. */
  readonly lostAt: number | null;
  readonly active: boolean;
  readonly for: number;
  readonly overloaded: boolean;
  /** Compressors rest, and it is too warm for that. */
  readonly bridges: boolean;
  readonly open: boolean;
  /** W of equipment when the inlet became too hot; absent: it is not, or nobody knows. */
  readonly overload?: number;
  /** Cooling alone is tried: for how long, s, and from which inlet on, °C. */
  readonly retry?: { readonly for: number; readonly from: number };
}

export const initialEmergency: EmergencyState = {
  lostFor: 0,
  lostAt: null,
  active: false,
  for: 0,
  overloaded: false,
  bridges: false,
  open: false,
};

export interface EmergencyInput {
  readonly inlet: number;
  readonly return?: number | undefined;
  readonly outdoor?: number | undefined;
  readonly outdoorDewPoint?: number | undefined;
  /** W that equipment takes. */
  readonly power?: number | undefined;
  /** Cooling should run and no unit could: none works, answers, or has power. */
  readonly coolingLost: boolean;
  /** Cooling should run, and will once a compressor has rested. */
  readonly resting?: boolean | undefined;
  /** Why, for people: `dx-1 is locked out`. */
  readonly why?: readonly string[] | undefined;
}

export interface EmergencyResult {
  readonly active: boolean;
  /** Nothing is broken: it helps out until a compressor has rested. */
  readonly bridging: boolean;
  /** How far the damper should be open, %; absent: not by this. */
  readonly opening?: number;
  readonly reason: string;
  readonly limits: readonly string[];
  readonly state: EmergencyState;
}

/** Whether outdoor air would help, and what is against it. */
function helps(before: boolean, input: EmergencyInput, s: EmergencySettings): readonly [boolean, string?] {
  const { outdoor, outdoorDewPoint: dew, inlet } = input;
  if (outdoor === undefined)
    return [false, "the outdoor temperature is not known: the damper stays as it is"];
  const back = input.return ?? inlet;
  const at = { on: back - s.helpsBelow, off: back };
  if (!hysteresis(before, outdoor, at)) {
    return [false, `outdoors ${shown(outdoor)} °C is not colder than return air of ${shown(back)} °C`];
  }
  if (dew !== undefined && dew > s.emergencyDewPoint && inlet < s.wetAnyway) {
    return [false, `outdoor air is too moist: dew point ${shown(dew)} °C`];
  }
  return [true];
}

/** Position of the damper, %, that mixes outdoor and return air to no less than the coldest that may be. */
function openingOf({ outdoor, return: back, inlet }: EmergencyInput, s: EmergencySettings): number {
  const cold = outdoor ?? inlet;
  const warm = Math.max(back ?? inlet, s.emergencyColdest + 1);
  return cold >= s.emergencyColdest ? 100 : (100 * (warm - s.emergencyColdest)) / (warm - cold);
}

/** What the inlet will be in a while, °C, when it goes on rising as it has since cooling was lost. */
function soon(inlet: number, lostAt: number, lostFor: number, { lostAhead }: EmergencySettings): number {
  const rising = inlet - lostAt;
  return lostFor > 0 && rising > 0 ? inlet + (rising * lostAhead) / lostFor : inlet;
}

type Overload = Pick<EmergencyState, "overloaded" | "overload" | "retry">;

/** K that the inlet may rise while cooling is tried alone. */
const worse = 2;
/** Less than this part of the power there was is a reason to try. */
const less = 0.95;

/** Whether the inlet is too hot whatever the cooling does; after loads are gone cooling alone is tried again. */
function overloadOf(
  before: EmergencyState,
  { inlet, power, coolingLost }: EmergencyInput,
  s: EmergencySettings,
  dt: number,
): Overload {
  const now = hysteresis(before.overloaded || before.retry !== undefined, inlet, {
    on: s.overloadAt,
    off: s.overloadAt - s.emergencyBand,
  });
  if (!now) return { overloaded: false };
  const began = before.overload ?? power;
  const reference = began === undefined ? {} : { overload: began };
  if (coolingLost) return { overloaded: true, ...reference };
  const { retry } = before;
  if (retry !== undefined) {
    const goesOn = !reached(retry.for + dt, s.retryFor) && inlet < retry.from + worse;
    if (goesOn) return { overloaded: false, ...reference, retry: { ...retry, for: retry.for + dt } };
    return power === undefined ? { overloaded: true } : { overloaded: true, overload: power };
  }
  const tries = s.retryFor > 0 && began !== undefined && power !== undefined && power < less * began;
  return tries
    ? { overloaded: false, overload: began, retry: { for: 0, from: inlet } }
    : { overloaded: true, ...reference };
}

/**
 * One step.
 * @param dt seconds since the step before
 */
export function emergencyStep(
  before: EmergencyState,
  input: EmergencyInput,
  s: EmergencySettings,
  dt: number,
): EmergencyResult {
  const lostFor = heldFor(before.lostFor, input.coolingLost, dt);
  const overload = overloadOf(before, input, s, dt);
  const { overloaded, retry } = overload;
  const lost = reached(lostFor, s.lostAfter) && input.coolingLost;
  const lostAt = input.coolingLost ? (before.lostAt ?? input.inlet) : input.inlet;
  const warm = hysteresis(before.active, soon(input.inlet, lostAt, lostFor, s), {
    on: s.lostFrom,
    off: s.lostFrom - s.emergencyBand,
  });
  const bridges =
    input.resting === true &&
    hysteresis(before.bridges, input.inlet, { on: s.restingFrom, off: s.restingFrom - s.emergencyBand });
  const called = overloaded || bridges || (lost && warm);
  const cooled = input.inlet < s.emergencyColdest;
  const active =
    called || (before.active && retry === undefined && !cooled && !reached(before.for, s.emergencyLeast));
  const [open, against] = active ? helps(before.open, input, s) : [false];
  const state: EmergencyState = {
    lostFor,
    lostAt,
    active,
    for: heldFor(before.for, active, dt),
    ...overload,
    bridges,
    open,
  };
  const causes = [
    ...(lost ? [`cooling is lost${input.why === undefined ? "" : ` (${listed(input.why)})`}`] : []),
    ...(bridges ? ["compressors must rest"] : []),
    ...(overloaded ? [`the inlet is at ${shown(input.inlet)} °C`] : []),
  ];
  return {
    active,
    bridging: active && !lost && !overloaded,
    ...(open ? { opening: openingOf(input, s) } : {}),
    reason: active
      ? `Emergency ventilation: ${listed(causes.length > 0 ? causes : ["it has only just begun"])}`
      : retry === undefined
        ? "Cooling is not lost and the inlet is not too hot"
        : "Equipment takes less power than before: cooling alone is tried",
    limits: against === undefined ? [] : [against],
    state,
  };
}
