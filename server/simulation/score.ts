import type { FaultKind } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { type AlarmScore, createAlarmWatch, type Watched } from "./score-alarms.ts";
import { createCoolingWatch, type CompressorScore } from "./score-cooling.ts";
import { createRateWatch } from "./score-rate.ts";

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
}

/** How a site fared, from its true state. Temperatures °C, times as named. */
export interface ScoreReport {
  readonly hours: number;
  /** K·min beyond each limit, at the inlet. */
  readonly above: Readonly<Record<string, number>>;
  readonly below: Readonly<Record<string, number>>;
  readonly inlet: { readonly min: number; readonly max: number; readonly mean: number };
  readonly minutesOutside: {
    readonly recommended: number;
    readonly allowable: number;
    readonly equipment: number;
    readonly battery: number;
  };
  /** K, largest within any 15 min and any hour. */
  readonly rate: { readonly quarter: number; readonly hour: number };
  readonly dewPoint: {
    readonly minimumMargin: number;
    readonly minutesBelow2K: number;
    readonly minutesWet: number;
  };
  /** Outside −9..15 °C dew point, or above 60 % at the inlet. */
  readonly minutesHumid: number;
  /** Relative failure factor; 1 at 20 °C. */
  readonly exposure: number;
  readonly energy: {
    readonly it: number;
    readonly fans: number;
    readonly dx: number;
    readonly heater: number;
    readonly mains: number;
    /** kWh of fans, DX and heater. */
    readonly cooling: number;
    readonly partialPue: number;
  };
  readonly compressors: CompressorScore;
  readonly cycles: {
    readonly outlets: number;
    readonly fanStarts: number;
    readonly damperStrokesPerDay: number;
  };
  /** RMS in K and IAE in K·h of inlet less setpoint; absent without a setpoint. */
  readonly tracking?: { readonly rms: number; readonly iae: number };
  /** Total variation per day: % of the fans' mean duty, of the damper and of the first compressor. */
  readonly activity: { readonly fans: number; readonly damper: number; readonly dx: number };
  readonly outage: {
    readonly hours: number;
    /** Wh that servers that should run, and the DC load, were not given. */
    readonly itUnserved: number;
    readonly dcUnserved: number;
    /** 0..1, least seen, and when the mains last came back; NaN: they never did. */
    readonly leastCharge: number;
    readonly chargeAtReturn: number;
  };
  /** Ageing of the battery as multiple of that at 25 °C. */
  readonly batteryAgeing: number;
  readonly safety: {
    /** s from smoke until no fan is to turn; NaN: no smoke, Infinity: never. */
    readonly smokeToFansOff: number;
    /** s of heating and cooling against each other. */
    readonly interlockSeconds: number;
  };
  readonly alarms: AlarmScore;
  readonly failSafe: { readonly minutes: number; readonly entries: number; readonly unnecessary: number };
  /** For regression only: lower is better. NaN without a reference. */
  readonly composite: number;
}

export interface Score {
  /** After every step of the physics. */
  note(dtSeconds: number): void;
  /** Counts alarms and modes of these controllers, and holds them against the faults that are active. */
  watch(controllers: Watched, faults: () => readonly ActiveFault[]): void;
  report(): ScoreReport;
  /** Begins anew, from the present state. */
  reset(): void;
}

export interface ScoreDeps extends ScoreOptions {
  readonly physics: SitePhysics;
  readonly parameters: SiteParameters;
}

/** Accumulates how a site fares. Allocates nothing while it counts. */
export function createScore(deps: ScoreDeps): Score {
  let part = createPart(deps);
  const alarms = createAlarmWatch(() => deps.physics.state.time, deps.quiet ?? []);
  return {
    note(dtSeconds) {
      part.note(dtSeconds);
      alarms.note(dtSeconds);
    },
    watch: (controllers, faults) => alarms.watch(controllers, faults),
    report: () => ({ ...part.report(), alarms: alarms.report(), failSafe: alarms.failSafe() }),
    reset() {
      part = createPart(deps);
      alarms.reset();
    },
  };
}

