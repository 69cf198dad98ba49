import { slots } from "../../devices/transaction.ts";
import type { StepContext } from "../contract.ts";
import type { DelayState } from "../library/alarms.ts";
import {
  type GuardResult,
  guardStep,
  type GuardState,
  initialGuard,
  mayRun,
  spreadOf,
} from "../library/compressor-guard.ts";
import type { CoolingWatchState } from "../library/cooling-watch.ts";
import { type LeadLagResult, type LeadLagState, leadLagStep, type UnitInput } from "../library/lead-lag.ts";
import { type StagingResult, type StagingState, stagingStep } from "../library/staging.ts";
import type { ValidateState } from "../library/validate.ts";
import { from, optional, select } from "../select.ts";
import type { AirProbesState } from "./air-probes.ts";
import { shut } from "./fan-zone-decide.ts";
import { maybe, median, said, there } from "./parts.ts";
import {
  airStep,
  type stagedCoolingSettings,
  type StagedCoolingSettings,
  stagesOf,
} from "./staged-cooling-settings.ts";
import { isAvailable, isRunning, type Unit, waitsByItself } from "./staged-units.ts";

/** What `staged-cooling` remembers; JSON. */
export interface State {
  readonly inlets: ValidateState;
  readonly staging: StagingState;
  readonly leadLag: LeadLagState;
  readonly guards: Readonly<Record<string, GuardState>>;
  readonly commanded: readonly string[];
  readonly mainsOut: boolean;
  readonly resets: number;
  /** Absent in what was kept before units were watched. */
  readonly cools?: Readonly<Record<string, CoolingWatchState>>;
  /** Of variable compressors, %, as commanded last; the smallest fan duty published last, %. */
  readonly capacity?: number;
  readonly air?: number;
  /** s for which less air would have been enough. */
  readonly airLess?: number;
  /** For how long all stages have not been enough. */
  readonly saturated?: DelayState;
  readonly airProbes?: AirProbesState;
}

export const inputs = {
  // Without any it cannot decide; what units are told then depends on what they say.
  inlet: select("type:temperature", "point:inlet").each({ minGood: 0 }),
  outdoor: select("type:temperature", "point:outdoor").any(),
  states: select("type:air-conditioner").of("state").eachWord({ minGood: 0 }),
  trips: select("type:air-conditioner").of("status", "high-pressure").anyWord(),
  power: select("type:air-conditioner").of("watt").any(),
  runHours: select("type:air-conditioner").of("run-hours", "compressor").any(),
  rests: select("type:air-conditioner").of("seconds", "start-allowed-in").any(),
  fans: select("type:fan").of("duty").any(),
  reported: select("type:air-conditioner").of("percentage", "capacity").any(),
  damper: select("use:outdoor-air").of("percentage", "damper").any(),
  supply: select("type:temperature", "point:supply").any(),
  back: select("type:temperature", "point:return").any(),
  mains: select("type:contact", "point:mains").anyWord(),
  comfort: select("type:contact", "point:comfort").anyWord(),
  demand: optional(from("zone-temperature", "cooling").max()),
  stages: optional(from("outage", "coolingStages").max()),
  generator: optional(from("outage", "onGenerator").max()),
  freeCooling: optional(from("economiser", "freeCooling").max()),
  rest: optional(from("humidity-guard", "compressorsRest").max()),
  dry: optional(from("humidity-guard", "dry").max()),
  raise: optional(from("humidity-guard", "raiseSupply").max()),
};
export const outputs = {
  mode: select("type:air-conditioner").action("mode"),
  capacity: select("type:air-conditioner").action("capacity", { unit: "%" }),
  setpoint: select("type:air-conditioner").action("setpoint", { optional: true }),
};
export type Context = StepContext<typeof stagedCoolingSettings, typeof inputs, typeof outputs, State>;

/** What others allow; undefined: as many as there are. Heat goes before free cooling and before moisture. */
export function mostStages(
  inlet: number,
  seen: Context["inputs"],
  s: StagedCoolingSettings,
): number | undefined {
  const urgent = inlet >= s.urgentAt;
  if (!urgent && (said(seen.freeCooling) || said(seen.rest))) return 0;
  return seen.stages?.value;
}

const whyMost = (seen: Context["inputs"]): string | undefined =>
  said(seen.freeCooling) ? "outdoor air cools" : said(seen.rest) ? "a door lets moist air in" : undefined;

export const isOut = (seen: Context["inputs"]): boolean =>
  there(seen.mains).some(({ value }) => value === "failed");

