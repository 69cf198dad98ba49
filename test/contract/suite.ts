import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { type Device, namePattern, valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { newMemory } from "../../devices/link-memory.ts";
import {
  type Connection,
  type LinkPlan,
  noSite,
  type Poll,
  priority,
  silentLog,
} from "../../devices/plugin.ts";
import type { Plugin } from "../../devices/plugin.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { parseTag, tagText } from "../../devices/tag.ts";
import { valueKey } from "../../devices/value-id.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { type Near, openRelay, type Relay, type RelayOptions } from "./relay.ts";

/** Hardware for the contract, behind a relay. */
export interface Rig extends RelayOptions {
  /** A configuration with one bus on which everything is reached at `near`. */
  readonly config: (near: Near) => string;
  /** An output whose hardware says that it has no value, by the device's alias. */
  readonly absent: { readonly alias: string; readonly output: string };
  /** Something that can be written; two values, of which hardware holds neither. */
  readonly write: {
    readonly alias: string;
    readonly action: string;
    readonly values: readonly [Value, Value];
  };
  close(): Promise<void>;
}

interface Bench {
  readonly plan: LinkPlan;
  readonly relay: Relay;
  readonly rig: Rig;
  readonly open: (signal?: AbortSignal) => Promise<Connection>;
  readonly device: (alias: string) => Device;
}

const timeout = 60_000;

/**
 * What the runtime relies on, whatever the protocol. Registers one test for each promise.
 * @param rig makes fresh hardware for each test
 */
export function pluginContract<L, D, P>(name: string, typed: Plugin<L, D, P>, rig: () => Promise<Rig>): void {
  const plugin = typed as Plugin;
  const promise = (what: string, run: (bench: Bench, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${what}`, { timeout }, async (t) => {
      const bench = await setUp(t, plugin, await rig());
      await run(bench, t);
    });
  };

  promise("planning twice gives the same devices, complete and consistent", ({ plan, rig, relay }) => {
    assert.deepEqual(planned(plugin, rig.config(relay.near)).devices, plan.devices);
    for (const device of plan.devices) checkDevice(device, plan.name);
    assert.equal(new Set(plan.devices.map(({ id }) => id)).size, plan.devices.length);
    return Promise.resolve();
  });

  promise("every value is in one poll, and each poll answers for its own values", async (bench) => {
    const connection = await bench.open();
    const { polls } = connection;
    assert.equal(new Set(polls.map(({ id }) => id)).size, polls.length);
    const polled = polls.flatMap(({ values }) => values.map(valueKey));
    assert.deepEqual(polled.sort(), bench.plan.devices.flatMap(valuesOf).map(valueKey).sort());
    for (const poll of polls) {
      const readings = await connection.read(poll, asking());
      assert.deepEqual(keys(readings), keys(poll.values.map((id) => ({ id }))));
      for (const reading of readings) checkReading(reading);
    }
  });

  promise("a value that hardware does not have is bad, with a reason", async (bench) => {
    const { alias, output } = bench.rig.absent;
    const reading = await readOne(await bench.open(), bench.device(alias), output);
    assert.equal(reading.quality === "bad" ? reading.reason.code : reading.value, "ABSENT");
  });

  promise("a write returns what hardware shows then", async (bench) => {
    const connection = await bench.open();
    for (const value of bench.rig.write.values) {
      const { command, shown } = commandOf(bench, value);
      const readings = (await connection.write?.(command, new AbortController().signal)) ?? [];
      const found = readings.find(({ id }) => valueKey(id) === valueKey(shown));
      assert.equal(found !== undefined && found.quality !== "bad" ? found.value : undefined, value);
      const again = await readOne(connection, bench.device(bench.rig.write.alias), shown.output);
      assert.equal(again.quality !== "bad" ? again.value : undefined, value);
    }
    const { command } = commandOf(bench, bench.rig.write.values[0]);
    const stranger = { ...command, device: "00000000-0000-5000-8000-000000000000" };
    await rejects(connection.write?.(stranger, new AbortController().signal));
  });

  promise("never two requests at once on the line", async (bench) => {
    const connection = await bench.open();
    const { signal } = new AbortController();
    const reads = [...connection.polls, ...connection.polls].map((poll) => connection.read(poll, asking()));
    const writes = bench.rig.write.values.map((value) =>
      connection.write?.(commandOf(bench, value).command, signal),
    );
    await Promise.all([...reads, ...writes]);
    assert.ok(bench.relay.requests >= connection.polls.filter(({ unit }) => unit !== "").length);
    assert.equal(bench.relay.overlaps, 0);
  });

  promise(
    "what is aborted ends at once with STOPPED, and the line stays usable or says that it is gone",
    async (bench) => {
      const connection = await bench.open();
      const poll = remote(connection);
      await rejects(connection.read(poll, asking(AbortSignal.abort())), "STOPPED");
      bench.relay.swallow = true;
      const abort = new AbortController();
      const asked = bench.relay.asked();
      const reading = connection.read(poll, asking(abort.signal));
      const waiting = connection.read(poll, asking(abort.signal));
      await asked;
      abort.abort();
      await rejects(reading, "STOPPED");
      await rejects(waiting, "STOPPED");
      bench.relay.swallow = false;
      const after = await readUntilGood(connection, poll);
      assert.ok(after === "good" || after instanceof BothyError);
    },
  );

  promise("silence is an error or bad readings, never nothing", async (bench) => {
    const connection = await bench.open();
    bench.relay.swallow = true;
    const readings = await connection.read(remote(connection), asking()).catch(isOurs);
    if (!(readings instanceof BothyError)) {
      assert.ok(readings.length > 0);
      for (const { quality } of readings) assert.equal(quality, "bad");
    }
  });

  promise(
    "a line that vanishes in the middle of an answer ends the connection and what was asked",
    async (bench) => {
      const connection = await bench.open();
      bench.relay.cutNextAnswer();
      const reading = connection.read(remote(connection), asking());
      const outcome = await reading.catch(isOurs);
      if (!(outcome instanceof BothyError)) for (const { quality } of outcome) assert.equal(quality, "bad");
      const reason = await connection.closed;
      assert.ok(reason instanceof BothyError && reason.retry, String(reason));
      await rejects(connection.read(remote(connection), asking()));
      await connection.close();
    },
  );

  promise("closing ends what is under way with STOPPED; closing again is nothing", async (bench) => {
    const connection = await bench.open();
    bench.relay.swallow = true;
    const asked = bench.relay.asked();
    const reading = connection.read(remote(connection), asking());
    const writing = connection.write?.(commandOf(bench, bench.rig.write.values[0]).command, asking().signal);
    await asked;
    const settled = Promise.all([rejects(reading, "STOPPED"), rejects(writing, "STOPPED")]);
    await Promise.all([connection.close(), connection.close()]);
    await settled;
    await connection.close();
    assert.equal(await connection.closed, undefined);
    await rejects(connection.read(remote(connection), asking()), "STOPPED");
  });

  promise("it can be opened again, with the same polls", async (bench) => {
    const first = await bench.open();
    await first.close();
    const second = await bench.open();
    assert.deepEqual(second.polls, first.polls);
    assert.equal(await readUntilGood(second, remote(second)), "good");
  });

  promise(
    "opening what is not there, or is no longer wanted, is an error that can be tried again",
    async (bench) => {
      await rejects(bench.open(AbortSignal.abort()), "STOPPED");
      await bench.relay.close();
      const error = await bench.open().catch(isOurs);
      assert.ok(error instanceof BothyError && error.code === "LINE_DOWN" && error.retry);
    },
  );
}

async function setUp(t: TestContext, plugin: Plugin, rig: Rig): Promise<Bench> {
  const relay = await openRelay(rig);
  const plan = planned(plugin, rig.config(relay.near));
  const opened: Connection[] = [];
  const stop = new AbortController();
  const memory = newMemory();
  t.after(async () => {
    stop.abort();
    await Promise.all(opened.map((connection) => connection.close()));
    await relay.close();
    await rig.close();
  });
  return {
    plan,
    relay,
    rig,
    open: async (signal = stop.signal) => {
      const connection = await plan.open({ ...noSite, clock: systemClock, log: silentLog, memory, signal });
      opened.push(connection);
      return connection;
    },
    device: (alias) => {
      const found = plan.devices.find((device) => device.alias === alias);
      assert.ok(found !== undefined, alias);
      return found;
    },
  };
}

export function planned(plugin: Plugin, text: string): LinkPlan {
  const { plans, faults } = readConfig(text, "contract.yaml", [plugin], {});
  assert.deepEqual(faults.map(faultText), []);
  assert.ok(plans[0] !== undefined && plans.length === 1);
  return plans[0];
}

/** What clients and the writer rely on. */
export function checkDevice(device: Device, link: string): void {
  assert.equal(device.link, link);
  assert.match(device.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  if (device.alias !== undefined) assert.match(device.alias, new RegExp(namePattern));
  for (const tag of device.tags) {
    const parsed = parseTag(tag);
    assert.equal(parsed === undefined ? undefined : tagText(parsed), tag);
  }
  assert.deepEqual(device.tags.slice(-2), [`system/id:${device.id}`, `system/type:${device.type}`]);
  assert.ok(device.info !== "" && device.writeTimeout > 0);
  const values = valuesOf(device);
  assert.equal(new Set(values.map(valueKey)).size, values.length);
  for (const { kind, shows, name } of device.actions) {
    const shown = values.some(({ output, channel }) => output === shows?.output && channel === shows.channel);
    assert.ok(
      shown || (kind === "pulse" && shows === undefined),
      `${name} shows what the device does not have`,
    );
  }
}

export function checkReading(reading: Reading): void {
  assert.ok(Number.isFinite(reading.at));
  if (reading.quality !== "good") assert.ok(reading.reason.text !== "");
  if (reading.quality !== "bad" && typeof reading.value === "number")
    assert.ok(Number.isFinite(reading.value));
}

export const asking = (signal = new AbortController().signal) => ({
  deadline: systemClock.monotonic() + 5000,
  priority: priority.poll,
  signal,
});

export const keys = (readings: readonly Pick<Reading, "id">[]): readonly string[] =>
  readings.map(({ id }) => valueKey(id)).sort();

/** A poll for which hardware is asked. */
function remote({ polls }: Connection): Poll {
  const found = polls.find(({ unit }) => unit !== "");
  assert.ok(found !== undefined);
  return found;
}

async function readOne(connection: Connection, device: Device, output: string): Promise<Reading> {
  const wanted = valuesOf(device).find((id) => id.output === output);
  assert.ok(wanted !== undefined, output);
  const poll = connection.polls.find(({ values }) => values.some((id) => valueKey(id) === valueKey(wanted)));
  assert.ok(poll !== undefined);
  const found = (await connection.read(poll, asking())).find(({ id }) => valueKey(id) === valueKey(wanted));
  assert.ok(found !== undefined);
  return found;
}

/**
 * Asks until something good comes: after silence a protocol may first have to make sure that all is in step.
 * @returns why the connection is gone, when that happens first
 */
async function readUntilGood(connection: Connection, poll: Poll): Promise<"good" | BothyError | undefined> {
  const over = { yes: false };
  void connection.closed.then(() => (over.yes = true));
  while (!over.yes) {
    const readings = await connection.read(poll, asking()).catch(isOurs);
    if (!(readings instanceof BothyError) && readings.some(({ quality }) => quality === "good"))
      return "good";
  }
  return connection.closed;
}

function commandOf({ rig, device }: Bench, value: Value) {
  const found = device(rig.write.alias);
  const action = found.actions.find(({ name }) => name === rig.write.action);
  assert.ok(action?.shows !== undefined, rig.write.action);
  return { command: { device: found.id, action, value }, shown: { device: found.id, ...action.shows } };
}

/** Hands an error of ours on as a value; any other is a failure. */
function isOurs(thrown: unknown): BothyError {
  assert.ok(thrown instanceof BothyError, String(thrown));
  return thrown;
}

export async function rejects(promise: Promise<unknown> | undefined, code?: string): Promise<void> {
  assert.ok(promise !== undefined);
  const outcome = await promise.then(() => "it succeeded", isOurs);
  assert.ok(outcome instanceof BothyError, String(outcome));
  if (code !== undefined) assert.equal(outcome.code, code, outcome.message);
}
