import { type Static, Type } from "typebox";
import { celsius, hoursOf, kelvin, numberOf, percent, secondsOf, watts } from "../settings.ts";
import { initialRate, type RateState, rateStep } from "./alarms.ts";
import { heldFor, listed, reached, shown, span } from "./timing.ts";

/** From a frozen site to one at work: heat first, then soak, then power up. */
export const coldStartSettings = Type.Object({
  frozenInlet: celsius({ default: 0, maximum: 15, description: "Frozen below this inlet temperature." }),
  frozenEquipment: celsius({
    default: -5,
    maximum: 15,
    description: "Frozen below this temperature of equipment.",
  }),
  frozenBattery: celsius({
    default: -20,
    maximum: 15,
    description: "Frozen below this temperature of the battery.",
  }),
  releaseInlet: celsius({
    default: 5,
    maximum: 20,
    description: "Inlet temperature from which servers may start.",
  }),
  releaseEquipment: celsius({ default: 0, maximum: 20, description: "The same of equipment." }),
  releaseMargin: kelvin({
    default: 2,
    maximum: 10,
    description: "Surfaces must be this much above the dew point by then.",
  }),
  soakTime: secondsOf({ default: 600, maximum: 7200, description: "How long all of that must hold." }),
  preheatTo: celsius({
    default: 15,
    maximum: 25,
    description: "Inlet temperature that is heated to meanwhile.",
  }),
  powerUpGap: secondsOf({
    default: 300,
    minimum: 1,
    maximum: 600,
    description:
      "Between two outlets: cold equipment takes minutes to give off its heat. With more than eight outlets, of which each is less of it, as much shorter.",
  }),
  powerUpRate: kelvin({
    default: 2.5,
    maximum: 20,
    description:
      "No further load is let on while the inlet has changed by so much within 15 min since the first one. 0: whatever it does.",
  }),
  powerUpWait: secondsOf({
    default: 1500,
    maximum: 7200,
    description: "The longest that a load waits for that.",
  }),
  handOverTime: secondsOf({
    default: 3600,
    maximum: 14_400,
    description:
      "From the first load on, and for so long from the last one, heaters give way to the heat of the loads in small steps. 0: not at all.",
  }),
  coldStartAir: percent({
    default: 50,
    description:
      "Smallest fan duty until then: the more air, the more even the warmth, and the less a heater stage that ends is felt.",
  }),
  releaseWithin: hoursOf({
    default: 4,
    minimum: 0.1,
    maximum: 72,
    description: "Alarm when it takes longer.",
  }),
});
/** What is known of a site's heat, so that a cold start that cannot succeed is known before the cold comes. */
export const heatSizeSettings = Type.Object({
  designMinimum: celsius({
    default: -40,
    minimum: -60,
    maximum: 20,
    description: "Coldest outdoor temperature the site is to start at.",
  }),
  heatPower: watts({
    default: 0,
    maximum: 1e6,
    description: "Heat of all heater stages, and of fans that turn with them. 0: not known, not looked at.",
  }),
  heatLoss: numberOf("W/K", {
    default: 0,
    minimum: 0,
    maximum: 10_000,
    description: "Heat the enclosure loses for every kelvin between inside and outdoors. 0: not known.",
  }),
});
export type HeatSizeSettings = Static<typeof heatSizeSettings>;

/**
 * What all heat comes to in the end without any load, °C: losses through walls and leaks are proportional to the
 * difference to outdoors. Undefined: too little is known.
 */
export const steadyInlet = ({ designMinimum, heatPower, heatLoss }: HeatSizeSettings): number | undefined =>
  heatPower > 0 && heatLoss > 0 ? designMinimum + heatPower / heatLoss : undefined;

