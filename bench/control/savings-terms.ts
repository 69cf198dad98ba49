import type { Years } from "../../server/simulation/index.ts";
import { linear, partLoadPower } from "../../simulators/physics/dx.ts";
import { calm } from "../../simulators/physics/forcing.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { quasiSteady } from "../../simulators/physics/quasi-steady.ts";
import { dxHeatFor } from "../../simulators/physics/steady.ts";

/*
 * What compressors use more than at rest under the best policy, by cause: the policy is changed into what was really done one
 * thing after the other, hour by hour, each time at rest. What is left after that is what rest leaves out.
 */

export const causes = ["place", "least", "colder", "air", "damper", "dynamics"] as const;
/**
 * kWh, or W of an hour. `place`: the hottest inlet is held and not the plenum; `least`: compressors at their least cool more
 * than is needed; `colder`: it is held colder; `air`: fans bring in more warm air, and their own heat; `damper`: it is not
 * where it takes least; `dynamics`: starts, changes within the hour, and heat that is stored.
 */
export type Terms = Record<(typeof causes)[number], number>;
export const noTerms = (): Terms => ({ place: 0, least: 0, colder: 0, air: 0, damper: 0, dynamics: 0 });

/** What the best policy holds. */
export interface Best {
  /** °C of the plenum, m³/s, W of the equipment */
  readonly setpoint: number;
  readonly flow: number;
  readonly it: number;
}

/** An hour as it was: means. */
interface Hour {
  readonly outdoor: number;
  readonly irradiance: number;
  readonly cold: number;
  readonly flow: number;
  readonly outdoorShare: number;
  readonly fans: number;
  readonly dx: number;
  /** Capacity of the compressors that ran, %. */
  readonly capacity: number;
}

/** Plays an hour and takes its means. */
export function playHour(site: Years, step: number): Hour {
  const { state } = site.physics;
  const sum = { outdoor: 0, irradiance: 0, cold: 0, flow: 0, outdoorShare: 0, fans: 0, dx: 0 };
  const ran = { capacity: 0, steps: 0 };
  const steps = 3600 / step;
  for (let i = 0; i < steps; i++) {
    site.advance(step);
    sum.outdoor += state.outdoor / steps;
    sum.irradiance += state.irradiance / steps;
    sum.cold += state.cold / steps;
    sum.flow += state.airflow / steps;
    sum.outdoorShare += state.outdoorShare / steps;
    sum.fans += state.fanPower / steps;
    sum.dx += state.dxPower / steps;
    for (const { running, capacity } of state.dx) {
      if (!running) continue;
      ran.capacity += capacity;
      ran.steps++;
    }
  }
  return { ...sum, capacity: ran.steps === 0 ? 0 : ran.capacity / ran.steps };
}

/** Power of compressors with everything as it was in an hour, but at rest, W. */
function asItWas({ enclosure: shell, dx }: SiteParameters, hour: Hour, it: number): number {
  const forcing = {
    ...calm(shell),
    ...{ flow: hour.flow, outdoorShare: hour.outdoorShare, outdoor: hour.outdoor },
    ...{ it, fans: hour.fans, solar: shell.solarAperture * hour.irradiance },
  };
  const capacity = dx.units * linear.capacity(dx, hour.outdoor);
  const heat = Math.min(capacity, Math.max(0, dxHeatFor(shell, forcing, hour.cold)));
  return partLoadPower(heat, capacity, linear.cop(dx, hour.outdoor));
}

/** Why compressors used more in an hour than at rest under the best policy, W; the sum is the whole difference. */
export function termsOf(site: SiteParameters, best: Best, hour: Hour, leastCapacity: number): Terms {
  const { recirculation } = site.enclosure;
  const at = { outdoor: hour.outdoor, irradiance: hour.irradiance, it: best.it };
  const atRest = (setpoint: number, flow: number): number =>
    quasiSteady(site, { setpoint, flow, economiser: true }, at).dx;
  const rise = best.it / (calm(site.enclosure).density * 1006 * best.flow);
  const policy = atRest(best.setpoint, best.flow);
  if (hour.capacity === 0) return { ...noTerms(), dynamics: -policy };
  // The uppermost inlet takes in three times as much of the racks' warm air as the others.
  const placed = atRest(best.setpoint - 3 * recirculation * rise, best.flow);
  const held = atRest(hour.cold, best.flow);
  const aired = atRest(hour.cold, hour.flow);
  const was = asItWas(site, hour, best.it);
  const atLeast = hour.capacity > 0 && hour.capacity <= leastCapacity + 3;
  return {
    place: placed - policy,
    least: atLeast ? held - placed : 0,
    colder: atLeast ? 0 : held - placed,
    air: aired - held,
    damper: was - aired,
    dynamics: hour.dx - was,
  };
}
