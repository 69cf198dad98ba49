import { type Static, Type } from "typebox";
import { celsius, kelvin, percent, secondsOf } from "../settings.ts";
import { heldFor, hysteresis, reached, shown } from "./timing.ts";

/** Heater stages with their interlocks. */
export const heaterSettings = Type.Object({
  heatingSetpoint: celsius({
    default: 10,
    minimum: -20,
    maximum: 25,
    description: "Heat below it; 15 °C where lead batteries are.",
  }),
  firstBelow: kelvin({
    default: 1,
    minimum: 0.2,
    maximum: 20,
    description: "The first stage starts this far below.",
  }),
  furtherBelow: kelvin({
    default: 3,
    minimum: 0.2,
    maximum: 20,
    description: "Each further stage starts this much further below.",
  }),
  heaterDifferential: kelvin({
    default: 2,
    minimum: 0.5,
    maximum: 10,
    description: "A stage ends this far above its start.",
  }),
  heaterMinimumOn: secondsOf({ default: 60, maximum: 3600, description: "The shortest time a stage is on." }),
  heaterMinimumOff: secondsOf({
    default: 60,
    maximum: 3600,
    description: "The shortest time a stage is off.",
  }),
  heaterAirflow: percent({
    default: 25,
    description: "Airflow, as share of the flow at full speed, below which no stage is on.",
  }),
  heaterOutletMost: celsius({
    default: 60,
    minimum: 30,
    maximum: 90,
    description: "Air leaving the heater above which it is cut off at once.",
  }),
  heaterInletMost: kelvin({
    default: 5,
    minimum: 1,
    maximum: 30,
    description: "Inlet air this far above the setpoint cuts it off at once.",
  }),
  heaterShort: kelvin({
    default: 2,
    minimum: 0.5,
    maximum: 20,
    description:
      "With all stages on and the inlet this far below the setpoint all heat there is is too little.",
  }),
  heaterShortAfter: secondsOf({
    default: 1800,
    maximum: 14_400,
    description: "For this long, before it is told.",
  }),
});
export type HeaterSettings = Static<typeof heaterSettings>;

export interface HeaterState {
  readonly stages: readonly { readonly on: boolean; readonly since: number }[];
  readonly cut: boolean;
}

export const initialHeater: HeaterState = { stages: [], cut: false };

export interface HeaterInput {
  /** How many there are. */
  readonly stages: number;
  readonly temperature: number;
  /** °C of the air that leaves it. */
  readonly outlet?: number | undefined;
  /** % of the flow at full speed; absent when nothing says: then a cut-out of its own must be relied on. */
  readonly airflow?: number | undefined;
  /** Compressors or outdoor air cool: never both, but to dry the air. */
  readonly cooling: boolean;
  readonly drying?: boolean | undefined;
  /** A cold start asks for all the heat there is, up to this temperature, °C. */
  readonly preheatTo?: number | undefined;
  /** Moisture asks for at least this inlet temperature, °C. */
  readonly reheatTo?: number | undefined;
  /** Loads that have just come on take over: stages end one soon after the other, and none comes back at once. */
  readonly handsOver?: boolean | undefined;
}

/** K between stages, and that a stage ends above its start, while loads take over. */
const handOverBelow = 1;
const handOverDifferential = 3;

export interface HeaterResult {
  readonly on: readonly boolean[];
  /** What is heated to, °C. */
  readonly setpoint: number;
  /** Cut off at once: too hot. */
  readonly cut: boolean;
  readonly limits: readonly string[];
  readonly state: HeaterState;
}

function limitsOf(input: HeaterInput, cut: boolean, s: HeaterSettings): readonly string[] {
  const limits: string[] = [];
  if (cut) limits.push(`cut off: too hot (inlet ${shown(input.temperature)} °C)`);
  if (input.airflow !== undefined && input.airflow < s.heaterAirflow) {
    limits.push(`off for want of air: ${shown(input.airflow)} % of ${shown(s.heaterAirflow)} %`);
  }
  if (input.cooling && input.drying !== true) limits.push("off while something cools");
  return limits;
}

/**
 * Air that leaves the heater too hot cuts it off whatever is commanded: a relay may have welded. A warm inlet does only
 * when the heater did it.
 */
function tooHot(before: HeaterState, input: HeaterInput, setpoint: number, s: HeaterSettings): boolean {
  const heats = before.cut || before.stages.some(({ on }) => on);
  const inletAt = setpoint + s.heaterInletMost;
  const inlet = heats && hysteresis(before.cut, input.temperature, { on: inletAt, off: inletAt - 2 });
  const outletAt = s.heaterOutletMost;
  const outlet = hysteresis(before.cut, input.outlet ?? -99, { on: outletAt, off: outletAt - 10 });
  return outlet || inlet;
}

/** What keeps the inlet nearest to where it is: a stage may make more of a step than its usual differential. */
function bandsOf(
  { handsOver }: HeaterInput,
  { furtherBelow, heaterDifferential }: HeaterSettings,
): Pick<HeaterSettings, "furtherBelow" | "heaterDifferential"> {
  if (handsOver !== true) return { furtherBelow, heaterDifferential };
  return {
    furtherBelow: Math.min(furtherBelow, handOverBelow),
    heaterDifferential: Math.max(heaterDifferential, handOverDifferential),
  };
}

/**
 * One step: which stages are on.
 * @param dt seconds since the step before
 */
export function heaterStep(
  before: HeaterState,
  input: HeaterInput,
  settings: HeaterSettings,
  dt: number,
): HeaterResult {
  const { heatingSetpoint, firstBelow } = settings;
  // The first stage starts where the inlet may not fall any further.
  const setpoint = Math.max(heatingSetpoint, input.preheatTo ?? -99, (input.reheatTo ?? -99) + firstBelow);
  const cut = tooHot(before, input, setpoint, settings);
  const limits = limitsOf(input, cut, settings);
  const { furtherBelow, heaterDifferential } = bandsOf(input, settings);
  const stages = Array.from({ length: input.stages }, (_, i) => {
    const was = before.stages[i] ?? { on: false, since: 1e6 };
    const since = heldFor(was.since, true, dt);
    const on = setpoint - firstBelow - i * furtherBelow;
    const cold = hysteresis(was.on, input.temperature, { on, off: on + heaterDifferential });
    const wanted =
      (cold || (input.preheatTo !== undefined && input.temperature < setpoint)) && limits.length === 0;
    if (wanted === was.on) return { on: was.on, since };
    const least = was.on ? settings.heaterMinimumOn : settings.heaterMinimumOff;
    const may = reached(since, least) || (was.on && limits.length > 0);
    return may ? { on: wanted, since: 0 } : { on: was.on, since };
  });
  return { on: stages.map((stage) => stage.on), setpoint, cut, limits, state: { stages, cut } };
}
