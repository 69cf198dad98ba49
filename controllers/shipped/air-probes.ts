import { type Static, Type } from "typebox";
import type { Alarm } from "../contract.ts";
import { sensorInit, type SensorSettings, type SensorState, sensorStep } from "../library/sensor.ts";
import type { Observation } from "../sample.ts";
import { kelvin, numberOf, secondsOf } from "../settings.ts";
import { alarm, maybe, median, there, valueAt } from "./parts.ts";

/** What is believed of probes in supply and return air, which move faster than inlets do. */
export const airProbeSettings = Type.Object({
  airFastest: numberOf("K/s", {
    default: 2,
    minimum: 0,
    maximum: 1e6,
    description:
      "Supply and return air: faster changes are suspect, three in a row confirm them. A compressor that starts makes 0.3 K/s. 0: any.",
  }),
  airStuckAfter: secondsOf({
    default: 1800,
    description: "Supply and return air: unchanged for so long while it should have moved is told. 0: never.",
  }),
  airStuckReference: kelvin({
    default: 3,
    description:
      "How far it should have moved meanwhile, by the inlets, and supply air by 10 K for all its unit can do.",
  }),
});
type Settings = Static<typeof airProbeSettings> &
  Omit<SensorSettings, "fastest" | "stuckAfter" | "stuckReference">;

/** By probe. JSON. */
export type AirProbesState = Readonly<Record<string, SensorState>>;

/** What an air probe is judged by. */
interface Air {
  readonly inlet: readonly Observation[];
  readonly supply: readonly Observation[];
  readonly back: readonly Observation[];
  /** Of air-conditioners, %. */
  readonly capacity?: readonly Observation[];
}

export interface AirProbes {
  /** What is believed; a reading that came too fast is the one before. */
  readonly supply: readonly Observation[];
  readonly back: readonly Observation[];
  readonly alarms: readonly Alarm[];
  readonly state: AirProbesState;
}

/** K by which a unit at its full capacity cools its air, about. */
const cooledBy = 10;

const faults: Readonly<Partial<Record<string, string>>> = {
  range: "gives an impossible value; look at its wiring",
  stuck: "has not moved although it should have; look at it",
};

const limitsOf = (s: Settings): SensorSettings => ({
  ...{ lowest: s.lowest, highest: s.highest, quantum: s.quantum, recover: s.recover },
  ...{ fastest: s.airFastest, stuckAfter: s.airStuckAfter, stuckReference: s.airStuckReference },
});

/**
 * Probes of supply and return air, judged one by one: range, rate of change, stuck, which is only told. Pure.
 * @param dt seconds since the step before
 */
export function airProbesStep(
  before: AirProbesState | undefined,
  seen: Air,
  settings: Settings,
  dt: number,
): AirProbes {
  const limits = limitsOf(settings);
  const state: Record<string, SensorState> = {};
  const alarms: Alarm[] = [];
  const inlet = median(
    there(seen.inlet).filter(({ value }) => value >= limits.lowest && value <= limits.highest),
  );
  const judge = (one: Observation, reference: number | undefined): Observation => {
    const reading = one.quality === "bad" ? {} : { value: one.value, age: one.age / 1000 };
    const known = before?.[one.from] ?? sensorInit();
    const judged = sensorStep(known, { value: undefined, ...reading, reference, dt }, limits);
    state[one.from] = judged.state;
    const text = faults[judged.reason ?? ""];
    if (text !== undefined)
      alarms.push(alarm(`sensor:${one.from}`, "warning", `${one.from} ${text}`, one.device));
    if (one.quality === "bad") return one;
    // Told, but not left out: without it nothing would limit cold air, and a unit may hold it that steady.
    if (judged.state.fault === "stuck") return { ...one, quality: "uncertain" };
    if (judged.value !== undefined)
      return judged.value === one.value ? one : { ...one, value: judged.value, quality: "uncertain" };
    const { from, tags, device } = one;
    const where = { from, tags, ...maybe("device", device) };
    return { ...where, quality: "bad", code: "IMPLAUSIBLE", text: `${from} is not believed` };
  };
  const { capacity = [] } = seen;
  // A capacity that is silent for a step is not one of 0 %.
  const steady = inlet !== undefined && capacity.every(({ quality }) => quality !== "bad");
  const cooled = ({ from }: Observation): number => (cooledBy * (valueAt(capacity, from) ?? 0)) / 100;
  return {
    supply: seen.supply.map((one) => judge(one, steady ? inlet - cooled(one) : undefined)),
    back: seen.back.map((one) => judge(one, inlet)),
    alarms,
    state,
  };
}

interface Context {
  readonly inputs: Omit<Air, "capacity">;
  readonly state: { readonly airProbes?: AirProbesState };
  readonly settings: Settings;
  readonly dt: number;
}

/**
 * A step that sees of its probes of supply and return air what is believed, and tells of the others.
 * @param capacity of air-conditioners, %, as they report it
 */
export function onBelievedAir<C extends Context, R extends { state: C["state"]; alarms?: readonly Alarm[] }>(
  context: C,
  capacity: readonly Observation[],
  step: (context: C) => R,
): R {
  const { inputs, settings, dt } = context;
  const air = airProbesStep(context.state.airProbes, { ...inputs, capacity }, settings, dt);
  const result = step({ ...context, inputs: { ...inputs, supply: air.supply, back: air.back } });
  return {
    ...result,
    state: { ...result.state, airProbes: air.state },
    alarms: [...(result.alarms ?? []), ...air.alarms],
  };
}
