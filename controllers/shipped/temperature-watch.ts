import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { numbered } from "../../devices/numbered.ts";
import { type Alarm, defineController, type Severity } from "../contract.ts";
import {
  delayStep,
  type DelayState,
  initialDelay,
  initialRate,
  type Level,
  type LevelsState,
  levelsStep,
  type RateState,
  rateStep,
  watchSettings,
} from "../library/alarms.ts";
import { type Drift, driftSettings, type DriftState, driftStep } from "../library/drift-watch.ts";
import { median as middle } from "../library/filter.ts";
import { implausible, plausibleSettings, type ProbePair, swapped } from "../library/plausible.ts";
import { listed, shown } from "../library/timing.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { optional, select } from "../select.ts";
import { type Inlets, inletSettings, inletsStep } from "./inlets.ts";
import { batteryInputs, raisedLevels } from "./on-battery.ts";
import { alarm, maybe, median, there } from "./parts.ts";
import { runningWords } from "./staged-units.ts";
import { rackOf } from "./zone-parts.ts";

const settings = Type.Object({
  ...watchSettings.properties,
  ...plausibleSettings.properties,
  ...driftSettings.properties,
  ...inletSettings.properties,
});

interface State {
  readonly inlets: ValidateState;
  /** By sensor. */
  readonly levels: Readonly<Record<string, LevelsState>>;
  readonly rates: Readonly<Record<string, RateState>>;
  readonly implausible: DelayState;
  readonly drift?: DriftState;
}

const severities: Readonly<Record<Level, Severity>> = {
  "high-warning": "warning",
  "high-major": "major",
  "high-critical": "critical",
  "low-warning": "warning",
  "low-major": "major",
  "low-critical": "critical",
};

interface Seen {
  readonly inlets: readonly Observation[];
  readonly outlet: readonly Observation[];
  readonly outdoor: readonly Observation[];
  readonly fans: readonly Observation[];
  readonly states: readonly Observation<string>[];
  readonly power: { readonly value: number } | undefined;
}

/** What cannot be true at once: it raises doubt, and fails no sensor. */
function contradictions(
  { validated }: Inlets,
  { inlets, outlet, outdoor, fans, states, power }: Seen,
  s: Static<typeof settings>,
): readonly string[] {
  const duty = median(fans);
  const said = there(states);
  const model = implausible({
    inlet: middle(validated.places.flatMap(({ value }) => (value === undefined ? [] : [value]))),
    outlet: median(outlet),
    outdoor: median(outdoor),
    heat: power?.value,
    ratedHeat: s.ratedHeat > 0 ? s.ratedHeat : undefined,
    flow: s.fullFlow > 0 && duty !== undefined ? (s.fullFlow * duty) / 100 : undefined,
    // Of a unit that says nothing, nothing is known.
    dxRuns:
      said.length === 0 || said.length < states.length
        ? undefined
        : said.some(({ value }) => runningWords.includes(value)),
  });
  return [...model, ...swapped(pairsOf(inlets, outlet), power?.value, s)];
}

/** Each inlet with the coldest outlet of its rack; without one, with the hottest there is. As they read, believed or not. */
function pairsOf(inlets: readonly Observation[], outlets: readonly Observation[]): readonly ProbePair[] {
  const behind = there(outlets).toSorted((a, b) => a.value - b.value);
  const hottest = behind.at(-1);
  return there(inlets).flatMap((inlet) => {
    const rack = rackOf(inlet.tags);
    const own = rack === undefined ? undefined : behind.find(({ tags }) => rackOf(tags) === rack);
    const outlet = own ?? hottest;
    return outlet === undefined
      ? []
      : [
          {
            inlet: { name: inlet.from, value: inlet.value },
            outlet: { name: outlet.from, value: outlet.value },
          },
        ];
  });
}

const driftAlarms = (drifts: readonly Drift[], inlets: readonly Observation[]): readonly Alarm[] =>
  drifts.map(({ name, by }) => {
    const way = `${shown(Math.abs(by))} K ${by > 0 ? "warmer" : "colder"}`;
    const text = `${name} has become ${way} over days, by what the other inlets say: compare it with a good thermometer`;
    return alarm(`drift:${name}`, "warning", text, inlets.find(({ from }) => from === name)?.device);
  });

/** Alarms on inlet temperatures; commands nothing. */
export const temperatureWatch = defineController({
  name: "temperature-watch",
  version: "1.0.0",
  summary: "Tells when inlets are too warm, too cold, change too fast, or cannot be true",
  period: seconds(5),
  terms: { warmest: "°C" },
  settings,
  inputs: {
    inlets: select("type:temperature", "point:inlet").each(),
    outlet: select("type:temperature", "point:outlet").any(),
    outdoor: select("type:temperature", "point:outdoor").any(),
    fans: select("type:fan").of("duty").any(),
    states: select("type:air-conditioner").of("state").anyWord(),
    power: optional(select("point:it-power").of("watt").sum()),
    ...batteryInputs,
  },
  outputs: {},
  failSafe: {},
  stateVersion: 3,
  init: (): State => ({ inlets: validateInit(), levels: {}, rates: {}, implausible: initialDelay }),
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
    const limits = raisedLevels(inputs, s);
    const levels: Record<string, LevelsState> = {};
    const rates: Record<string, RateState> = {};
    const left = new Set(
      seen.validated.places.filter((one) => one.value === undefined).map((one) => one.place),
    );
    for (const { name: from, value, place } of seen.validated.sensors) {
      if (value === undefined || left.has(place)) continue;
      const device = inputs.inlets.find((one) => one.from === from)?.device;
      const level = levelsStep(state.levels[from] ?? {}, value, limits, dt);
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
    const drift = driftStep(state.drift ?? {}, seen.validated.sensors, s, dt);
    alarms.push(...driftAlarms(drift.drifts, inputs.inlets));
    const against = contradictions(seen, inputs, s);
    const delay = { on: s.implausibleAfter, off: 0 };
    const doubtful = delayStep(state.implausible, against.length > 0, delay, dt);
    if (doubtful.on)
      alarms.push(alarm("implausible", "warning", `sensors contradict each other: ${listed(against)}`));
    return {
      outputs: {},
      state: { inlets: seen.state, levels, rates, implausible: doubtful, drift: drift.state },
      reason: `${seen.hottest === undefined ? "No inlet is believable" : `Warmest inlet ${shown(seen.hottest)} °C`}; ${alarms.length === 0 ? "all within limits" : numbered(alarms.length, "alarm")}`,
      ...maybe("leader", seen.leader),
      terms: { ...maybe("warmest", seen.hottest) },
      alarms,
    };
  },
});
