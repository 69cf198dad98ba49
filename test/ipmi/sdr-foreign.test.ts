import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "../../devices/clock.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import type { IpmiRequest, Requester } from "../../plugins/ipmi/contract.ts";
import { openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { readRepository, type SdrRepository, type ThresholdName } from "../../plugins/ipmi/sdr/index.ts";
import {
  describeSensors,
  readAll,
  readAllThresholds,
  readEventEnable,
  readHysteresis,
  type Sensor,
  type SensorReading,
  setEventEnable,
  setThresholds,
} from "../../plugins/ipmi/sensors/index.ts";
import { type IpmiSim, startIpmiSim } from "../support/ipmi-sim.ts";
import { linkMemory } from "../support/link-memory.ts";
import { nearly } from "./vectors/sensors.ts";

const run = promisify(execFile);

interface Talking extends Requester {
  /** Everything that was asked for. */
  readonly asked: IpmiRequest[];
}

/** A session with a simulated BMC, as a requester that writes down what it is asked. */
function talkTo(t: TestContext, sim: IpmiSim): Talking {
  const socket = openIpmiSocket();
  const client = openBmc({
    clock: systemClock,
    socket,
    host: sim.host,
    port: sim.port,
    user: "admin",
    password: "admin-pass",
    suites: [3],
  });
  t.after(async () => {
    await client.close();
    await socket.close();
  });
  const asked: IpmiRequest[] = [];
  return {
    name: "sim",
    asked,
    request: (request) => {
      asked.push(request);
      return client.request(request);
    },
  };
}

const read = (requester: Requester, more: object = {}): Promise<SdrRepository> =>
  readRepository(requester, { clock: systemClock, ...more });

/** What ipmitool says of the same BMC: as it writes it. */
async function ipmitool(sim: IpmiSim, ...command: string[]): Promise<string> {
  const access = ["-I", "lanplus", "-H", sim.host, "-p", String(sim.port), "-U", "admin", "-P", "admin-pass"];
  const { stdout } = await run("ipmitool", [...access, "-C", "3", ...command]);
  return stdout;
}

const columns = (text: string, by: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.includes(by))
    .map((line) => line.split(by).map((column) => column.trim()));

/** What FreeIPMI says: record, name, type, value, unit, six thresholds from lnr to unr, bits of the state. */
async function ipmiSensors(t: TestContext, sim: IpmiSim): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), "bothy-freeipmi-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = await run("ipmi-sensors", [
    ...["-h", `${sim.host}:${sim.port}`, "-D", "LAN_2_0", "-u", "admin", "-p", "admin-pass", "-l", "ADMIN"],
    ...["-W", "opensesspriv", "--quiet-cache", "--sdr-cache-recreate", `--sdr-cache-directory=${folder}`],
    ...["--shared-sensors", "--comma-separated-output", "--no-header-output"],
    ...["--output-sensor-thresholds", "--output-event-bitmask"],
  ]);
  return columns(stdout, ",");
}

/** The value as the BMC gives it, before it was converted to the unit of an output, and rounded. */
function own({ analog }: Sensor, value = NaN): number {
  const { factor = 1, offset = 0 } = analog?.quantity ?? {};
  return factor === 1 && offset === 0 ? value : Number(((value - offset) / factor).toPrecision(5));
}

interface Swept {
  readonly sensors: readonly Sensor[];
  /** By the sensor's name. */
  readonly readings: ReadonlyMap<string, SensorReading>;
}

async function sweep(requester: Requester): Promise<Swept> {
  const { records } = await read(requester);
  const sensors = describeSensors(records);
  const thresholds = await readAllThresholds(requester, sensors);
  const readings = await readAll(requester, sensors, { thresholds });
  return { sensors, readings: new Map(sensors.map(({ name }, n) => [name, readings[n]!])) };
}

