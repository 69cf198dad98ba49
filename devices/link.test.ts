import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, pollOf, TestConnection } from "../test/support/connection.ts";
import { dutyAction, testDevice, valueId } from "../test/support/device.ts";
import { settle, TestClock } from "../test/support/test-clock.ts";
import type { Millis } from "./clock.ts";
import { BothyError } from "./errors.ts";
import { Link } from "./link.ts";
import { type Connection, type LinkDeps, priority, silentLog } from "./plugin.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";

interface Bench {
  readonly clock: TestClock;
  readonly store: ReadingStore;
  readonly registry: Registry;
  readonly link: Link;
  readonly connections: TestConnection[];
  readonly opened: Millis[];
  readonly deps: LinkDeps[];
  readonly said: string[];
}

const unplugged = new BothyError("LINE_DOWN", { source: "/dev/tty", fault: "it was unplugged" });

/** @param open what happens instead of an opening that works */
function bench(open?: (n: number) => Promise<Connection> | undefined): Bench {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  const registry = new Registry();
  const connections: TestConnection[] = [];
  const opened: Millis[] = [];
  const deps: LinkDeps[] = [];
  const said: string[] = [];
  const hear = (_: object, text: string): void => void said.push(text);
  const plan = planOf([testDevice("a"), testDevice("b")], (given) => {
    deps.push(given);
    opened.push(clock.monotonic());
    const instead = open?.(opened.length);
    if (instead !== undefined) return instead;
    const connection = new TestConnection(clock, [pollOf("a"), pollOf("b", { values: [valueId("b")] })]);
    connections.push(connection);
    return Promise.resolve(connection);
  });
  const log = { ...silentLog, warn: hear, info: hear, error: hear };
  const link = new Link(plan, { clock, log, registry, store });
  return { clock, store, registry, link, connections, opened, deps, said };
}

const states = ({ store }: Bench): readonly string[] =>
  ["a", "b"].map((device) => {
    const reading = store.get(valueId(device));
    return reading?.quality === "bad" ? reading.reason.code : (reading?.quality ?? "none");
  });
const hangs = (): Promise<never> => new Promise(() => undefined);
const last = ({ connections }: Bench): TestConnection => {
  const found = connections.at(-1);
  assert.ok(found);
  return found;
};

test("a started link makes its devices known, opens, and reads", async () => {
  const at = bench();
  assert.equal(at.link.status().state, "idle");
  at.link.start();
  at.link.start();
  assert.deepEqual(states(at), ["NOT_READ_YET", "NOT_READ_YET"]);
  assert.equal(at.registry.all().length, 2);
  await at.clock.advance(50);
  assert.deepEqual(states(at), ["good", "good"]);
  const { state, opened, poller, lastError } = at.link.status();
  assert.deepEqual([state, opened, poller?.runs, lastError], ["open", 1, 2, undefined]);
  assert.equal(at.link.connection, last(at));
  await at.link.stop();
});

test("a connection that goes turns every value bad at once, with the reason, and is opened again", async () => {
  const at = bench();
  at.link.start();
  await at.clock.advance(50);
  last(at).fail(unplugged);
  await settle();
  assert.deepEqual(states(at), ["LINE_DOWN", "LINE_DOWN"]);
  const reading = at.store.get(valueId("a"));
  assert.match(reading?.quality === "bad" ? reading.reason.text : "", /it was unplugged/);
  const { state, lastError } = at.link.status();
  assert.equal(state, "waiting");
  assert.equal(lastError?.code, "LINE_DOWN");
  assert.equal(last(at).closes, 1);
  await at.clock.advance(600);
  assert.deepEqual(states(at), ["good", "good"]);
  assert.equal(at.connections.length, 2);
  assert.deepEqual(at.said, ["/dev/tty: the line is down (it was unplugged)", "link is open again"]);
  await at.link.stop();
});

test("a connection that closes by itself without a reason is a line that is down", async () => {
  const at = bench();
  at.link.start();
  await at.clock.advance(50);
  await last(at).close();
  await settle();
  assert.deepEqual(states(at), ["LINE_DOWN", "LINE_DOWN"]);
  await at.link.stop();
});

