import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { biquadratic } from "../../simulators/physics/dx.ts";
import { dewPointOfRatio, wetBulb } from "../../simulators/physics/psychrometrics.ts";
import { quasiSteady } from "../../simulators/physics/quasi-steady.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { FanFault, SitePhysics } from "../../simulators/physics/types.ts";
import { constantWeather, type Weather, type WeatherSample } from "../../simulators/physics/weather.ts";
import { siteOf, type SiteName, vectors } from "./support.ts";

const dry = { dewPoint: -50 };

/** Without what the closed forms leave out: leaks of the damper, dust, wear, fans that follow the heat. */
function ideal(name: "cabinet" | "container"): SiteParameters {
  const site = siteOf(name);
  const count = 2; // few and large: the same heat, sooner stepped
  const each = (name === "cabinet" ? 1200 : 24_000) / count;
  return {
    ...site,
    fans: { ...site.fans, yearlyWear: 1 },
    filter: { ...site.filter, loadPerYear: 0 },
    economiser: { ...site.economiser, leak: 0 },
    servers: {
      ...site.servers,
      count,
      idleWatts: each,
      busyWatts: each,
      fanWatts: 0,
      throttleAt: 90,
      tripAt: 100,
    },
    battery: { ...site.battery, selfDischargePerDay: 0 },
  };
}

const created = (name: SiteName, sample: Partial<WeatherSample> = {}, seed = 1): SitePhysics =>
  createSitePhysics(siteOf(name), { weather: constantWeather(sample), seed });

/** One of several, looked at anew every time: it is live. */
function partOf<T>(parts: readonly T[], i: number): T {
  const part = parts[i];
  assert.ok(part !== undefined, `there is a part ${i}`);
  return part;
}
const setFans = (site: SitePhysics, duty: number): void => void site.commands.fanDuty.fill(duty);
const setDx = (site: SitePhysics, capacity: number): void =>
  site.commands.dx.forEach((unit) => Object.assign(unit, { mode: "remote", capacity }));
