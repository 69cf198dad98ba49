import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Millis,
  minutes,
  seconds,
  type Simulation,
  type SimulationOptions,
} from "../../server/simulation/index.ts";
import { standing, wholeSite } from "./everything.ts";

/** A fault, when it comes, and what must and must not follow. Temperatures °C at the inlet. */
export interface Scenario {
  readonly name: string;
  readonly options: SimulationOptions;
  /** As `bothy sim fault` takes them, put on once the site has settled. */
  readonly faults: readonly string[];
  /** How long it settles before. Default 10 min. */
  readonly settle?: Millis;
  /** How long they last, and how long the site is watched afterwards. */
  readonly lasts: Millis;
  readonly after: Millis;
  /** What happens besides the faults, as they are put on. */
  readonly begin?: (site: Simulation) => void;
  /** The state that is declared for it, and how soon it must be reached. */
  readonly reaches?: { readonly within: Millis; readonly holds: (site: Simulation) => boolean };
  /**
   * `bumpless`: in the minute after its beginning and its end no fan's command moves by 1 % in a step. `rates`: afterwards
   * fans go no faster than they are said to.
   */
  readonly smooth?: "bumpless" | "rates";
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

/** As fine as most need. */
export const coarse = { step: seconds(5), poll: seconds(5) };

/** A step of the fan controller may raise fans by 25 % and lower them by 5 %. */
const [rise, fall] = [25, 5];
/** What is sent is rounded. */
const rounding = 0.051;

/** Lets time pass and holds every fan's command against what it may move in a step. */
async function watched(site: Simulation, span: Millis, up: number, down: number): Promise<void> {
  for (let t = 0; t < span; t += seconds(5)) {
    const before = [...site.physics.commands.fanDuty];
    await site.advance(seconds(5));
    site.physics.commands.fanDuty.forEach((duty, fan) => {
      const moved = duty - (before[fan] ?? duty);
      assert.ok(moved <= up + rounding && moved >= -down - rounding, `fan ${fan + 1} moved by ${moved} %`);
    });
  }
}

async function pass(site: Simulation, span: Millis, smooth: Scenario["smooth"]): Promise<void> {
  const first = Math.min(span, minutes(1));
  if (smooth === "bumpless") await watched(site, first, 1, 1);
  else await site.advance(first);
  await site.advance(span - first);
}

/** Plays a scenario with all shipped controllers. Forbidden in any: a step that failed, a compressor against its limits. */
export async function play(scenario: Scenario): Promise<void> {
  const { smooth, options, settle = minutes(10) } = scenario;
  const { site, alarms } = await wholeSite(options);
  try {
    await site.advance(settle);
    site.score.reset();
    const put = scenario.faults.map((fault) => site.fault(fault));
    scenario.begin?.(site);
    const { within, holds } = scenario.reaches ?? { within: 0, holds: () => true };
    let passed = 0;
    for (; passed < within && !holds(site); passed += 1000) await site.advance(seconds(1));
    assert.ok(holds(site), `not within ${within / 1000} s`);
    await pass(site, scenario.lasts - passed, smooth === "bumpless" ? smooth : undefined);
    scenario.during?.(site);
    // Those that are part of another do not tell that they begin.
    const told = new Set([...alarms, ...standing(site)]);
    for (const { id } of put) site.clear(id);
    if (smooth === "rates") await watched(site, scenario.after, rise, fall);
    else await pass(site, scenario.after, smooth);
    scenario.finally?.(site);
    const { inlet, compressors } = site.score.report();
    const [least, most] = scenario.inlet;
    assert.ok(inlet.min >= least && inlet.max <= most, `inlet ${inlet.min} to ${inlet.max} °C`);
    assert.equal(compressors.violations, 0);
    assert.ok(compressors.worstHour <= 6, `${compressors.worstHour} starts in an hour`);
    for (const wanted of scenario.alarms)
      assert.ok(
        [...told].some((alarm) => alarm.startsWith(wanted)),
        `no ${wanted} among ${[...told].join(", ")}`,
      );
    for (const { name, failures } of site.controllers.list())
      if (!(scenario.failing ?? []).includes(name)) assert.equal(failures, 0, name);
  } finally {
    await site.stop();
  }
}

/** One test for each; a file of them is a process of its own. */
export function playAll(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) test(scenario.name, () => play(scenario));
}

/** Every controller is trusted. */
export function automatic(site: Simulation): void {
  for (const { name, mode } of site.controllers.list()) assert.equal(mode, "automatic", name);
}
