import { type Static, Type } from "typebox";
import { celsius, kelvin, percent, secondsOf } from "../settings.ts";
import { heldFor, hysteresis, reached, shown } from "./timing.ts";

/** Keeps moisture off equipment: band, condensation, cold starts, open doors. Controls on dew point. */
export const humiditySettings = Type.Object({
  dewPointHigh: celsius({ default: 15, maximum: 30, description: "Dry the air above this dew point." }),
  dewPointLow: celsius({ default: -9, maximum: 10, description: "Too dry below this dew point." }),
  dewPointVeryLow: celsius({
    default: -12,
    maximum: 10,
    description: "Below this dew point outdoor air is kept out.",
  }),
  lowAmbient: celsius({
    default: -8,
    maximum: 20,
    description:
      "Below this outdoor temperature dry air is let in all the same: compressors may be locked out by the cold.",
  }),
  humidityHigh: percent({ default: 60, description: "Relative humidity at the inlet that is reported." }),
  dryAfter: secondsOf({
    default: 600,
    maximum: 7200,
    description: "How long the dew point must be too high before the air is dried.",
  }),
  dryLeastInlet: celsius({
    default: 18,
    maximum: 30,
    description: "The air is not dried below this inlet temperature, and only begun with 2 K above it.",
  }),
  reheatAfter: secondsOf({
    default: 300,
    maximum: 7200,
    description: "Surfaces too cold for so long, although outdoor air stays out: the heater helps.",
  }),
  wetAir: percent({
    default: 50,
    description:
      "Smallest fan duty while surfaces are too cold: more air leaves the coil less cold. 0: none.",
  }),
  surfaceMargin: kelvin({
    default: 2,
    minimum: 0.5,
    maximum: 10,
    description: "The coldest surface must be this much above the dew point inside.",
  }),
  surfaceAlarm: kelvin({ default: 1, maximum: 10, description: "Alarm when it is less than this above it." }),
  doorWet: secondsOf({
    default: 60,
    maximum: 3600,
    description: "Door open this long to air moister than surfaces bear: compressors rest.",
  }),
  doorDry: secondsOf({
    default: 300,
    maximum: 7200,
    description: "They rest until this long after it shut.",
  }),
  hotAnyway: celsius({
    default: 32,
    minimum: 25,
    maximum: 50,
    description: "Above this inlet temperature compressors run whatever the moisture.",
  }),
});
export type HumiditySettings = Static<typeof humiditySettings>;

export interface HumidityState {
  readonly humidFor: number;
  readonly drying: boolean;
  readonly condenses: boolean;
  /** s surfaces have been too cold. */
  readonly wetFor?: number;
  readonly dry: boolean;
  readonly doorOpenFor: number;
  /** s compressors rest yet after a door let moist air in. */
  readonly restLeft: number;
  /** The last dew point that was known, °C. */
  readonly lastDewPoint?: number;
}

export const initialHumidity: HumidityState = {
  humidFor: 0,
  drying: false,
  condenses: false,
  dry: false,
  doorOpenFor: 0,
  restLeft: 0,
};

export interface HumidityInput {
  /** The hottest, °C; and the coldest, where there are several. */
  readonly inlet: number;
  readonly leastInlet?: number | undefined;
  /** Dew point inside, °C; absent when the humidity sensor is bad. */
  readonly dewPoint?: number | undefined;
  readonly outdoorDewPoint?: number | undefined;
  /** Outdoor temperature, °C. */
  readonly outdoor?: number | undefined;
  /** Coldest of what is known: walls, metal, inlet air, °C. */
  readonly coldest?: number | undefined;
  /** Supply air, °C: the coil is nearly as cold, and is to be wet while it dries the air. */
  readonly supply?: number | undefined;
  /** % */
  readonly damper: number;
  readonly doorOpen: boolean;
}

export interface HumidityResult {
  /** The dew point inside as far as it is known, and whether it was measured. */
  readonly dewPoint?: number;
  readonly measured: boolean;
  /** Coldest surface less dew point, K. */
  readonly margin?: number;
  /** Outdoor air must stay out. */
  readonly keepOut: readonly string[];
  /** K by which supply air should be warmer. */
  readonly raiseSupply: number;
  /** °C the heater is to bring the inlet to, against condensation or while the air is dried; absent: none. */
  readonly reheatTo?: number;
  /** Smallest fan duty, %. */
  readonly air: number;
  /** The air is to be dried: damper shut, one stage of cooling, fans at their least. */
  readonly dry: boolean;
  readonly compressorsRest: boolean;
  readonly condenses: boolean;
  readonly state: HumidityState;
}

/** With a bad sensor: outdoors' where the damper is open, else the last good one. */
function knownDewPoint(before: HumidityState, input: HumidityInput): number | undefined {
  if (input.dewPoint !== undefined) return input.dewPoint;
  return input.damper > 20 && input.outdoorDewPoint !== undefined
    ? input.outdoorDewPoint
    : before.lastDewPoint;
}

