import { Type } from "typebox";
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
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import { select } from "../select.ts";
import { inletSettings, inletsStep } from "./inlets.ts";
import { alarm, maybe } from "./parts.ts";

const settings = Type.Object({ ...watchSettings.properties, ...inletSettings.properties });

interface State {
  readonly inlets: ValidateState;
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
  settings,
  inputs: { inlets: select("type:temperature", "point:inlet").each() },
  outputs: {},
  failSafe: {},
  stateVersion: 2,
  init: (): State => ({ inlets: validateInit(), levels: {}, rates: {} }),
  check: (s) =>
    s.highWarning <= s.highMajor &&
    s.highMajor <= s.highCritical &&
    s.lowWarning >= s.lowMajor &&
    s.lowMajor >= s.lowCritical
      ? checkValidate({ ...s, worse: "high" })
      : "the limits must rise from lowCritical over lowMajor, lowWarning, highWarning and highMajor to highCritical",
  step({ inputs, state, settings: s, dt }) {
    const seen = inletsStep(state.inlets, inputs.inlets, s, dt);
    const alarms: Alarm[] = [...seen.alarms];
    const levels: Record<string, LevelsState> = {};
    const rates: Record<string, RateState> = {};
    const left = new Set(
      seen.validated.places.filter((one) => one.value === undefined).map((one) => one.place),
    );
    for (const { name: from, value, place } of seen.validated.sensors) {
      if (value === undefined || left.has(place)) continue;
      const device = inputs.inlets.find((one) => one.from === from)?.device;
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
    return {
      outputs: {},
      state: { inlets: seen.state, levels, rates },
      reason: `${seen.hottest === undefined ? "No inlet is believable" : `Warmest inlet ${shown(seen.hottest)} °C`}; ${alarms.length === 0 ? "all within limits" : `${alarms.length} alarms`}`,
      ...maybe("leader", seen.leader),
      terms: { ...maybe("warmest", seen.hottest) },
      alarms,
    };
  },
});