test("the same sensors, values and thresholds as ipmitool", async (t) => {
  const sim = await startIpmiSim(t, { plainNames: true });
  const requester = talkTo(t, sim);
  const { sensors, readings } = await sweep(requester);
  assert.equal(sensors.length, 30, "with four drives in one record, and two that only send events");
  const thresholds = await readAllThresholds(requester, sensors);
  const rows = columns(await ipmitool(sim, "sensor", "list"), "|");
  assert.equal(rows.length, 25);
  for (const [name = "", value, unit, , lnr, lc, lnc, unc, uc, unr] of rows) {
    const sensor = sensors.find((one) => one.name === (name === "Drive" ? "Drive0" : name));
    assert.ok(sensor !== undefined, name);
    const reading = readings.get(sensor.name);
    if (unit === "discrete") assert.equal(reading?.value, undefined);
    else nearly(own(sensor, reading?.value), Number(value), name);
    const of = thresholds.get(sensor.key)?.values ?? {};
    for (const [threshold, text] of Object.entries({ lnr, lc, lnc, unc, uc, unr })) {
      const ours = of[threshold as ThresholdName];
      if (text === "na") assert.equal(ours, undefined, `${name} ${threshold}`);
      else assert.equal(own(sensor, ours).toFixed(3), text, `${name} ${threshold}`);
    }
  }
});

test("the same values and states as FreeIPMI, also when things go wrong", async (t) => {
  const sim = await startIpmiSim(t, { plainNames: true });
  const requester = talkTo(t, sim);
  await compare(t, sim, await sweep(requester));
  for (const line of [
    ...["sensor_set_value 0x20 0 1 47 1", "sensor_set_value 0x20 0 6 7 1", "sensor_set_value 0x20 0 9 185 1"],
    ...["sensor_set_bit 0x20 0 20 3 1 1", "sensor_set_bit 0x20 0 26 1 1 1", "sensor_set_bit 0x20 0 22 0 1 1"],
    ...["sensor_set_bit 0x20 0 23 0 0 1", "sensor_set_bit 0x20 0 23 1 1 1"],
  ])
    await sim.command(line);
  const swept = await sweep(requester);
  await compare(t, sim, swept);
  const crossed = (name: string): unknown => {
    const { crossed: names, severity } = swept.readings.get(name)!;
    return [severity, ...names];
  };
  assert.deepEqual(crossed("Inlet Temp"), ["non-recoverable", "unc", "uc", "unr"]);
  assert.deepEqual(crossed("Fan 1"), ["critical", "lnc", "lc"]);
  assert.deepEqual(crossed("Rail 12V"), ["non-critical", "lnc"]);
  assert.deepEqual(crossed("CPU1 Temp"), ["ok"]);
  assert.deepEqual(crossed("Airflow"), [undefined], "it has no thresholds");
  const states = (name: string): unknown => {
    const { states: all, severity } = swept.readings.get(name)!;
    return [severity, ...all.map((state) => state.name)];
  };
  assert.deepEqual(states("PSU1 Status"), ["critical", "present", "input lost"]);
  assert.deepEqual(states("PSU2 Status"), ["ok", "present"]);
  assert.deepEqual(states("Drive2"), ["critical", "present", "fault"]);
  assert.deepEqual(states("Intrusion"), ["critical", "chassis opened"]);
  assert.deepEqual(states("PSU Redundancy"), ["critical", "redundancy lost"]);
  assert.deepEqual(states("ACPI State"), [undefined, "S0 working"]);
});

/** Values as FreeIPMI rounds them, bits as they are. */
async function compare(t: TestContext, sim: IpmiSim, { sensors, readings }: Swept): Promise<void> {
  const rows = await ipmiSensors(t, sim);
  assert.equal(rows.length, 28, "all but those that only send events");
  const readable = sensors.filter(({ eventOnly }) => !eventOnly);
  rows.forEach(([record, name, , value = "", , , , , , , , bits = ""], n) => {
    const sensor = readable[n];
    assert.ok(sensor !== undefined);
    const plain = (text = ""): string => text.replaceAll(" ", "");
    assert.deepEqual([String(sensor.recordId), plain(sensor.name)], [record, plain(name)]);
    const reading = readings.get(sensor.name);
    if (value === "N/A") assert.equal(reading?.value, undefined);
    else assert.ok(Math.abs(own(sensor, reading?.value) - Number(value)) <= 0.005001, `${name} ${value}`);
    if (sensor.class === "threshold") return;
    const ours = reading?.states.reduce((sum, { bit }) => sum | (1 << bit), 0);
    assert.equal(ours, Number.parseInt(bits, 16), name);
  });
}

