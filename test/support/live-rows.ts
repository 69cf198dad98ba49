// Faults of a live site in a table: what must be seen how soon, and how smoothly all is as before again.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Instant, Millis } from "../../devices/clock.ts";
import { seconds, systemClock } from "../../devices/clock.ts";
import type { LiveController, LiveSite, LiveStep } from "./live-site.ts";

/** What is seen of a site at one moment. */
export interface Seen {
  readonly controllers: Readonly<Record<string, LiveController>>;
  readonly site: LiveSite;
  /** Alarms that stand, as `controller id`. */
  readonly alarms: readonly string[];
  /** What one controller is in. */
  readonly mode: (name: string) => string | undefined;
  readonly reason: (name: string) => string;
}

export interface State {
  /** For people. */
  readonly text: string;
  /** After the fault has begun, or ended. */
  readonly within: Millis;
  readonly holds: (seen: Seen) => boolean | Promise<boolean>;
}

export interface FaultRow {
  readonly name: string;
  /** Brings the fault about. @returns what ends it */
  readonly begin: (site: LiveSite) => Promise<() => Promise<unknown>>;
  /** In which it must end, each within its time. */
  readonly declared: readonly State[];
  readonly recovered: State;
  /** Whose output may not jump when the fault has ended. */
  readonly smooth?: Smooth;
}

export interface Smooth {
  readonly controller: string;
  /** Fastest change, %/s: the controller's own limits. */
  readonly rise: number;
  readonly fall: number;
  /** Fans that the fault concerns: what happens to them is part of it. */
  readonly but?: RegExp;
}

/** Limits of `fan-zone` by default. */
export const fanZoneRates = { controller: "fan-zone", rise: 5, fall: 1 } as const;

/** Simulated faults, as `bothy sim fault` takes them. */
export const simulated =
  (...texts: readonly string[]): FaultRow["begin"] =>
  async (site) => {
    const ids: number[] = [];
    for (const fault of texts) {
      const { id } = (await site.send("POST", "/api/simulator/faults", { fault })) as { readonly id: number };
      ids.push(id);
    }
    return async () => {
      for (const id of ids) await site.send("DELETE", `/api/simulator/faults/${id}`);
    };
  };

export async function seenOf(site: LiveSite): Promise<Seen> {
  const controllers = await site.controllers();
  const alarms = Object.values(controllers).flatMap((one) => one.alarms.map(({ id }) => `${one.name} ${id}`));
  return {
    ...{ controllers, site, alarms },
    mode: (name) => controllers[name]?.mode,
    reason: (name) => controllers[name]?.reason ?? "",
  };
}

/** That a temperature has changed fast stays true for an hour, however well all is by now. */
const isPast = (alarm: string): boolean => alarm.startsWith("temperature-watch rate:");

/** Whether everybody is trusted and nothing is told of as it is now. */
export const isCalm = ({ controllers, alarms }: Seen): boolean =>
  Object.keys(controllers).length > 0 &&
  alarms.every(isPast) &&
  Object.values(controllers).every(({ mode }) => mode === "automatic");

/** Waits until a site that has just begun is as it is usually. */
export const calm = (site: LiveSite): Promise<Millis> =>
  site.until(
    "everybody is trusted, and there are no alarms",
    async () => isCalm(await seenOf(site)),
    seconds(120),
  );

/** One fault from beginning to end. */
export async function play(t: TestContext, site: LiveSite, row: FaultRow): Promise<void> {
  const end = await row.begin(site);
  const took: string[] = [];
  const reached = async ({ text, within, holds }: State): Promise<void> => {
    const time = await site.until(text, async () => holds(await seenOf(site)), within);
    took.push(`${text} after ${(time / 1000).toFixed(1)} s of ${within / 1000} s`);
  };
  let ended: number;
  try {
    for (const state of row.declared) await reached(state);
  } finally {
    ended = systemClock.now();
    await end();
  }
  await reached(row.recovered);
  if (row.smooth !== undefined) took.push(jumps(await stepsAfter(site, row.smooth, ended), row.smooth));
  t.diagnostic(`${row.name}: ${took.join("; ")}`);
}

/** Steps since a moment. What is in force in the first is what was before it. */
async function stepsAfter(
  site: LiveSite,
  { controller }: Smooth,
  moment: Instant,
): Promise<readonly LiveStep[]> {
  const [most, least] = [seconds(60), 4];
  let steps: readonly LiveStep[] = [];
  const look = async (): Promise<boolean> => {
    steps = await site.steps(controller, moment);
    return steps.length >= least;
  };
  await site.until(`${controller} makes a few steps more`, look, most);
  return steps;
}

/** The largest change of what is in force between two steps, against what may be. */
export function jumps(steps: readonly LiveStep[], { controller, rise, fall, but }: Smooth): string {
  assert.ok(steps.length >= 2, `${controller} has made ${steps.length} steps only`);
  let most = 0;
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1];
    if (before === undefined) continue;
    for (const { name, applied } of step.outputs) {
      const was = before.outputs.find((one) => one.name === name)?.applied;
      if (typeof applied !== "number" || typeof was !== "number" || but?.test(name) === true) continue;
      const change = applied - was;
      // What a step sends is in force in the next one; a percent more is what devices round.
      const limit = (change > 0 ? rise : fall) * Math.max(step.dt, before.dt) + 1;
      assert.ok(
        Math.abs(change) <= limit,
        `${name} jumps from ${was} to ${applied} % at ${step.at}; at most ${limit.toFixed(1)} %: ${step.reason}`,
      );
      if (Math.abs(change) > Math.abs(most)) most = change;
    }
  }
  return `no jump: ${most.toFixed(1)} % at the most in a step`;
}
