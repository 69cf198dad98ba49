import { type Static, Type } from "typebox";
import { celsius, kelvin, numberOf, percent, secondsOf } from "../settings.ts";
import { type Air, dewPointOf } from "./psychrometrics.ts";
import { heldFor, hysteresis, listed, reached, shown, within } from "./timing.ts";

/** Whether outdoor air may cool, and how it shares the work with compressors. */
export const economiserSettings = Type.Object({
  dryBulbBelow: kelvin({
    default: 2,
    minimum: 0.5,
    maximum: 20,
    description: "Outdoor air must be this much colder than return air.",
  }),
  dryBulbBand: kelvin({ default: 1, minimum: 0.2, maximum: 10, description: "Hysteresis of that." }),
  enthalpyBand: numberOf("kJ/kg", {
    default: 1,
    minimum: 0.1,
    maximum: 20,
    description:
      "Outdoor air must have this much less enthalpy than return air; half of it once it is let in.",
  }),
  dewPointMost: celsius({
    default: 15,
    maximum: 30,
    description: "Outdoor dew point above which it is kept out.",
  }),
  dewPointHard: celsius({
    default: 17,
    maximum: 30,
    description:
      "Outdoor dew point at which it is shut out at once: 17 °C for class A1, 24 °C for A3 and A4.",
  }),
  dewPointLeast: celsius({
    default: -9,
    maximum: 10,
    description: "Mixed air must not have a lower dew point.",
  }),
  dewPointDry: celsius({
    default: -12,
    maximum: 10,
    description: "Dew point of mixed air at which outdoor air is shut out at once.",
  }),
  lowAmbient: celsius({
    default: -8,
    maximum: 20,
    description:
      "Below this outdoor temperature dry air is let in all the same: compressors may be locked out by the cold.",
  }),
  highLimit: celsius({
    default: 24,
    maximum: 40,
    description: "Outdoor temperature up to which it is let in when return air is not known.",
  }),
  filterMost: numberOf("Pa", {
    default: 250,
    minimum: 10,
    maximum: 2000,
    description: "Pressure across the filter above which outdoor air is not let in.",
  }),
  economiserTime: secondsOf({
    default: 600,
    maximum: 7200,
    description: "The shortest time outdoor air is let in or kept out, and between changes of mode.",
  }),
  partialAbove: kelvin({
    default: 1,
    maximum: 10,
    description: "With the damper open: this far above the setpoint compressors help.",
  }),
  partialAfter: secondsOf({
    default: 300,
    maximum: 7200,
    description: "For this long before they do; so many times shorter as the inlet is further above.",
  }),
  partialBelow: kelvin({
    default: 1.5,
    maximum: 10,
    description:
      "While compressors help, the damper closes so far below the setpoint: compressors at their least go on running.",
  }),
  freeMargin: kelvin({
    default: 1,
    maximum: 10,
    description:
      "Where outdoor air alone was too warm, it must be this much colder outdoors before it is tried again; so much colder than the setpoint it is tried also with the damper wide open and compressors at their least.",
  }),
  freeRelax: numberOf("K/h", {
    default: 0.5,
    minimum: 0.05,
    maximum: 20,
    description: "That limit rises again by so much.",
  }),
  damperMinimum: percent({
    default: 0,
    maximum: 50,
    description: "Position of the damper with outdoor air kept out.",
  }),
  mixedLow: celsius({
    default: 8,
    maximum: 20,
    description: "Mixed air below it closes the damper, wholly at 4 K below.",
  }),
});
export type EconomiserSettings = Static<typeof economiserSettings>;

/** `free`: the damper alone; `partial`: open damper, compressors trim; `mechanical`: compressors alone. */
export type EconomiserMode = "free" | "partial" | "mechanical";

const conditions = ["dryBulb", "enthalpy", "dewPoint", "dryAir", "filter"] as const;
type Condition = (typeof conditions)[number];

export interface EconomiserState {
  readonly mode: EconomiserMode;
  /** s in it. */
  readonly inMode: number;
  readonly met: Readonly<Record<Condition, boolean>>;
  /** s all conditions have held. */
  readonly allowedFor: number;
  /** s open and too warm; s with compressors at their least. */
  readonly warmFor: number;
  readonly idleFor: number;
  /** Outdoor temperature below which outdoor air alone will do, learnt where it did not, °C. */
  readonly freeBelow?: number;
}

export const initialEconomiser: EconomiserState = {
  mode: "mechanical",
  inMode: 0,
  met: { dryBulb: false, enthalpy: false, dewPoint: false, dryAir: false, filter: false },
  allowedFor: 0,
  warmFor: 0,
  idleFor: 0,
};

