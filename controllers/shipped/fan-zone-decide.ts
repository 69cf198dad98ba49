import { seconds } from "../../devices/clock.ts";
import type { StepContext, StepResult } from "../contract.ts";
import type { LoopWatchState } from "../library/loop-watch.ts";
import type { DelayState, LevelsState } from "../library/alarms.ts";
import { type AmpleAirState, ampleAirStep, initialAmpleAir } from "../library/ample-air.ts";
import { combine, type Combined } from "../library/combine.ts";
import { doorCeiling } from "../library/door.ts";
import type { FanTestState } from "../library/fan-test.ts";
import type { FanState } from "../library/fans.ts";
import { clamp, countedSeconds, slewed } from "../library/limit.ts";
import { type PidResult, type PidState, pidStep } from "../library/pid.ts";
import { flowFor } from "../library/plausible.ts";
import { quietCeiling } from "../library/quiet.ts";
import { type StepwiseState, stepwiseStep } from "../library/stepwise.ts";
import { shown } from "../library/timing.ts";
import type { ValidateState } from "../library/validate.ts";
import type { Sample } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import { batteryInputs } from "./on-battery.ts";
import { least as leastOf, median, said } from "./parts.ts";
import { hasLeft, isNear, ledBy, marginLoops, type Margins, type MarginState } from "./fan-zone-margins.ts";
import type { fanZoneSettings } from "./fan-zone-settings.ts";
import { fanLoop, type FanZoneSettings } from "./fan-zone-settings.ts";

/** What `fan-zone` remembers; JSON. */
export interface State {
  readonly inlets: ValidateState;
  /** Filtered inlet and ramped setpoint, °C; null: none yet. */
  readonly pv: number | null;
  readonly setpoint: number | null;
  readonly pid: PidState;
  readonly table: StepwiseState;
  readonly fans: Readonly<Record<string, FanState>>;
  /** Duty commanded last, before compensation, %; null: none yet. */
  readonly duty: number | null;
  readonly levels: LevelsState;
  readonly saturated: DelayState;
  /** s for which no inlet was believable. */
  readonly blind: number;
  readonly loopWatch?: LoopWatchState;
  readonly test?: FanTestState;
  readonly ample?: AmpleAirState;
  /** Whether the inlet was critical in the last step. */
  readonly critical?: boolean;
  /** Duty when the door opened, %; absent while airflow need not be held back. */
  readonly door?: number;
  /** Absent until a sensor asks for air by its margin. */
  readonly margins?: MarginState;
}

export const inputs = {
  inlet: select("type:temperature", "point:inlet").of("temperature").each(),
  speeds: select("type:fan").of("rpm").any(),
  fanPower: select("type:fan").of("watt").any(),
  margins: select("type:temperature", "ipmi/entity:processor").of("temperature").any(),
  outlet: select("type:temperature", "point:outlet").of("temperature").any(),
  outdoor: select("type:temperature", "point:outdoor").of("temperature").any(),
  power: optional(select("point:it-power").of("watt").sum()),
  floor: optional(from("trim-respond-floor", "floor").max()),
  freeAir: optional(from("economiser", "air").max()),
  restAir: optional(from("staged-cooling", "air").max()),
  coolingSaturated: optional(from("staged-cooling", "saturated").max()),
  wetAir: optional(from("humidity-guard", "air").max()),
  startAir: optional(from("cold-start", "air").max()),
  drying: optional(from("humidity-guard", "dry").max()),
  damper: optional(from("economiser", "damper").max()),
  damperStuck: optional(from("economiser", "stuck").max()),
  doorHold: optional(from("safety", "doorHold").max()),
  ...batteryInputs,
};
export const outputs = {
  fans: select("type:fan").action("speed", { unit: "%", deadband: 1, refresh: seconds(20) }),
};

export type Context = StepContext<typeof fanZoneSettings, typeof inputs, typeof outputs, State>;
export type Result = StepResult<typeof outputs, State>;

