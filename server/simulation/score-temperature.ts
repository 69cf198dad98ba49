import type { SitePhysics } from "../../simulators/physics/types.ts";
import { createInletWatch, type InletLimits, outside } from "./score-inlet.ts";
import { createRateWatch } from "./score-rate.ts";

export interface TemperatureOptions {
  readonly limits: InletLimits;
  /** Band of the battery, °C. */
  readonly battery: readonly [number, number];
  /** Of the inlet, °C; absent: nothing is tracked. */
  readonly setpoint: (() => number) | undefined;
  /** The inlet as controllers see it, °C; NaN: they do not. Absent: as it is. */
  readonly seen: (() => number) | undefined;
}

/** How warm servers and battery were. Allocates nothing while it counts. */
export function createTemperatureWatch(
  { state }: SitePhysics,
  { limits, battery, setpoint, ...options }: TemperatureOptions,
) {
  const inlet = createInletWatch(limits);
  const seen = createInletWatch(limits);
  const rate = createRateWatch();
  const sum = { seconds: 0, exposure: 0, ageing: 0, squared: 0, absolute: 0, battery: 0 };
  return {
    note(dt: number): void {
      inlet.note(state.inlet, dt);
      seen.note(options.seen?.() ?? state.inlet, dt);
      rate.note(state.inlet, dt);
      sum.seconds += dt;
      if (outside(state.batteryTemperature, battery)) sum.battery += dt;
      sum.exposure += exposureAt(state.inlet) * dt;
      sum.ageing += 2 ** ((state.batteryTemperature - 25) / 10) * dt;
      if (setpoint === undefined) return;
      const error = state.inlet - setpoint();
      sum.squared += error * error * dt;
      sum.absolute += Math.abs(error) * dt;
    },
    report() {
      const { minutesOutside, ...felt } = inlet.report();
      const tracking = { rms: Math.sqrt(sum.squared / sum.seconds), iae: sum.absolute / 3600 };
      return {
        ...felt,
        minutesOutside: { ...minutesOutside, battery: sum.battery / 60 },
        seen: seen.report(),
        rate: rate.report(),
        exposure: sum.exposure / sum.seconds,
        ...(setpoint === undefined ? {} : { tracking }),
        batteryAgeing: sum.ageing / sum.seconds,
      };
    },
  };
}

/** Failure factor by temperature, linear between. */
const exposurePoints: readonly (readonly [celsius: number, factor: number])[] = [
  [15, 0.72],
  [20, 1],
  [25, 1.24],
  [30, 1.42],
  [35, 1.55],
];

/** How often servers fail at an inlet of so many °C, as multiple of that at 20 °C. */
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
