import { seconds } from "../../devices/clock.ts";
import type { StepContext, StepResult } from "../contract.ts";
import type { LoopWatchState } from "../library/loop-watch.ts";
import type { DelayState, LevelsState, RateState } from "../library/alarms.ts";
import type { AmpleAirState } from "../library/ample-air.ts";
import type { ShutFor } from "../library/damper-closing.ts";
import type { DamperWatchState } from "../library/damper-watch.ts";
import type { EconomiserState } from "../library/economiser.ts";
import type { FanState } from "../library/fans.ts";
import { type PidResult, pidShift, type PidState, pidStep } from "../library/pid.ts";
import { gainFactor } from "../library/schedule.ts";
import {
  largestOutput,
  positionOf,
  sequenceCommands,
  type SequenceCommands,
  shiftOf,
} from "../library/split-range.ts";
import { within } from "../library/timing.ts";
import type { ValidateState } from "../library/validate.ts";
import type { Applied } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import type { AirProbesState } from "./air-probes.ts";
import { batteryInputs } from "./on-battery.ts";
import { maybe, median, most } from "./parts.ts";
import { appliedMean } from "./zone-parts.ts";
import {
  zoneLoop,
  type ZoneTemperatureSettings,
  type zoneTemperatureSettings,
} from "./zone-temperature-settings.ts";

/** What `zone-temperature` remembers; JSON. */
export interface State {
  readonly inlets: ValidateState;
  readonly pv: number | null;
  readonly setpoint: number | null;
  readonly pid: PidState;
  readonly side: "cooling" | "heating";
  readonly economiser: EconomiserState;
  /** Whether outdoor air was allowed in the last step. */
  readonly outdoorAir: boolean;
  readonly fans: Readonly<Record<string, FanState>>;
  readonly duty: number | null;
  /** Position commanded last, %; null: none yet. */
  readonly damper: number | null;
  /** Demand for mechanical cooling published last, %. */
  readonly cooling: number;
  readonly levels: LevelsState;
  readonly rate: RateState;
  readonly saturated: DelayState;
  readonly heatingSaturated: DelayState;
  readonly blind: number;
  readonly loopWatch?: LoopWatchState;
  readonly shutFor?: ShutFor;
  /** Whether the inlet was critical in the last step. */
  readonly critical?: boolean;
  readonly ample?: AmpleAirState;
  /** Duty when the door opened, %; absent while airflow need not be held back. */
  readonly door?: number;
  readonly watch?: DamperWatchState;
  readonly resets?: number;
  readonly airProbes?: AirProbesState;
}

export const inputs = {
  // Without any it cannot decide; where the damper stays then depends on what else is known.
  inlet: select("type:temperature", "point:inlet").of("temperature").each({ minGood: 0 }),
  outdoor: select("type:temperature", "point:outdoor").of("temperature").any(),
  outdoorHumidity: select("type:humidity", "point:outdoor").of("humidity").any(),
  outlet: select("type:temperature", "point:outlet").of("temperature").any(),
  back: select("type:temperature", "point:return").of("temperature").any(),
  backHumidity: select("type:humidity", "point:return").of("humidity").any(),
  supply: select("type:temperature", "point:supply").of("temperature").any(),
  filter: select("type:pressure", "point:filter").any(),
  dust: select("type:contact", "point:dust").anyWord(),
  speeds: select("type:fan").of("rpm").any(),
  fanPower: select("type:fan").of("watt").any(),
  power: optional(select("point:it-power").of("watt").sum()),
  capacity: select("type:air-conditioner").of("percentage", "capacity").any(),
  states: select("type:air-conditioner").of("state").anyWord(),
  position: select("use:outdoor-air").of("percentage", "damper").any(),
  obeys: select("use:outdoor-air").of("state", "mode").anyWord(),
  floor: optional(from("trim-respond-floor", "floor").max()),
  freeAir: optional(from("economiser", "air").max()),
  wetAir: optional(from("humidity-guard", "air").max()),
  startAir: optional(from("cold-start", "air").max()),
  drying: optional(from("humidity-guard", "dry").max()),
  permission: optional(from("economiser-permission", "allowed").max()),
  keepOut: optional(from("humidity-guard", "keepOut").max()),
  smoke: optional(from("safety", "smoke").max()),
  doorHold: optional(from("safety", "doorHold").max()),
  ...batteryInputs,
};
export const outputs = {
  fans: select("type:fan").action("speed", { unit: "%", deadband: 1, refresh: seconds(20) }),
  damper: select("use:outdoor-air").action("damper", { unit: "%", deadband: 2, optional: true }),
  returnDamper: select("use:return-air").action("damper", { unit: "%", deadband: 2, optional: true }),
};
export type Context = StepContext<typeof zoneTemperatureSettings, typeof inputs, typeof outputs, State>;
export type Result = StepResult<typeof outputs, State>;

export interface Decided {
  readonly pid: PidResult;
  readonly side: State["side"];
  readonly position: number;
  readonly commands: SequenceCommands;
  readonly factor: number;
}

/**
 * One loop for the whole sequence. Heating and cooling have setpoints of their own: the loop changes sides only at rest,
 * and beyond the other setpoint.
 */
