import type { Alarm } from "../contract.ts";
import { delayStep } from "../library/alarms.ts";
import { infeasible } from "../library/feasible.ts";
import { loopWatchInit, loopWatchStep } from "../library/loop-watch.ts";
import { shown } from "../library/timing.ts";
import { type Context, shut, type State } from "./fan-zone-decide.ts";
import type { Margins } from "./fan-zone-margins.ts";
import { raisedLevels } from "./on-battery.ts";
import { alarm, maybe, median, said } from "./parts.ts";
import { levelAlarms, oscillationAlarm } from "./zone-parts.ts";

/**
 * That everything there is does not hold the inlet. Where compressors say it of themselves that is enough.
 * @param near whose margin is not kept, where the inlet is not too warm
 */
function saturatedAlarm(
  { inputs: seen, settings: s }: Context,
  setpoint: number,
  ample: number,
  near: string | undefined,
): readonly Alarm[] {
  if (near !== undefined)
    return [
      alarm(
        "saturated",
        "major",
        `all the air there is leaves ${near} less margin than it is to have: look at its cooler and load`,
      ),
    ];
  if (said(seen.coolingSaturated)) return [];
  const text =
    ample < s.saturatedAt
      ? `cooling does not hold ${shown(setpoint)} °C, and more air would not help: look at compressors and load`
      : `all the air there is does not hold ${shown(setpoint)} °C: look at cooling, filters and load`;
  return [alarm("saturated", "major", text)];
}

/**
 * That the setpoint cannot be held whatever is done, as far as it is known what there is: racks' power, full flow, what
 * mechanical cooling can do, and a damper. One that is shut says nothing of what outdoor air could do unless it is too warm.
 */
function advice({ inputs: seen, settings: s }: Context, pv: number, setpoint: number): Alarm[] {
  const open = (seen.damper?.value ?? 0) > shut;
  if (seen.damper === undefined || (!open && pv <= setpoint + s.saturatedError)) return [];
  const text = infeasible(setpoint, {
    ...maybe("outdoor", median(seen.outdoor)),
    ...maybe("heat", seen.power?.value),
    ...maybe("fullFlow", s.fullFlow > 0 ? s.fullFlow : undefined),
    outdoorShare: open ? 1 : 0,
    ...maybe("cooling", s.coolingPower > 0 ? s.coolingPower : undefined),
  });
  return text === undefined ? [] : [alarm("infeasible", "notice", text)];
}

/** What a step has come to. */
interface Now {
  readonly pv: number;
  readonly setpoint: number;
  readonly duty: number;
  readonly margins: Margins;
  /** The largest duty that is of use, %; absent: all there is. */
  readonly ample?: number | undefined;
}

/** What is told of the zone, but of its sensors and fans. */
export function watch(
  context: Context,
  { pv, setpoint, duty, margins, ample = 100 }: Now,
): { readonly alarms: readonly Alarm[]; readonly state: Pick<State, "levels" | "saturated" | "loopWatch"> } {
  const { inputs: seen, state, settings: s, dt } = context;
  const levels = levelAlarms(state.levels, pv, raisedLevels(seen, s), dt);
  const warm = pv > setpoint + s.saturatedError;
  const short = (margins.worst?.short ?? -Infinity) > s.saturatedError;
  const all = duty >= Math.min(s.saturatedAt, ample - 1) && (warm || short);
  const saturated = delayStep(state.saturated, all, { on: s.saturatedAfter, off: 0 }, dt);
  const before = state.loopWatch ?? loopWatchInit;
  const loop = loopWatchStep(before, pv - setpoint, s.integralTime, s, dt);
  return {
    alarms: [
      ...levels.alarms,
      ...(saturated.on
        ? saturatedAlarm(context, setpoint, ample, warm ? undefined : margins.worst?.name)
        : []),
      ...(loop.oscillates && s.strategy !== "stepwise" ? [oscillationAlarm(s.gain)] : []),
      ...advice(context, pv, setpoint),
    ],
    state: { levels: levels.state, saturated, loopWatch: loop.state },
  };
}