/** Says that all heat is too little for loads ever to be let on at the coldest; undefined: it is not, or nobody knows. */
export function heatTooSmall(s: HeatSizeSettings & { readonly releaseInlet: number }): string | undefined {
  const inlet = steadyInlet(s);
  if (inlet === undefined || inlet >= s.releaseInlet) return undefined;
  const needed = Math.ceil((s.releaseInlet - s.designMinimum) * s.heatLoss);
  return `at ${shown(s.designMinimum)} °C outdoors ${shown(s.heatPower)} W of heat come to ${shown(inlet)} °C, and loads start from ${shown(s.releaseInlet)} °C: ${needed} W are needed`;
}

export type ColdStartSettings = Static<typeof coldStartSettings>;

export type ColdStartPhase = "frozen" | "preheat" | "soak" | "power-up" | "normal";

export interface ColdStartState {
  readonly phase: ColdStartPhase;
  /** s in it, and since it froze. */
  readonly inPhase: number;
  readonly since: number;
  readonly fitFor: number;
  /** Outlets let on. */
  readonly released: number;
  /** s since the last one of them, and how the inlet has changed since the first; absent: none was. */
  readonly sinceLast?: number;
  readonly rate?: RateState;
  /** s for which heaters still give way to loads; absent: they need not. */
  readonly handOver?: number;
}

/** @param running whether loads have power when this begins: what is at work is not taken from it */
export const initialColdStart = (running = false): ColdStartState => ({
  phase: running ? "normal" : "frozen",
  inPhase: 0,
  since: 0,
  fitFor: 0,
  released: 0,
});

export interface ColdStartInput {
  readonly inlet: number;
  /** Servers, or what stands for them; absent when nothing measures it. */
  readonly equipment?: number | undefined;
  readonly battery?: number | undefined;
  /** Coldest surface less dew point, K. */
  readonly margin?: number | undefined;
  /** Loads that are switched, and whether any of them has power. */
  readonly outlets: number;
  readonly powered: boolean;
  /** Air that circulates, and heat. */
  readonly heating: boolean;
  /** Others decide who has power just now, such as in an outage: no further load is let on. Default false. */
  readonly waits?: boolean;
}

export interface ColdStartResult {
  readonly phase: ColdStartPhase;
  /** How many outlets may be on; all in `normal`. */
  readonly released: number;
  /** Heat up to this, °C. */
  readonly preheatTo?: number;
  /** Loads have begun to give heat, and heaters give way to them. */
  readonly handsOver: boolean;
  readonly overdue: boolean;
  readonly reason: string;
  readonly state: ColdStartState;
}

const isFrozen = ({ inlet, equipment, battery }: ColdStartInput, s: ColdStartSettings): boolean =>
  inlet < s.frozenInlet || (equipment ?? 99) < s.frozenEquipment || (battery ?? 99) < s.frozenBattery;

function missing(input: ColdStartInput, s: ColdStartSettings): readonly string[] {
  const wants: string[] = [];
  if (input.inlet < s.releaseInlet)
    wants.push(`the inlet has ${shown(input.inlet)} of ${shown(s.releaseInlet)} °C`);
  if (input.equipment !== undefined && input.equipment < s.releaseEquipment) {
    wants.push(`equipment has ${shown(input.equipment)} of ${shown(s.releaseEquipment)} °C`);
  }
  if (input.margin !== undefined && input.margin < s.releaseMargin) {
    wants.push(`surfaces are ${shown(input.margin)} K above the dew point, not ${shown(s.releaseMargin)} K`);
  }
  return wants;
}

function nextPhase(
  state: ColdStartState,
  input: ColdStartInput,
  wants: readonly string[],
  s: ColdStartSettings,
): ColdStartPhase {
  switch (state.phase) {
    case "normal":
      // What is at work warms itself: only a site without load freezes.
      return isFrozen(input, s) && !input.powered ? "frozen" : "normal";
    case "frozen":
      return isFrozen(input, s) && !input.heating ? "frozen" : wants.length === 0 ? "soak" : "preheat";
    case "preheat":
      return wants.length === 0 ? "soak" : "preheat";
    case "soak":
      return wants.length > 0 ? "preheat" : reached(state.fitFor, s.soakTime) ? "power-up" : "soak";
    case "power-up":
      // The last one has its time too: only then are they let go.
      return input.waits !== true &&
        state.released >= input.outlets &&
        reached(state.sinceLast ?? 0, gapOf(input.outlets, s))
        ? "normal"
        : "power-up";
  }
}

