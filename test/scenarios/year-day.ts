import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScoreReport, YearsOptions } from "../../server/simulation/index.ts";
import type { FaultKind } from "../../simulators/fault-kinds.ts";
import { everything } from "./everything.ts";
import { day, holds, type Long, longSite } from "./years-site.ts";

/** Priorities of the outlets as `everything` has them. */
export const priorities = [9, 7, 3, 3, 5, 7, 7, 0];

/**
 * As `everything`, where the servers' UPS is all there is and one outlet must last for eight hours: it can give 15 % of its
 * charge to the others.
 */
export const lasting = {
  ...everything,
  outage: {
    ...everything.outage,
    settings: { ...everything.outage.settings, shed7: 95, shed5: 93, shed3: 90 },
  },
};

/** A day of a made-up year on which something fails. */
export interface YearDay {
  readonly name: string;
  /** Days and hours from the start of the year, hour of the day at which it begins to settle; it does so for one hour. */
  readonly from: readonly [day: number, hour: number];
  readonly controllers?: NonNullable<YearsOptions["controllers"]>;
  readonly fault: string | readonly string[];
  /** Kinds of faults nobody need notice. */
  readonly unnoticed?: readonly FaultKind[];
  /** h */
  readonly lasts: number;
  /** h. Default 0.3. */
  readonly after?: number;
  /** Allowed all the time, °C. */
  readonly inlet: readonly [number, number];
  /** Each must have been raised, by the beginning of `controller id`. */
  readonly alarms: readonly string[];
  /** Operations of outlets. Default 0: nobody loses power. */
  readonly outlets?: number;
  /** At the end of the fault. */
  readonly during?: (long: Long, score: ScoreReport) => void;
  readonly finally?: (score: ScoreReport) => void;
}

const hour = 3600;

/** Plays a day. Forbidden on any: what a gate of the score is for. */
function play(weather: string, one: YearDay): void {
  const [start, startHour] = one.from;
  const { controllers = everything } = one;
  const long = longSite({
    ...{ weather, controllers, startHour: start * day + startHour },
    score: { priorities, quiet: one.unnoticed ?? [] },
  });
  const { site, alarms } = long;
  site.advance(hour);
  site.score.reset();
  const before = new Set(alarms);
  site.faults(...[one.fault].flat());
  site.advance(one.lasts * hour);
  one.during?.(long, site.score.report());
  site.faults();
  site.advance((one.after ?? 0.3) * hour);
  holds(long, one.inlet);
  const score = site.score.report();
  for (const wanted of one.alarms) {
    const told = [...alarms].some((alarm) => alarm.startsWith(wanted) && !before.has(alarm));
    assert.ok(told, `no ${wanted} among ${[...alarms].join(", ")}`);
  }
  assert.deepEqual(score.gates, []);
  assert.ok(score.cycles.outlets <= (one.outlets ?? 0), `${score.cycles.outlets} operations of outlets`);
  assert.equal(score.failSafe.unnecessary, 0);
  for (const { fault, seconds } of score.changes.recovery)
    assert.ok(seconds <= 900, `${fault}: normal again after ${seconds} s`);
  one.finally?.(score);
}

/** One test for each day. */
export function playDays(weather: string, days: readonly YearDay[]): void {
  for (const one of days) test(`${weather}: ${one.name}`, () => play(weather, one));
}

/** Nobody of priority 0 was without power, and neither was what hangs on the DC bus. */
export function served({ outage }: ScoreReport, hours: number): void {
  assert.equal(outage.unservedByPriority["0"], 0);
  assert.equal(outage.dcUnserved, 0);
  assert.ok(outage.hours === 0 || outage.autonomy === Infinity, `${outage.autonomy} s`);
  assert.ok(Math.abs(outage.hours - hours) < 0.01, `${outage.hours} h`);
}