/** Each unit's guard as the step before left it. */
export function guardsOf(
  units: readonly Unit[],
  state: State,
  s: StagedCoolingSettings,
): readonly GuardState[] {
  return units.map(
    ({ target, rests }, i) =>
      state.guards[target.device] ?? initialGuard(s, spreadOf(i, units.length), rests),
  );
}

/** Variable compressors are at their least, and fans were asked for the air that goes with their end. */
const atLeast = ({ capacity, air }: State, s: StagedCoolingSettings): boolean =>
  capacity !== undefined && capacity - s.leastCapacity <= s.capacityStep && (air ?? 0) > s.restAir - airStep;

/** Outdoor air that is let in takes the servers' heat away while compressors rest. */
const outdoorAirCools = ({ damper, outdoor }: Context["inputs"], inlet: number): boolean =>
  (median(damper) ?? 0) > shut && (median(outdoor) ?? Infinity) < inlet - 2;

export function stage(
  { inputs: seen, state, settings: s, dt }: Context,
  inlet: number,
  guards: readonly GuardState[],
): StagingResult {
  return stagingStep(
    state.staging,
    {
      temperature: inlet,
      ...maybe("demand", seen.demand?.value),
      available: guards.length,
      running: state.commanded.length,
      ...(s.capacityBand > 0 && !outdoorAirCools(seen, inlet) ? { least: atLeast(state, s) } : {}),
      ...maybe("outdoor", median(seen.outdoor)),
      antiCycling: guards.some(({ starts }) => starts.length >= s.startsPerHour - 1),
      comfort: there(seen.comfort).some(({ value }) => value === "on" || value === "closed"),
      onGenerator: said(seen.generator),
      // Water on equipment is worse than a warm inlet, but not than a hot one.
      raise: inlet >= s.urgentAt ? 0 : (seen.raise?.value ?? 0),
      ...maybe("most", mostStages(inlet, seen, s)),
      ...maybe("mostWhy", whyMost(seen)),
    },
    stagesOf(s),
    dt,
  );
}

/** Some protection is at work: no time to change the lead. */
const protects = (
  targets: Context["applied"]["capacity"],
  inlet: number,
  units: readonly Unit[],
  s: StagedCoolingSettings,
): boolean =>
  inlet >= s.urgentAt ||
  units.some(({ tripped }) => tripped) ||
  targets.some(({ mine, slot }) => !mine && slot !== undefined && slot < slots.minimumOnOff);

/** A stronger command keeps it off: somebody's, or one against smoke or a leak. */
const isKeptOff = ({ mode, capacity }: Context["applied"], device: string): boolean =>
  mode.some((one) => one.device === device && !one.mine && one.value === "off") ||
  capacity.some((one) => one.device === device && !one.mine && one.value === 0);

export function arrange(
  { inputs: seen, state, settings: s, dt, applied }: Context,
  inlet: number,
  units: readonly Unit[],
  guards: readonly GuardState[],
  wanted: number,
): LeadLagResult {
  return leadLagStep(
    state.leadLag,
    {
      units: units.map((unit, i): UnitInput => {
        const guard = guards[i];
        const { device } = unit.target;
        const commanded = state.commanded.includes(device);
        return {
          id: device,
          // Whom somebody stronger keeps off need not prove anything.
          commanded: commanded && !isKeptOff(applied, device) && !waitsByItself(unit),
          ...maybe("proof", unit.proof),
          tripped: unit.tripped,
          available: isAvailable(unit, commanded) && guard?.lockedOut !== true,
          rests: guard !== undefined && !mayRun(guard, s),
          ...maybe("runSeconds", unit.runSeconds),
        };
      }),
      wanted,
      blockRotation: isOut(seen) || said(seen.rest) || protects(applied.capacity, inlet, units, s),
      reset: s.resets > state.resets,
    },
    s,
    dt,
  );
}

export function guard(
  { inputs: seen, state, settings: s, dt, mode }: Context,
  units: readonly Unit[],
  before: readonly GuardState[],
  requests: readonly string[],
): readonly GuardResult[] {
  const poweredUp = state.mainsOut && !isOut(seen);
  const reset = s.resets > state.resets;
  return units.map((unit, i) =>
    guardStep(
      before[i] ?? initialGuard(s),
      {
        request: mode === "manual" ? isRunning(unit) === true : requests.includes(unit.target.device),
        trip: unit.tripped,
        ...maybe("observed", isRunning(unit)),
        poweredUp,
        spread: spreadOf(i, units.length),
        reset,
      },
      s,
      dt,
    ),
  );
}
