import assert from "node:assert/strict";
import { test } from "node:test";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { constantWeather } from "../../simulators/physics/weather.ts";
import { created, dry, near, partOf, siteOf } from "./support.ts";

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
