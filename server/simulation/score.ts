import type { FaultKind } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { createAlarmWatch, type Watched } from "./score-alarms.ts";
import { type BusWatch, createBusWatch } from "./score-bus.ts";
import { createChangeWatch } from "./score-changes.ts";
import { createCoolingWatch } from "./score-cooling.ts";
import { isVisible } from "./score-diagnosis.ts";
import { compositeOf, gatesOf } from "./score-gates.ts";
import { type InletLimits, outside } from "./score-inlet.ts";
import { createMoistureWatch } from "./score-moisture.ts";
import { type NightLimit, usualNight } from "./score-noise.ts";
import { createOutageWatch } from "./score-outage.ts";
import { createOutputWatch } from "./score-outputs.ts";
import type { ScoreReport } from "./score-report.ts";
import { createTemperatureWatch } from "./score-temperature.ts";

/** What is compared with what. Temperatures °C. */
export interface ScoreOptions {
  /** Limits of degree-minutes. Default: 27, 32, 35 above and 18, 15, 5 below. */
  readonly above?: readonly number[];
  readonly below?: readonly number[];
  /** Bands of the inlet. Default: 18–27, 15–32, 5–40. */
  readonly recommended?: readonly [number, number];
  readonly allowable?: readonly [number, number];
  readonly equipment?: readonly [number, number];
  /** Band of the battery. Default 10–35. */
  readonly battery?: readonly [number, number];
  /** Of the inlet, for tracking; absent: nothing is tracked. */
  readonly setpoint?: () => number;
  /** kWh of cooling that another policy needs in the same time, for the composite: it is measured against that. */
  readonly reference?: number;
  /** Kinds of faults nobody needs to raise an alarm for. Default: none. */
  readonly quiet?: readonly FaultKind[];
  /** When fans should be quiet. Default: 22 to 6 h, 60 %, below 27 °C. */
  readonly night?: Partial<NightLimit>;
  /** Priorities of outlets in their order, 0 the most important. Default: none is known. */
  readonly priorities?: readonly number[];
  /** The inlet as controllers see it, °C; NaN: they do not. Default: the warmest probe in front of the servers. */
  readonly seen?: () => number;
}

export interface Score {
  /** After every step of the physics. */
  note(dtSeconds: number): void;
  /** Counts alarms and modes of these controllers, and holds them against the faults that are active. */
  watch(controllers: Watched, faults: () => readonly ActiveFault[]): void;
  /** To be told of requests and writes. */
  readonly bus: Pick<BusWatch, "asked" | "written">;
  report(): ScoreReport;
  /** Begins anew, from the present state. */
  reset(): void;
}

export interface ScoreDeps extends ScoreOptions {
  readonly physics: SitePhysics;
  readonly parameters: SiteParameters;
  /** Local hour, 0..24. Default: the simulation began at midnight. */
  readonly localHour?: () => number;
}

/** Accumulates how a site fares. Allocates nothing while it counts. */
export function createScore(deps: ScoreDeps): Score {
  const { physics } = deps;
  let part = createPart(deps);
  const changes = createChangeWatch(physics.commands);
  const bus = createBusWatch();
  const alarms = createAlarmWatch(() => physics.state.time, deps.quiet ?? [], {
    visible: (fault, age) => isVisible(fault, physics, age),
    ended: (fault) => changes.ended(fault),
    changed: (what) => changes.changed(what),
  });
  const allowable = deps.allowable ?? usualLimits.allowable;
  return {
    bus,
    note(dtSeconds) {
      part.note(dtSeconds);
      alarms.note(dtSeconds);
      bus.note(dtSeconds);
      changes.note(alarms.trusted() && !outside(physics.state.inlet, allowable), dtSeconds);
    },
    watch: (controllers, faults) => alarms.watch(controllers, faults),
    report() {
      const report = {
        ...part.report(),
        alarms: alarms.report(),
        failSafe: alarms.failSafe(),
        changes: changes.report(),
        bus: bus.report(),
      };
      return { ...report, gates: gatesOf(report) };
    },
    reset() {
      part = createPart(deps);
      alarms.reset();
      changes.reset();
      bus.reset();
    },
  };
}

type PhysicalReport = Omit<ScoreReport, "alarms" | "failSafe" | "changes" | "bus" | "gates">;

const usualLimits: InletLimits = {
  above: [27, 32, 35],
  below: [18, 15, 5],
  recommended: [18, 27],
  allowable: [15, 32],
  equipment: [5, 40],
};
const usualBattery = [10, 35] as const;

function createPart(deps: ScoreDeps): { note(dt: number): void; report(): PhysicalReport } {
  const { physics, parameters, setpoint, seen, battery = usualBattery } = deps;
  const { state } = physics;
  const localHour = deps.localHour ?? (() => (state.time / 3600) % 24);
  const temperature = createTemperatureWatch(physics, { limits: limitsOf(deps), battery, setpoint, seen });
  const moisture = createMoistureWatch(physics);
  const outputs = createOutputWatch(physics, parameters, { ...usualNight, ...deps.night }, localHour);
  const cooling = createCoolingWatch(physics, parameters);
  const outage = createOutageWatch(physics, parameters, deps.priorities ?? []);
  const energyBefore = { ...state.energy };
  let seconds = 0;
  return {
    note(dt) {
      seconds += dt;
      temperature.note(dt);
      moisture.note(dt);
      outputs.note(dt);
      outage.note(dt);
      cooling.note(dt);
    },
    report() {
      const energy = energySince(energyBefore, state.energy);
      const compressors = cooling.report(seconds);
      const felt = temperature.report();
      return {
        hours: seconds / 3600,
        ...felt,
        ...moisture.report(),
        energy,
        compressors,
        ...outputs.report(),
        outage: outage.report(),
        composite: compositeOf({
          energyRatio: energy.cooling / (deps.reference ?? NaN),
          above32: felt.above["32"] ?? 0,
          startsPerDay: seconds > 0 ? (compressors.starts / seconds) * day : 0,
          violations: compressors.violations,
        }),
      };
    },
  };
}

const limitsOf = (options: ScoreOptions): InletLimits => ({
  above: options.above ?? usualLimits.above,
  below: options.below ?? usualLimits.below,
  recommended: options.recommended ?? usualLimits.recommended,
  allowable: options.allowable ?? usualLimits.allowable,
  equipment: options.equipment ?? usualLimits.equipment,
});

const day = 86_400;

/** kWh between two states of the meters, Wh. */
function energySince(
  before: SitePhysics["state"]["energy"],
  now: SitePhysics["state"]["energy"],
): ScoreReport["energy"] {
  const used = (name: keyof typeof now): number => (now[name] - before[name]) / 1000;
  const [it, fans, dx, heater] = [used("it"), used("fans"), used("dx"), used("heater")];
  const cooling = fans + dx + heater;
  return { it, fans, dx, heater, mains: used("mains"), cooling, partialPue: (it + cooling) / it };
}
