import { type Static, Type } from "typebox";
import { celsius, kelvin, secondsOf } from "../settings.ts";
import { type BackOff, backOffStep, initialBackOff, waitOf } from "./back-off.ts";
import { heldFor, hysteresis, listed, reached, shown, span, within } from "./timing.ts";

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
      "The damper opens no further than mixed air of this temperature takes, and less while it is less warm; an inlet below ends it.",
  }),
  retryFor: secondsOf({
    default: 300,
    maximum: 3600,
    description:
      "Cooling that works is given so long alone, now and then, while the inlet is too hot: outdoor air that is warm would keep it so. It ends when the inlet rises 2 K. 0: it is not tried.",
  }),
  retryEvery: secondsOf({
    default: 600,
    minimum: 60,
    maximum: 14_400,
    description:
      "How long before the first try, twice as long before each further one, up to 4 h; at once when equipment takes 5 % less power.",
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
  /** How long the inlet has been too hot, s, and W of equipment when that began; absent: it is not. */
  readonly overload?: { readonly for: number; readonly power?: number };
  /** Cooling alone is tried: for how long, s, and from which inlet on, °C. */
  readonly retry?: { readonly for: number; readonly from: number };
  readonly retries?: BackOff;
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

/** K of colder mixed air for each K that it is warmer. */
const steepness = 2;

/**
 * Position of the damper, %, that mixes outdoor and return air: a little below where lost cooling matters, and colder the
 * warmer it is, down to the coldest that may be. All of the outdoor air at once would end it, and begin it again.
 * @param inlet as it is or soon will be, °C
 */
function openingOf(inlet: number, { outdoor, return: back }: EmergencyInput, s: EmergencySettings): number {
  const mild = Math.max(s.emergencyColdest, s.lostFrom - s.emergencyBand / 2);
  const mixed = within(mild - steepness * (inlet - s.lostFrom), s.emergencyColdest, mild);
  const cold = outdoor ?? inlet;
  const warm = Math.max(back ?? inlet, mixed + 1);
  return cold >= mixed ? 100 : (100 * (warm - mixed)) / (warm - cold);
}

/** What the inlet will be in a while, °C, when it goes on rising as it has since cooling was lost. */
function soon(inlet: number, lostAt: number, lostFor: number, { lostAhead }: EmergencySettings): number {
  const rising = inlet - lostAt;
  return lostFor > 0 && rising > 0 ? inlet + (rising * lostAhead) / lostFor : inlet;
}

type Overload = Pick<EmergencyState, "overloaded" | "overload" | "retry" | "retries">;

/** K that the inlet may rise while cooling is tried alone. */
const worse = 2;
/** Less than this part of the power there was is a reason to try at once. */
const less = 0.95;
/** s */
const longestWait = 4 * 3600;

/** Whether cooling that works may be tried alone: there is less to cool, or it is long since. */
function isTimeToTry({ overload }: EmergencyState, waited: number, wait: number, power?: number): boolean {
  const fewer = overload?.power !== undefined && power !== undefined && power < less * overload.power;
  return fewer || reached(waited, wait);
}

/** Whether the inlet is too hot whatever the cooling does; now and then cooling alone is tried again. */
function overloadOf(
  before: EmergencyState,
  { inlet, power, coolingLost }: EmergencyInput,
  s: EmergencySettings,
  dt: number,
): Overload {
  const { overload, retry, retries = initialBackOff } = before;
  const hot = hysteresis(before.overloaded || retry !== undefined, inlet, {
    on: s.overloadAt,
    off: s.overloadAt - s.emergencyBand,
  });
  if (!hot) return { overloaded: false, retries: backOffStep(retries, false, false, dt) };
  if (retry !== undefined && !coolingLost) {
    const goesOn = !reached(retry.for + dt, s.retryFor) && inlet < retry.from + worse;
    if (goesOn)
      return {
        ...{ overloaded: false, retry: { ...retry, for: retry.for + dt } },
        ...{
          retries: backOffStep(retries, false, false, dt),
          ...(overload === undefined ? {} : { overload }),
        },
      };
  }
  const begins = !before.overloaded;
  const known = power === undefined ? {} : { power };
  const waited =
    begins || overload === undefined ? { for: 0, ...known } : { ...overload, for: overload.for + dt };
  const tries =
    !begins &&
    !coolingLost &&
    s.retryFor > 0 &&
    isTimeToTry(before, waited.for, waitOf(retries, s.retryEvery, longestWait), power);
  return {
    overloaded: !tries,
    overload: waited,
    retries: backOffStep(retries, tries, begins, dt),
    ...(tries ? { retry: { for: 0, from: inlet } } : {}),
  };
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
  const ahead = soon(input.inlet, lostAt, lostFor, s);
  const warm = hysteresis(before.active, ahead, {
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
  const left = span(Math.max(0, s.emergencyLeast - before.for));
  const goesOn = `nothing calls for it any more; once begun it goes on for ${span(s.emergencyLeast)}, ${left} more`;
  return {
    active,
    bridging: active && !lost && !overloaded,
    ...(open ? { opening: openingOf(ahead, input, s) } : {}),
    reason: active
      ? `Emergency ventilation: ${listed(causes.length > 0 ? causes : [goesOn])}`
      : retry === undefined
        ? "Cooling is not lost and the inlet is not too hot"
        : "Cooling is tried without outdoor air, which is warm",
    limits: against === undefined ? [] : [against],
    state,
  };
}
