import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { FanFault } from "../../simulators/physics/commands.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import type { Weather } from "../../simulators/physics/weather.ts";
import { created, near, setFans, siteOf, type SiteName } from "./support.ts";

const swinging = (mean: number): Weather => ({
  at: (seconds) => ({
    outdoor: mean + 12 * Math.sin(seconds / 3000),
    dewPoint: mean - 14 + 3 * Math.sin(seconds / 900),
    irradiance: Math.max(0, 900 * Math.sin(seconds / 5000)),
    pressure: 95_000,
  }),
});

const fanFaults: readonly FanFault[] = [
  "none",
  "locked",
  "worn",
  "tach-lost",
  "tach-stuck",
  "stuck-duty",
  "bus-lost",
  "reversed",
  "intermittent",
];

/** One random turn of everything that can be turned; numbers from 0 to 1 choose. */
function shake(site: SitePhysics, [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]: readonly number[]): void {
  const { commands, faults, world } = site;
  const i = (count: number): number => Math.min(count - 1, Math.floor(b * count));
  const acts: readonly (() => void)[] = [
    () => void (commands.fanDuty[i(commands.fanDuty.length)] = 140 * c - 20),
    () => setFans(site, 100 * c),
    () => (commands.damper = 140 * c - 20),
    () =>
      Object.assign(commands.dx[i(commands.dx.length)] ?? {}, {
        mode: c > 0.5 ? "remote" : "auto",
        capacity: 100 * d,
      }),
    () => Object.assign(commands.dx[i(commands.dx.length)] ?? {}, { mode: "off" }),
    () => (commands.heaterStages = Math.floor(4 * c)),
    () => (commands.batteryPad = c > 0.5),
    () => (commands.outlets[i(commands.outlets.length)] = c > 0.4),
    () => Object.assign(commands.servers[i(commands.servers.length)] ?? {}, { run: c > 0.3, utilisation: d }),
    () =>
      Object.assign(commands.servers[i(commands.servers.length)] ?? {}, {
        activity: c > 0.5 ? -1 : d,
        limit: 400 * e,
      }),
    () => Object.assign(commands.plant, { setpoint: 46 + 12 * c, chargeLimit: 100 * d, loadOn: e > 0.1 }),
    () => (commands.generator = c > 0.5),
    () => (world.mains = c > 0.5),
    () => (world.doorOpen = c > 0.5),
    () => void (faults.fans[i(faults.fans.length)] = fanFaults[Math.floor(c * fanFaults.length)] ?? "none"),
    () =>
      Object.assign(faults.dx[i(faults.dx.length)] ?? {}, {
        ...{ compressor: c > 0.8, capacityLoss: d, fouling: 1 + 2 * e, blocked: f > 0.9 },
      }),
    () => (faults.damper = c > 0.66 ? "stuck" : c > 0.33 ? "slipped" : "none"),
    () => Object.assign(faults, { heaterWelded: Math.floor(3 * c), heaterDead: Math.floor(3 * d) }),
    () =>
      void (faults.outlets[i(faults.outlets.length)] =
        c > 0.66 ? "welded" : c > 0.33 ? "stuck-open" : "none"),
    () => void (faults.servers[i(faults.servers.length)] = c > 0.66 ? "dead" : c > 0.33 ? "fans" : "none"),
    () => Object.assign(faults, { modulesFailed: Math.floor(6 * c), batteryOpen: d > 0.8, batteryFade: e }),
    () => (faults.leakage = 1 + 2 * c),
    () => site.resetDx(i(commands.dx.length)),
    () => site.changeFilter(),
  ];
  acts[Math.min(acts.length - 1, Math.floor(a * acts.length))]?.();
}

const chance = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
const courses = fc.record({
  name: fc.constantFrom<SiteName>("cabinet", "container", "demo"),
  mean: fc.double({ min: -35, max: 45, noNaN: true }),
  seed: fc.integer({ min: 1, max: 1e6 }),
  turns: fc.array(fc.tuple(chance, fc.constantFrom(0.25, 1, 5, 10), fc.integer({ min: 1, max: 120 })), {
    minLength: 5,
    maxLength: 40,
  }),
});