export interface EconomiserInput {
  /** °C; humidity, dew point and enthalpy where they are known. */
  readonly outdoor?: ({ readonly temperature: number } & Partial<Air>) | undefined;
  readonly return?: ({ readonly temperature: number } & Partial<Air>) | undefined;
  /** What is to be cooled, and how far, °C. */
  readonly inlet: number;
  readonly setpoint: number;
  /** Position in force, %. */
  readonly damper: number;
  /** What compressors do: at rest, at their least (a variable one), or more than that. */
  readonly compressors: "rest" | "least" | "more";
  readonly doorOpen?: boolean | undefined;
  readonly filterPressure?: number | undefined;
  /** What shuts outdoor air out at once, for people: smoke, frost, dust. */
  readonly shutOut?: readonly string[] | undefined;
}

export interface EconomiserResult {
  readonly mode: EconomiserMode;
  readonly damperMay: "modulate" | "minimum";
  /** What the damper holds, °C. */
  readonly setpoint: number;
  readonly compressorsMay: boolean;
  /** What keeps outdoor air out, for people. */
  readonly against: readonly string[];
  /** A protection keeps it out: no time is to be lost. */
  readonly atOnce: boolean;
  readonly state: EconomiserState;
}

interface Verdict {
  readonly met: Readonly<Record<Condition, boolean>>;
  readonly against: readonly string[];
  /** Shut out at once, whatever the minimum time. */
  readonly atOnce: boolean;
}

/** Dew point of the air that comes together at this position of the damper. */
function mixedDewPoint(
  outdoor: Partial<Air>,
  inside: Partial<Air> | undefined,
  damper: number,
): number | undefined {
  if (outdoor.humidityRatio === undefined || outdoor.dewPoint === undefined) return undefined;
  if (inside?.humidityRatio === undefined) return outdoor.dewPoint;
  const share = within(damper / 100, 0, 1);
  return dewPointOf(share * outdoor.humidityRatio + (1 - share) * inside.humidityRatio);
}

function dryBulb(was: boolean, input: EconomiserInput, s: EconomiserSettings): readonly [boolean, string] {
  const out = input.outdoor?.temperature;
  if (out === undefined) return [false, "the outdoor temperature is not known"];
  const back = input.return?.temperature;
  if (back === undefined) {
    const met = hysteresis(was, out, { on: s.highLimit, off: s.highLimit + s.dryBulbBand });
    return [met, `outdoors ${shown(out)} °C is above ${shown(s.highLimit)} °C, and return air is not known`];
  }
  const at = { on: back - s.dryBulbBelow, off: back - s.dryBulbBelow + s.dryBulbBand };
  return [hysteresis(was, out, at), `outdoors ${shown(out)} °C is not below return air of ${shown(back)} °C`];
}

function judge(before: EconomiserState, input: EconomiserInput, s: EconomiserSettings): Verdict {
  const { outdoor, return: back, filterPressure } = input;
  const dry = dryBulb(before.met.dryBulb, input, s);
  const heat = outdoor?.enthalpy;
  const inside = back?.enthalpy;
  const at = (inside ?? 0) - s.enthalpyBand;
  const enthalpy =
    heat === undefined ||
    inside === undefined ||
    hysteresis(before.met.enthalpy, heat, { on: at, off: at + s.enthalpyBand / 2 });
  const dew = outdoor?.dewPoint;
  const moist = { on: s.dewPointMost - 0.5, off: s.dewPointMost };
  const onlyAirCools = outdoor !== undefined && outdoor.temperature < s.lowAmbient;
  const mixed =
    outdoor === undefined || onlyAirCools ? undefined : mixedDewPoint(outdoor, back, input.damper);
  const parched = { on: s.dewPointLeast + 0.5, off: s.dewPointLeast };
  const results: Readonly<Record<Condition, readonly [boolean, string]>> = {
    dryBulb: dry,
    enthalpy: [enthalpy, "outdoor air holds more heat than return air, moisture included"],
    dewPoint: [
      dew === undefined || hysteresis(before.met.dewPoint, dew, moist),
      `the outdoor dew point of ${shown(dew ?? 0)} °C is above ${shown(s.dewPointMost)} °C`,
    ],
    dryAir: [
      mixed === undefined || hysteresis(before.met.dryAir, mixed, parched),
      `mixed air would be too dry: dew point ${shown(mixed ?? 0)} °C`,
    ],
    filter: [
      filterPressure === undefined ||
        hysteresis(before.met.filter, filterPressure, { on: s.filterMost * 0.9, off: s.filterMost }),
      `the filter is loaded: ${shown(filterPressure ?? 0)} Pa`,
    ],
  };
  const shut = input.shutOut ?? [];
  const against = [
    ...shut,
    ...(input.doorOpen === true ? ["the door is open"] : []),
    ...conditions.filter((name) => !results[name][0]).map((name) => results[name][1]),
  ];
  const met = Object.fromEntries(conditions.map((name) => [name, results[name][0]])) as Verdict["met"];
  const hard = (dew ?? -99) >= s.dewPointHard || (mixed ?? 99) <= s.dewPointDry || outdoor === undefined;
  return { met, against, atOnce: shut.length > 0 || hard };
}

