import type { Alarm } from "../contract.ts";
import { autonomyRange, type Battery, batteryLimits, chargeCurrent, floatVolts } from "../library/battery.ts";
import { reached, shown, within } from "../library/timing.ts";
import type { Observation } from "../sample.ts";
import type { OutageSettings as Settings } from "./outage-settings.ts";
import { alarm, there } from "./parts.ts";

const batteryOf = (s: Settings): Battery => ({
  chemistry: s.chemistry,
  cells: s.cells,
  ampereHours: s.ampereHours,
  ohms: s.milliohms / 1000,
  peukert: s.peukert,
});

/** How long the battery lasts, s. */
export type Lasts = ReturnType<typeof autonomyRange>;
const lastsFor = (charge: number, temperature: number | undefined, load: number, s: Settings): Lasts =>
  autonomyRange(batteryOf(s), {
    charge: charge / 100,
    least: s.emptyAt / 100,
    leastVolts: s.disconnectVolts,
    watts: load,
    health: s.health / 100,
    temperature: temperature ?? 10,
  });

/** How long the battery lasts, and of what that was worked out. JSON. */
export interface Estimate {
  readonly lasts: Lasts;
  readonly urgent: boolean;
  readonly charge: number;
  readonly watts: number;
  /** s old. */
  readonly age: number;
}

/**
 * Works it out anew only as often as it matters: every 30 s, and when it is `urgent` every 10 s, or once charge or load
 * changed by what is seen in the result.
 * @param dt seconds since the step before
 */
export function estimateStep(
  before: Estimate | undefined,
  now: {
    readonly charge: number;
    readonly temperature: number | undefined;
    readonly watts: number;
    readonly urgent: boolean;
  },
  s: Settings,
  dt: number,
): Estimate {
  const { charge, temperature, watts, urgent } = now;
  if (before?.urgent === urgent) {
    const age = before.age + dt;
    const changed =
      urgent && (Math.abs(charge - before.charge) >= 0.5 || Math.abs(watts / before.watts - 1) > 0.02);
    if (!changed && !reached(age, urgent ? 10 : 30)) return { ...before, age };
  }
  return { lasts: lastsFor(charge, temperature, watts, s), urgent, charge, watts, age: 0 };
}

/** A, to half an ampere, so that the plant's register is seldom written. */
export function chargeLimit(temperature: number | undefined, s: Settings): number {
  const limit = Math.min(chargeCurrent(batteryOf(s), temperature), s.rechargeRate * s.ampereHours);
  return Math.min(100, Math.floor(limit * 2) / 2);
}

/**
 * V, to a tenth, for the hottest of the batteries: too much harms a hot one more than too little a cold one.
 * @returns null: the plant's own stays, because it is not ours to say, or the temperature is not known
 */
export function floatVoltage(temperature: number | undefined, s: Settings): number | null {
  if (s.chemistry !== "vrla" || !s.commandFloat || temperature === undefined) return null;
  const wanted = floatVolts(batteryOf(s), s.floatPerCell * s.cells, temperature);
  return Math.round(10 * within(wanted, 2.15 * s.cells, 2.4 * s.cells)) / 10;
}

/** Readings a sensor can give: of temperatures, and of the bus by its cells. */
export const believable = {
  celsius: (all: readonly Observation[]): readonly Observation[] => believed(all, -40, 80),
  volts(all: readonly Observation[], { chemistry, cells }: Settings): readonly Observation[] {
    const nominal = cells * (chemistry === "vrla" ? 2 : 3.2);
    return believed(all, 0.7 * nominal, 1.35 * nominal);
  },
  percent: (all: readonly Observation[]): readonly Observation[] => believed(all, 0, 100),
};

const believed = (all: readonly Observation[], least: number, most: number): readonly Observation[] =>
  there(all).filter(({ value }) => value >= least && value <= most);

/**
 * What the temperatures of the coldest and of the hottest battery mean, for people.
 * @param commands whether the plant is told what it may charge with
 */
export const batteryAlarms = (
  [coldest, hottest]: readonly [number | undefined, number | undefined],
  commands: boolean,
  s: Settings,
): readonly Alarm[] => [...hotAlarms(hottest, commands, s), ...coldAlarms(coldest, commands, s)];

function hotAlarms(temperature: number | undefined, commands: boolean, s: Settings): readonly Alarm[] {
  if (temperature === undefined) return [];
  const { alarm: warm, boost, charge } = batteryLimits[s.chemistry];
  const at = `the battery is at ${shown(temperature)} °C`;
  const then = commands ? "charging is stopped" : "stop charging it";
  if (temperature >= charge) return [alarm("battery-hot", "critical", `${at}: ${then}`)];
  if (temperature >= boost) return [alarm("battery-hot", "major", `${at}: end equalising`)];
  if (temperature >= warm) return [alarm("battery-hot", "warning", `${at}: its life shortens`)];
  return [];
}

function coldAlarms(temperature: number | undefined, commands: boolean, s: Settings): readonly Alarm[] {
  if (temperature === undefined || temperature >= batteryLimits[s.chemistry].alarm) return [];
  if (chargeCurrent(batteryOf(s), temperature) > 0) return [];
  const then = commands ? "it is not charged" : "it must not be charged";
  return [alarm("battery-cold", "warning", `the battery is at ${shown(temperature)} °C: ${then}`)];
}
