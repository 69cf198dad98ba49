import assert from "node:assert/strict";
import { test } from "node:test";
import { pollOf, TestConnection } from "../test/support/connection.ts";
import { good, testDevice, valueId } from "../test/support/device.ts";
import { settle, TestClock } from "../test/support/test-clock.ts";
import { BothyError } from "./errors.ts";
import { type Poll, priority, silentLog } from "./plugin.ts";
import { Poller } from "./poller.ts";
import { ReadingStore } from "./store.ts";

interface Bench {
  readonly clock: TestClock;
  readonly store: ReadingStore;
  readonly connection: TestConnection;
  readonly poller: Poller;
  readonly counts: { runs: number; failed: number; missed: number };
  readonly hung: BothyError[];
}

function bench(...polls: readonly Poll[]): Bench {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  for (const id of new Set(polls.flatMap(({ values }) => values.map(({ device }) => device)))) {
    store.declare(testDevice(id));
  }
  const connection = new TestConnection(clock, polls);
  const counts = { runs: 0, failed: 0, missed: 0 };
  const hung: BothyError[] = [];
  const poller = new Poller(connection, {
    clock,
    log: silentLog,
    store,
    counts,
    hung: (error) => hung.push(error),
  });
  return { clock, store, connection, poller, counts, hung };
}

const noAnswer = new BothyError("NO_ANSWER", { source: "unit 1", timeout: 200 });
const order = ({ connection }: Bench): readonly string[] =>
  connection.runs.toSorted((a, b) => a.started - b.started).map(({ poll }) => poll.id);
const state = ({ store }: Bench, device: string): string | undefined => {
  const reading = store.get(valueId(device));
  return reading?.quality === "bad" ? reading.reason.code : reading?.quality;
};
const startsOf = ({ connection }: Bench, id: string): readonly number[] =>
  connection.runs.filter(({ poll }) => poll.id === id).map(({ started }) => started);

test("everything is due at once, the most urgent and the fastest first, then on multiples of the period", async () => {
  const at = bench(
    pollOf("slow", { period: 5000 }),
    pollOf("fast", { period: 1000 }),
    pollOf("controlled", { period: 3000, priority: priority.control }),
  );
  at.poller.start();
  await at.clock.advance(30);
  assert.deepEqual(order(at).slice(0, 3), ["controlled", "fast", "slow"]);
  await at.clock.advance(10_000 - 30 - 1);
  assert.deepEqual(
    startsOf(at, "fast").map((n) => n % 1000 < 31),
    Array.from({ length: 10 }, () => true),
  );
  assert.deepEqual(startsOf(at, "controlled"), [0, 3000, 6000, 9000]);
  assert.equal(startsOf(at, "slow").length, 2);
  assert.deepEqual(at.poller.stats(), {
    polls: 3,
    running: 0,
    runs: 16,
    failed: 0,
    missed: 0,
    silentUnits: [],
  });
});

test("a poll is never started twice at once, and deadlines that pass are counted, not caught up", async () => {
  const at = bench(pollOf("a", { period: 1000 }));
  at.connection.takes = 3500;
  at.poller.start();
  await at.clock.advance(3499);
  assert.equal(at.connection.runs.length, 1);
  await at.clock.advance(1);
  assert.equal(at.counts.missed, 3);
  assert.equal(at.connection.runs.length, 2, "it is due again at once");
  at.connection.takes = 10;
  await at.clock.advance(3500);
  assert.equal(at.connection.runs.length, 3);
});

test("under saturation the line is never idle, everybody has a turn, and slow polls do not starve", async () => {
  const fast = Array.from({ length: 5 }, (_, n) => pollOf(`fast${n}`, { period: 200 }));
  const background = pollOf("background", { period: 1000, priority: priority.background });
  const control = [1, 2].map((n) => pollOf(`control${n}`, { period: 100, priority: priority.control }));
  const at = bench(...fast, pollOf("slow", { period: 10_000 }), background, ...control);
  at.connection.takes = 100;
  at.poller.start();
  await at.clock.advance(60_000);
  const runs = at.connection.runs.filter(({ ended }) => !Number.isNaN(ended));
  assert.equal(runs.length, 600, "one run per 100 ms, without a gap");
  const count = (id: string): number => runs.filter(({ poll }) => poll.id === id).length;
  assert.ok(count("slow") >= 5, `slow ran ${count("slow")} times`);
  assert.ok(count("background") >= 10, `background ran ${count("background")} times`);
  const fastCounts = fast.map(({ id }) => count(id));
  assert.ok(Math.max(...fastCounts) - Math.min(...fastCounts) <= 1, `fast ran ${fastCounts.join()} times`);
  assert.ok(at.counts.missed > 0);
});

