import type { DxParameters } from "./parameters.ts";

// Capacity and power of a DX unit at full compressor speed. Temperatures °C, powers W.

const ratingOutdoor = 35;
const headPressureHeld = 15; // below it the condenser's fan slows down and the pressure stays

/** Outdoor temperature as a fouled condenser feels it. @param fouling 1 clean */
export const felt = (outdoor: number, fouling: number): number =>
  outdoor > ratingOutdoor ? ratingOutdoor + fouling * (outdoor - ratingOutdoor) : outdoor;

/** Level 1: linear in the outdoor temperature. */
export const linear = {
  capacity: (p: DxParameters, outdoor: number): number =>
    p.ratedWatts * Math.max(0, 1 - 0.01 * (outdoor - ratingOutdoor)),
  cop: (p: DxParameters, outdoor: number): number =>
    p.ratedCop * Math.max(0.1, 1 - 0.02 * (Math.max(outdoor, headPressureHeld) - ratingOutdoor)),
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * Level 2: biquadratics of the EnergyPlus form. Arguments outside the fitted range are taken to its edge.
 * @param wetBulb of the air entering the evaporator, fitted from 12.8 to 23.9
 * @param outdoor fitted from 18 to 46.1
 */
export const biquadratic = {
  capacity(wetBulb: number, outdoor: number): number {
    const x = clamp(wetBulb, 12.8, 23.9);
    const y = clamp(outdoor, 18, 46.1);
    const ofX = 0.942587793 + 0.009543347 * x + 0.00068377 * x * x;
    return ofX - 0.011042676 * y + 0.000005249 * y * y - 0.00000972 * x * y;
  },
  inputRatio(wetBulb: number, outdoor: number): number {
    const x = clamp(wetBulb, 12.8, 23.9);
    const y = clamp(outdoor, 18, 46.1);
    const ofX = 0.342414409 + 0.034885008 * x - 0.0006237 * x * x;
    return ofX + 0.004977216 * y + 0.000437951 * y * y - 0.000728028 * x * y;
  },
  /** @param flow of the air over the coil, as share of the rated one */
  capacityOfFlow: (flow: number): number => 0.8 + 0.2 * flow,
  inputRatioOfFlow: (flow: number): number => 1.1552 - 0.1808 * flow + 0.0256 * flow * flow,
};

/** Worse efficiency at part load: by what the power of full load over efficiency is divided. @param load 0..1 */
export const partLoadFactor = (load: number): number => 0.85 + 0.15 * load;

/** Electrical power at part load. @param heat taken out @param capacity at full load @param cop at full load */
export const partLoadPower = (heat: number, capacity: number, cop: number): number =>
  heat <= 0 ? 0 : heat / (cop * partLoadFactor(heat / capacity));

/** Water air loses at the coil, kg/kg. @param ratio of the air entering @param saturated at the coil's dew point */
export const lostAtCoil = (ratio: number, saturated: number, bypassFactor: number): number =>
  (1 - bypassFactor) * Math.max(0, ratio - saturated);

/** One lump cooled on and off by a thermostat: how long it is on and off, s. */
export function onOffCycle(lump: {
  /** J/K, W/K, °C, W, W */
  readonly capacity: number;
  readonly conductance: number;
  readonly outdoor: number;
  readonly heat: number;
  readonly cooling: number;
  readonly onAt: number;
  readonly offAt: number;
}): { readonly on: number; readonly off: number } {
  const tau = lump.capacity / lump.conductance;
  const warm = lump.outdoor + lump.heat / lump.conductance;
  const cool = lump.outdoor + (lump.heat - lump.cooling) / lump.conductance;
  return {
    on: tau * Math.log((lump.onAt - cool) / (lump.offAt - cool)),
    off: tau * Math.log((warm - lump.offAt) / (warm - lump.onAt)),
  };
}
