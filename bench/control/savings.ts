import {
  simulatedYears,
  type Weather,
  type Years,
  type YearsOptions,
} from "../../server/simulation/index.ts";
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
import { causes, noTerms, playHour, type Terms, termsOf } from "./savings-terms.ts";

/*
 * What the shipped controllers save of what can be saved: fans at full speed and compressors at 24 °C against reduced air,
 * 27 °C and outdoor air, sampled days of each season in synthetic climates, dry, so that no limit of humidity counts.
 * Beside it the same hours at rest in closed form; the gap is told term by term. `--days N` of each season (default 1),
 * `--site cabinet` or `container` and `--climate cold`, `temperate` or `hot` one of them.
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
  /** Least capacity of a compressor, %. */
  readonly leastCapacity: number;
}
const sites: readonly SiteCase[] = [
  { name: "cabinet", it: 1200, fullFlow: 0.2, flow: 0.1, gain: 3.5, leastCapacity: 20 },
  { name: "container", it: 24_000, fullFlow: 3, flow: 1.7, gain: 1.5, leastCapacity: 25 },
];

/** kWh a day. */
interface Energy {
  fans: number;
  dx: number;
  heater: number;
}

/** With what it came of: why compressors used more than at rest, kWh a day; the hottest inlet; starts and writes. */
interface Played extends Energy {
  readonly terms: Terms;
  /** °C; % of the time outside 18–27 °C. */
  hottest: number;
  warm: number;
  startsInAnHour: number;
  writesPerDay: number;
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

const policy = { setpoint: 27, economiser: true };

/**
 * The shipped controllers as the better policy has them: outdoor air at 26 °C first, compressors at 26.5, fans at 27. The
 * reference knows no limits of humidity.
 */
const ours = ({
  gain,
  flow,
  fullFlow,
  leastCapacity,
}: SiteCase): NonNullable<YearsOptions["controllers"]> => ({
  "fan-zone": {
    use: "fan-zone",
    settings: { setpoint: policy.setpoint, minDuty: Math.round((100 * flow) / fullFlow) },
  },
  "staged-cooling": { use: "staged-cooling", settings: { setpoint: 26.5, capacityBand: 4, leastCapacity } },
  economiser: { use: "economiser", settings: { setpoint: 26, gain, dewPointLeast: -60, dewPointDry: -60 } },
  "emergency-ventilation": "emergency-ventilation",
});

/** Energy of sampled days, per day, in the dynamic simulation. */
function simulated(one: SiteCase, climate: Climate, days: number, controlled: boolean): Played {
  const sum: Played = {
    ...{ fans: 0, dx: 0, heater: 0, terms: noTerms() },
    ...{ hottest: -Infinity, warm: 0, startsInAnHour: 0, writesPerDay: 0 },
  };
  const perDay = 1 / (1000 * days * seasons.length);
  for (const day of seasons) {
    const fromHour = day * hoursPerDay - 6;
    const parameters = ideal(one, controlled ? 50 : 100);
    const site = simulatedYears({
      ...{ parameters, weather: weatherOf(climate, fromHour), step },
      ...(controlled ? { controllers: ours(one) } : {}),
    });
    const { commands, state } = site.physics;
    if (!controlled) {
      // Fans keep the duty they start with.
      for (const unit of commands.dx) Object.assign(unit, { mode: "auto", setpoint: 24 });
    }
    site.advance(6 * 3600);
    site.score.reset();
    const before = { ...state.energy };
    for (let hour = 0; hour < days * hoursPerDay; hour++) {
      const terms = termsOf(
        parameters,
        { ...policy, flow: one.flow, it: one.it },
        playHour(site, step),
        one.leastCapacity,
      );
      for (const cause of causes) sum.terms[cause] += terms[cause] * perDay;
    }
    for (const part of ["fans", "dx", "heater"] as const)
      sum[part] += (state.energy[part] - before[part]) * perDay;
    note(sum, site, days);
  }
  return sum;
}

/** What the energy was paid with. */
function note(sum: Played, { score }: Years, days: number): void {
  const { inlet, minutesOutside, compressors, bus } = score.report();
  sum.hottest = Math.max(sum.hottest, inlet.max);
  sum.warm += (100 * minutesOutside.recommended) / (1440 * days * seasons.length);
  sum.startsInAnHour = Math.max(sum.startsInAnHour, compressors.worstHour);
  sum.writesPerDay += bus.writesPerDay / seasons.length;
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

/** One site in one climate: what is saved, and two lines of the tables. */
function lines(one: SiteCase, name: string, climate: Climate, days: number): readonly [string, string] {
  const worst = atRest(one, { setpoint: 24, flow: one.fullFlow, economiser: false }, climate, days);
  const best = atRest(one, { ...policy, flow: one.flow }, climate, days);
  const before = simulated(one, climate, days, false);
  const now = simulated(one, climate, days, true);
  const share = (cooling(before) - cooling(now)) / (cooling(worst) - cooling(best));
  const gaps = [now.fans - best.fans, now.heater, cooling(worst) - cooling(before)];
  const title = `${one.name} ${name}`.padEnd(20);
  return [
    [
      ...[title, ...[cooling(worst), cooling(best)].map(kWh), " "],
      ...[...[cooling(before), cooling(now)].map(kWh), `${(100 * share).toFixed(1).padStart(7)} %`],
      ...[share >= 0.9 ? "  " : " !", now.hottest.toFixed(1).padStart(9), now.warm.toFixed(0).padStart(7)],
      ...[String(now.startsInAnHour).padStart(8), now.writesPerDay.toFixed(0).padStart(8)],
    ].join(""),
    [
      title,
      ...gaps.map(kWh),
      kWh(now.dx - best.dx),
      " =",
      ...causes.map((cause) => ` ${kWh(now.terms[cause])}`),
    ].join(""),
  ];
}

/** Prints two tables with one line each for each site and climate, or for those asked for. */
export function printSavings(days: number, site?: string, climate?: string): void {
  const seen = sites.flatMap((one) =>
    Object.entries(climates).flatMap(([name, weather]) =>
      (site ?? one.name) === one.name && (climate ?? name) === name ? [lines(one, name, weather, days)] : [],
    ),
  );
  console.log(`Cooling, kWh a day, from ${days} days of each season; goal: 90 % of what is saved at rest\n`);
  console.log("                        at rest          simulated             inlet outside  starts  writes");
  console.log(
    "                      before    best     before    ours   saved     at most  18–27  an hour   a day",
  );
  for (const [saved] of seen) console.log(saved);
  console.log(
    "\nWhat is used more than at best, kWh a day; of compressors by cause: the hottest inlet is held, not the",
  );
  console.log(
    "plenum; they are at their least; it is colder; fans bring warm air; the damper; starts and stored heat\n",
  );
  console.log(
    "                        fans  heater  before      DX    ".concat(
      causes.map((cause) => cause.padStart(9)).join(""),
    ),
  );
  for (const [, terms] of seen) console.log(terms);
}

if (process.argv[1]?.endsWith("savings.ts") === true) {
  const asked = given({ days: 1, site: sites.map(({ name }) => name), climate: Object.keys(climates) });
  printSavings(asked.days, asked.site, asked.climate);
}