test("under saturation equals are read equally often, whoever answered first or takes less time", async () => {
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const at = bench(...names.map((name) => pollOf(name, { period: 50 })));
  at.connection.takes = 20;
  at.poller.start();
  await at.clock.advance(10_000);
  const counts = names.map((name) => startsOf(at, name).length);
  assert.ok(Math.min(...counts) >= 0.9 * Math.max(...counts), `runs: ${counts.join(" ")}`);
});

test("a control poll that keeps its period goes first, however much there is to do", async () => {
  const work = Array.from({ length: 20 }, (_, n) => pollOf(`p${n}`, { period: 500 }));
  const at = bench(...work, pollOf("control", { period: 1000, priority: priority.control }));
  at.connection.takes = 100;
  at.poller.start();
  await at.clock.advance(29_999);
  const starts = startsOf(at, "control");
  assert.equal(starts.length, 30);
  for (const [n, start] of starts.entries()) assert.ok(start - n * 1000 <= 100, `run ${n} began at ${start}`);
});

test("promoted values are read as urgently as control, until they no longer are", async () => {
  const at = bench(...["a", "b", "c", "d"].map((id) => pollOf(id)));
  const demote = at.poller.promote([valueId("d"), valueId("unknown")]);
  at.poller.start();
  await at.clock.advance(500);
  assert.deepEqual(order(at), ["d", "a", "b", "c"]);
  demote();
  demote();
  await at.clock.advance(1000);
  assert.deepEqual(
    at.connection.runs.slice(4).map(({ options }) => options.priority),
    [priority.poll, priority.poll, priority.poll, priority.poll],
  );
});

test("a failed poll turns all its values bad with the error's code and text", async () => {
  const at = bench(pollOf("a", { values: [valueId("a"), valueId("b")] }));
  at.connection.faults.set("a", new BothyError("REFUSED", { source: "unit 1", fault: "exception 1" }));
  at.poller.start();
  await at.clock.advance(20);
  assert.deepEqual([state(at, "a"), state(at, "b")], ["REFUSED", "REFUSED"]);
  const reading = at.store.get(valueId("b"));
  assert.match(reading?.quality === "bad" ? reading.reason.text : "", /exception 1/);
  assert.equal(at.counts.failed, 1);
  at.connection.faults.clear();
  await at.clock.advance(1000);
  assert.deepEqual([state(at, "a"), state(at, "b")], ["good", "good"]);
});

test("values that an answer does not mention are bad, not silently old", async () => {
  const at = bench(pollOf("a", { values: [valueId("a"), valueId("b")] }));
  at.connection.read = () => Promise.resolve([good(valueId("a"), at.clock.now(), 1)]);
  at.poller.start();
  await settle();
  assert.deepEqual([state(at, "a"), state(at, "b")], ["good", "INTERNAL"]);
});

test("a silent unit is tried with one poll at a time, and delays nobody", async () => {
  const dead = ["d1", "d2", "d3"].map((id) => pollOf(id, { unit: "dead" }));
  const at = bench(...dead, pollOf("alive"));
  at.connection.takes = 100;
  at.connection.faults.set("dead", noAnswer);
  at.poller.start();
  await at.clock.advance(59_999);
  assert.deepEqual(at.poller.stats().silentUnits, ["dead"]);
  const tried = at.connection.runs.filter(({ poll, ended }) => poll.unit === "dead" && !Number.isNaN(ended));
  assert.ok(tried.length <= 12, `${tried.length} tries in a minute`);
  assert.equal(startsOf(at, "alive").length, 60);
  assert.equal(at.counts.missed, 0);
  for (const { id } of dead) {
    assert.equal(state(at, id), "NO_ANSWER");
    assert.ok(
      tried.some(({ poll }) => poll.id === id),
      `${id} was tried`,
    );
    const age = at.clock.now() - (at.store.get(valueId(id))?.at ?? 0);
    assert.ok(age <= 10_100, `${id} was last said to be bad ${age} ms ago`);
  }
  at.connection.faults.clear();
  await at.clock.advance(10_500);
  for (const { id } of dead) assert.equal(state(at, id), "good");
  assert.deepEqual(at.poller.stats().silentUnits, []);
});

