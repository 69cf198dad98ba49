import type { BatteryParameters } from "./parameters.ts";
import type { BatteryState } from "./state.ts";

// Batteries of cells in series. Currents A, positive as each function says; capacities Ah; temperatures °C.

const yearSeconds = 365 * 86_400;
const leastPeukertRate = 0.1; // of the rated current: below it a battery gives no more for being asked less
const chargingOhms = 5; // times the resistance: what charging lifts the voltage by, plates and acid included

/** Volts of a cell over its state of charge. */
const lfp = {
  soc: [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
  volts: [2.8, 3.05, 3.18, 3.22, 3.25, 3.27, 3.285, 3.295, 3.305, 3.32, 3.33, 3.34, 3.4],
};
const lfpCharging = 3.15; // V a cell has at least while it is charged
/** Straight, but for the last of the charge, when the voltage falls away. */
const vrla = { empty: 1.97, full: 2.14, knee: 0.05, dead: 1.75 };

const capacityAt = { celsius: [-40, -20, 0, 25], share: [0.4, 0.65, 0.88, 1] }; // LFP
const vrlaPerKelvin = 0.008;

/** Linear between points, level beyond them. */
function between(x: number, xs: readonly number[], ys: readonly number[]): number {
  const last = xs.length - 1;
  if (x <= (xs[0] ?? 0)) return ys[0] ?? 0;
  if (x >= (xs[last] ?? 0)) return ys[last] ?? 0;
  let i = 1;
  while (x > (xs[i] ?? 0)) i++;
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [xs[i - 1], xs[i], ys[i - 1], ys[i]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** Voltage at rest, all cells. @param soc 0..1 */
export function openCircuit(p: BatteryParameters, soc: number): number {
  if (p.chemistry === "lfp") return p.cells * between(soc, lfp.soc, lfp.volts);
  const straight = vrla.empty + (vrla.full - vrla.empty) * soc;
  if (soc >= vrla.knee) return p.cells * straight;
  const atKnee = vrla.empty + (vrla.full - vrla.empty) * vrla.knee;
  return p.cells * (vrla.dead + ((atKnee - vrla.dead) * soc) / vrla.knee);
}

/** Share of the rated capacity at a temperature. */
export function temperatureFactor(p: BatteryParameters, celsius: number): number {
  if (p.chemistry === "lfp") return between(celsius, capacityAt.celsius, capacityAt.share);
  return Math.min(1.2, Math.max(0.3, 1 + vrlaPerKelvin * (celsius - 25)));
}

/** Share of the capacity left by age: 80 % at the end of its life. @param years of age at 25 °C */
const ageFactor = (p: BatteryParameters, years: number): number =>
  Math.max(0.1, 1 - (0.2 * years) / p.lifeYears);

/** Years a battery ages in one: doubles every 10 K. */
const ageingRate = (celsius: number): number => Math.exp((Math.LN2 / 10) * (celsius - 25));

/** Hours a full battery lasts at a constant current. */
export const peukertHours = (p: BatteryParameters, amperes: number): number =>
  p.ratedHours * Math.pow(p.ampereHours / (amperes * p.ratedHours), p.peukert);

/** Rate at which a discharge current uses charge up, A: more than the current above the rated one. */
export function effectiveCurrent(p: BatteryParameters, amperes: number): number {
  if (p.peukert === 1 || amperes <= 0) return amperes;
  const rate = Math.max(leastPeukertRate, (amperes * p.ratedHours) / p.ampereHours);
  return amperes * Math.pow(rate, p.peukert - 1);
}

/**
 * Discharge current that, with `helped` amperes from elsewhere, serves a load of constant power.
 * @returns −1 when the battery cannot: its voltage would break down
 */
export function currentFor(open: number, ohms: number, watts: number, helped = 0): number {
  if (watts <= helped * open) return 0;
  if (ohms === 0) return open > 0 ? watts / open - helped : -1;
  const half = open - ohms * helped;
  const under = half * half - 4 * ohms * (watts - helped * open);
  return under < 0 || open <= 0 ? -1 : (half - Math.sqrt(under)) / (2 * ohms);
}

/** Most charge current at a temperature, A: the limits of the chemistry. */
export function chargeLimitAt(p: BatteryParameters, celsius: number): number {
  if (p.chemistry === "vrla") return celsius < -20 || celsius > 50 ? 0 : Infinity;
  if (celsius < 0 || celsius > 60) return 0;
  if (celsius < 5 || celsius > 50) return 0.1 * p.ampereHours;
  if (celsius < 10) return 0.2 * p.ampereHours;
  return (celsius > 25 ? 0.5 : 1) * p.ampereHours;
}

/** What a battery takes of itself, A: less as it fills. */
export const acceptance = (p: BatteryParameters, soc: number): number =>
  ((1 - soc) * p.ampereHours) / p.acceptanceHours;

/** Voltage while a limited current charges it: it rises at once, even from empty. */
export function chargingVolts(p: BatteryParameters, soc: number, amperes: number): number {
  const least = p.chemistry === "lfp" ? lfpCharging : vrla.empty + (vrla.full - vrla.empty) * soc;
  return Math.max(openCircuit(p, soc), p.cells * least) + amperes * p.ohms * chargingOhms;
}

export const createBattery = (p: BatteryParameters): BatteryState => ({
  soc: p.soc,
  amperes: 0,
  volts: openCircuit(p, p.soc),
  heat: 0,
  ageYears: 0,
  throughput: 0,
});

/**
 * Lets a current flow for a while.
 * @param amperes positive charging
 * @param fade share of the capacity lost beside age
 */
export function stepBattery(
  battery: BatteryState,
  p: BatteryParameters,
  amperes: number,
  at: { readonly celsius: number; readonly fade: number; readonly dt: number },
): void {
  const { celsius, fade, dt } = at;
  const capacity = availableHours(p, battery, celsius, fade);
  const hours = dt / 3600;
  const charging = amperes > 0;
  const rate = charging ? amperes * p.chargeEfficiency : -effectiveCurrent(p, -amperes);
  const lost = (p.selfDischargePerDay * dt) / 86_400;
  battery.soc = Math.min(1, Math.max(0, battery.soc + (rate * hours) / capacity - (charging ? 0 : lost)));
  battery.amperes = amperes;
  const wasted = charging ? (1 - p.chargeEfficiency) * amperes * battery.volts : 0;
  battery.heat = amperes * amperes * p.ohms + wasted;
  battery.ageYears += (ageingRate(celsius) * dt) / yearSeconds;
  if (!charging) battery.throughput -= amperes * hours;
}

/** Ah of a full battery as it is now. */
export const availableHours = (
  p: BatteryParameters,
  battery: BatteryState,
  celsius: number,
  fade: number,
): number =>
  Math.max(0.01, p.ampereHours * temperatureFactor(p, celsius) * ageFactor(p, battery.ageYears) * (1 - fade));

/**
 * Seconds a battery serves a constant power from one state of charge to another; 0 when it cannot at all.
 * @param capacity Ah as it is now
 */
export function secondsAt(
  p: BatteryParameters,
  watts: number,
  span: { readonly from: number; readonly to: number; readonly capacity: number },
): number {
  const steps = 400;
  const width = (span.from - span.to) / steps;
  let seconds = 0;
  for (let i = 0; i < steps && width > 0; i++) {
    const current = currentFor(openCircuit(p, span.from - (i + 0.5) * width), p.ohms, watts);
    if (current < 0) return seconds;
    if (current === 0) return Infinity;
    seconds += (3600 * span.capacity * width) / effectiveCurrent(p, current);
  }
  return seconds;
}

/** The same in closed form, without resistance and with a voltage of `empty + slope·soc`. */
export const secondsOfLinear = (
  watts: number,
  cell: { readonly capacity: number; readonly empty: number; readonly slope: number },
  from: number,
  to: number,
): number =>
  ((3600 * cell.capacity) / watts) * (cell.empty * (from - to) + (cell.slope * (from ** 2 - to ** 2)) / 2);
