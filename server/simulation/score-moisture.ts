import type { SitePhysics } from "../../simulators/physics/types.ts";

/** How near the air came to condensing, and how humid it was. Allocates nothing while it counts. */
export function createMoistureWatch({ state }: SitePhysics) {
  const wetBefore = state.counters.condensation;
  const sum = { near: 0, humid: 0, margin: Infinity };
  return {
    note(dt: number): void {
      sum.margin = Math.min(sum.margin, state.dewPointMargin);
      if (state.dewPointMargin < 2) sum.near += dt;
      if (state.dewPoint < -9 || state.dewPoint > 15 || state.inletHumidity > 60) sum.humid += dt;
    },
    report: () => ({
      dewPoint: {
        minimumMargin: sum.margin,
        minutesBelow2K: sum.near / 60,
        minutesWet: (state.counters.condensation - wetBefore) / 60,
      },
      minutesHumid: sum.humid / 60,
    }),
  };
}