const near = (actual: number, expected: number, tolerance: number, what: string): void => {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, not ${expected} ± ${tolerance}`);
};

test("through its commands the site comes to the steady states of its equations", () => {
  for (const one of vectors.steady.filter(({ id }) => id !== "E2c")) {
    const parameters = ideal(one.site);
    const { V, d, To, P, I = 0, Qdx = 0, Qheat = 0 } = one.inputs;
    const site = createSitePhysics(parameters, {
      weather: constantWeather({ ...dry, outdoor: To, irradiance: I }),
    });
    const fullFlow = vectors.parameters[one.site]["Vmax"] ?? NaN;
    setFans(site, (100 * V) / fullFlow);
    site.commands.damper = 100 * d;
    const capacity = parameters.dx.units * parameters.dx.ratedWatts * (1 - 0.01 * (To - 35));
    setDx(site, (100 * Qdx) / capacity);
    site.commands.heaterStages = Qheat / 500;
    if (P === 0) {
      site.faults.servers.fill("dead");
      site.commands.outlets.fill(false);
    }
    site.advance(30 * Math.max(...one.timeConstants_s), 10);
    const { cold, hot, mass, wall, batteryTemperature } = site.state;
    const { Tc, Th, Tm, Tw, Tb } = one.result;
    [cold - Tc, hot - Th, mass - Tm, wall - Tw, batteryTemperature - Tb].forEach((off, i) =>
      near(off, 0, 2e-6, `${one.id}, node ${i}`),
    );
  }
});

test("hourly energy at constant weather comes to the quasi-steady value within 1 %", () => {
  const rows = [
    ["cabinet", 20, 24, 50, false],
    ["cabinet", 35, 27, 50, false],
    ["cabinet", 45, 24, 100, false],
    ["cabinet", 10, 24, 50, true],
    ["cabinet", 27, 24, 50, true],
    ["container", 30, 24, (100 * 1.7) / 3, false],
    ["container", 40, 27, (100 * 1.7) / 3, false],
    ["container", 5, 24, (100 * 1.7) / 3, true],
  ] as const;
  for (const [name, outdoor, setpoint, duty, economiser] of rows) {
    const parameters = ideal(name);
    const site = createSitePhysics(parameters, {
      weather: constantWeather({ ...dry, outdoor, irradiance: 300 }),
    });
    setFans(site, duty);
    site.commands.damper = economiser ? 100 : 0;
    for (const unit of site.commands.dx) unit.setpoint = setpoint;
    site.advance(4 * 86_400, 10);
    const before = { ...site.state.energy };
    site.advance(6 * 3600, 5);
    const { energy } = site.state;
    const it = name === "cabinet" ? 1200 : 24_000;
    const flow = (duty / 100) * (vectors.parameters[name]["Vmax"] ?? NaN);
    const expected = quasiSteady(
      parameters,
      { setpoint, flow, economiser },
      { outdoor, irradiance: 300, it },
    );
    const what = `${name} ${outdoor} °C`;
    near((energy.fans - before.fans) / 6, expected.fans, 0.01 * expected.fans, `${what} fans`);
    near((energy.dx - before.dx) / 6, expected.dx, 0.01 * expected.dx, `${what} DX`);
    near((energy.it - before.it) / 6, it, 1e-6 * it, `${what} IT`);
  }
});

/** A weather that swings, so that everything moves. */
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

test("one dead fan of four takes the flow to 0.8257 of it", () => {
  const site = created("cabinet");
  setFans(site, 50);
  site.advance(60, 1);
  const before = site.state.airflow;
  site.faults.fans[2] = "locked";
  site.advance(60, 1);
  near(site.state.airflow / before, 0.82572, 1e-4, "share");
  near(partOf(site.state.fans, 2).rpm, 0, 1, "rpm");
  assert.equal(site.tachometer(2), 0);
  site.faults.fans[1] = "tach-lost";
  const flow = site.state.airflow;
  site.advance(10, 1);
  assert.equal(site.tachometer(1), 0);
  near(site.state.airflow, flow, 1e-6, "a lost tachometer moves air");
});

test("a server that is switched off takes its heat and its load with it, and comes back by booting", () => {
  const site = created("cabinet", { outdoor: 0, ...dry });
  site.commands.damper = 100;
  site.advance(600);
  const { itPower, plant, servers } = site.state;
  const load = plant.loadWatts;
  const heat = servers[0]?.watts ?? NaN;
  site.commands.outlets[0] = false;
  site.step(1);
  near(itPower - site.state.itPower, heat, 0.1, "heat");
  near(load - site.state.plant.loadWatts, heat, 1, "load");
  assert.equal(partOf(site.state.servers, 0).phase, "unpowered");
  site.commands.outlets[0] = true;
  site.advance(5, 1);
  assert.equal(partOf(site.state.outlets, 0).closed, false, "the relay waits 10 s");
  site.advance(6, 1);
  assert.equal(partOf(site.state.servers, 0).phase, "booting");
  near(partOf(site.state.servers, 0).watts, 0.8 * 200 + 4, 3, "while it boots");
  site.advance(61, 1);
  near(partOf(site.state.servers, 0).watts, 150, 3, "at work");
  assert.equal(partOf(site.state.servers, 0).hardStops, 1);
  site.commands.servers[1] = { run: false, utilisation: 0.55, limit: Infinity, activity: -1 };
  site.advance(61, 1);
  assert.equal(partOf(site.state.servers, 1).phase, "standby");
  assert.equal(partOf(site.state.servers, 1).watts, 15);
});

test("a welded outlet keeps feeding, and is seen by its current alone", () => {
  const site = created("cabinet");
  site.faults.outlets[3] = "welded";
  site.commands.outlets[3] = false;
  site.advance(30, 1);
  const outlet = partOf(site.state.outlets, 3);
  assert.equal(outlet.commanded, false);
  assert.ok(outlet.metered > 0.5, `${outlet.metered} A`);
  site.faults.outlets[3] = "none";
  site.step(1);
  assert.equal(partOf(site.state.outlets, 3).metered, 0);
});

test("mains loss: the battery carries the load until the disconnect; then everything comes back in sequence", () => {
  const site = created("cabinet", { outdoor: 10, ...dry });
  site.commands.damper = 30;
  site.advance(3600);
  site.world.mains = false;
  site.step(1);
  const { state } = site;
  assert.equal(state.acPresent, false);
  assert.equal(state.dxPower, 0);
  assert.ok(state.plant.amperes < -20, `${state.plant.amperes} A`);
  near(
    state.plant.busVolts * -state.plant.amperes,
    state.plant.loadWatts,
    1e-6 * state.plant.loadWatts,
    "power",
  );
  const promised = site.autonomy();
  const started = state.time;
  while (state.pduVolts > 0 && state.time < started + 86_400) site.step(10);
  assert.ok(state.time < started + 86_400, "the servers went off in the end");
  assert.ok(
    Math.abs(state.time - started - promised) < 0.1 * promised,
    `${state.time - started} s, promised ${promised}`,
  );
  assert.equal(state.itPower, 0);
  assert.ok(state.plant.soc < 0.1 && state.energy.itUnserved >= 0, `soc ${state.plant.soc}`);
  site.advance(3600);
  assert.ok(state.energy.itUnserved > 1000, `${state.energy.itUnserved} Wh`);
  site.world.mains = true;
  site.advance(5, 1);
  const on = (): number => state.outlets.filter(({ closed }) => closed).length;
  assert.ok(on() > 0 && on() < 8, `${on()} outlets after 5 s`);
  site.advance(20, 1);
  assert.equal(on(), 8);
  assert.ok(state.plant.amperes > 0 && state.plant.amperes <= 20, `charging with ${state.plant.amperes} A`);
  site.advance(24 * 3600);
  assert.ok(state.plant.soc > 0.95, `soc ${state.plant.soc}`);
});

test("an UPS carries its servers, and gives output again when it has some charge", () => {
  const site = created("demo", { outdoor: 10, ...dry });
  site.commands.damper = 100;
  site.advance(60);
  site.world.mains = false;
  site.advance(10);
  const { state } = site;
  const ups = (): NonNullable<typeof state.ups> => partOf([state.ups ?? assert.fail("it has an UPS")], 0);
  assert.ok(ups().outputOn, "on");
  assert.ok(ups().amperes < -40, `${ups().amperes} A`);
  const promised = site.upsAutonomy();
  assert.ok(promised > 600 && promised < 4 * 3600, `${promised} s`);
  site.advance(1.2 * promised);
  assert.ok(!ups().outputOn, "off");
  near(state.itPower, 0, 0, "servers");
  assert.ok(state.fansPowered, "the fans are on the DC plant");
  site.world.mains = true;
  site.advance(3600);
  assert.ok(ups().outputOn, "on again");
  assert.ok(state.itPower > 900, `${state.itPower} W`);
});

test("lithium is not charged below 0 °C", () => {
  const cold = { ...siteOf("container"), start: { temperature: -15, humidity: 40, fanDuty: 50 } };
  const half = { ...cold, battery: { ...cold.battery, soc: 0.5 } };
  const site = createSitePhysics(half, { weather: constantWeather({ outdoor: -15, ...dry }) });
  site.step(1);
  near(site.state.plant.amperes, 0, 0, "frozen, it is not");
  site.advance(12 * 3600);
  assert.ok(site.state.batteryTemperature > 5, `${site.state.batteryTemperature} °C`);
  assert.ok(site.state.plant.amperes > 0, "warm, it is");
});

test("a compressor protects itself: minimum times, six starts an hour, a delay after mains return", () => {
  const site = created("cabinet", { outdoor: 30, ...dry });
  setFans(site, 60);
  const starts: number[] = [];
  for (let i = 0; i < 4 * 3600; i++) {
    setDx(site, i % 40 < 20 ? 100 : 0);
    const before = partOf(site.state.dx, 0).starts;
    site.step(1);
    if (partOf(site.state.dx, 0).starts > before) starts.push(i);
  }
  const unit = site.state.dx[0];
  assert.ok((unit?.shortestOn ?? 0) >= 150 && (unit?.shortestOff ?? 0) >= 180, JSON.stringify(unit));
  for (const [k, at] of starts.entries()) {
    const sixth = starts[k + 6];
    if (sixth !== undefined) assert.ok(sixth - at >= 3600, `seven starts within ${sixth - at} s`);
  }
  assert.ok(starts.length >= 18, `${starts.length} starts`);

  const other = created("cabinet", { outdoor: 30, ...dry });
  setDx(other, 100);
  other.advance(600, 1);
  const runs = (): boolean => partOf(other.state.dx, 0).running;
  assert.ok(runs(), "it runs");
  other.world.mains = false;
  other.advance(400, 1);
  other.world.mains = true;
  let waited = 0;
  while (!runs() && waited < 1000) {
    other.step(1);
    waited++;
  }
  assert.ok(waited >= 180 && waited <= 242, `${waited} s`);
});

test("trips: high pressure latches until reset, low outdoors only waits, a starved coil frosts", () => {
  const hot = created("cabinet", { outdoor: 48, ...dry });
  setDx(hot, 100);
  hot.advance(300, 1);
  assert.equal(partOf(hot.state.dx, 0).trip, "none");
  const fault = hot.faults.dx[0];
  assert.ok(fault, "there is a unit");
  fault.fouling = 2;
  hot.advance(60, 1);
  assert.equal(partOf(hot.state.dx, 0).trip, "high-pressure");
  assert.equal(hot.state.dxCooling, 0);
  fault.fouling = 1;
  hot.advance(600, 1);
  assert.equal(partOf(hot.state.dx, 0).running, false);
  hot.resetDx(0);
  hot.advance(600, 1);
  assert.equal(partOf(hot.state.dx, 0).running, true);

  const arctic = created("cabinet", { outdoor: -25, ...dry });
  setDx(arctic, 100);
  arctic.advance(600, 1);
  assert.equal(partOf(arctic.state.dx, 0).running, false);
  assert.equal(partOf(arctic.state.dx, 0).trip, "none");

  const idle = created("cabinet", { outdoor: 20, ...dry });
  idle.commands.servers.forEach((server) => Object.assign(server, { utilisation: 0 }));
  setFans(idle, 30);
  setDx(idle, 62);
  idle.advance(3 * 3600);
  const unit = idle.state.dx[0];
  assert.ok(unit?.frosted === true || unit?.trip === "low-pressure", JSON.stringify(unit));
});

test("a heater needs air, and its cut-out stops a welded one", () => {
  const site = created("cabinet", { outdoor: -20, ...dry });
  setFans(site, 30);
  site.commands.heaterStages = 2;
  site.advance(60, 1);
  assert.equal(site.state.heaterPower, 1000);
  setFans(site, 0);
  site.advance(60, 1);
  assert.equal(site.state.heaterPower, 0);
  site.faults.heaterWelded = 2;
  let hottest = 0;
  let heated = 0;
  for (let i = 0; i < 3600; i++) {
    site.step(1);
    hottest = Math.max(hottest, site.state.heaterTemperature);
    heated += site.state.heaterPower > 0 ? 1 : 0;
  }
  assert.ok(heated > 0 && heated < 1800, `${heated} s of heat`);
  assert.ok(hottest > 60 && hottest < 75, `${hottest} °C`);
});

test("damper: stroke in 90 s, spring in 20 s, stuck, slipped", () => {
  const site = created("cabinet");
  site.commands.damper = 100;
  site.advance(45, 1);
  near(site.state.damper, 50, 1e-6, "half way");
  near(site.state.damperFeedback, 50, 1.001, "feedback");
  site.advance(60, 1);
  near(site.state.outdoorShare, 1, 1e-9, "open");
  site.faults.damper = "slipped";
  site.commands.damper = 0;
  site.advance(120, 1);
  assert.equal(site.state.damper, 100);
  near(site.state.damperFeedback, 0, 1.001, "feedback says shut");
  site.faults.damper = "stuck";
  site.commands.damper = 50;
  site.advance(120, 1);
  assert.equal(site.state.damperMotor, 0);
  site.faults.damper = "none";
  site.commands.damper = 100;
  site.advance(120, 1);
  site.commands.plant.loadOn = false;
  site.advance(10, 1);
  near(site.state.damper, 50, 6, "its spring closes it");
});

test("an open door, and humid air on cold walls", () => {
  const site = created("cabinet", { outdoor: -10, ...dry });
  site.advance(4 * 3600);
  const shut = site.state.cold;
  site.world.doorOpen = true;
  site.advance(4 * 3600);
  assert.ok(shut - site.state.cold > 5, `${shut} to ${site.state.cold} °C`);
  near(site.state.counters.doorOpen, 4 * 3600, 1e-6, "s open");

  const muggy = created("cabinet", { outdoor: 30, dewPoint: 28 });
  setFans(muggy, 40);
  setDx(muggy, 100);
  muggy.commands.damper = 5;
  muggy.advance(6 * 3600);
  assert.ok(muggy.state.condensate > 0.1, `${muggy.state.condensate} kg at the coil`);
  assert.ok(
    muggy.state.dxLatent > 0 && muggy.state.dxLatent < muggy.state.dxCooling,
    `${muggy.state.dxLatent} W`,
  );

  const sweating = created("cabinet", { outdoor: 5, dewPoint: 4.9 });
  sweating.advance(4 * 3600);
  assert.ok(sweating.state.dewPointMargin > 0, `${sweating.state.dewPointMargin} K`);
  assert.equal(sweating.state.counters.condensation, 0);
  const cold = { ...siteOf("cabinet"), start: { temperature: 0, humidity: 50, fanDuty: 50 } };
  const cooled = createSitePhysics(cold, { weather: constantWeather({ outdoor: 20, dewPoint: 18 }) });
  cooled.commands.damper = 100;
  cooled.advance(3600);
  assert.ok(cooled.state.dew > 0, `${cooled.state.dew} kg on the walls`);
  assert.ok(cooled.state.counters.condensation > 60, `${cooled.state.counters.condensation} s`);
  assert.ok(cooled.state.counters.nearCondensation >= cooled.state.counters.condensation, "near is more");
});

test("without cooling, servers slow down and switch themselves off before the model runs away", () => {
  const site = created("cabinet", { outdoor: 45, irradiance: 1000, ...dry });
  site.commands.dx.forEach((unit) => (unit.mode = "off"));
  let hottest = 0;
  for (let i = 0; i < 24 * 360; i++) {
    site.step(10);
    hottest = Math.max(hottest, site.state.inlet);
  }
  assert.ok(
    site.state.servers.every(({ phase }) => phase === "tripped"),
    "all have switched off",
  );
  assert.ok(hottest > 50 && hottest < 80, `${hottest} °C`);
});

test("a cold start with the heater: the equipment is warm within hours, the battery last", () => {
  const parameters = { ...siteOf("cabinet"), start: { temperature: -40, humidity: 50, fanDuty: 25 } };
  const site = createSitePhysics(parameters, { weather: constantWeather({ outdoor: -40, dewPoint: -45 }) });
  site.commands.outlets.fill(false);
  site.commands.heaterStages = 2;
  const reached: Record<string, number> = {};
  for (let i = 0; i < 4000; i++) {
    site.step(10);
    const { cold, mass, batteryTemperature, time } = site.state;
    if (cold > 5) reached["cold"] ??= time;
    if (mass > 0) reached["mass"] ??= time;
    if (batteryTemperature > -20) reached["battery"] ??= time;
  }
  // the damper leaks a little, so all is a little later than E8 says
  near(reached["cold"] ?? NaN, 6397, 2500, "cold > 5");
  near(reached["mass"] ?? NaN, 7495, 2500, "mass > 0");
  near(reached["battery"] ?? NaN, 12_930, 2500, "battery > −20");
});

test("a generator takes over when it is asked to and has started", () => {
  const site = created("container", { outdoor: 20, ...dry });
  site.advance(60);
  site.world.mains = false;
  site.commands.generator = true;
  site.advance(19, 1);
  assert.equal(Number(site.state.acPresent), 0, "it is starting");
  site.advance(2, 1);
  assert.ok(site.state.acPresent && site.state.generatorRunning, "it runs");
  const { mains } = site.state.energy;
  site.advance(3600);
  near(site.state.energy.mains, mains, 1e-9, "Wh from the mains");
  assert.ok(site.state.energy.generator > 24_000, `${site.state.energy.generator} Wh from the generator`);
  near(site.state.counters.mainsOut, 3621, 1e-6, "s without mains");
});

test("the second level of DX follows wet bulb and outdoor temperature", () => {
  const cabinet = siteOf("cabinet");
  const parameters = { ...cabinet, dx: { ...cabinet.dx, level: "biquadratic" as const } };
  const site = createSitePhysics(parameters, { weather: constantWeather({ outdoor: 40, dewPoint: 16 }) });
  setFans(site, 60);
  setDx(site, 80);
  site.advance(6 * 3600);
  const { hot, cold, airflow, humidityRatio, outdoorShare, outdoor } = site.state;
  const unit = partOf(site.state.dx, 0);
  const fresh = hot + outdoorShare * (outdoor - hot);
  const entering = fresh + Math.max(0, 1 - airflow / parameters.dx.airflow) * (cold - fresh);
  const wet = wetBulb(entering, humidityRatio);
  near(unit.wetBulb, wet, 1e-3, "wet bulb");
  near(unit.fullCapacity, 2000 * biquadratic.capacity(wet, 40), 0.5, "capacity");
  const ratio = biquadratic.capacity(wet, 40) * biquadratic.inputRatio(wet, 40);
  near(unit.fullPower, (2000 / 2.8) * ratio, 0.5, "power");
  near(unit.sensible + unit.latent, 0.8 * unit.fullCapacity, 1, "heat");
  near(unit.watts, (0.8 * unit.fullPower) / 0.97, 0.5, "power at part load");
});

test("water: what is given off inside leaves with the air that is exchanged", () => {
  const cabinet = siteOf("cabinet");
  const parameters = { ...cabinet, enclosure: { ...cabinet.enclosure, moistureSource: 1e-5 } };
  const site = createSitePhysics(parameters, { weather: constantWeather({ outdoor: 15, dewPoint: 5 }) });
  site.commands.damper = 20;
  site.commands.dx.forEach((unit) => (unit.mode = "off"));
  site.advance(24 * 3600);
  const { airflow, outdoorShare, humidityRatio, outdoorRatio } = site.state;
  const exchanged = 1.2 * airflow * outdoorShare + parameters.enclosure.infiltration / 1006;
  near((humidityRatio - outdoorRatio) * exchanged, 1e-5, 1e-8, "kg/s");
  near(site.state.dewPoint, dewPointOfRatio(humidityRatio), 1e-9, "dew point");
});
