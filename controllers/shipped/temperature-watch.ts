import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController, type Severity } from "../contract.ts";
import {
  initialRate,
  type Level,
  type LevelsState,
  levelsStep,
  type RateState,
  rateStep,
  watchSettings,
} from "../library/alarms.ts";
import { shown } from "../library/timing.ts";
import { select } from "../select.ts";
import { alarm, there } from "./parts.ts";

interface State {
  /** By sensor. */
  readonly levels: Readonly<Record<string, LevelsState>>;
  readonly rates: Readonly<Record<string, RateState>>;
}

const severities: Readonly<Record<Level, Severity>> = {
  "high-warning": "warning",
  "high-major": "major",
  "high-critical": "critical",
  "low-warning": "warning",
  "low-major": "major",
  "low-critical": "critical",
};

/** Alarms on inlet temperatures; commands nothing. */
export const temperatureWatch = defineController({
  name: "temperature-watch",
  version: "1.0.0",
  summary: "Tells when inlets are too warm, too cold, or change too fast",
  period: seconds(5),
  settings: watchSettings,
  inputs: { inlets: select("type:temperature", "point:inlet").each() },
  outputs: {},
  failSafe: {},
  init: (): State => ({ levels: {}, rates: {} }),
  check: (s) =>
    s.highWarning <= s.highMajor &&
    s.highMajor <= s.highCritical &&
    s.lowWarning >= s.lowMajor &&
    s.lowMajor >= s.lowCritical
      ? undefined
      : "the limits must rise from lowCritical over lowMajor, lowWarning, highWarning and highMajor to highCritical",
  step({ inputs, state, settings: s, dt }) {
    const alarms: Alarm[] = [];
    const levels: Record<string, LevelsState> = {};
    const rates: Record<string, RateState> = {};
    for (const { from, value, device } of there(inputs.inlets)) {
      const level = levelsStep(state.levels[from] ?? {}, value, s, dt);
      const rate = rateStep(state.rates[from] ?? initialRate, value, dt);
      levels[from] = level.state;
      rates[from] = rate.state;
      for (const one of level.levels) {
        const text = `${from} is at ${shown(value)} °C: too ${one.startsWith("high") ? "warm" : "cold"}`;
        alarms.push(alarm(`${one}:${from}`, severities[one], text, device));
      }
      const fast = rate.quarter > s.rateQuarter || rate.hour > s.rateHour;
      if (fast || rate.quarter > s.rateWarning) {
        const text = `${from} changed by ${shown(rate.quarter)} K within 15 min and ${shown(rate.hour)} K within the hour`;
        alarms.push(alarm(`rate:${from}`, fast ? "warning" : "notice", text, device));
      }
    }
    const warmest = there(inputs.inlets).reduce((best, one) => (one.value > best.value ? one : best), {
      value: -99,
      from: "none",
    });
    return {
      outputs: {},
      state: { levels, rates },
      reason: `Warmest inlet ${shown(warmest.value)} °C; ${alarms.length === 0 ? "all within limits" : `${alarms.length} alarms`}`,
      leader: warmest.from,
      terms: { warmest: warmest.value },
      alarms,
    };
  },
});