/** Each of many loads gives less heat: they follow each other faster. */
const share = (outlets: number): number => Math.min(1, 8 / Math.max(1, outlets));

/** s between two outlets. */
const gapOf = (outlets: number, { powerUpGap }: ColdStartSettings): number => powerUpGap * share(outlets);

/** The next load, unless the heat of those before it is felt too much as yet. */
function powerUp(
  state: ColdStartState,
  { inlet, outlets, waits = false }: ColdStartInput,
  s: ColdStartSettings,
  dt: number,
): Required<Pick<ColdStartState, "released" | "sinceLast" | "rate">> {
  const { released, sinceLast = 0 } = state;
  if (state.inPhase === 0)
    return {
      released: waits ? 0 : Math.min(1, outlets),
      sinceLast: 0,
      rate: rateStep(initialRate, inlet, 0).state,
    };
  const { quarter, state: rate } = rateStep(state.rate ?? initialRate, inlet, dt);
  const fast =
    s.powerUpRate > 0 && quarter >= s.powerUpRate && !reached(sinceLast, s.powerUpWait * share(outlets));
  return !waits && released < outlets && reached(sinceLast, gapOf(outlets, s)) && !fast
    ? { released: released + 1, sinceLast: 0, rate }
    : { released, sinceLast, rate };
}

/**
 * One step.
 * @param dt seconds since the step before
 */
export function coldStartStep(
  before: ColdStartState,
  input: ColdStartInput,
  settings: ColdStartSettings,
  dt: number,
): ColdStartResult {
  const wants = missing(input, settings);
  const held: ColdStartState = {
    ...before,
    inPhase: before.inPhase + dt,
    since: before.phase === "normal" ? 0 : before.since + dt,
    fitFor: heldFor(before.fitFor, wants.length === 0, dt),
    sinceLast: (before.sinceLast ?? 0) + dt,
  };
  const phase = nextPhase(held, input, wants, settings);
  const moved = phase === before.phase ? held : { ...held, phase, inPhase: 0 };
  const up = phase === "power-up" ? powerUp(moved, input, settings, dt) : undefined;
  const released = up?.released ?? (phase === "normal" ? input.outlets : 0);
  const cold = phase !== "normal" && phase !== "power-up";
  const powers = phase === "power-up";
  const handOver = powers ? settings.handOverTime : cold ? 0 : Math.max(0, (before.handOver ?? 0) - dt);
  return {
    phase,
    released,
    ...(cold ? { preheatTo: settings.preheatTo } : {}),
    handsOver: handOver > 0,
    overdue: cold && moved.since >= settings.releaseWithin * 3600,
    reason: reasonOf(phase, moved, wants, released, input, settings),
    state: { ...moved, released, handOver, ...up },
  };
}

function reasonOf(
  phase: ColdStartPhase,
  state: ColdStartState,
  wants: readonly string[],
  released: number,
  { outlets }: ColdStartInput,
  { soakTime }: ColdStartSettings,
): string {
  switch (phase) {
    case "normal":
      return "Warm enough: loads are not held";
    case "frozen":
      return "Frozen: loads stay off until heat and air circulate";
    case "preheat":
      return `Loads stay off while the site warms up: ${listed(wants)}`;
    case "soak":
      return `Warm enough; loads stay off another ${span(soakTime - state.fitFor)} while the warmth soaks in`;
    case "power-up":
      return `Powering up: ${released} of ${outlets} loads`;
  }
}
