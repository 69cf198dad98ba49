import { simulatedYears } from "../../server/simulation/index.ts";
import type { ScoreReport } from "../../server/simulation/index.ts";
import { everything } from "../../test/scenarios/everything.ts";
import { given } from "./arguments.ts";
import { printSavings } from "./savings.ts";

/*
 * A year of the cabinet with all shipped controllers in each climate, with the faults a year brings on their days: the
 * scores against their goals. A year takes an hour and a half of one core. `--years 0` leaves it out, `--from D --to D` plays a
 * part of it, `--climate hot`, `temperate` or `arctic` one of them. Then what is saved: `--savings-days N` of each season
 * (default 1; 0: none), in every climate.
 */

const day = 86_400;
const climates = ["arctic", "temperate", "hot"] as const;
type Climate = (typeof climates)[number];

/** Faults by the day they begin, the hour, and how many hours they last. */
const faultsOf = (
  climate: Climate,
): readonly (readonly [day: number, at: number, lasts: number, fault: string])[] => [
  [climate === "arctic" ? 14 : 170, 2, 24, "dx-1 damper-stuck"],
  [40, 2, 12, "tray-a dead-fan 3"],
  [70, 2, 12, "tray-a worn-fan 2"],
  [100, 2, 12, "probe-inlet stuck temperature at 26"],
  [130, 2, 12, "probe-inlet-2 offset temperature 3"],
  [150, 2, 24, "probe-outdoor open-wire humidity"],
  [190, 20, 24, "dx-1 damper-stuck"],
  [200, 13, 2, "dx-1 lockout"],
  [205, 10, 8, "site mains-loss"],
  [210, 0, 240, "dx-1 capacity-loss 40%"],
  [250, 10, 4, "site mains-loss"],
  [260, 12, 1 / 6, "line line-cut"],
  [290, 12, 0.5, "site door-open"],
  [310, 2, 12, "probe-inlet-2 shifted -1"],
];

/** What is wanted of a year; undefined: it is only told. */
const goals: readonly (readonly [
  name: string,
  unit: string,
  value: (score: ScoreReport) => number,
  goal?: readonly [text: string, held: (value: number) => boolean],
])[] = [
  ["above 32 °C", "K·min", ({ above }) => above["32"] ?? NaN],
  ["the same as seen", "K·min", ({ seen }) => seen.above["32"] ?? NaN],
  ["outside 18–27 °C", "% of time", (s) => share(s, s.minutesOutside.recommended), ["< 5", (v) => v < 5]],
  ["outside 15–32 °C", "min", ({ minutesOutside }) => minutesOutside.allowable],
  ["largest change in 15 min", "K", ({ rate }) => rate.quarter],
  ["largest change in 1 h", "K", ({ rate }) => rate.hour, ["≤ 20", (v) => v <= 20]],
  ["surface within 2 K of dew", "min", ({ dewPoint }) => dewPoint.minutesBelow2K, ["0", (v) => v === 0]],
  ["air too humid or dry", "% of time", (s) => share(s, s.minutesHumid), ["< 1", (v) => v < 1]],
  ["failure factor", "–", ({ exposure }) => exposure, ["≤ 1.35", (v) => v <= 1.35]],
  ["cooling", "kWh", ({ energy }) => energy.cooling],
  ["partial PUE", "–", ({ energy }) => energy.partialPue],
  ["compressor starts, worst hour", "", ({ compressors }) => compressors.worstHour, ["≤ 6", (v) => v <= 6]],
  ["minimum times not kept", "", ({ compressors }) => compressors.violations, ["0", (v) => v === 0]],
  ["operations of outlets", "", ({ cycles }) => cycles.outlets, ["< 50", (v) => v < 50]],
  ["damper strokes a day", "", ({ cycles }) => cycles.damperStrokesPerDay, ["< 20", (v) => v < 20]],
  ["fans' travel a day", "%", ({ activity }) => activity.fans, ["< 2000", (v) => v < 2000]],
  [
    "unserved at priority 0",
    "Wh",
    ({ outage }) => outage.unservedByPriority["0"] ?? NaN,
    ["0", (v) => v === 0],
  ],
  ["least charge", "%", ({ outage }) => 100 * outage.leastCharge],
  ["battery's ageing", "–", ({ batteryAgeing }) => batteryAgeing, ["≤ 1.1", (v) => v <= 1.1]],
  ["heated against cooling", "s", ({ safety }) => safety.interlockSeconds, ["0", (v) => v === 0]],
  ["alarms a day", "", ({ alarms }) => alarms.perDay, ["≤ 5", (v) => v <= 5]],
  ["alarms without a fault", "", ({ alarms }) => alarms.unfounded],
  ["faults without an alarm", "", ({ alarms }) => alarms.missed.length, ["0", (v) => v === 0]],
  [
    "diagnoses too late",
    "",
    ({ alarms }) => alarms.diagnosis.filter(({ seconds, within }) => seconds > within).length,
    ["0", (v) => v === 0],
  ],
  ["unnecessary fail-safe", "", ({ failSafe }) => failSafe.unnecessary, ["0", (v) => v === 0]],
  ["slowest recovery", "s", ({ changes }) => Math.max(0, ...changes.recovery.map(({ seconds }) => seconds))],
  ["writes a day", "", ({ bus }) => bus.writesPerDay],
  ["writes a day, worst register", "", ({ bus }) => bus.mostWritten?.perDay ?? 0],
  ["noise at night without need", "min", ({ noise }) => noise.minutes, ["0", (v) => v === 0]],
];
const share = ({ hours }: ScoreReport, minutes: number): number => (100 * minutes) / (60 * hours);

/** Plays the days from one to another, faults of these days included, after an hour in which everything settles. */
function play(climate: Climate, from: number, to: number): ScoreReport {
  const site = simulatedYears({
    ...{ parameters: "demo", weather: climate, startHour: from * 24, controllers: everything, step: 10 },
    score: { priorities: [9, 7, 3, 3, 5, 7, 7, 0], quiet: ["offset"] },
  });
  site.advance(3600);
  site.score.reset();
  const planned = faultsOf(climate);
  let active = "";
  for (let time = from * day + 3600; time < to * day; time += 60) {
    const now = planned.flatMap(([begin, at, lasts, fault]) => {
      const since = time - begin * day - at * 3600;
      return since >= 0 && since < lasts * 3600 ? [fault] : [];
    });
    if (now.join() !== active) site.faults(...now);
    active = now.join();
    site.advance(60);
  }
  return site.score.report();
}

function printYear(climate: Climate, from: number, to: number): void {
  console.log(`\nThe cabinet from day ${from} to day ${to}, ${climate}`);
  const score = play(climate, from, to);
  for (const [name, unit, value, goal] of goals) {
    const found = value(score);
    const verdict = goal === undefined ? "" : `${goal[0].padEnd(8)}${goal[1](found) ? "" : "MISSED"}`;
    console.log(
      `  ${name.padEnd(32)}${found.toFixed(2).padStart(12)} ${unit.padEnd(12)}${verdict}`.trimEnd(),
    );
  }
  for (const gate of score.gates) console.log(`  gate: ${gate}`);
}

const asked = given({ years: 1, from: 0, to: 365, climate: climates, savingsDays: 1 });
if (asked.years > 0)
  for (const climate of climates)
    if ((asked.climate ?? climate) === climate) printYear(climate, asked.from, asked.to);
if (asked.savingsDays > 0) printSavings(asked.savingsDays);
