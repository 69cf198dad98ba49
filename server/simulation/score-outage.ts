import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { serverPower } from "../../simulators/physics/server.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";

/** How a site fared without mains. */
export interface OutageScore {
  readonly hours: number;
  /** Wh that servers that should run, and the DC load, were not given; with and without mains. */
  readonly itUnserved: number;
  readonly dcUnserved: number;
  /** Wh of `itUnserved` by priority, where outlets have one. */
  readonly unservedByPriority: Readonly<Record<string, number>>;
  /**
   * s from the last loss of AC until the most important load lost power, or the DC bus; Infinity: they never did. NaN:
   * there was AC all the time.
   */
  readonly autonomy: number;
  /** 0..1, least seen, and when the mains last came back; NaN: they never did. */
  readonly leastCharge: number;
  readonly chargeAtReturn: number;
}

/** @param priorities of outlets in their order, 0 the most important; empty: none is known */
export function createOutageWatch(
  { state, commands }: SitePhysics,
  { servers }: SiteParameters,
  priorities: readonly number[],
) {
  const from = { ...state.energy, out: state.counters.mainsOut };
  const unserved = new Float64Array(10);
  const most = Math.min(Infinity, ...priorities);
  const seen = { soc: Infinity, atReturn: NaN, lostAc: NaN, autonomy: NaN };
  let hadAc = state.acPresent;

  const missing = (outlet: number): number => {
    const command = commands.servers[outlet];
    if (command === undefined || !command.run) return 0;
    if (state.pduVolts > 0 && state.outlets[outlet]?.closed === true) return 0;
    return serverPower(servers, command.utilisation, state.inlet);
  };
  const loads = (dt: number): void => {
    let dropped = !state.plant.alive;
    for (let outlet = 0; outlet < priorities.length; outlet++) {
      const [watts, priority = 9] = [missing(outlet), priorities[outlet]];
      if (watts > 0) unserved[priority] = (unserved[priority] ?? 0) + (watts * dt) / 3600;
      if (watts > 0 && priority === most) dropped = true;
    }
    if (dropped && seen.autonomy === Infinity) seen.autonomy = state.time - seen.lostAc;
  };
  return {
    note(dt: number): void {
      seen.soc = Math.min(seen.soc, state.plant.soc);
      if (state.acPresent && !hadAc) seen.atReturn = state.plant.soc;
      if (!state.acPresent && hadAc) {
        seen.lostAc = state.time - dt;
        seen.autonomy = Infinity;
      }
      hadAc = state.acPresent;
      loads(dt);
    },
    report: (): OutageScore => ({
      hours: (state.counters.mainsOut - from.out) / 3600,
      itUnserved: state.energy.itUnserved - from.itUnserved,
      dcUnserved: state.energy.dcUnserved - from.dcUnserved,
      unservedByPriority: Object.fromEntries(
        [...new Set(priorities)].sort().map((priority) => [String(priority), unserved[priority] ?? 0]),
      ),
      autonomy: seen.autonomy,
      leastCharge: seen.soc,
      chargeAtReturn: seen.atReturn,
    }),
  };
}
