import { within } from "./timing.ts";

export type Chemistry = "vrla" | "lfp";

/** A battery as it was sold. */
export interface Battery {
  readonly chemistry: Chemistry;
  /** In series: 24 of lead or 16 of LFP in a 48 V plant. */
  readonly cells: number;
  /** At the 10 h rate, 25 °C, new. */
  readonly ampereHours: number;
  /** Inner resistance of all of it, Ω. */
  readonly ohms: number;
  readonly peukert: number;
}

type Curve = readonly (readonly [number, number])[];

/** Open-circuit voltage of a cell by state of charge 0..1. */
const cellVolts: Readonly<Record<Chemistry, Curve>> = {
  vrla: [
    [0, 1.97],
    [1, 2.14],
  ],
  lfp: [
    [0, 2.8],
    [0.05, 3.05],
    [0.1, 3.18],
    [0.2, 3.22],
    [0.3, 3.25],
    [0.4, 3.27],
    [0.5, 3.285],
    [0.6, 3.295],
    [0.7, 3.305],
    [0.8, 3.32],
    [0.9, 3.33],
    [0.95, 3.34],
    [1, 3.4],
  ],
};

/** Share of the capacity that is left at a temperature, °C. */
const capacityShare: Readonly<Record<Chemistry, Curve>> = {
  vrla: [
    [-40, 0.48],
    [35, 1.08],
  ],
  lfp: [
    [-40, 0.4],
    [-20, 0.65],
    [0, 0.88],
    [25, 1],
  ],
};

const origin: Curve[number] = [0, 0];

function along(curve: Curve, x: number): number {
  let i = 1;
  while (i < curve.length - 1 && (curve[i]?.[0] ?? x) < x) i++;
  const before = curve[i - 1] ?? origin;
  const after = curve[i] ?? before;
  const [x0, x1] = [before[0], after[0]];
  return x1 === x0 ? before[1] : before[1] + ((after[1] - before[1]) * (within(x, x0, x1) - x0)) / (x1 - x0);
}

/** V of the whole battery at rest. @param charge 0..1 */
export const openCircuitVolts = ({ chemistry, cells }: Battery, charge: number): number =>
  cells * along(cellVolts[chemistry], within(charge, 0, 1));

/** 0.4..1.08 of what it holds at 25 °C. */
export const capacityAt = (chemistry: Chemistry, celsius: number): number =>
  along(capacityShare[chemistry], celsius);

/**
 * Current that gives a constant power at the terminals, A.
 * @returns undefined when the battery cannot give it at any current
 */
export function currentFor(watts: number, emf: number, ohms: number): number | undefined {
  if (ohms <= 0) return emf > 0 ? watts / emf : undefined;
  const square = emf * emf - 4 * ohms * watts;
  return square < 0 ? undefined : (emf - Math.sqrt(square)) / (2 * ohms);
}

export interface AutonomyInput {
  /** 0..1 now, and at which the load is dropped. */
  readonly charge: number;
  readonly least: number;
  /** V at the terminals at which it is dropped; 0: never. */
  readonly leastVolts: number;
  readonly watts: number;
  /** Share of the capacity left by age, 0..1, and temperature, °C. */
  readonly health: number;
  readonly temperature: number;
}

const slices = 200;

/**
 * How long a battery carries a constant power, s, by stepping through its charge.
 * @returns 0 when it cannot carry it; at most 30 days
 */
export function autonomy(battery: Battery, input: AutonomyInput): number {
  const most = 30 * 86_400;
  const span = input.charge - input.least;
  if (span <= 0) return 0;
  if (input.watts <= 0) return most;
  const capacity =
    battery.ampereHours * within(input.health, 0.05, 1) * capacityAt(battery.chemistry, input.temperature);
  const rate = battery.ampereHours / 10;
  const loss = battery.peukert - 1;
  let seconds = 0;
  for (let i = 0; i < slices; i++) {
    const charge = input.charge - (span * (i + 0.5)) / slices;
    const emf = openCircuitVolts(battery, charge);
    const amperes = currentFor(input.watts, emf, battery.ohms);
    if (amperes === undefined || emf - amperes * battery.ohms < input.leastVolts) break;
    // Peukert: what is drawn faster than at the 10 h rate is had only in part.
    const counted = loss > 0 && amperes > rate ? amperes * (amperes / rate) ** loss : amperes;
    seconds += ((span / slices) * capacity * 3600) / counted;
  }
  return Math.min(seconds, most);
}

/** The best and the worst that is likely, s: new at 25 °C without Peukert's loss, and aged, cold, with half more Ω. */
export function autonomyRange(
  battery: Battery,
  input: AutonomyInput,
): { readonly optimistic: number; readonly pessimistic: number } {
  const best = { ...input, health: 1, temperature: Math.max(25, input.temperature) };
  const worst = { ...input, temperature: Math.min(25, input.temperature) };
  return {
    optimistic: autonomy({ ...battery, peukert: 1 }, best),
    pessimistic: autonomy({ ...battery, ohms: battery.ohms * 1.5 }, worst),
  };
}

/** Steps of most charging current, in units of the capacity per hour, by temperature from below. */
const charging: Readonly<Record<Chemistry, readonly (readonly [below: number, rate: number])[]>> = {
  vrla: [
    [-20, 0],
    [50, 0.2],
    [Infinity, 0],
  ],
  lfp: [
    [0, 0],
    [5, 0.1],
    [10, 0.2],
    [50, 0.5],
    [60, 0.1],
    [Infinity, 0],
  ],
};

/** Most current the battery may be charged with, A. @param celsius undefined when it is not known: the least that is not 0 */
export function chargeCurrent(battery: Battery, celsius: number | undefined): number {
  const rate =
    celsius === undefined ? 0.1 : (charging[battery.chemistry].find(([below]) => celsius < below)?.[1] ?? 0);
  return rate * battery.ampereHours;
}

/** °C: alarm, stop of boost charging, stop of charging. */
export const batteryLimits: Readonly<Record<Chemistry, { alarm: number; boost: number; charge: number }>> = {
  vrla: { alarm: 35, boost: 45, charge: 50 },
  lfp: { alarm: 50, boost: 55, charge: 60 },
};

/** Float voltage, V, compensated by -3 mV per cell and K for lead. @param at25 V of the whole battery at 25 °C */
export const floatVolts = (battery: Battery, at25: number, celsius: number): number =>
  battery.chemistry === "lfp" ? at25 : at25 - 0.003 * battery.cells * (within(celsius, -20, 50) - 25);

/** How fast it ages against 25 °C: twice as fast every 10 K. */
export const ageing = (celsius: number): number => 2 ** ((celsius - 25) / 10);