/** Flow feed-forward, %: the duty at which the racks' power warms the air by no more than `rise`. */
export function flowDuty(power: number | undefined, s: Pick<FanZoneSettings, "fullFlow" | "rise">): number {
  if (power === undefined || s.fullFlow === 0 || power <= 0) return 0;
  return clamp((100 * flowFor(power, s.rise)) / s.fullFlow, 0, 100);
}

export interface Decided {
  readonly duty: number;
  readonly combined: Combined;
  readonly pid: PidResult;
  readonly table: StepwiseState;
  readonly flow: number;
  /** The largest duty that does not bring in more heat than it takes away, %. */
  readonly ample: { readonly ceiling?: number; readonly state: AmpleAirState };
  readonly margins: MarginState;
  readonly limits: readonly string[];
}

/** Up to this position a damper only leaks, %. */
export const shut = 5;

/** Whether the air only goes round and is cooled by compressors. Where nothing is known of either, it may be outdoor air. */
const goesRound = ({ damper, damperStuck, restAir }: Context["inputs"]): boolean =>
  damper === undefined ? restAir !== undefined : damper.value <= shut && !said(damperStuck);

/** Whether what comes in from outdoors, however much, is no cooler than the hottest inlet: compressors have to cool it. */
const comesInWarm = ({ outdoor }: Context["inputs"], pv: number): boolean =>
  (median(outdoor) ?? -Infinity) >= pv;

/** What the fans may do at the most before they only heat: never less than others ask for. */
function ampleAir(
  { inputs: seen, state, settings: s, dt }: Context,
  pv: number,
  setpoint: number,
  flow: number,
  inForce: number | undefined,
): Decided["ample"] {
  const air = {
    inlet: leastOf(seen.inlet),
    outlet: median(seen.outlet),
    duty: inForce,
    asked: state.pid.output ?? 0,
    warm: pv > setpoint,
    closed: goesRound(seen) || comesInWarm(seen, pv),
  };
  const { ceiling, state: next } = ampleAirStep(state.ample ?? initialAmpleAir, air, s, dt);
  return ceiling === undefined
    ? { state: next }
    : { state: next, ceiling: Math.max(ceiling, flow, floorOf(seen)) };
}

type Floors = Readonly<
  Partial<Record<"floor" | "freeAir" | "restAir" | "wetAir" | "startAir", Sample | undefined>>
>;

/** The smallest duty others ask for, %. */
export const floorOf = (seen: Floors): number =>
  Math.max(
    0,
    seen.floor?.value ?? 0,
    seen.freeAir?.value ?? 0,
    seen.restAir?.value ?? 0,
    seen.wetAir?.value ?? 0,
    seen.startAir?.value ?? 0,
  );

/** What the smallest duty is, and who asks for it. */
function leastText(least: number, flow: number, seen: Floors): string {
  const askers = [
    { asks: flow, who: "the racks' power" },
    { asks: seen.floor?.value, who: "what racks ask for" },
    { asks: seen.freeAir?.value, who: "outdoor air that cools" },
    { asks: seen.restAir?.value, who: "a compressor's rest" },
    { asks: seen.wetAir?.value, who: "surfaces that could get wet" },
    { asks: seen.startAir?.value, who: "heaters that give way to loads" },
  ];
  const asker = askers.find(({ asks }) => asks !== undefined && asks > 0 && asks >= least);
  return `${asker === undefined ? "" : `${asker.who}: `}at least ${shown(least)} %`;
}

/**
 * While the air is dried little of it makes the coil colder: no more than is asked for. Heat goes before that, as at an open
 * door.
 */
export const dryCeiling = (
  { drying }: { readonly drying?: Sample | undefined },
  asked: number,
  pv: number,
  setpoint: number,
  s: Parameters<typeof doorCeiling>[3],
): number | undefined => (said(drying) ? doorCeiling(asked, pv, setpoint, s) : undefined);