test("names in packed characters, and conversion to the units of outputs", async (t) => {
  const sim = await startIpmiSim(t);
  const { sensors, readings } = await sweep(talkTo(t, sim));
  assert.ok(sensors.some(({ name }) => name === "VBAT"));
  const airflow = sensors.find(({ name }) => name === "Airflow");
  assert.equal(airflow?.analog?.quantity.output, "airflow");
  assert.equal(readings.get("Airflow")?.value, 0.0679604, "144 CFM, without digits it cannot have");
  assert.equal(sensors.find(({ name }) => name === "Humidity")?.analog?.quantity.output, "humidity");
  assert.equal(readings.get("Watchdog")?.unavailable?.code, "NOT_READABLE");
});

test("the second start costs one request, a changed BMC a new reading", async (t) => {
  const sim = await startIpmiSim(t);
  const requester = talkTo(t, sim);
  const cache = linkMemory();
  const first = await read(requester, { cache, identity: "guid" });
  assert.deepEqual([first.fromCache, first.records.length, first.warnings], [false, 33, []]);
  assert.ok(first.requests <= 33 * 2, `${first.requests} requests`);
  requester.asked.length = 0;
  const second = await read(requester, { cache, identity: "guid" });
  assert.deepEqual([second.fromCache, second.requests], [true, 1]);
  assert.deepEqual(second.records, first.records);
  assert.deepEqual(
    requester.asked.map(({ netFn, command }) => [netFn, command]),
    [[0x0a, 0x20]],
  );
  const third = await read(requester, { cache, identity: "guid of the next one" });
  assert.deepEqual([third.fromCache, third.records.length], [false, 33]);
});

test("thresholds that were set are those ipmitool shows, and those that count", async (t) => {
  const sim = await startIpmiSim(t, { plainNames: true });
  const requester = talkTo(t, sim);
  const { sensors } = await sweep(requester);
  const inlet = sensors.find(({ name }) => name === "Inlet Temp")!;
  const set = await setThresholds(requester, inlet, { unc: 20.4, uc: 22, unr: 60 });
  assert.deepEqual(set.values, { unc: 20, uc: 22, unr: 60 });
  const rows = columns(await ipmitool(sim, "sensor", "list"), "|");
  assert.deepEqual(rows[0]?.slice(4), ["na", "2.000", "5.000", "20.000", "22.000", "60.000"]);
  assert.equal((await sweep(requester)).readings.get("Inlet Temp")?.severity, "critical");
});

/** ipmi_sim 2.0.33 does what it is told, and answers with whatever stands where the completion code belongs. */
const told = (work: Promise<void>): Promise<void> =>
  work.catch((thrown: unknown) => assert.notEqual(completionOf(thrown), undefined, String(thrown)));

test("hysteresis and events, asked for and set", async (t) => {
  const sim = await startIpmiSim(t);
  const requester = talkTo(t, sim);
  const { sensors } = await sweep(requester);
  const cpu = sensors.find(({ name }) => name === "CPU2 Temp")!;
  assert.deepEqual(await readHysteresis(requester, cpu), {
    raw: { positive: 4, negative: 4 },
    values: { positive: 2, negative: 2 },
  });
  const enabled = await readEventEnable(requester, cpu);
  assert.deepEqual([enabled.events, enabled.scanning], [true, true]);
  await told(setEventEnable(requester, cpu, { events: true, scanning: false }));
  const { readings } = await sweep(requester);
  assert.equal(readings.get("CPU2 Temp")?.unavailable?.code, "ABSENT");
  assert.equal(readings.get("CPU2 Temp")?.value, undefined);
  await told(setEventEnable(requester, cpu, { events: true, scanning: true }));
  assert.equal((await sweep(requester)).readings.get("CPU2 Temp")?.value, 46.5);
});