test("opening is tried again after delays that double up to half a minute, and said to fail each time", async () => {
  const at = bench(() => Promise.reject(new Error("no such port")));
  at.link.start();
  await settle();
  assert.deepEqual(states(at), ["LINE_DOWN", "LINE_DOWN"]);
  const first = at.store.get(valueId("a"));
  await at.clock.advance(120_000);
  const gaps = at.opened.slice(1).map((time, n) => time - (at.opened[n] ?? 0));
  assert.deepEqual(gaps, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  const again = at.store.get(valueId("a"));
  assert.ok((again?.at ?? 0) > (first?.at ?? Infinity));
  assert.equal(at.said.length, 1, "logged once on entering");
  assert.match(at.said[0] ?? "", /no such port/);
  await at.link.stop();
});

test("only a connection that lasted makes the delay short again", async () => {
  const at = bench();
  at.link.start();
  for (const lasts of [0, 0, 0, 59_000, 60_000, 0]) {
    await at.clock.advance(lasts);
    const before = at.opened.length;
    last(at).fail(unplugged);
    while (at.opened.length === before) await at.clock.advance(500);
  }
  const gaps = at.opened.slice(1).map((time, n) => time - (at.opened[n] ?? 0));
  assert.deepEqual(gaps, [500, 1000, 2000, 63_000, 60_500, 1000]);
  await at.link.stop();
});

test("what a link has learnt is kept when it is opened again", async () => {
  const at = bench();
  at.link.start();
  await settle();
  at.deps[0]?.memory.set("holes", [1, 2]);
  last(at).fail(unplugged);
  await at.clock.advance(500);
  assert.deepEqual(at.deps[1]?.memory.get("holes"), [1, 2]);
  assert.equal(at.deps[0]?.signal.aborted, true);
  await at.link.stop();
});

test("an opening that never settles is given up, and one that comes too late is closed", async () => {
  let arrive: (connection: Connection) => void = () => undefined;
  const at = bench((n) => (n === 1 ? new Promise((resolve) => (arrive = resolve)) : undefined));
  at.link.start();
  await at.clock.advance(60_000);
  assert.deepEqual(states(at), ["LINE_DOWN", "LINE_DOWN"]);
  const late = new TestConnection(at.clock, []);
  arrive(late);
  await settle();
  assert.equal(late.closes, 1);
  await at.clock.advance(600);
  assert.deepEqual(states(at), ["good", "good"]);
  await at.link.stop();
});

test("a connection whose reads hang is replaced", async () => {
  const at = bench();
  at.link.start();
  await at.clock.advance(500);
  last(at).faults.set("a", "hang");
  await at.clock.advance(20_000);
  assert.deepEqual(states(at), ["STALE", "STALE"]);
  await at.clock.advance(300_000);
  assert.equal(at.connections.length, 2);
  assert.deepEqual(states(at), ["good", "good"]);
  await at.link.stop();
});

test("stop works in every state, more than once, and leaves nothing behind", async () => {
  const scripts: Record<string, (at: Bench) => Promise<void>> = {
    idle: () => Promise.resolve(),
    opening: (at) => (at.link.start(), settle()),
    open: (at) => (at.link.start(), at.clock.advance(50)),
    waiting: async (at) => {
      at.link.start();
      await settle();
      last(at).fail(unplugged);
      await settle();
    },
  };
  for (const [state, script] of Object.entries(scripts)) {
    const at = bench(state === "opening" ? hangs : undefined);
    await script(at);
    assert.equal(at.link.status().state, state);
    await Promise.all([at.link.stop(), at.link.stop()]);
    assert.equal(at.link.status().state, "stopped");
    assert.deepEqual(states(at), state === "idle" ? ["none", "none"] : ["STOPPED", "STOPPED"]);
    at.store.stop();
    await at.clock.advance(60);
    assert.equal(at.clock.waiting, 0, `${state}: something still waits`);
    at.link.start();
    assert.equal(at.link.status().state, "stopped");
  }
});

test("a connection that does not close is left to itself after five seconds", async () => {
  const at = bench();
  at.link.start();
  await at.clock.advance(50);
  last(at).close = hangs;
  let stopped = false;
  void at.link.stop().then(() => (stopped = true));
  await at.clock.advance(4999);
  assert.equal(stopped, false);
  await at.clock.advance(1);
  assert.equal(stopped, true);
});

test("promoted values stay promoted when the link is opened again", async () => {
  const at = bench();
  const demote = at.link.promote([valueId("a")]);
  at.link.start();
  await at.clock.advance(50);
  const urgencies = (): readonly number[] =>
    last(at)
      .runs.slice(-2)
      .map(({ options }) => options.priority);
  // A unit that never answered so far has to wait for those that do.
  assert.deepEqual(urgencies(), [priority.control, priority.background]);
  last(at).fail(unplugged);
  await at.clock.advance(600);
  assert.deepEqual(urgencies(), [priority.control, priority.background]);
  demote();
  await at.clock.advance(1000);
  assert.deepEqual(urgencies(), [priority.poll, priority.poll]);
  await at.link.stop();
});

test("writing and refreshing say that the line is down while it is", async () => {
  const at = bench();
  const { signal } = new AbortController();
  const command = { device: "a", action: dutyAction({ shows: { output: "temperature" } }), value: 50 };
  const code = (wanted: string) => (error: unknown) => error instanceof BothyError && error.code === wanted;
  await assert.rejects(at.link.write(command, signal), code("LINE_DOWN"));
  await assert.rejects(at.link.refresh(valueId("a")), code("LINE_DOWN"));
  let opened = 0;
  const unlisten = at.link.onOpen(() => opened++);
  at.link.start();
  await at.clock.advance(50);
  assert.equal(opened, 1);
  unlisten();
  const writing = at.link.write(command, signal);
  await at.clock.advance(50);
  assert.equal((await writing).length, 1);
  const reading = at.store.get(valueId("a"));
  assert.equal(reading?.quality === "good" && reading.value, 50, "what was read back is in the store");
  last(at).fail(unplugged);
  await at.clock.advance(50);
  const message = "/dev/tty: the line is down (it was unplugged)";
  await assert.rejects(at.link.write(command, signal), { code: "LINE_DOWN", message });
  await at.clock.advance(1000);
  const readOnly = last(at) as Partial<TestConnection>;
  Object.defineProperty(readOnly, "write", { value: undefined });
  await assert.rejects(at.link.write(command, signal), code("NOT_WRITABLE"));
  await at.link.stop();
  await assert.rejects(at.link.write(command, signal), code("STOPPED"));
});