test("however many units are dead, those that answer are read as often, and the dead are tried in turn", async () => {
  const dead = Array.from({ length: 100 }, (_, n) => pollOf(`d${n}`, { period: 2000 }));
  const alive = Array.from({ length: 5 }, (_, n) => pollOf(`a${n}`, { period: 2000 }));
  const at = bench(...dead, ...alive);
  for (const { unit } of dead) at.connection.faults.set(unit, noAnswer);
  at.connection.takes = 200;
  at.poller.start();
  await at.clock.advance(60_000);
  assert.equal(at.poller.stats().silentUnits.length, 100);
  const from = at.connection.runs.length;
  await at.clock.advance(60_000);
  const later = at.connection.runs.slice(from);
  for (const { id } of alive) {
    const runs = later.filter(({ poll }) => poll.id === id).length;
    assert.ok(runs >= 29, `${id} was read ${runs} times in a minute`);
  }
  const tried = new Set(later.filter(({ poll }) => poll.id.startsWith("d")).map(({ poll }) => poll.id));
  assert.equal(tried.size, 100, "all of the dead were tried");
  at.connection.faults.clear();
  at.connection.takes = 10;
  await at.clock.advance(15_000);
  for (const { id } of dead) assert.equal(state(at, id), "good");
});

test("what is read seldom and was bad is read again soon, less and less so while it stays bad", async () => {
  const at = bench(pollOf("a", { period: 60_000 }), pollOf("b", { unit: "unit a" }));
  at.connection.faults.set("a", new BothyError("BAD_CHECKSUM", { source: "unit 1", fault: "noise" }));
  at.poller.start();
  await at.clock.advance(130_000);
  assert.deepEqual(
    startsOf(at, "a").map((start) => Math.floor(start / 1000)),
    [0, 10, 30, 70, 130].filter((start) => start < 130),
  );
  at.connection.faults.clear();
  await at.clock.advance(1000);
  assert.equal(state(at, "a"), "good");
  const good = startsOf(at, "a").length;
  await at.clock.advance(59_000);
  assert.equal(startsOf(at, "a").length, good, "then at its own pace again");
});

test("a unit that says it has no value has answered: that is no failure, and is not asked again soon", async () => {
  const at = bench(pollOf("a", { period: 60_000 }));
  const starts: number[] = [];
  at.connection.read = (poll) => {
    starts.push(at.clock.monotonic());
    const reason = { code: "ABSENT", text: "no limit is in force" } as const;
    return Promise.resolve(poll.values.map((id) => ({ id, at: at.clock.now(), quality: "bad", reason })));
  };
  at.poller.start();
  await at.clock.advance(125_000);
  assert.deepEqual(starts, [0, 60_000, 120_000]);
  assert.deepEqual([at.counts.runs, at.counts.failed], [3, 0]);
  assert.equal(state(at, "a"), "ABSENT");
});

test("silence that is told reading by reading is silence too", async () => {
  const at = bench(pollOf("a"));
  at.connection.read = (poll) => {
    at.connection.runs.push({ poll } as (typeof at.connection.runs)[number]);
    const { code, message: text } = noAnswer;
    return Promise.resolve(
      poll.values.map((id) => ({ id, at: at.clock.now(), quality: "bad", reason: { code, text } })),
    );
  };
  at.poller.start();
  await at.clock.advance(1500);
  assert.deepEqual(
    at.poller.stats().silentUnits,
    ["a"].map((id) => `unit ${id}`),
  );
});

test("a read that never settles leaves no value posing as fresh, and is reported", async () => {
  const at = bench(pollOf("a"), pollOf("b"));
  at.poller.start();
  await at.clock.advance(900);
  assert.equal(state(at, "a"), "good");
  at.connection.faults.set("a", "hang");
  await at.clock.advance(8200);
  assert.deepEqual([state(at, "a"), state(at, "b")], ["STALE", "STALE"], "they share the line that hangs");
  assert.deepEqual(at.hung, []);
  await at.clock.advance(300_000);
  assert.match(at.hung.map(({ message }) => message).join(), /poll a/);
});

test("a refresh goes before all others, waits for a run under way, and leaves the plan as it is", async () => {
  const at = bench(...["a", "b", "c"].map((id) => pollOf(id)));
  at.poller.start();
  await at.clock.advance(100);
  at.connection.hold(valueId("b"), 33);
  let done = false;
  void at.poller.refresh(valueId("b")).then(() => (done = true));
  await at.clock.advance(10);
  assert.ok(done);
  const reading = at.store.get(valueId("b"));
  assert.equal(reading?.quality === "good" && reading.value, 33);
  await at.clock.advance(890);
  void at.poller.refresh(valueId("c"));
  await at.clock.advance(100);
  assert.deepEqual(startsOf(at, "b"), [10, 100, 1010]);
  assert.deepEqual(startsOf(at, "c"), [20, 1020, 1030]);
  await at.poller.refresh(valueId("nowhere"));
});

test("after stop nothing is started and nothing is published", async () => {
  const at = bench(pollOf("a"));
  at.poller.start();
  await at.clock.advance(5);
  at.poller.stop();
  await at.clock.advance(10_000);
  assert.equal(at.connection.runs.length, 1);
  assert.equal(state(at, "a"), "NOT_READ_YET");
  assert.equal(at.clock.waiting, 0);
});
