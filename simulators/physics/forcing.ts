import type { EnclosureParameters } from "./parameters.ts";

export const airHeat = 1006; // J/(kg·K)
export const standardDensity = 1.2; // kg/m³

/** Everything that acts on the enclosure during a step. Powers in W. */
export interface Forcing {
  /** Air through the rack, m³/s. */
  flow: number;
  /** Share of it taken from outdoors, 0..1. */
  outdoorShare: number;
  /** °C */
  outdoor: number;
  /** Heat of the equipment, of the fans, of the heater, of the battery; sensible heat taken out by DX. */
  it: number;
  fans: number;
  heater: number;
  battery: number;
  dx: number;
  /** Heat taken in by the wall from the sun. */
  solar: number;
  /** Capacity rate of the air that leaks in, W/K. */
  infiltration: number;
  /** kg/m³ */
  density: number;
}

/** The five temperatures, °C. */
export interface Temperatures {
  readonly cold: number;
  readonly hot: number;
  readonly mass: number;
  readonly wall: number;
  readonly battery: number;
}

/** Forcing with everything at rest, to be filled in. */
export const calm = (parameters: EnclosureParameters): Forcing => ({
  flow: 0,
  outdoorShare: 0,
  outdoor: 20,
  it: 0,
  fans: 0,
  heater: 0,
  battery: 0,
  dx: 0,
  solar: 0,
  infiltration: parameters.infiltration,
  density: standardDensity,
});
