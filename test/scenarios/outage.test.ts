import assert from "node:assert/strict";
import { test } from "node:test";
import { everything } from "./everything.ts";
import { priorities, served } from "./year-day.ts";
import { holds, type Long, longSite } from "./years-site.ts";

/** What the outage's controller is told of the batteries of these sites, and nothing else. */
const batteries = {
  demo: everything.outage.settings,
  cabinet: { ...everything.outage.settings, ampereHours: 200 },
  container: {
    ...everything.outage.settings,
    chemistry: "lfp",
    cells: 16,
    ampereHours: 600,
    milliohms: 7,
    peukert: 1.04,
  },
} as const;

/** 8 h without mains. @returns h after which each outlet lost power; undefined: never */
function without(name: keyof typeof batteries): { long: Long; lost: readonly (number | undefined)[] } {
  const outage = { use: "outage", settings: batteries[name] };
  const controllers = { ...everything, outage };
  const long = longSite({ parameters: name, weather: "constant:20", controllers, score: { priorities } });
  const { site } = long;
  const { outlets } = site.physics.commands;
  // The PDU of the model has eight; a container with more feeds them from a generator.
  outlets.fill(false, priorities.length);
  site.advance(1800);
  site.score.reset();
  site.faults("site mains-loss");
  const lost: (number | undefined)[] = priorities.map(() => undefined);
  for (let minute = 1; minute <= 8 * 60; minute++) {
    site.advance(60);
    priorities.forEach((_, i) => (outlets[i] === true ? undefined : (lost[i] ??= minute / 60)));
  }
  served(site.score.report(), 8);
  holds(long, [15, 35]);
  return { long, lost };
}

/** The earliest, h, at which somebody of a priority lost power; Infinity: nobody did. */
const first = (lost: readonly (number | undefined)[], priority: number): number =>
  Math.min(...lost.map((at, i) => (priorities[i] === priority ? (at ?? Infinity) : Infinity)));

test("demo: its UPS holds one server for 8 h, and the others go as soon as that is known", () => {
  const { lost } = without("demo");
  for (const priority of [7, 5, 3]) assert.ok(first(lost, priority) < 0.25, `${first(lost, priority)} h`);
});

for (const name of ["cabinet", "container"] as const)
  test(`${name}: priority 0 has power for 8 h, and nobody loses it sooner than that takes`, () => {
    const { lost } = without(name);
    assert.ok(first(lost, 9) < 0.1);
    assert.ok(first(lost, 7) > 3, `${first(lost, 7)} h`);
    assert.ok(first(lost, 5) > 6, `${first(lost, 5)} h`);
    assert.equal(first(lost, 3), Infinity);
  });