/**
 * Everything that asks for air, and what limits it.
 * @param inForce duty of the fans, before compensation, %
 */
export function decide(
  context: Context,
  pv: number,
  setpoint: number,
  inForce: number | undefined,
  margins: Margins,
): Decided {
  const { settings: s, state, inputs: seen, dt, nominal, localHour, mode } = context;
  // Whatever is too hot, the inlet or what has too little left: it goes before quiet, doors and moisture.
  const hot = Math.max(pv, setpoint + (margins.worst?.short ?? -Infinity));
  const quiet = quietCeiling(localHour, hot, setpoint, s);
  const door = doorCeiling(state.door, hot, setpoint, s);
  const flow = flowDuty(seen.power?.value, s);
  const asked = Math.max(s.minDuty, flow, floorOf(seen));
  const dry = dryCeiling(seen, asked, hot, setpoint, s);
  // It spares the inlets heat that comes round; processors need the air all the same.
  const enough = ampleAir(context, pv, setpoint, flow, inForce);
  const ample: Decided["ample"] = isNear(margins) ? { state: enough.state } : enough;
  const ceilings = [
    { name: "quiet hours", value: quiet },
    { name: "open door", value: door },
    { name: "drying", value: dry },
    { name: "ample air", value: ample.ceiling },
    { name: "maxDuty", value: s.maxDuty },
  ];
  const top = ceilings.reduce((lowest, { value = 100 }) => Math.min(lowest, value), 100);
  const least = Math.max(s.minDuty, Math.min(asked, top));
  const held = mode === "manual" ? inForce : undefined;
  const bounds = {
    dt,
    nominal,
    min: least,
    max: Math.max(s.minDuty, top),
    ...(held === undefined ? {} : { manual: held }),
    // Losers follow the winner, and take over without a step.
    ...(inForce === undefined ? {} : { applied: inForce }),
  };
  const near = marginLoops(state.margins, margins, bounds, s);
  const follows = hasLeft(state.margins, near.demands) ? { manual: inForce } : {};
  const pid = pidStep(state.pid, { setpoint, pv, ...follows, ...bounds }, fanLoop(s));
  const table = stepwiseStep(state.table, pv, s);
  const combined = combine(
    [
      { name: "loop", value: pid.output, enabled: s.strategy !== "stepwise" },
      { name: "table", value: table.output, enabled: s.strategy !== "pi" },
      ...near.demands,
    ],
    {
      rule: "max",
      ceilings,
      minimum: least,
    },
  );
  const limits = [
    ...(ample.ceiling !== undefined && (combined.demanded ?? 0) >= ample.ceiling && ample.ceiling < 100
      ? [`more air would only add the fans' heat: at most ${shown(ample.ceiling)} %`]
      : []),
    ...(quiet !== undefined && (combined.demanded ?? 0) >= quiet
      ? [`quiet hours: at most ${shown(quiet)} %`]
      : []),
    ...(door !== undefined && (combined.demanded ?? 0) >= door
      ? [`somebody works at the open door: at most ${shown(door)} %`]
      : []),
    ...(dry !== undefined && (combined.demanded ?? 0) >= dry
      ? [`the air is being dried: at most ${shown(dry)} %`]
      : []),
    ...((combined.value ?? least) <= least ? [leastText(least, flow, seen)] : []),
  ];
  return {
    duty: combined.value ?? least,
    ...{ combined, pid, table: table.state, flow, ample, limits, margins: ledBy(near, combined.leader) },
  };
}

/** The value a duty becomes when it goes from what is in force no faster than it may; in manual it stays with that. */
export function movedTo(
  wanted: number,
  { state, settings: s, dt, nominal, mode }: Context,
  inForce: number | undefined,
): number {
  if (mode === "manual" && inForce !== undefined) return inForce;
  const before = state.duty ?? inForce;
  if (before === undefined) return wanted;
  return slewed(before, wanted, s.slewUp, s.slewDown, countedSeconds(dt, nominal));
}
