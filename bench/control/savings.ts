import { simulatedYears, type Weather, type YearsOptions } from "../../server/simulation/index.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import {
  type Climate,
  climateHour,
  type Policy,
  quasiSteady,
} from "../../simulators/physics/quasi-steady.ts";
import { standardPressure } from "../../simulators/physics/weather.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { given } from "./arguments.ts";

/*
 * What the shipped controllers save of what can be saved: fans at full speed and compressors at 24 °C against reduced air,
 * 27 °C and outdoor air, sampled days of each season in synthetic climates, dry, so that no limit of humidity counts.
 * Beside it the same hours at rest in closed form; the gap is told term by term. `--days N` of each season (default 1).
 */

const climates: Readonly<Record<string, Climate>> = {
  cold: [3, 14, 4],
  temperate: [11, 9, 5],
  hot: [27, 7, 6],
};
const seasons = [15, 105, 196, 288];
const hoursPerDay = 24;
const step = 10;

interface SiteCase {
  readonly name: "cabinet" | "container";
  /** W of the equipment, m³/s at full speed and of the reduced policy. */
  readonly it: number;
  readonly fullFlow: number;
  readonly flow: number;
  /** Damper's gain, %/K. */
  readonly gain: number;
}
const sites: readonly SiteCase[] = [
  { name: "cabinet", it: 1200, fullFlow: 0.2, flow: 0.1, gain: 3.5 },
  { name: "container", it: 24_000, fullFlow: 3, flow: 1.7, gain: 1.5 },
];

/** kWh a day. */
interface Energy {
  fans: number;
  dx: number;
  heater: number;
}
const cooling = ({ fans, dx, heater }: Energy): number => fans + dx + heater;

/** Without what the closed forms leave out: compressors that stand still in the cold, dust, wear, fans of servers, loads that wander. */
function ideal({ name, it }: SiteCase, fanDuty: number): SiteParameters {
  const site = siteParameters(name);
  const each = it / site.servers.count;
  return {
    ...site,
    start: { ...site.start, fanDuty },
    fans: { ...site.fans, yearlyWear: 1 },
    dx: { ...site.dx, winterKit: true },
    filter: { ...site.filter, loadPerYear: 0 },
    servers: { ...site.servers, idleWatts: each, busyWatts: each, fanWatts: 0, wander: 0 },
  };
}

const weatherOf = (climate: Climate, fromHour: number): Weather => ({
  at(seconds) {
    const { outdoor, irradiance } = climateHour(climate, fromHour + Math.floor(seconds / 3600));
    return { outdoor, irradiance, dewPoint: Math.min(outdoor - 2, 5), pressure: standardPressure };
  },
});

/** The shipped controllers as the better policy has them: outdoor air at 25.5 °C first, compressors at 26.5, fans at 27. */
const ours = ({ gain, flow, fullFlow }: SiteCase): NonNullable<YearsOptions["controllers"]> => ({
  "fan-zone": { use: "fan-zone", settings: { setpoint: 27, minDuty: Math.round((100 * flow) / fullFlow) } },
  "staged-cooling": {
    use: "staged-cooling",
    settings: { setpoint: 26.5, capacityBand: 4, leastCapacity: 25 },
  },
  economiser: { use: "economiser", settings: { setpoint: 25.5, gain } },
  "emergency-ventilation": "emergency-ventilation",
});

/** Energy of sampled days, per day, in the dynamic simulation. */
function simulated(one: SiteCase, climate: Climate, days: number, controlled: boolean): Energy {
  const sum = { fans: 0, dx: 0, heater: 0 };
  for (const day of seasons) {
    const fromHour = day * hoursPerDay - 6;
    const site = simulatedYears({
      ...{ parameters: ideal(one, controlled ? 50 : 100), weather: weatherOf(climate, fromHour), step },
      ...(controlled ? { controllers: ours(one) } : {}),
    });
    const { commands, state } = site.physics;
    if (!controlled) {
      // Fans keep the duty they start with.
      for (const unit of commands.dx) Object.assign(unit, { mode: "auto", setpoint: 24 });
    }
    site.advance(6 * 3600);
    const before = { ...state.energy };
    site.advance(days * 86_400);
    for (const part of ["fans", "dx", "heater"] as const) sum[part] += state.energy[part] - before[part];
  }
  for (const part of ["fans", "dx", "heater"] as const) sum[part] /= 1000 * days * seasons.length;
  return sum;
}

/** The same hours at rest. */
function atRest(one: SiteCase, policy: Policy, climate: Climate, days: number): Energy {
  const sum = { fans: 0, dx: 0, heater: 0 };
  const parameters = siteParameters(one.name);
  for (const day of seasons)
    for (let hour = 0; hour < days * hoursPerDay; hour++) {
      const at = { ...climateHour(climate, day * hoursPerDay + hour), it: one.it };
      const { fans, dx } = quasiSteady(parameters, policy, at);
      sum.fans += fans;
      sum.dx += dx;
    }
  const total = days * seasons.length;
  return {
    fans: sum.fans / 1000 / total,
    dx: sum.dx / 1000 / total,
    heater: 0,
  };
}

const kWh = (value: number): string => value.toFixed(2).padStart(8);

/** Prints one line for each site and climate. */
export function printSavings(days: number): void {
  console.log(`Cooling, kWh a day, from ${days} days of each season; goal: 90 % of what is saved at rest\n`);
  console.log("                          at rest            simulated           of which");
  console.log(
    "                      before    best     before    ours     saved   gap: fans      DX  heater  before",
  );
  for (const one of sites)
    for (const [name, climate] of Object.entries(climates)) {
      const worst = atRest(one, { setpoint: 24, flow: one.fullFlow, economiser: false }, climate, days);
      const best = atRest(one, { setpoint: 27, flow: one.flow, economiser: true }, climate, days);
      const before = simulated(one, climate, days, false);
      const now = simulated(one, climate, days, true);
      const share = (cooling(before) - cooling(now)) / (cooling(worst) - cooling(best));
      const gaps = [now.fans - best.fans, now.dx - best.dx, now.heater, cooling(worst) - cooling(before)];
      console.log(
        [
          `${one.name} ${name}`.padEnd(20),
          ...[cooling(worst), cooling(best)].map(kWh),
          " ",
          ...[cooling(before), cooling(now)].map(kWh),
          `${(100 * share).toFixed(0).padStart(7)} %`,
          share >= 0.9 ? "  " : " !",
          ...gaps.map(kWh),
        ].join(""),
      );
    }
}

if (process.argv[1]?.endsWith("savings.ts") === true) printSavings(given("days", 1));
