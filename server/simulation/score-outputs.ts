import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { createNoiseWatch, type NightLimit } from "./score-noise.ts";

const day = 86_400;

/** What equipment was told, how often it moved, and what it must never do. Allocates nothing while it counts. */
export function createOutputWatch(
  { state, commands, world }: SitePhysics,
  { fans }: SiteParameters,
  night: NightLimit,
  localHour: () => number,
) {
  const cycles = (): number => total(state.outlets, (outlet) => outlet.cycles);
  const starts = (): number => total(state.fans, (fan) => fan.starts);
  const from = { outlets: cycles(), fanStarts: starts(), travel: state.counters.damperTravel };
  const before = {
    fans: meanDuty(commands.fanDuty),
    damper: commands.damper,
    dx: commands.dx[0]?.capacity ?? 0,
  };
  const sum = { seconds: 0, fans: 0, damper: 0, dx: 0, interlock: 0 };
  const smoke = { since: NaN, took: NaN };
  const noise = createNoiseWatch(night);
  const fire = (): void => {
    if (world.smoke && Number.isNaN(smoke.since)) {
      smoke.since = state.time;
      smoke.took = Infinity;
    }
    if (smoke.took === Infinity && commands.fanDuty.every((duty) => duty < fans.stopDuty))
      smoke.took = state.time - smoke.since;
  };
  return {
    note(dt: number): void {
      sum.seconds += dt;
      const duty = meanDuty(commands.fanDuty);
      const dx = commands.dx[0]?.capacity ?? 0;
      sum.fans += Math.abs(duty - before.fans);
      sum.damper += Math.abs(commands.damper - before.damper);
      sum.dx += Math.abs(dx - before.dx);
      before.fans = duty;
      before.damper = commands.damper;
      before.dx = dx;
      noise.note(duty, state.inlet, localHour(), dt);
      if (state.heaterStages > 0 && (state.dxCooling > 0 || state.damper > 10)) sum.interlock += dt;
      fire();
    },
    report() {
      const days = sum.seconds / day;
      return {
        cycles: {
          outlets: cycles() - from.outlets,
          fanStarts: starts() - from.fanStarts,
          damperStrokesPerDay: (state.counters.damperTravel - from.travel) / days,
        },
        activity: { fans: sum.fans / days, damper: sum.damper / days, dx: sum.dx / days },
        safety: { smokeToFansOff: smoke.took, interlockSeconds: sum.interlock },
        noise: { minutes: noise.minutes() },
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
