import type { Alarm } from "../contract.ts";
import { type DelayState, delayStep, type rateStep } from "../library/alarms.ts";
import { infeasible } from "../library/feasible.ts";
import { loopWatchInit, loopWatchStep } from "../library/loop-watch.ts";
import { shown } from "../library/timing.ts";
import { raisedLevels } from "./on-battery.ts";
import { alarm, maybe, median } from "./parts.ts";
import { levelAlarms, oscillationAlarm } from "./zone-parts.ts";
import type { Context, Decided } from "./zone-sequence.ts";

/** What a step of the zone has come to. */
interface Seen {
  readonly outdoorAir: boolean;
  /** °C. */
  readonly pv: number;
  readonly setpoint: number;
  readonly decided: Decided;
  readonly rate: ReturnType<typeof rateStep>;
  /** % of the fans above which more air is of no use; absent: none known. */
  readonly ample: number | undefined;
}

interface AtEnd {
  readonly saturated: DelayState;
  readonly heatingSaturated: DelayState;
  readonly alarms: readonly Alarm[];
}

/** The loop is at one of its ends, for long, and it does not suffice. */
function atEnd({ state, settings: s, dt }: Context, { pv, setpoint, decided, ample }: Seen): AtEnd {
  const hot = decided.position >= s.saturatedAt && pv > setpoint + s.saturatedError;
  const cold = decided.position <= -s.saturatedAt && pv < s.heatingSetpoint - s.saturatedError;
  const saturated = delayStep(state.saturated, hot, { on: s.saturatedAfter, off: 0 }, dt);
  const heatingAfter = { on: s.heatingSaturatedAfter, off: 0 };
  const heatingSaturated = delayStep(state.heatingSaturated, cold, heatingAfter, dt);
  const alarms: Alarm[] = [];
  if (saturated.on) {
    const inVain = ample !== undefined && ample < s.saturatedAt;
    const text = inVain
      ? `cooling does not hold ${shown(setpoint)} °C, and more air would not help: look at compressors and load`
      : `all the cooling there is does not hold ${shown(setpoint)} °C: look at cooling, filters and load`;
    alarms.push(alarm("saturated", "major", text));
  }
  if (heatingSaturated.on) {
    const text = `the heater does not hold ${shown(s.heatingSetpoint)} °C: look at heater and doors`;
    alarms.push(alarm("heating-saturated", "major", text));
  }
  return { saturated, heatingSaturated, alarms };
}

/** Whether there is enough of everything, and what can be had when there is not. */
function advice({ inputs, settings: s }: Context, { outdoorAir, setpoint }: Seen): readonly Alarm[] {
  const text = infeasible(setpoint, {
    ...maybe("outdoor", median(inputs.outdoor)),
    ...maybe("heat", inputs.power?.value),
    ...maybe("fullFlow", s.fullFlow > 0 ? s.fullFlow : undefined),
    outdoorShare: outdoorAir ? 1 : 0,
    ...maybe("cooling", s.coolingPower > 0 ? s.coolingPower : undefined),
  });
  return text === undefined ? [] : [alarm("infeasible", "notice", text)];
}

/** Whatever about the zone's temperature and its loop is to be told. */
export function watch(context: Context, seen: Seen) {
  const { state, inputs, settings: s, dt } = context;
  const { pv, setpoint, decided, rate } = seen;
  const levels = levelAlarms(state.levels, pv, raisedLevels(inputs, s), dt);
  const { alarms: ends, ...saturations } = atEnd(context, seen);
  const changed = `the hottest inlet changed by ${shown(rate.quarter)} K within 15 min`;
  const error = pv - (decided.side === "cooling" ? setpoint : s.heatingSetpoint);
  const loopWatch = loopWatchStep(state.loopWatch ?? loopWatchInit, error, s.integralTime, s, dt);
  return {
    alarms: [
      ...levels.alarms,
      ...ends,
      ...(rate.quarter >= s.rateWarning ? [alarm("rate", "warning", changed)] : []),
      ...(loopWatch.oscillates ? [oscillationAlarm(s.gain)] : []),
      ...advice(context, seen),
    ],
    state: { levels: levels.state, ...saturations, loopWatch: loopWatch.state },
  };
}