/** Places of numbers that are not finite, but for those that are meant to be Infinity. */
function unsound(value: unknown, path = "state"): readonly string[] {
  if (typeof value === "number") {
    const endless = /shortestO|inState|inPhase|powered|\.open$|recentStarts/.test(path);
    return Number.isFinite(value) || (endless && !Number.isNaN(value)) ? [] : [`${path} is ${value}`];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => unsound(inner, `${path}.${key}`));
}

test("whatever is done to it, it stays sound and its energy adds up at every step", () => {
  fc.assert(
    fc.property(courses, ({ name, mean, seed, turns }) => {
      const site = createSitePhysics(siteOf(name), { weather: swinging(mean), seed });
      const { state } = site;
      for (const [turn, dt, steps] of turns) {
        shake(site, turn);
        for (let i = 0; i < steps; i++) {
          site.step(Math.min(dt, 0.97 * site.longestStep()));
          const through =
            Math.abs(state.itPower) + state.fanPower + state.heaterPower + state.dxCooling + 1e4;
          assert.ok(Math.abs(state.imbalance) < 1e-6 * through * dt, `imbalance ${state.imbalance} J`);
        }
        assert.deepEqual(unsound(state), []);
        for (const soc of [state.plant.soc, state.ups?.soc ?? 0])
          assert.ok(soc >= 0 && soc <= 1, `soc ${soc}`);
        for (const share of [state.inletHumidity, state.hotHumidity, state.damper, state.damperFeedback]) {
          assert.ok(share >= 0 && share <= 100, `${share} %`);
        }
        assert.ok(state.airflow > 0 && state.itPower >= 0 && state.fanPower >= 0, "flow and powers");
        for (const t of [state.cold, state.hot, state.mass, state.wall])
          assert.ok(t > -120 && t < 400, `${t} °C`);
        assert.ok(state.humidityRatio >= 0, "water");
      }
    }),
    { numRuns: 60 },
  );
});

test("the same seed gives the same course; another seed another one", () => {
  const run = (seed: number): SitePhysics["state"] => {
    const site = createSitePhysics(siteOf("demo"), { weather: swinging(20), seed });
    for (let i = 0; i < 200; i++) {
      shake(site, [((i * 7) % 24) / 24, (i % 8) / 8, (i % 5) / 5, (i % 3) / 3, 0.5, 0.5]);
      site.advance(60);
      site.tachometer(i % 8);
    }
    return site.state;
  };
  assert.deepEqual(run(3), run(3));
  assert.notDeepEqual(run(3).servers, run(4).servers);
});

test("from a snapshot it goes on bit for bit, in the same site and in a new one", () => {
  fc.assert(
    fc.property(courses, ({ name, mean, seed, turns }) => {
      const options = { weather: swinging(mean), seed };
      const site = createSitePhysics(siteOf(name), options);
      const play = (on: SitePhysics): unknown => {
        for (const [turn] of turns) {
          shake(on, turn);
          on.advance(50);
          on.tachometer(0);
        }
        return structuredClone({ state: on.state, commands: on.commands, faults: on.faults });
      };
      play(site);
      const kept = site.snapshot();
      const first = play(site);
      site.restore(kept);
      assert.deepEqual(play(site), first);
      const again = createSitePhysics(siteOf(name), options);
      again.restore(kept);
      assert.deepEqual(play(again), first);
    }),
    { numRuns: 20 },
  );
  assert.throws(() => created("cabinet").restore(created("container").snapshot()), /other parameters/);
});

test("a step that is too long is refused; advance takes as many as are needed", () => {
  const site = created("container");
  setFans(site, 100);
  site.advance(60, 1);
  assert.ok(site.longestStep() > 10 && site.longestStep() < 12, `${site.longestStep()} s`);
  assert.throws(() => site.step(60), /not stable/);
  for (const dt of [0, -1, NaN]) assert.throws(() => site.step(dt), RangeError);
  for (const seconds of [-1, NaN]) assert.throws(() => site.advance(seconds), RangeError);
  const before = site.state.time;
  site.advance(3600, 600);
  near(site.state.time - before, 3600, 1e-6, "time passed");
});
