import { seconds } from "../../devices/clock.ts";
import type { StepContext, StepResult } from "../contract.ts";
import type { LoopWatchState } from "../library/loop-watch.ts";
import type { DelayState, LevelsState, RateState } from "../library/alarms.ts";
import type { AmpleAirState } from "../library/ample-air.ts";
import type { ShutFor } from "../library/damper-closing.ts";
import { type EconomiserResult, economiserStep, type EconomiserState } from "../library/economiser.ts";
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
import type { ValidateState } from "../library/validate.ts";
import { from, optional, select } from "../select.ts";
import { airFrom, shutOut } from "./economiser-parts.ts";
import { batteryInputs } from "./on-battery.ts";
import { maybe, median, said } from "./parts.ts";
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
}

export const inputs = {
  inlet: select("type:temperature", "point:inlet").of("temperature").each(),
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
  floor: optional(from("trim-respond-floor", "floor").max()),
  freeAir: optional(from("economiser", "air").max()),
  wetAir: optional(from("humidity-guard", "air").max()),
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

/** Whether outdoor air may cool, and what is against it. */
export function permission(
  { inputs: seen, state, settings: s, applied, dt }: Context,
  pv: number,
  setpoint: number,
): EconomiserResult {
  const against = [
    ...(applied.damper.length === 0 ? ["there is no damper"] : []),
    ...(seen.permission !== undefined && !said(seen.permission) ? ["it is not permitted"] : []),
    ...shutOut(seen),
  ];
  return economiserStep(
    state.economiser,
    {
      ...maybe("outdoor", airFrom(seen.outdoor, seen.outdoorHumidity)),
      ...maybe("return", airFrom(seen.back, seen.backHumidity)),
      inlet: pv,
      setpoint,
      damper: appliedMean(applied.damper) ?? 0,
      compressors: state.cooling <= 0 ? "rest" : "more",
      doorOpen: said(seen.doorHold),
      ...maybe("filterPressure", median(seen.filter)),
      shutOut: against,
    },
    s,
    dt,
  );
}

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
  const shift = outdoorAir === state.outdoorAir ? 0 : shiftOf(state.pid.output ?? 0, outdoorAir, s);
  // Only where the damper works does its effect grow with the difference to outdoors.
  const damperWorks = outdoorAir && (state.pid.output ?? 0) < s.damperUntil;
  const factor = damperWorks ? gainFactor(median(seen.back), median(seen.outdoor), s) : 1;
  const before = shift === 0 ? state.pid : pidShift(state.pid, shift);
  const held = heldOutput(context, before, side, { outdoorAir, fansFloor });
  const limits = side === "cooling" ? { min: 0, max: largestOutput(outdoorAir, s) } : { min: -100, max: 0 };
  const pid = pidStep(
    before,
    {
      setpoint: side === "cooling" ? setpoint : s.heatingSetpoint,
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
  return (s.damperUntil * Math.max(0, damper - s.damperMin)) / Math.max(1, 100 - s.damperMin);
}

/** What the loop must follow in place of deciding: in manual, at its beginning, when it changes sides. */
function heldOutput(
  { state, mode, applied, settings }: Context,
  before: PidState,
  side: State["side"],
  now: { readonly outdoorAir: boolean; readonly fansFloor: number },
): number | undefined {
  if (before.output === null || mode === "manual") {
    const fans = appliedMean(applied.fans);
    return fans === undefined
      ? (before.output ?? 0)
      : outputAt(fans, appliedMean(applied.damper) ?? 0, now, settings);
  }
  if (side !== state.side) return 0;
  // A locked-out damper makes the loop's range smaller at once.
  return now.outdoorAir === state.outdoorAir ? undefined : before.output;
}

/** The loop's output that would make what is in force of fans and damper. */
function outputAt(
  fans: number,
  damper: number,
  { outdoorAir, fansFloor }: { readonly outdoorAir: boolean; readonly fansFloor: number },
  { damperUntil, fansUntil, damperMin }: ZoneTemperatureSettings,
): number {
  const shift = outdoorAir ? 0 : damperUntil;
  if (fans > fansFloor + 1)
    return (
      damperUntil - shift + ((fansUntil - damperUntil) * (fans - fansFloor)) / Math.max(1, 100 - fansFloor)
    );
  return outdoorAir ? (damperUntil * Math.max(0, damper - damperMin)) / Math.max(1, 100 - damperMin) : 0;
}
