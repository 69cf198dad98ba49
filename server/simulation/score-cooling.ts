import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";

/** How the compressors fared, all together. */
export interface CompressorScore {
  readonly starts: number;
  /** Of one unit, within any hour. */
  readonly worstHour: number;
  /** s; Infinity: never ran, or stood still, a whole time. Stops for want of power or by a trip do not count. */
  readonly shortestOn: number;
  readonly shortestOff: number;
  /** Times the declared minimum times were not kept. */
  readonly violations: number;
  readonly runHours: number;
  /** Largest difference of run hours between units, as share of their mean. */
  readonly imbalance: number;
  readonly trips: number;
}

interface UnitWatch {
  running: boolean;
  /** s in that state since the beginning; NaN: it was in it before. */
  inState: number;
  tripped: boolean;
  readonly starts: number[];
  readonly runBefore: number;
}

const hour = 3600;

export function createCoolingWatch({ state }: SitePhysics, { dx }: SiteParameters) {
  const units = state.dx.map((unit): UnitWatch => ({
    running: unit.running,
    inState: NaN,
    tripped: unit.trip !== "none",
    starts: [],
    runBefore: unit.runSeconds,
  }));
  const total = { starts: 0, worst: 0, on: Infinity, off: Infinity, violations: 0, trips: 0 };

  const started = (unit: UnitWatch): void => {
    total.starts++;
    if (unit.inState < dx.minimumOff) total.violations++;
    if (unit.inState < total.off) total.off = unit.inState;
    unit.starts.push(state.time);
    while ((unit.starts[0] ?? Infinity) <= state.time - hour) unit.starts.shift();
    total.worst = Math.max(total.worst, unit.starts.length);
  };
  const stopped = (unit: UnitWatch, cutOff: boolean): void => {
    if (cutOff) return;
    if (unit.inState < dx.minimumOn) total.violations++;
    if (unit.inState < total.on) total.on = unit.inState;
  };
  return {
    note(dtSeconds: number): void {
      for (let i = 0; i < units.length; i++) {
        const [unit, now] = [units[i], state.dx[i]];
        if (unit === undefined || now === undefined) continue;
        unit.inState += dtSeconds;
        const tripped = now.trip !== "none";
        if (tripped && !unit.tripped) total.trips++;
        unit.tripped = tripped;
        if (now.running === unit.running) continue;
        if (now.running) started(unit);
        else stopped(unit, !state.acPresent || tripped);
        unit.running = now.running;
        unit.inState = 0;
      }
    },
    report(seconds: number): CompressorScore {
      const hours = units.map((unit, i) => ((state.dx[i]?.runSeconds ?? 0) - unit.runBefore) / hour);
      const sum = hours.reduce((all, one) => all + one, 0);
      const spread = Math.max(0, ...hours) - Math.min(Infinity, ...hours);
      return {
        starts: total.starts,
        worstHour: total.worst,
        shortestOn: total.on,
        shortestOff: total.off,
        violations: total.violations,
        runHours: sum,
        imbalance: units.length < 2 || sum === 0 || seconds === 0 ? 0 : spread / (sum / units.length),
        trips: total.trips,
      };
    },
  };
}
