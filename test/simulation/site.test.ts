import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { percent, select, Type } from "../../controllers/index.ts";
import { defineController } from "../../controllers/contract.ts";
import { celsius } from "../../controllers/settings.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { slots } from "../../devices/transaction.ts";
import { FaultError } from "../../simulators/fault-text.ts";
import { type Simulation, type SimulationOptions, simulatedSite } from "../../server/simulation/index.ts";

/** Fans by how warm it is in front of the servers. */
const ramp = defineController({
  name: "ramp",
  version: "1.0.0",
  summary: "fans follow the inlet",
  period: seconds(5),
  settings: Type.Object({
    setpoint: celsius({ default: 24, description: "Inlet from which fans speed up." }),
    least: percent({ default: 30, description: "Least duty." }),
  }),
  inputs: { inlet: select("type:temperature", "point:inlet").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%" }) },
  failSafe: { fans: 100 },
  init: () => ({}),
  step: ({ inputs, settings }) => {
    const duty = Math.min(
      100,
      Math.max(settings.least, settings.least + 10 * (inputs.inlet.value - settings.setpoint)),
    );
    const hot = inputs.inlet.value > 32;
    return {
      outputs: { fans: duty },
      state: {},
      reason: `inlet ${inputs.inlet.value} °C`,
      alarms: hot ? [{ id: "hot", severity: "major", text: "it is too warm" }] : [],
    };
  },
});

async function open(t: TestContext, options: SimulationOptions = {}): Promise<Simulation> {
  const site = await simulatedSite(options);
  t.after(() => site.stop());
  return site;
}

test("every device of the site is read, and shows the physics through its sensors", async (t) => {
  const site = await open(t, { weather: "constant:12" });
  await site.advance(minutes(10));
  const { state } = site.physics;
  const bad = site.registry
    .all()
    .flatMap(({ id, alias }) => site.store.latest(id).map((reading) => ({ alias, reading })))
    .filter(({ reading }) => reading.quality !== "good");
  assert.deepEqual(
    bad.map(({ alias, reading }) => `${alias ?? ""} ${reading.id.output}`),
    ["dc-1.battery minutes"],
    "a battery that is not discharging has no autonomy to show",
  );
  const near = (alias: string, output: string | undefined, truth: number, within: number): void => {
    const value = Number(site.read(alias, output));
    assert.ok(Math.abs(value - truth) <= within, `${alias} reads ${value}, the truth is ${truth}`);
  };
  near("probe-outdoor.temperature", undefined, 12, 0.3);
  near("probe-inlet.temperature", undefined, state.inlet, 1);
  near("tray-a.fan-3", "rpm", state.fans[2]?.rpm ?? 0, 60);
  near("dc-1.battery", "state-of-charge", 100, 0.1);
  assert.equal(site.read("io-1.door"), "closed");
  assert.equal(site.read("dx-1.unit", "state", "mode"), "auto");
  assert.throws(
    () => site.read("nobody"),
    (error) => error instanceof BothyError && error.code === "NOT_FOUND",
  );
});

test("writes act on the physics, and are done when read back", async (t) => {
  const site = await open(t);
  const duty = site.write("tray-a.fan-1", "speed", 80);
  const mode = site.write("dx-1.unit", "mode", "remote");
  const damper = site.write("dx-1.unit", "damper", 40);
  const outlet = site.write("pdu-1.outlet-2", "switch", "off");
  const heater = site.write("io-1.relay-1", "switch", "on");
  await site.advance(minutes(2));
  for (const { id } of [duty, mode, damper, outlet, heater])
    assert.equal(site.writer.get(id)?.status, "DONE");
  const { state } = site.physics;
  assert.ok(Math.abs((state.fans[0]?.speed ?? 0) - 0.8) < 0.01);
  assert.ok(Math.abs(state.damper - 40) < 0.5);
  assert.equal(state.servers[1]?.watts, 0);
  assert.equal(state.heaterStages, 1);
  assert.throws(() => site.write("tray-a.fan-1", "speed", 101), /101/);
});

test("a controller keeps the site, is in fail-safe when its sensors are gone, and comes back", async (t) => {
  const site = await open(t, {
    weather: "constant:10",
    controllers: { fans: { use: ramp, settings: { least: 25 } } },
  });
  await site.advance(seconds(3));
  assert.equal(site.controllers.get("fans")?.mode, "fail-safe", "entered first");
  await site.advance(minutes(20));
  assert.equal(site.controllers.get("fans")?.mode, "automatic");
  const before = site.score.report();
  assert.equal(before.failSafe.entries, 0);
  site.fault("line line-cut");
  await site.advance(minutes(1));
  assert.equal(site.controllers.get("fans")?.mode, "fail-safe");
  assert.equal(site.reading("probe-inlet.temperature").quality, "bad");
  site.clear();
  await site.advance(minutes(1));
  assert.equal(site.controllers.get("fans")?.mode, "automatic");
  const { failSafe } = site.score.report();
  assert.equal(failSafe.entries, 1);
  assert.equal(failSafe.unnecessary, 0);
  assert.ok(failSafe.minutes > 0.5 && failSafe.minutes < 3, String(failSafe.minutes));
});

test("faults play at their times, show, and are found in the score", async (t) => {
  const site = await open(t, {
    weather: "constant:35",
    controllers: { fans: ramp },
    faults: [{ at: "30m", fault: "dx-1 compressor-dead for 30m" }],
  });
  await site.advance(minutes(29));
  assert.deepEqual(site.faults(), []);
  await site.advance(minutes(20));
  assert.equal(site.faults()[0]?.kind, "compressor-dead");
  await site.advance(minutes(60));
  const { alarms, inlet, above, minutesOutside } = site.score.report();
  assert.ok(inlet.max > 35);
  assert.ok((above["32"] ?? 0) > 10);
  assert.ok(minutesOutside.allowable > 5);
  assert.equal(alarms.detection[0]?.fault, "dx-1 compressor-dead");
  assert.deepEqual(alarms.missed, []);
});

test("sensors stick, fans fail, doors open, mains go", async (t) => {
  const site = await open(t);
  site.fault("probe-inlet stuck temperature at 55");
  site.fault("tray-a stuck fan-2 at 0");
  site.fault("tray-a dead-fan 4");
  site.fault("site door-open");
  site.fault("site mains-loss");
  site.fault("probe-outdoor open-wire temperature");
  await site.advance(minutes(1));
  assert.equal(site.read("probe-inlet.temperature"), 55);
  assert.equal(site.read("tray-a.fan-2", "rpm"), 0);
  assert.equal(site.read("tray-a.fan-4", "rpm"), 0);
  assert.equal(site.read("tray-a.tray", "state", "fault-4"), "fault");
  assert.equal(site.read("io-1.door"), "open");
  assert.equal(site.read("io-1.mains"), "failed");
  assert.equal(site.read("dx-1.unit", "state"), "fault");
  assert.ok(Number(site.read("dc-1.battery", "minutes", "autonomy")) > 60);
  const outdoor = site.reading("probe-outdoor.temperature");
  assert.ok(outdoor.quality === "bad" && outdoor.reason.code === "ABSENT");
  site.clear();
  await site.advance(minutes(1));
  assert.notEqual(site.read("probe-inlet.temperature"), 55);
  assert.throws(() => site.fault("tray-a bad-crc"), FaultError);
  assert.throws(() => site.fault("probe-inlet stuck nose"), /no sensor "nose"/);
});

test("killed controllers write nothing more, and equipment falls back by itself", async (t) => {
  const site = await open(t, { weather: "constant:15", controllers: { fans: ramp } });
  site.write("tray-a.tray", "bus-loss-time", 30);
  site.write("tray-a.tray", "bus-loss-duty", 75, { slot: slots.default });
  await site.advance(minutes(10));
  const duty = site.physics.commands.fanDuty[0] ?? 0;
  assert.ok(duty < 60, String(duty));
  site.kill();
  await site.advance(seconds(28));
  assert.equal(site.physics.commands.fanDuty[0], duty);
  await site.advance(seconds(6));
  assert.deepEqual(site.physics.commands.fanDuty, new Array(8).fill(75));
});

test("a site that is stopped leaves fail-safe values behind", async () => {
  const site = await simulatedSite({ weather: "constant:15", controllers: { fans: ramp } });
  await site.advance(minutes(5));
  await site.stop();
  await site.stop();
  assert.deepEqual(site.physics.commands.fanDuty, new Array(8).fill(100));
});

test("the same seed gives the same course, in a container as well", async (t) => {
  const course = async (): Promise<readonly unknown[]> => {
    const site = await open(t, { parameters: "container", weather: "hot", startHour: 4800, seed: 5 });
    await site.advance(minutes(30));
    return [site.physics.state.inlet, site.read("probe-inlet.temperature"), site.read("dx-2.unit", "watt")];
  };
  const first = await course();
  assert.deepEqual(await course(), first);
  assert.equal(typeof first[2], "number", "a container has two air-conditioners");
});

test("the cabinet is a site too", async (t) => {
  const site = await open(t, { parameters: "cabinet" });
  await site.advance(minutes(5));
  assert.equal(site.registry.all().filter(({ type }) => type === "fan").length, 4);
  assert.equal(site.registry.get("ups-1.battery"), undefined);
});
