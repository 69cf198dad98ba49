import assert from "node:assert/strict";
import {
  type Millis,
  minutes,
  type Simulation,
  type SimulationOptions,
} from "../../server/simulation/index.ts";
import { wholeSite } from "./everything.ts";

/** A fault, when it comes, and what must and must not follow. Temperatures °C at the inlet. */
export interface Scenario {
  readonly name: string;
  readonly options: SimulationOptions;
  /** As `bothy sim fault` takes them, put on once the site has settled. */
  readonly faults: readonly string[];
  /** How long they last, and how long the site is watched afterwards. */
  readonly lasts: Millis;
  readonly after: Millis;
  /** Allowed all the time. */
  readonly inlet: readonly [number, number];
  /** Each must have been raised, by the beginning of `controller id`. */
  readonly alarms: readonly string[];
  /** Must hold while it lasts, and at the end. */
  readonly during?: (site: Simulation) => void;
  readonly finally?: (site: Simulation) => void;
}

const settle = minutes(10);

/** Plays a scenario with all shipped controllers. Forbidden in any: a step that failed, a compressor against its limits. */
export async function play(scenario: Scenario): Promise<void> {
  const { site, alarms } = await wholeSite(scenario.options);
  try {
    await site.advance(settle);
    site.score.reset();
    const put = scenario.faults.map((fault) => site.fault(fault));
    await site.advance(scenario.lasts);
    scenario.during?.(site);
    for (const { id } of put) site.clear(id);
    await site.advance(scenario.after);
    scenario.finally?.(site);
    const { inlet, compressors } = site.score.report();
    const [least, most] = scenario.inlet;
    assert.ok(inlet.min >= least && inlet.max <= most, `inlet ${inlet.min} to ${inlet.max} °C`);
    assert.equal(compressors.violations, 0);
    for (const wanted of scenario.alarms)
      assert.ok(
        [...alarms].some((alarm) => alarm.startsWith(wanted)),
        `no ${wanted} among ${[...alarms].join(", ")}`,
      );
    for (const { name, failures } of site.controllers.list()) assert.equal(failures, 0, name);
  } finally {
    await site.stop();
  }
}
