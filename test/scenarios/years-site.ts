import assert from "node:assert/strict";
import { simulatedYears, type Years, type YearsOptions } from "../../server/simulation/index.ts";
import { everything } from "./everything.ts";

/** A site with all shipped controllers on the bare physics, without store and writer: for what takes hours. */
export interface Long {
  readonly site: Years;
  /** `controller id` of every alarm that ever stood. */
  readonly alarms: ReadonlySet<string>;
  /** Names of controllers one of whose steps failed. */
  readonly failed: ReadonlySet<string>;
}

export function longSite(options: YearsOptions): Long {
  const alarms = new Set<string>();
  const failed = new Set<string>();
  const site = simulatedYears({
    parameters: "demo",
    step: 10,
    controllers: everything,
    trace(controller, { trace, failure }) {
      for (const { id } of trace.alarms) alarms.add(`${controller} ${id}`);
      if (failure !== undefined) failed.add(controller);
    },
    ...options,
  });
  return { site, alarms, failed };
}

/** Nothing may fail, no compressor run against its limits, whatever else happens. */
export function holds({ site, failed }: Long, [least, most]: readonly [number, number]): void {
  const { inlet, compressors } = site.score.report();
  assert.deepEqual([...failed], []);
  assert.ok(inlet.min >= least && inlet.max <= most, `inlet ${inlet.min} to ${inlet.max} °C`);
  assert.equal(compressors.violations, 0);
  assert.ok(compressors.worstHour <= 6, `${compressors.worstHour} starts in an hour`);
}

export const day = 24;