/**
 * One step.
 * @param dt seconds since the step before
 */
export function humidityStep(
  before: HumidityState,
  input: HumidityInput,
  s: HumiditySettings,
  dt: number,
): HumidityResult {
  const dew = knownDewPoint(before, input);
  const dry =
    dew !== undefined && hysteresis(before.dry, dew, { on: s.dewPointVeryLow, off: s.dewPointVeryLow + 1 });
  const humidFor = heldFor(before.humidFor, dew !== undefined && dew > s.dewPointHigh, dt);
  const leastInlet = s.dryLeastInlet + (before.drying ? 0 : 2);
  const canDry =
    dew !== undefined && dew > s.dewPointHigh - 1 && (input.leastInlet ?? input.inlet) >= leastInlet;
  const drying = canDry && (before.drying || reached(humidFor, s.dryAfter));
  // A coil that dries the air is wet, and drips where it should.
  const coldest = leastOf(input.coldest, drying ? undefined : input.supply);
  const margin = dew === undefined || coldest === undefined ? undefined : coldest - dew;
  const condenses =
    margin !== undefined &&
    hysteresis(before.condenses, margin, { on: s.surfaceMargin, off: s.surfaceMargin + 1 });
  const wetFor = heldFor(before.wetFor ?? 0, condenses, dt);
  const door = doorGuard(before, { ...input, coldest }, s, dt);
  const reheatTo = reheat(dew, { dries: drying && !condenses, wetFor }, s);
  const state: HumidityState = {
    humidFor,
    drying,
    condenses,
    wetFor,
    dry,
    ...door,
    ...(dew === undefined ? {} : { lastDewPoint: dew }),
  };
  return {
    ...(dew === undefined ? {} : { dewPoint: dew }),
    measured: input.dewPoint !== undefined,
    ...(margin === undefined ? {} : { margin }),
    keepOut: reasonsOf({ ...input, coldest }, s, { dew, margin, condenses, dry, drying }),
    raiseSupply: condenses ? Math.max(0, s.surfaceMargin - margin) : 0,
    ...(reheatTo === undefined ? {} : { reheatTo }),
    air: condenses ? s.wetAir : 0,
    dry: drying && !condenses,
    compressorsRest: door.restLeft > 0 && input.inlet < s.hotAnyway,
    condenses,
    state,
  };
}

const leastOf = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** Heat keeps the inlet above its least while the air is dried, and above the dew point while surfaces are too cold. */
function reheat(
  dew: number | undefined,
  { dries, wetFor }: { readonly dries: boolean; readonly wetFor: number },
  s: HumiditySettings,
): number | undefined {
  if (dries) return s.dryLeastInlet + 1;
  if (dew === undefined || wetFor === 0 || !reached(wetFor, s.reheatAfter)) return undefined;
  return Math.min(Math.max(s.dryLeastInlet, dew + s.surfaceMargin) + 1, s.hotAnyway - 5);
}

function doorGuard(
  before: HumidityState,
  { doorOpen, outdoorDewPoint, coldest }: HumidityInput,
  s: HumiditySettings,
  dt: number,
): Pick<HumidityState, "doorOpenFor" | "restLeft"> {
  const doorOpenFor = heldFor(before.doorOpenFor, doorOpen, dt);
  const moist = outdoorDewPoint !== undefined && coldest !== undefined && outdoorDewPoint > coldest;
  const begins = doorOpen && reached(doorOpenFor, s.doorWet) && moist;
  const goesOn = doorOpen && before.restLeft > 0;
  const restLeft = begins || goesOn ? s.doorDry : Math.max(0, before.restLeft - dt);
  return { doorOpenFor, restLeft };
}

interface Findings {
  readonly dew: number | undefined;
  readonly margin: number | undefined;
  readonly condenses: boolean;
  readonly dry: boolean;
  readonly drying: boolean;
}

function reasonsOf(
  { coldest, outdoorDewPoint, outdoor }: HumidityInput,
  s: HumiditySettings,
  { dew, margin, condenses, dry, drying }: Findings,
): readonly string[] {
  const reasons: string[] = [];
  if (condenses) reasons.push(`surfaces are only ${shown(margin ?? 0)} K above the dew point inside`);
  const onlyAirCools = outdoor !== undefined && outdoor < s.lowAmbient;
  if (dry && !onlyAirCools) reasons.push(`the air inside is too dry: dew point ${shown(dew ?? 0)} °C`);
  if (drying) reasons.push(`the air inside is being dried: dew point ${shown(dew ?? 0)} °C`);
  if (coldest !== undefined && outdoorDewPoint !== undefined && outdoorDewPoint > coldest - s.surfaceMargin) {
    reasons.push(`outdoor air would condense on what is ${shown(coldest)} °C cold`);
  }
  return reasons;
}
