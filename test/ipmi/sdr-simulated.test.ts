// The records and sensors of the simulated BMC, read by the client over UDP.
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { type BmcClient, type BmcOptions, openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { readRepository } from "../../plugins/ipmi/sdr/index.ts";
import {
  describeSensors,
  readAll,
  readAllThresholds,
  type Sensor,
} from "../../plugins/ipmi/sensors/index.ts";
import { fromRaw } from "../../simulators/ipmi/model.ts";
import { startPyghmiBmc } from "../support/foreign-bmc.ts";
import { linkMemory } from "../support/link-memory.ts";
import { servedBmc } from "../support/served-bmc.ts";
import { nearly } from "./vectors/sensors.ts";

function client(t: TestContext, options: Partial<BmcOptions> & { host: string; port: number }): BmcClient {
  const socket = openIpmiSocket();
  const access = { user: "admin", password: "admin-pass", suites: [3] };
  const made = openBmc({ clock: systemClock, socket, ...access, ...options });
  t.after(async () => {
    await made.close();
    await socket.close();
  });
  return made;
}

test("every sensor shows what the server measures, with the same thresholds", async (t) => {
  const served = await servedBmc(t);
  const bmc = client(t, served);
  const { records, warnings, requests } = await readRepository(bmc, { clock: systemClock });
  assert.deepEqual(warnings, []);
  assert.equal(requests, records.length + 1);
  assert.deepEqual(
    records.filter(({ kind }) => kind === "faulty"),
    [],
  );
  const sensors = describeSensors(records);
  const live = new Map(served.bmc.sensors.all.map((one) => [one.number, one]));
  assert.deepEqual(
    sensors.map(({ number }) => number).sort((a, b) => a - b),
    [...live.keys()].sort((a, b) => a - b),
  );
  const thresholds = await readAllThresholds(bmc, sensors);
  const readings = await readAll(bmc, sensors, { thresholds });
  sensors.forEach((sensor, n) => {
    const { model, raw, states, name, available } = live.get(sensor.number)!;
    const reading = readings[n]!;
    assert.equal(sensor.name, name);
    if (sensor.eventOnly) {
      assert.equal(reading.unavailable?.code, "NOT_READABLE", name);
      return;
    }
    assert.equal(reading.unavailable === undefined, available, name);
    if (model.kind !== "analog") {
      assert.equal(
        reading.states.reduce((sum, { bit }) => sum | (1 << bit), 0),
        states,
        name,
      );
      return;
    }
    nearly(reading.value, fromRaw(model, raw), name);
    assert.equal(reading.severity, "ok", name);
  });
});

test("crossed thresholds and states of a server in trouble", async (t) => {
  const served = await servedBmc(t);
  const bmc = client(t, served);
  const sensors = describeSensors((await readRepository(bmc, { clock: systemClock })).records);
  const stick = (key: string, value: number): void => {
    served.bmc.sensors.find(key)!.stuck = value;
  };
  stick("cpu1-temp", 93);
  stick("fan1", 0);
  served.bmc.tick(1);
  const readings = await readAll(bmc, sensors);
  const of = (name: string) => readings[sensors.findIndex((sensor: Sensor) => sensor.name === name)];
  assert.deepEqual(of("CPU1 Temp")?.crossed, ["unc", "uc"]);
  assert.equal(of("CPU1 Temp")?.severity, "critical");
  assert.deepEqual(of("Fan1")?.crossed, ["lnc", "lc", "lnr"]);
  assert.equal(of("Fan1")?.severity, "non-recoverable");
  assert.equal(of("Fan2")?.severity, "ok");
});

test("a BMC that drops long reads is read in short ones, which is remembered", async (t) => {
  const served = await servedBmc(t);
  served.bmc.faults.shortSdr = true;
  const bmc = client(t, { ...served, timeout: 150, tries: 2 });
  const cache = linkMemory();
  const first = await readRepository(bmc, { clock: systemClock, cache });
  served.bmc.faults.shortSdr = false;
  const whole = await readRepository(bmc, { clock: systemClock });
  assert.deepEqual(first.records, whole.records);
  assert.deepEqual(first.warnings, []);
  const { size } = cache.get("sdr") as { size: number };
  assert.equal(size, 16);
});

test("a BMC without records is one without sensors", async (t) => {
  const bmc = client(t, await startPyghmiBmc(t));
  const { records, warnings } = await readRepository(bmc, { clock: systemClock });
  assert.deepEqual(records, []);
  assert.match(warnings.join(), /has no sensor data records/);
});