export function decide(
  context: Context,
  pv: number,
  setpoint: number,
  outdoorAir: boolean,
  fansFloor: number,
): Decided {
  const { settings: s, state, inputs: seen, dt, nominal } = context;
  const rests = state.pid.output === null || state.pid.output === 0;
  const side = !rests
    ? state.side
    : pv < s.heatingSetpoint
      ? "heating"
      : pv > setpoint
        ? "cooling"
        : state.side;
  const shift = outdoorAir === state.outdoorAir ? 0 : shiftBetween(state.pid.output ?? 0, outdoorAir, s);
  // Only where the damper works does its effect grow with the difference to outdoors.
  const damperWorks = outdoorAir && (state.pid.output ?? 0) < s.damperUntil;
  const factor = damperWorks ? gainFactor(median(seen.back), median(seen.outdoor), s) : 1;
  const before = shift === 0 ? state.pid : pidShift(state.pid, shift);
  const held = heldOutput(context, before, side, { pv, setpoint, outdoorAir, fansFloor });
  const free = outdoorAir ? Math.min(setpoint, s.setpoint) : setpoint;
  const limits =
    side === "cooling"
      ? { min: 0, max: cooledBy(pv, free, setpoint, largestOutput(outdoorAir, s), s) }
      : { min: -100, max: 0 };
  const pid = pidStep(
    before,
    {
      setpoint: side === "cooling" ? free : s.heatingSetpoint,
      pv,
      dt,
      nominal,
      gainFactor: factor,
      ...limits,
      ...(held === undefined ? {} : { manual: held }),
      ...maybe("applied", damperReached(context, outdoorAir)),
    },
    zoneLoop(s),
  );
  const position = positionOf(pid.output, outdoorAir, s);
  return { pid, side, position, factor, commands: sequenceCommands(position, fansFloor, outdoorAir, s) };
}

/** Where the loop's output really is while the damper alone works: it opens slowly, and the integral must not run ahead. */
function damperReached({ state, applied, settings: s }: Context, outdoorAir: boolean): number | undefined {
  const output = state.pid.output ?? 0;
  const damper = state.damper ?? appliedMean(applied.damper);
  if (!outdoorAir || !state.outdoorAir || damper === undefined) return undefined;
  if (output <= 0 || output >= s.damperUntil) return undefined;
  return damperOutput(damper, s);
}

/**
 * By how much the loop's output moves when outdoor air is let in or shut out. What was cooling and is shut out is made up for
 * by compressors at once: a loop that had to come to them through fans would be minutes late.
 */
function shiftBetween(output: number, outdoorAir: boolean, s: ZoneTemperatureSettings): number {
  const shift = shiftOf(output, outdoorAir, s);
  if (outdoorAir || output <= 0 || s.lostAirDemand === 0) return shift;
  const instead = s.fansUntil - s.damperUntil + ((100 - s.fansUntil) * s.lostAirDemand) / 100;
  return Math.max(shift, instead - output);
}

/**
 * The loop's largest output. On battery the setpoint is raised, so that fans take little; outdoor air costs nothing and holds
 * the usual one: beyond the damper it goes only as the inlet comes to the raised setpoint.
 * @param free setpoint of outdoor air, °C
 */
function cooledBy(
  pv: number,
  free: number,
  raised: number,
  largest: number,
  { damperUntil, belowLimit }: ZoneTemperatureSettings,
): number {
  if (raised <= free) return largest;
  const band = Math.max(0.5, Math.min(belowLimit, raised - free));
  return damperUntil + (largest - damperUntil) * within((pv - raised + band) / (2 * band), 0, 1);
}

interface Now {
  readonly pv: number;
  readonly setpoint: number;
  readonly outdoorAir: boolean;
  readonly fansFloor: number;
}

/**
 * What the loop must follow in place of deciding: in manual, at its beginning, when it changes sides. Fans and damper that
 * somebody else holds do not keep it from asking for heat or cold where that is needed: nobody holds those.
 */
function heldOutput(
  { state, mode, applied, inputs: seen, settings }: Context,
  before: PidState,
  side: State["side"],
  now: Now,
): number | undefined {
  const astray =
    now.pv > now.setpoint + settings.saturatedError || now.pv < settings.heatingSetpoint - settings.gap / 2;
  if (before.output === null || (mode === "manual" && !astray)) {
    const fans = appliedMean(applied.fans);
    return fans === undefined
      ? (before.output ?? 0)
      : outputAt(fans, appliedMean(applied.damper) ?? 0, most(seen.capacity) ?? 0, now, settings);
  }
  if (side !== state.side) return 0;
  if (now.outdoorAir && !astray && before.output <= settings.damperUntil && heldByOthers(applied.damper))
    return damperOutput(appliedMean(applied.damper) ?? 0, settings);
  // A locked-out damper makes the loop's range smaller at once.
  return now.outdoorAir === state.outdoorAir ? undefined : before.output;
}

/** The loop's output that would make what is in force of fans, damper and compressors. */
function outputAt(
  fans: number,
  damper: number,
  capacity: number,
  { outdoorAir, fansFloor }: Now,
  { damperUntil, fansUntil, damperMin }: ZoneTemperatureSettings,
): number {
  const shift = outdoorAir ? 0 : damperUntil;
  if (capacity > 0) return fansUntil - shift + ((100 - fansUntil) * Math.min(100, capacity)) / 100;
  if (fans > fansFloor + 1)
    return (
      damperUntil - shift + ((fansUntil - damperUntil) * (fans - fansFloor)) / Math.max(1, 100 - fansFloor)
    );
  return outdoorAir ? damperOutput(damper, { damperUntil, damperMin }) : 0;
}

const damperOutput = (
  damper: number,
  { damperUntil, damperMin }: Pick<ZoneTemperatureSettings, "damperUntil" | "damperMin">,
): number => (damperUntil * Math.max(0, damper - damperMin)) / Math.max(1, 100 - damperMin);

const heldByOthers = (targets: readonly Applied[]): boolean =>
  targets.length > 0 && targets.every(({ mine, value }) => !mine && value !== undefined);
