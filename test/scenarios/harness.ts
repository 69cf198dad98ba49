import assert from "node:assert/strict";
import {
  type Millis,
  minutes,
  seconds,
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
  /** What happens besides the faults, as they are put on. */
  readonly begin?: (site: Simulation) => void;
  /** The state that is declared for it, and how soon it must be reached. */
  readonly reaches?: { readonly within: Millis; readonly holds: (site: Simulation) => boolean };
  /** Afterwards fans may go no faster than they are said to. */
  readonly smooth?: boolean;
  /** Allowed all the time. */
  readonly inlet: readonly [number, number];
  /** Each must have been raised, by the beginning of `controller id`. */
  readonly alarms: readonly string[];
  /** Controllers whose steps fail: that is the scenario. */
  readonly failing?: readonly string[];
  /** Must hold while it lasts, and at the end. */
  readonly during?: (site: Simulation) => void;
  readonly finally?: (site: Simulation) => void;
}

const settle = minutes(10);

/** A step of the fan controller may raise fans by 25 % and lower them by 5 %. */
const [rise, fall] = [25, 5];

async function afterwards(site: Simulation, { after, smooth }: Scenario): Promise<void> {
  if (smooth !== true) return site.advance(after);
  for (let t = 0; t < after; t += seconds(5)) {
    const before = [...site.physics.commands.fanDuty];
    await site.advance(seconds(5));
    site.physics.commands.fanDuty.forEach((duty, fan) => {
      const moved = duty - (before[fan] ?? duty);
      assert.ok(moved < rise + 1 && moved > -fall - 1, `fan ${fan + 1} moved by ${moved} % at once`);
    });
  }
}

/** Plays a scenario with all shipped controllers. Forbidden in any: a step that failed, a compressor against its limits. */
export async function play(scenario: Scenario): Promise<void> {
  const { site, alarms } = await wholeSite(scenario.options);
  try {
    await site.advance(settle);
    site.score.reset();
    const put = scenario.faults.map((fault) => site.fault(fault));
    scenario.begin?.(site);
    const { within, holds } = scenario.reaches ?? { within: 0, holds: () => true };
    let passed = 0;
    for (; passed < within && !holds(site); passed += 1000) await site.advance(seconds(1));
    assert.ok(holds(site), `not within ${within / 1000} s`);
    await site.advance(scenario.lasts - passed);
    scenario.during?.(site);
    for (const { id } of put) site.clear(id);
    await afterwards(site, scenario);
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
    for (const { name, failures } of site.controllers.list())
      if (!(scenario.failing ?? []).includes(name)) assert.equal(failures, 0, name);
  } finally {
    await site.stop();
  }
}
