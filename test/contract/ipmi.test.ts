// What the runtime relies on, as far as it holds for BMCs: their devices are found, each is a link of its own below the
// bus, and a line carries many conversations at once.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Device, valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { systemClock } from "../../devices/clock.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { type Command, type Connection, type LinkPlan, noSite, silentLog } from "../../devices/plugin.ts";
import { valueKey } from "../../devices/value-id.ts";
import { ipmi } from "../../plugins/ipmi/index.ts";
import { createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { asking, checkDevice, checkReading, keys, rejects } from "./suite.ts";

interface Bench {
  readonly bmc: SimulatedBmc;
  readonly hub: Connection;
  readonly branch: LinkPlan;
  /** What was found last. */
  readonly found: () => readonly Device[];
  readonly open: (signal?: AbortSignal) => Promise<Connection>;
}

async function bench(t: TestContext): Promise<Bench> {
  const bmc = createBmc({ clock: systemClock, timing: { relay: [10, 20] }, period: 0 });
  const served = await serveBmcs({ bmcs: [bmc] });
  const [at] = served.endpoints;
  const config = {
    site: { id: "contract" },
    buses: {
      far: { plugin: "ipmi", user: "operator", password: { env: "PASSWORD" }, timeout: "300ms" },
    },
    devices: [{ bus: "far", address: `127.0.0.1:${at?.port}`, alias: "server" }],
  };
  const read = readConfig(JSON.stringify(config), "contract.yaml", [ipmi], {
    PASSWORD: "oper-pass",
  });
  assert.deepEqual(read.faults.map(faultText), []);
  const stop = new AbortController();
  const opened: Connection[] = [];
  let branches: readonly LinkPlan[] = [];
  let found: readonly Device[] = [];
  const memory = newMemory();
  const deps = {
    ...noSite,
    branches: (plans: readonly LinkPlan[]) => (branches = plans),
    clock: systemClock,
    log: silentLog,
    memory,
    signal: stop.signal,
  };
  const [plan] = read.plans;
  assert.ok(plan !== undefined);
  for (const device of plan.devices) checkDevice(device, plan.name);
  const hub = await plan.open(deps);
  t.after(async () => {
    stop.abort();
    await Promise.all(opened.map((connection) => connection.close()));
    await hub.close();
    await served.close();
    bmc.close();
  });
  const [branch] = branches;
  assert.ok(branch !== undefined && branches.length === 1);
  const open = async (signal = stop.signal): Promise<Connection> => {
    const connection = await branch.open({ ...deps, signal, found: (devices) => (found = devices) });
    opened.push(connection);
    return connection;
  };
  return { bmc, hub, branch, found: () => found, open };
}

const promise = (what: string, run: (bench: Bench) => Promise<void>): void => {
  test(`ipmi: ${what}`, { timeout: 60_000 }, async (t) => run(await bench(t)));
};

const powerOf = (devices: readonly Device[]): Device => {
  const found = devices.find(({ type }) => type === "power-control");
  assert.ok(found !== undefined);
  return found;
};

function commandOf(device: Device, name: string, value?: string): Command {
  const action = device.actions.find((one) => one.name === name);
  assert.ok(action !== undefined, name);
  return { device: device.id, action, ...(value === undefined ? {} : { value }) };
}

promise("devices are complete; every value is in one poll, which answers for its own", async (b) => {
  const { branch, found, hub, open } = b;
  for (const poll of hub.polls) {
    const readings = await hub.read(poll, asking());
    assert.deepEqual(keys(readings), keys(poll.values.map((id) => ({ id }))));
  }
  const connection = await open();
  for (const device of found()) checkDevice(device, branch.name);
  assert.equal(new Set(found().map(({ id }) => id)).size, found().length);
  const polled = connection.polls.flatMap(({ values }) => values.map(valueKey));
  assert.deepEqual(polled.sort(), found().flatMap(valuesOf).map(valueKey).sort());
  assert.equal(new Set(connection.polls.map(({ id }) => id)).size, connection.polls.length);
  for (const poll of connection.polls) {
    const readings = await connection.read(poll, asking());
    assert.deepEqual(keys(readings), keys(poll.values.map((id) => ({ id }))), poll.id);
    for (const reading of readings) checkReading(reading);
  }
});

promise("a write returns what the hardware shows then; a stranger's is an error", async ({ open, found }) => {
  const connection = await open();
  const power = powerOf(found());
  const { signal } = new AbortController();
  for (const value of ["off", "on"]) {
    const readings = (await connection.write?.(commandOf(power, "state", value), signal)) ?? [];
    const state = readings.find(({ id }) => id.output === "state");
    assert.ok(state?.quality === "good" && state.value === value);
  }
  const command = commandOf(power, "state", "on");
  await rejects(connection.write?.({ ...command, device: "nobody" }, signal), "NOT_FOUND");
  const reader = found().find(({ actions }) => actions.length === 0);
  await rejects(connection.write?.({ ...command, device: reader?.id ?? "" }, signal), "NOT_WRITABLE");
});

promise("silence is an error that can be tried again", async ({ bmc, open }) => {
  const connection = await open();
  const [poll] = connection.polls;
  assert.ok(poll !== undefined);
  bmc.faults.silent = true;
  await rejects(connection.read(poll, asking()), "NO_ANSWER");
  bmc.faults.silent = false;
  assert.ok((await connection.read(poll, asking())).some(({ quality }) => quality === "good"));
});

promise("what is aborted ends at once with STOPPED, and the connection stays usable", async (b) => {
  const connection = await b.open();
  const [poll] = connection.polls;
  assert.ok(poll !== undefined);
  await rejects(connection.read(poll, asking(AbortSignal.abort())), "STOPPED");
  b.bmc.faults.silent = true;
  const abort = new AbortController();
  const reading = connection.read(poll, asking(abort.signal));
  abort.abort();
  await rejects(reading, "STOPPED");
  b.bmc.faults.silent = false;
  assert.ok((await connection.read(poll, asking())).some(({ quality }) => quality === "good"));
});

promise("closing ends what is under way; closing again is nothing", async ({ bmc, hub, open, found }) => {
  const connection = await open();
  const [poll] = connection.polls;
  assert.ok(poll !== undefined);
  bmc.faults.silent = true;
  const reading = connection.read(poll, asking());
  const writing = connection.write?.(commandOf(powerOf(found()), "cycle"), new AbortController().signal);
  await Promise.all([rejects(reading, "STOPPED"), rejects(writing, "STOPPED"), connection.close()]);
  await connection.close();
  assert.equal(await connection.closed, undefined);
  await rejects(connection.read(poll, asking()), "STOPPED");
  await Promise.all([hub.close(), hub.close()]);
  assert.equal(await hub.closed, undefined);
  await rejects(hub.read(hub.polls[0] ?? poll, asking()), "STOPPED");
});

promise("it can be opened again, with the same polls and devices", async ({ open, found }) => {
  const first = await open();
  const devices = found();
  await first.close();
  const second = await open();
  assert.deepEqual(second.polls, first.polls);
  assert.deepEqual(found(), devices);
});

promise("what is not there is an error that can be tried again; what was known stays known", async (b) => {
  await (await b.open()).close();
  const devices = b.found();
  b.bmc.faults.silent = true;
  const error = await b.open().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof BothyError && error.code === "NO_ANSWER" && error.retry, String(error));
  assert.deepEqual(b.found(), devices);
  await rejects(b.open(AbortSignal.abort()), "STOPPED");
});
