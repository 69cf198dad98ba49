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
import { createInletWatch, type InletLimits, outside } from "./score-inlet.ts";
import { createNoiseWatch, type NightLimit, usualNight } from "./score-noise.ts";
import { createOutageWatch } from "./score-outage.ts";
import { createRateWatch } from "./score-rate.ts";
import type { ScoreReport } from "./score-report.ts";

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

const kWh = (wattHours: number): number => wattHours / 1000;
const day = 86_400;

/** Failure factor by temperature, linear between. */
const exposurePoints: readonly (readonly [celsius: number, factor: number])[] = [
  [15, 0.72],
  [20, 1],
  [25, 1.24],
  [30, 1.42],
  [35, 1.55],
];

export function exposureAt(celsius: number): number {
  let [low, high] = [exposurePoints[0], exposurePoints.at(-1)];
  for (const point of exposurePoints) {
    if (point[0] <= celsius) low = point;
    else {
      high = point;
      break;
    }
  }
  if (low === undefined || high === undefined || celsius <= low[0] || high[0] <= low[0]) return low?.[1] ?? 1;
  return low[1] + ((high[1] - low[1]) * (celsius - low[0])) / (high[0] - low[0]);
}

function createPart(deps: ScoreDeps): { note(dt: number): void; report(): PhysicalReport } {
  const { physics, parameters, setpoint } = deps;
  const { state, commands, world } = physics;
  const limits: InletLimits = {
    above: deps.above ?? usualLimits.above,
    below: deps.below ?? usualLimits.below,
    recommended: deps.recommended ?? usualLimits.recommended,
    allowable: deps.allowable ?? usualLimits.allowable,
    equipment: deps.equipment ?? usualLimits.equipment,
  };
  const batteryBand = deps.battery ?? usualBattery;
  const localHour = deps.localHour ?? (() => (state.time / 3600) % 24);
  const from = {
    energy: { ...state.energy },
    counters: { ...state.counters },
    outlets: total(state.outlets, ({ cycles }) => cycles),
    fanStarts: total(state.fans, ({ starts }) => starts),
  };
  const sum = {
    ...{ seconds: 0, exposure: 0, ageing: 0, squared: 0, absolute: 0, battery: 0 },
    ...{ nearDew: 0, humid: 0, fans: 0, damper: 0, dx: 0, interlock: 0, margin: Infinity },
  };
  const before = {
    fans: meanDuty(commands.fanDuty),
    damper: commands.damper,
    dx: commands.dx[0]?.capacity ?? 0,
  };
  const smoke = { since: NaN, took: NaN };
  const inlet = createInletWatch(limits);
  const seen = createInletWatch(limits);
  const rate = createRateWatch();
  const cooling = createCoolingWatch(physics, parameters);
  const outage = createOutageWatch(physics, parameters, deps.priorities ?? []);
  const noise = createNoiseWatch({ ...usualNight, ...deps.night });

  const temperature = (dt: number): void => {
    inlet.note(state.inlet, dt);
    seen.note(deps.seen?.() ?? state.inlet, dt);
    rate.note(state.inlet, dt);
    if (outside(state.batteryTemperature, batteryBand)) sum.battery += dt;
    sum.exposure += exposureAt(state.inlet) * dt;
    sum.ageing += 2 ** ((state.batteryTemperature - 25) / 10) * dt;
    if (setpoint === undefined) return;
    const error = state.inlet - setpoint();
    sum.squared += error * error * dt;
    sum.absolute += Math.abs(error) * dt;
  };
  const water = (dt: number): void => {
    sum.margin = Math.min(sum.margin, state.dewPointMargin);
    if (state.dewPointMargin < 2) sum.nearDew += dt;
    if (state.dewPoint < -9 || state.dewPoint > 15 || state.inletHumidity > 60) sum.humid += dt;
  };
  const outputs = (dt: number): void => {
    const fans = meanDuty(commands.fanDuty);
    const dx = commands.dx[0]?.capacity ?? 0;
    sum.fans += Math.abs(fans - before.fans);
    sum.damper += Math.abs(commands.damper - before.damper);
    sum.dx += Math.abs(dx - before.dx);
    before.fans = fans;
    before.damper = commands.damper;
    before.dx = dx;
    noise.note(fans, state.inlet, localHour(), dt);
    if (state.heaterStages > 0 && (state.dxCooling > 0 || state.damper > 10)) sum.interlock += dt;
  };
  const fire = (): void => {
    if (world.smoke && Number.isNaN(smoke.since)) {
      smoke.since = state.time;
      smoke.took = Infinity;
    }
    if (smoke.took === Infinity && commands.fanDuty.every((duty) => duty < parameters.fans.stopDuty))
      smoke.took = state.time - smoke.since;
  };
  const energy = (): ScoreReport["energy"] => {
    const used = (name: keyof typeof from.energy): number => kWh(state.energy[name] - from.energy[name]);
    const [it, fans, dx, heater] = [used("it"), used("fans"), used("dx"), used("heater")];
    const spent = fans + dx + heater;
    return { it, fans, dx, heater, mains: used("mains"), cooling: spent, partialPue: (it + spent) / it };
  };
  return {
    note(dt) {
      sum.seconds += dt;
      temperature(dt);
      water(dt);
      outputs(dt);
      fire();
      outage.note(dt);
      cooling.note(dt);
    },
    report() {
      const { seconds } = sum;
      const days = seconds / day;
      const compressors = cooling.report(seconds);
      const spent = energy();
      const { minutesOutside, ...felt } = inlet.report();
      return {
        hours: seconds / 3600,
        ...felt,
        minutesOutside: { ...minutesOutside, battery: sum.battery / 60 },
        seen: seen.report(),
        rate: rate.report(),
        dewPoint: {
          minimumMargin: sum.margin,
          minutesBelow2K: sum.nearDew / 60,
          minutesWet: (state.counters.condensation - from.counters.condensation) / 60,
        },
        minutesHumid: sum.humid / 60,
        exposure: sum.exposure / seconds,
        energy: spent,
        compressors,
        cycles: {
          outlets: total(state.outlets, ({ cycles }) => cycles) - from.outlets,
          fanStarts: total(state.fans, ({ starts }) => starts) - from.fanStarts,
          damperStrokesPerDay: (state.counters.damperTravel - from.counters.damperTravel) / days,
        },
        ...(setpoint === undefined
          ? {}
          : { tracking: { rms: Math.sqrt(sum.squared / seconds), iae: sum.absolute / 3600 } }),
        activity: { fans: sum.fans / days, damper: sum.damper / days, dx: sum.dx / days },
        outage: outage.report(),
        batteryAgeing: sum.ageing / seconds,
        safety: { smokeToFansOff: smoke.took, interlockSeconds: sum.interlock },
        noise: { minutes: noise.minutes() },
        composite: compositeOf({
          energyRatio: spent.cooling / (deps.reference ?? NaN),
          above32: felt.above["32"] ?? 0,
          startsPerDay: days > 0 ? compressors.starts / days : 0,
          violations: compressors.violations,
        }),
      };
    },
  };
}

const total = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);

function meanDuty(duties: readonly number[]): number {
  let sum = 0;
  for (const duty of duties) sum += duty;
  return duties.length === 0 ? 0 : sum / duties.length;
}
