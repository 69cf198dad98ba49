import { initialMains, type MainsResult, type MainsState, mainsStep } from "../library/mains.ts";
import { heldFor } from "../library/timing.ts";
import type { Observation } from "../sample.ts";
import { believable, chargeLimit, type Estimate, estimateStep, type Lasts } from "./outage-battery.ts";
import type { OutageSettings } from "./outage-settings.ts";
import { least, maybe, most, there } from "./parts.ts";

/** What `outage` remembers of where power comes from. JSON. */
export interface SupplyState {
  readonly mains: MainsState;
  /** W, filtered. */
  readonly watts: number;
  /** s on generator. */
  readonly generatorFor?: number;
  readonly estimate?: Estimate;
}

export const initialSupply: SupplyState = { mains: initialMains, watts: 0 };

/** What is to be seen of it. */
export interface SupplySeen {
  readonly mains: readonly Observation<string>[];
  readonly generator: readonly Observation<string>[];
  readonly acVolts: readonly Observation[];
  readonly busVolts: readonly Observation[];
  readonly loadWatts: readonly Observation[];
  readonly batteryAmperes: readonly Observation[];
  readonly batteryTemperature: readonly Observation[];
  readonly charge: readonly Observation[];
}

export interface Supply {
  readonly mains: MainsResult;
  readonly generator: boolean;
  readonly onBattery: boolean;
  /** V */
  readonly busVolts: number | undefined;
  /** W, filtered. */
  readonly watts: number;
  /** % */
  readonly charge: number | undefined;
  readonly lasts: Lasts | undefined;
  /** The coldest and the hottest battery, °C: both limit what all are charged with. */
  readonly extremes: readonly [number | undefined, number | undefined];
  /** A the batteries may be charged with. */
  readonly chargeLimit: number;
  /** Cooling stages there is power for. */
  readonly stages: number;
  readonly state: SupplyState;
}

/** s a load's power is smoothed over. */
const smoothing = 60;

/**
 * Where power comes from, how long it lasts, and what it allows. Pure.
 * @param dt seconds since the step before
 */
export function supplyStep(before: SupplyState, seen: SupplySeen, s: OutageSettings, dt: number): Supply {
  const generator = there(seen.generator).some(({ value }) => value === "running");
  const contact = contactOf(seen.mains);
  const busVolts = least(believable.volts(seen.busVolts, s));
  const batteryAmperes = least(seen.batteryAmperes);
  const acVolts = contact === undefined ? most(seen.acVolts) : undefined;
  const mains = mainsStep(before.mains, { contact, acVolts, busVolts, batteryAmperes, generator }, s, dt);
  const watts = smoothed(before.watts, most(seen.loadWatts), dt);
  const charge = least(believable.percent(seen.charge));
  const batteries = believable.celsius(seen.batteryTemperature);
  const extremes = [least(batteries), most(batteries)] as const;
  const estimate =
    charge === undefined
      ? undefined
      : estimateStep(before.estimate, { charge, temperature: extremes[0], watts, urgent: mains.out }, s, dt);
  const generatorFor = heldFor(before.generatorFor ?? 0, mains.out && generator, dt);
  return {
    ...{ mains, generator, onBattery: mains.out && !generator },
    ...{ busVolts, watts, charge, lasts: estimate?.lasts, extremes },
    chargeLimit: Math.min(...extremes.map((celsius) => chargeLimit(celsius, s))),
    stages: stagesOf(mains, generator ? generatorFor : undefined, s),
    state: { mains: mains.state, watts, generatorFor, ...maybe("estimate", estimate) },
  };
}

const smoothed = (before: number, now: number = before, dt: number): number =>
  before === 0 ? now : before + (now - before) * (1 - Math.exp(-dt / smoothing));

/**
 * Compressors start one after the other, whoever feeds them.
 * @param generatorFor s a generator has run; undefined: none does
 */
function stagesOf(mains: MainsResult, generatorFor: number | undefined, s: OutageSettings): number {
  const started = (since: number): number => 1 + Math.floor(since / Math.max(1, s.coolingAfter));
  if (!mains.out) return Math.min(8, started(mains.state.since));
  return generatorFor === undefined
    ? s.batteryRunsCooling
    : Math.min(s.generatorRunsCooling, started(generatorFor));
}

const contactOf = (all: readonly Observation<string>[]): "present" | "failed" | undefined => {
  const words = there(all).map(({ value }) => value);
  if (words.length === 0) return undefined;
  return words.some((word) => word === "failed" || word === "off") ? "failed" : "present";
};