type PhysicalReport = Omit<ScoreReport, "alarms" | "failSafe">;

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
  const above = deps.above ?? [27, 32, 35];
  const below = deps.below ?? [18, 15, 5];
  const bands = {
    recommended: deps.recommended ?? [18, 27],
    allowable: deps.allowable ?? [15, 32],
    equipment: deps.equipment ?? [5, 40],
  } as const;
  const batteryBand = deps.battery ?? [10, 35];
  const from = {
    time: state.time,
    energy: { ...state.energy },
    counters: { ...state.counters },
    outlets: state.outlets.reduce((sum, one) => sum + one.cycles, 0),
    fanStarts: state.fans.reduce((sum, one) => sum + one.starts, 0),
  };
  const high = above.map(() => 0);
  const low = below.map(() => 0);
  const sum = {
    ...{ seconds: 0, inlet: 0, exposure: 0, ageing: 0, squared: 0, absolute: 0 },
    ...{ recommended: 0, allowable: 0, equipment: 0, battery: 0 },
    ...{ nearDew: 0, humid: 0, fans: 0, damper: 0, dx: 0, interlock: 0 },
  };
  const least = { inlet: Infinity, margin: Infinity, soc: Infinity, atReturn: NaN };
  const most = { inlet: -Infinity };
  const before = {
    fans: meanDuty(commands.fanDuty),
    damper: commands.damper,
    dx: commands.dx[0]?.capacity ?? 0,
  };
  const smoke = { since: NaN, took: NaN };
  let hadAc = state.acPresent;
  const rate = createRateWatch();
  const cooling = createCoolingWatch(physics, parameters);

  const temperature = (dt: number): void => {
    const { inlet } = state;
    for (let i = 0; i < high.length; i++)
      high[i] = (high[i] ?? 0) + Math.max(0, inlet - (above[i] ?? 0)) * dt;
    for (let i = 0; i < low.length; i++) low[i] = (low[i] ?? 0) + Math.max(0, (below[i] ?? 0) - inlet) * dt;
    if (outside(inlet, bands.recommended)) sum.recommended += dt;
    if (outside(inlet, bands.allowable)) sum.allowable += dt;
    if (outside(inlet, bands.equipment)) sum.equipment += dt;
    if (outside(state.batteryTemperature, batteryBand)) sum.battery += dt;
    sum.inlet += inlet * dt;
    sum.exposure += exposureAt(inlet) * dt;
    sum.ageing += 2 ** ((state.batteryTemperature - 25) / 10) * dt;
    least.inlet = Math.min(least.inlet, inlet);
    most.inlet = Math.max(most.inlet, inlet);
    if (setpoint !== undefined) {
      const error = inlet - setpoint();
      sum.squared += error * error * dt;
      sum.absolute += Math.abs(error) * dt;
    }
    rate.note(inlet, dt);
  };
  const water = (dt: number): void => {
    least.margin = Math.min(least.margin, state.dewPointMargin);
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
    if (state.heaterStages > 0 && (state.dxCooling > 0 || state.damper > 10)) sum.interlock += dt;
  };
  const incidents = (): void => {
    least.soc = Math.min(least.soc, state.plant.soc);
    if (state.acPresent && !hadAc) least.atReturn = state.plant.soc;
    hadAc = state.acPresent;
    if (world.smoke && Number.isNaN(smoke.since)) {
      smoke.since = state.time;
      smoke.took = Infinity;
    }
    if (smoke.took === Infinity && commands.fanDuty.every((duty) => duty < parameters.fans.stopDuty)) {
      smoke.took = state.time - smoke.since;
    }
  };
  return {
    note(dt) {
      sum.seconds += dt;
      temperature(dt);
      water(dt);
      outputs(dt);
      incidents();
      cooling.note(dt);
    },
    report() {
      const { seconds } = sum;
      const days = seconds / day;
      const used = (name: keyof typeof from.energy): number => kWh(state.energy[name] - from.energy[name]);
      const spent = used("fans") + used("dx") + used("heater");
      const compressors = cooling.report(seconds);
      const minutes = (value: number): number => value / 60;
      const limits = (of: readonly number[], values: readonly number[]): Record<string, number> =>
        Object.fromEntries(of.map((limit, i) => [String(limit), minutes(values[i] ?? 0)]));
      const dm32 = minutes(high[above.indexOf(32)] ?? 0);
      const startsPerDay = days > 0 ? compressors.starts / days : 0;
      const { mainsOut, condensation, damperTravel } = state.counters;
      return {
        hours: seconds / 3600,
        above: limits(above, high),
        below: limits(below, low),
        inlet: { min: least.inlet, max: most.inlet, mean: sum.inlet / seconds },
        minutesOutside: {
          recommended: minutes(sum.recommended),
          allowable: minutes(sum.allowable),
          equipment: minutes(sum.equipment),
          battery: minutes(sum.battery),
        },
        rate: rate.report(),
        dewPoint: {
          minimumMargin: least.margin,
          minutesBelow2K: minutes(sum.nearDew),
          minutesWet: minutes(condensation - from.counters.condensation),
        },
        minutesHumid: minutes(sum.humid),
        exposure: sum.exposure / seconds,
        energy: {
          ...{
            it: used("it"),
            fans: used("fans"),
            dx: used("dx"),
            heater: used("heater"),
            mains: used("mains"),
          },
          cooling: spent,
          partialPue: (used("it") + spent) / used("it"),
        },
        compressors,
        cycles: {
          outlets: state.outlets.reduce((total, one) => total + one.cycles, 0) - from.outlets,
          fanStarts: state.fans.reduce((total, one) => total + one.starts, 0) - from.fanStarts,
          damperStrokesPerDay: (damperTravel - from.counters.damperTravel) / days,
        },
        ...(setpoint === undefined
          ? {}
          : { tracking: { rms: Math.sqrt(sum.squared / seconds), iae: sum.absolute / 3600 } }),
        activity: { fans: sum.fans / days, damper: sum.damper / days, dx: sum.dx / days },
        outage: {
          hours: (mainsOut - from.counters.mainsOut) / 3600,
          itUnserved: state.energy.itUnserved - from.energy.itUnserved,
          dcUnserved: state.energy.dcUnserved - from.energy.dcUnserved,
          leastCharge: least.soc,
          chargeAtReturn: least.atReturn,
        },
        batteryAgeing: sum.ageing / seconds,
        safety: { smokeToFansOff: smoke.took, interlockSeconds: sum.interlock },
        composite:
          spent / (deps.reference ?? NaN) +
          (0.1 * dm32) / 60 +
          0.02 * Math.max(0, startsPerDay - 24) +
          5 * compressors.violations,
      };
    },
  };
}

const outside = (value: number, [low, high]: readonly [number, number]): boolean =>
  value < low || value > high;

function meanDuty(duties: readonly number[]): number {
  let sum = 0;
  for (const duty of duties) sum += duty;
  return duties.length === 0 ? 0 : sum / duties.length;
}
