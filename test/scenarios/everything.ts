import { simulatedSite, type Simulation, type SimulationOptions } from "../../server/simulation/index.ts";
import type { StandingAlarm } from "../../controllers/runtime/api.ts";

/** All shipped controllers of the demonstration's cabinet, as a site would have them. */
export const everything = {
  // In sequence: outdoor air first, then compressors, then more air.
  "fan-zone": { use: "fan-zone", settings: { setpoint: 26 } },
  "staged-cooling": {
    use: "staged-cooling",
    settings: { setpoint: 24.5, capacityBand: 4, leastCapacity: 25 },
  },
  economiser: "economiser",
  "humidity-guard": "humidity-guard",
  heater: "heater",
  "cold-start": "cold-start",
  "emergency-ventilation": "emergency-ventilation",
  safety: "safety",
  outage: {
    use: "outage",
    settings: {
      chemistry: "vrla",
      cells: 24,
      ampereHours: 100,
      milliohms: 30,
      peukert: 1.15,
      priorities: { "pdu-1.outlet-1": 9, "pdu-1.outlet-2": 7, "pdu-1.outlet-8": 0 },
    },
  },
  "temperature-watch": "temperature-watch",
} satisfies NonNullable<SimulationOptions["controllers"]>;

export interface Told {
  readonly site: Simulation;
  /** Every alarm that ever stood: `controller id`. */
  readonly alarms: ReadonlySet<string>;
}

/** A site with all of them; alarms are collected from the start. */
export async function wholeSite(options: SimulationOptions = {}): Promise<Told> {
  const site = await simulatedSite({ controllers: everything, ...options });
  const alarms = new Set<string>();
  site.controllers.onEvent((event) => {
    if (event.kind === "raised") alarms.add(`${event.controller} ${event.alarm.id}`);
  });
  return { site, alarms };
}

export const standing = (site: Simulation): readonly string[] =>
  site.controllers.alarms().map((one: StandingAlarm) => `${one.controller} ${one.id}`);
