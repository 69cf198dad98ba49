// What the runtime relies on, as far as it holds for a plugin in another process: its devices are found, its line carries
// many conversations at once.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { Millis } from "../../devices/clock.ts";
import { type Device, valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { type Command, type Connection, type LinkDeps, noSite, silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { valueKey } from "../../devices/value-id.ts";
import type { CallCount } from "../../plugins/synse/call-counts.ts";
import { synse } from "../../plugins/synse/index.ts";
import { until } from "../support/sockets.ts";
import { device, reading, startTestPlugin, type TestPlugin } from "../support/synse-server.ts";
import { TestClock } from "../support/test-clock.ts";
import { asking, checkDevice, checkReading, keys, planned, rejects } from "./suite.ts";

interface Bench {
  readonly plugin: TestPlugin;
  readonly clock: TestClock;
  /** What was found last. */
  readonly found: () => readonly Device[];
  readonly published: Reading[];
  readonly open: (more?: Partial<LinkDeps>) => Promise<Connection>;
}

async function bench(t: TestContext, options: object = {}): Promise<Bench> {
  const plugin = await startTestPlugin(t);
  const bus = { plugin: "synse", address: `127.0.0.1:${plugin.port}`, ...options };
  const plan = planned(synse, JSON.stringify({ site: { id: "contract" }, buses: { far: bus } }));
  const clock = new TestClock(Date.parse("2031-05-06T07:08:10Z"));
  const memory = newMemory();
  const stop = new AbortController();
  const opened: Connection[] = [];
  const published: Reading[] = [];
  let found: readonly Device[] = [];
  t.after(async () => {
    stop.abort();
    await Promise.all(opened.map((connection) => connection.close()));
  });
  const open = async (more: Partial<LinkDeps> = {}): Promise<Connection> => {
    const connection = await plan.open({
      ...noSite,
      found: (devices) => {
        found = devices;
      },
      publish: (readings) => published.push(...readings),
      clock,
      log: silentLog,
      memory,
      signal: stop.signal,
      ...more,
    });
    opened.push(connection);
    return connection;
  };
  return { plugin, clock, found: () => found, published, open };
}

const promise = (what: string, run: (bench: Bench) => Promise<void>): void => {
  test(`synse: ${what}`, { timeout: 30_000 }, async (t) => run(await bench(t)));
};

async function readAll(connection: Connection, signal?: AbortSignal): Promise<readonly Reading[]> {
  const [poll] = connection.polls;
  assert.ok(poll !== undefined && connection.polls.length === 1);
  return connection.read(poll, asking(signal));
}

const callsOf = (connection: Connection): readonly CallCount[] =>
  (connection.report?.() as { readonly calls: readonly CallCount[] }).calls;

/** How many messages have come in answer to the calls of a method. */
const received = (connection: Connection, wanted: string): number =>
  callsOf(connection).find(({ method }) => method === wanted)?.received ?? 0;

/** Whether all was answered; a stream is open for ever. */
const isAnswered = (connection: Connection): boolean =>
  callsOf(connection).every(({ method, sent, took }) => method === "ReadStream" || took.count === sent);

/** Lets time pass until something has happened: never while an answer is on its way, which is slower than this time. */
async function pass(
  { clock }: Bench,
  connection: Connection,
  step: Millis,
  so: () => boolean,
): Promise<void> {
  while (!so()) {
    await turn();
    await until(() => isAnswered(connection));
    await clock.advance(step);
  }
}

const commandOf = (id: string): Command => ({
  device: id,
  action: { name: "state", kind: "pulse", accepts: { kind: "text", maxLength: 100 }, storage: "ram" },
  value: "on",
});

promise("every value is in one poll, which answers for all of them", async ({ plugin, found, open }) => {
  plugin.devices = [
    device("a"),
    device("b", { outputs: [], alias: "no alias" }),
    device("c", { capabilities: { mode: "w" }, tags: [{ namespace: "n", label: "l" }, { label: "no tag" }] }),
  ];
  plugin.readings = [reading("a", { float64_value: 20 }), reading("b"), reading("b", { int32_value: 7 })];
  const connection = await open();
  for (const one of found()) {
    assert.deepEqual(one.tags.slice(-2), [`system/id:${one.id}`, `system/type:${one.type}`]);
    checkDevice(
      {
        ...one,
        id: "1d916ec2-f015-5f3e-869d-36ef30dce23f",
        tags: [
          ...one.tags.slice(0, -2),
          "system/id:1d916ec2-f015-5f3e-869d-36ef30dce23f",
          "system/type:temperature",
        ],
      },
      "far",
    );
  }
  assert.deepEqual(
    found().map(({ alias }) => alias),
    ["a", "no-alias", "c"],
  );
  const readings = await readAll(connection);
  assert.deepEqual(keys(readings), found().flatMap(valuesOf).map(valueKey).sort());
  for (const one of readings) checkReading(one);
  assert.deepEqual(
    readings.map((one) => (one.quality === "bad" ? one.reason.code : one.value)),
    [20, "ABSENT", 7],
  );
});

promise("silence is bad readings; a failure says what the plugin says", async ({ plugin, clock, open }) => {
  const connection = await open();
  plugin.silent.add("Read");
  const before = plugin.calls.length;
  const reading = readAll(connection);
  await until(() => plugin.calls.length > before);
  await clock.advance(3000);
  const [silent] = await reading;
  assert.equal(silent?.quality === "bad" ? silent.reason.code : silent?.quality, "NO_ANSWER");
  plugin.silent.clear();
  plugin.failing.set("Read", { code: status.UNKNOWN, details: "the bus is on fire" });
  const [failed] = await readAll(connection);
  assert.equal(failed?.quality === "bad" ? failed.reason.code : failed?.quality, "DEVICE_FAILURE");
  assert.match(failed?.quality === "bad" ? failed.reason.text : "", /the bus is on fire/);
  plugin.failing.clear();
  // What was bad until now is good from now on, though the plugin's reading is older.
  const [healed] = await readAll(connection);
  assert.deepEqual([healed?.quality, healed?.at], ["good", clock.now()]);
});

promise(
  "what is aborted ends at once with STOPPED, and the connection stays usable",
  async ({ plugin, open }) => {
    const connection = await open();
    await rejects(readAll(connection, AbortSignal.abort()), "STOPPED");
    plugin.silent.add("Read");
    const abort = new AbortController();
    const reading = readAll(connection, abort.signal);
    abort.abort();
    await rejects(reading, "STOPPED");
    plugin.silent.clear();
    assert.equal((await readAll(connection))[0]?.quality, "good");
  },
);

promise("a plugin that vanishes ends the connection and what was asked", async ({ plugin, open }) => {
  const connection = await open();
  plugin.silent.add("Read");
  const reading = readAll(connection).catch((thrown: unknown) => thrown);
  plugin.stop();
  const reason = await connection.closed;
  assert.ok(reason instanceof BothyError && reason.code === "LINE_DOWN" && reason.retry);
  const outcome = await reading;
  if (Array.isArray(outcome)) for (const { quality } of outcome as Reading[]) assert.equal(quality, "bad");
  else assert.ok(outcome instanceof BothyError, String(outcome));
  await rejects(readAll(connection), "STOPPED");
  await connection.close();
});

promise("closing ends what is under way; closing again is nothing", async ({ plugin, clock, open }) => {
  const connection = await open();
  plugin.silent.add("Read").add("WriteAsync");
  const reading = readAll(connection);
  const writing = connection.write?.(commandOf("a"), new AbortController().signal);
  await Promise.all([
    rejects(reading, "STOPPED"),
    rejects(writing, "OUTCOME_UNKNOWN"),
    connection.close(),
    connection.close(),
  ]);
  await connection.close();
  assert.equal(await connection.closed, undefined);
  await rejects(readAll(connection), "STOPPED");
  await clock.advance(0);
  assert.equal(clock.waiting, 0, "timers are left");
});

promise("it can be opened again, with the same polls", async ({ open }) => {
  const first = await open();
  await first.close();
  const second = await open();
  assert.deepEqual(second.polls, first.polls);
  assert.equal((await readAll(second))[0]?.quality, "good");
});

promise(
  "what is not there, or no longer wanted, is an error that can be tried again",
  async ({ plugin, found, open }) => {
    await rejects(open({ signal: AbortSignal.abort() }), "STOPPED");
    await (await open()).close();
    plugin.stop();
    const known: (readonly Device[])[] = [];
    const error = await open({ found: (devices) => known.push(devices) }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof BothyError && error.code === "LINE_DOWN" && error.retry, String(error));
    // It is known all the same.
    assert.deepEqual(known, [found()]);
  },
);

promise("a plugin that does not say who it is, is refused with a remedy", async ({ plugin, open }) => {
  plugin.metadata = {};
  await assert.rejects(open(), {
    code: "BAD_FRAME",
    message: /does not say its id and tag: configure its metadata/,
  });
  plugin.metadata = { id: "a/../b", tag: "t" };
  await assert.rejects(open(), { code: "BAD_FRAME", message: /id "a\/..\/b" cannot stand in a URL/ });
});

promise("a write is sent once, and its end is what the plugin says", async (b) => {
  const { plugin } = b;
  const connection = await b.open();
  const write = async (id?: string): Promise<unknown> => {
    const { signal } = new AbortController();
    const command = { ...commandOf("a"), ...(id === undefined ? {} : { transaction: id }) };
    const writing = connection.write?.(command, signal).then(
      () => "done",
      (thrown: unknown) => thrown,
    );
    const over = { yes: false };
    void writing?.then(() => (over.yes = true));
    await pass(b, connection, 500, () => over.yes);
    return writing;
  };
  plugin.outcomes = [{ status: "PENDING" }, { status: "WRITING" }, { status: "DONE" }];
  assert.equal(await write("call-7"), "done");
  assert.equal(plugin.writes.length, 1);
  assert.equal(Buffer.from(plugin.writes[0]?.data[0]?.data ?? []).toString(), "on");
  plugin.outcomes = [{ status: "ERROR" }, { status: "ERROR" }, { status: "ERROR", message: "stuck" }];
  const code = (thrown: unknown): unknown => (thrown instanceof BothyError ? thrown.code : thrown);
  assert.equal(code(await write()), "REFUSED");
  plugin.outcomes = [{ status: "ERROR", message: "device write timed out" }];
  assert.equal(code(await write()), "OUTCOME_UNKNOWN");
  plugin.outcomes = [{ status: "PENDING" }];
  assert.equal(code(await write()), "OUTCOME_UNKNOWN");
  plugin.failing.set("Transaction", { code: status.NOT_FOUND, details: "never heard of it" });
  assert.equal(code(await write()), "OUTCOME_UNKNOWN");
  plugin.failing.set("WriteAsync", { code: status.UNKNOWN, details: "writing is not enabled" });
  assert.equal(code(await write()), "DEVICE_FAILURE");
  assert.equal(plugin.writes.length, 5);
  const ids = plugin.writes.map(({ data }) => data[0]?.transaction);
  assert.equal(ids[0], "call-7", "the id it has here, when it has one");
  assert.equal(new Set(ids).size, 5);
});

promise("readings come as they are made; unknown ones cause a look for devices", async (b) => {
  const { plugin, clock, found, published, open } = b;
  const connection = await open();
  await until(() => plugin.streams.size === 1);
  const send = (message: Parameters<typeof reading>[1], id = "a"): void => {
    for (const stream of plugin.streams) stream.write(reading(id, message));
  };
  send({ timestamp: "2031-05-06T07:08:10Z", float64_value: 21 });
  await until(() => received(connection, "ReadStream") === 1);
  await pass(b, connection, 20, () => published.length > 0);
  assert.deepEqual(
    published.map((one) => (one.quality === "bad" ? one.reason : [one.value, one.at])),
    [[21, Date.parse("2031-05-06T07:08:10Z")]],
  );
  await clock.advance(5000);
  plugin.devices = [device("a"), device("b")];
  send({ float64_value: 22 }, "b");
  await until(() => received(connection, "ReadStream") === 2);
  await pass(b, connection, 20, () => found().length > 1);
  assert.deepEqual(
    found().map(({ id }) => id),
    ["a", "b"],
  );
});

promise("a flood of messages is refused, not swallowed", async ({ plugin, open }) => {
  const big = "x".repeat(5 * 1024 * 1024);
  const connection = await open();
  plugin.readings = [reading("a", { string_value: big })];
  const [refused] = await readAll(connection);
  assert.equal(refused?.quality === "bad" ? refused.reason.code : refused?.quality, "LONG_FRAME");
  plugin.readings = [reading("a", { float64_value: 1 })];
  assert.equal((await readAll(connection))[0]?.quality, "good");
});

promise(
  "health: three questions without an answer, and the connection is made anew",
  async ({ plugin, clock, open }) => {
    const connection = await open();
    plugin.silent.add("Health");
    const over = { yes: false };
    void connection.closed.then(() => (over.yes = true));
    while (!over.yes) {
      await clock.advance(1000);
      await turn();
    }
    const reason = await connection.closed;
    assert.equal(reason?.code, "NO_ANSWER");
  },
);
