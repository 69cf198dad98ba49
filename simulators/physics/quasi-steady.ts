import { linear, partLoadPower } from "./dx.ts";
import { calm, type Forcing } from "./forcing.ts";
import { fanPower } from "./fans.ts";
import type { SiteParameters } from "./parameters.ts";
import { speedForFlow } from "./airflow.ts";
import { dxHeatFor, steadyState } from "./steady.ts";

/** A way to run a site, reduced to what counts in the long run. */
export interface Policy {
  /** Cold plenum, °C. */
  readonly setpoint: number;
  /** m³/s */
  readonly flow: number;
  readonly economiser: boolean;
}

/** What a site needs at rest, W. `cooling`: `free` without DX, `partial` with outdoor air and DX, `dx` closed. */
export interface QuasiSteady {
  readonly fans: number;
  readonly dx: number;
  readonly heat: number;
  readonly cooling: "free" | "partial" | "dx";
}

/**
 * Power of a site that has come to rest in this weather: with an economiser no DX where outdoor air alone is cool enough
 * (the damper modulates), otherwise DX with the damper open or shut, whichever needs less. Beyond its capacity DX gives
 * what it can. Humidity is left out.
 * @param it heat of the equipment, W
 */
export function quasiSteady(
  site: SiteParameters,
  policy: Policy,
  at: { readonly outdoor: number; readonly irradiance: number; readonly it: number },
): QuasiSteady {
  const { enclosure: shell, fans: fan, dx } = site;
  const fans = fan.count * fanPower(fan, speedForFlow(fan, fan.count, policy.flow));
  const base: Forcing = {
    ...calm(shell),
    flow: policy.flow,
    outdoor: at.outdoor,
    it: at.it,
    fans,
    solar: shell.solarAperture * at.irradiance,
  };
  const open = { ...base, outdoorShare: 1 };
  if (policy.economiser && steadyState(shell, open).cold <= policy.setpoint) {
    return { fans, dx: 0, heat: 0, cooling: "free" };
  }
  const shut = dxHeatFor(shell, base, policy.setpoint);
  const vented = policy.economiser ? dxHeatFor(shell, open, policy.setpoint) : Infinity;
  const capacity = dx.units * linear.capacity(dx, at.outdoor);
  const heat = Math.min(capacity, Math.max(0, Math.min(shut, vented)));
  const watts = partLoadPower(heat, capacity, linear.cop(dx, at.outdoor));
  return { fans, dx: watts, heat, cooling: vented < shut ? "partial" : "dx" };
}

/** A synthetic climate: yearly mean, yearly and daily half swing, °C and K. */
export type Climate = readonly [mean: number, yearly: number, daily: number];

/** Outdoor temperature and sun in an hour of the year. @param hour 0..8759 */
export function climateHour(
  [mean, yearly, daily]: Climate,
  hour: number,
): { outdoor: number; irradiance: number } {
  const clock = (hour % 24) + 0.5;
  const season = Math.cos((2 * Math.PI * (hour - 360)) / 8760);
  const time = Math.cos((2 * Math.PI * (clock - 15)) / 24);
  const sun = clock > 6 && clock < 18 ? 700 * Math.sin((Math.PI * (clock - 6)) / 12) : 0;
  return { outdoor: mean - yearly * season + daily * time, irradiance: sun };
}

/** kWh of a year, and how it was cooled. */
export interface AnnualEnergy {
  readonly fans: number;
  readonly dx: number;
  readonly it: number;
  readonly freeHours: number;
  readonly partialHours: number;
}

/** A year of a policy, hour by hour at rest: the reference for what a controller may hope to save. */
export function annualEnergy(
  site: SiteParameters,
  policy: Policy,
  climate: Climate,
  it: number,
): AnnualEnergy {
  const sum = { fans: 0, dx: 0, it: 0, freeHours: 0, partialHours: 0 };
  for (let hour = 0; hour < 8760; hour++) {
    const one = quasiSteady(site, policy, { ...climateHour(climate, hour), it });
    sum.fans += one.fans / 1000;
    sum.dx += one.dx / 1000;
    sum.it += it / 1000;
    if (one.cooling === "free") sum.freeHours++;
    if (one.cooling === "partial") sum.partialHours++;
  }
  return sum;
}