function nextMode(
  state: EconomiserState,
  allowed: boolean,
  atOnce: boolean,
  s: EconomiserSettings,
): EconomiserMode {
  const settled = reached(state.inMode, s.economiserTime);
  if (state.mode !== "mechanical" && !allowed && (atOnce || settled)) return "mechanical";
  if (!allowed) return state.mode;
  if (state.mode === "mechanical") {
    return settled && reached(state.allowedFor, s.economiserTime) ? "partial" : "mechanical";
  }
  if (state.mode === "free") return reached(state.warmFor, s.partialAfter) ? "partial" : "free";
  return reached(state.idleFor, s.economiserTime) ? "free" : "partial";
}

/**
 * Compressors are at rest, or can do no less and are too much: the damper is partly shut, or outdoor air is clearly colder
 * than what is wanted.
 */
const spare = (
  { compressors, damper, outdoor, setpoint }: EconomiserInput,
  { freeMargin }: EconomiserSettings,
): boolean =>
  compressors === "rest" ||
  (compressors === "least" &&
    (damper <= 80 || (outdoor !== undefined && outdoor.temperature <= setpoint - freeMargin)));

/** How many times as far above the setpoint as it takes to be too warm: a damper that does not move cannot wait. */
const haste = ({ inlet, setpoint }: EconomiserInput, { partialAbove }: EconomiserSettings): number =>
  Math.max(1, (inlet - setpoint) / Math.max(partialAbove, 0.1));

const colder = ({ outdoor, setpoint }: EconomiserInput, freeBelow: number | undefined): boolean =>
  outdoor !== undefined && outdoor.temperature < Math.min(setpoint, freeBelow ?? setpoint);

/** The limit learnt is forgotten slowly: load and filter change. */
function relaxed(
  { freeBelow }: EconomiserState,
  { setpoint }: EconomiserInput,
  s: EconomiserSettings,
  dt: number,
): number | undefined {
  const now = (freeBelow ?? Infinity) + (s.freeRelax * dt) / 3600;
  return now >= setpoint ? undefined : now;
}

/**
 * One step: who cools.
 * @param dt seconds since the step before
 */
export function economiserStep(
  before: EconomiserState,
  input: EconomiserInput,
  settings: EconomiserSettings,
  dt: number,
): EconomiserResult {
  const { met, against, atOnce } = judge(before, input, settings);
  const allowed = against.length === 0;
  const warm = input.damper >= 95 && input.inlet > input.setpoint + settings.partialAbove;
  const freeBelow = relaxed(before, input, settings, dt);
  const helped = before.mode === "partial" && spare(input, settings) && colder(input, freeBelow);
  const held: EconomiserState = {
    mode: before.mode,
    inMode: heldFor(before.inMode, true, dt),
    met,
    allowedFor: heldFor(before.allowedFor, allowed, dt),
    warmFor: heldFor(before.warmFor, before.mode === "free" && warm, dt * haste(input, settings)),
    // Air as warm as what is wanted cannot do it alone, however little compressors have to add.
    idleFor: heldFor(before.idleFor, helped, dt),
    ...(freeBelow === undefined ? {} : { freeBelow }),
  };
  const mode = nextMode(held, allowed, atOnce, settings);
  const changed = { ...held, mode, inMode: 0, warmFor: 0, idleFor: 0 };
  const learnt = before.mode === "free" && mode === "partial" && input.outdoor !== undefined;
  const state =
    mode === before.mode
      ? held
      : learnt
        ? { ...changed, freeBelow: input.outdoor.temperature - settings.freeMargin }
        : changed;
  return {
    mode,
    damperMay: mode === "mechanical" ? "minimum" : "modulate",
    setpoint: mode === "partial" ? input.setpoint - settings.partialBelow : input.setpoint,
    compressorsMay: mode !== "free",
    against,
    atOnce,
    state,
  };
}

/** Furthest the damper may be open with mixed air this cold, %. */
export const mixedAirLimit = (mixed: number | undefined, settings: EconomiserSettings): number =>
  mixed === undefined ? 100 : within((100 * (mixed - (settings.mixedLow - 4))) / 4, 0, 100);

/** The mode in a sentence. */
export function economiserReason({ mode, against }: Pick<EconomiserResult, "mode" | "against">): string {
  if (mode === "free") return "Outdoor air alone cools";
  if (mode === "partial") return "Outdoor air cools and compressors help";
  return against.length === 0
    ? "Compressors alone cool; outdoor air has yet to prove itself"
    : `Compressors alone cool: ${listed(against)}`;
}
