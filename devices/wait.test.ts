import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TestConnection, planOf, pollOf } from "../test/support/connection.ts";
import { testDevice } from "../test/support/device.ts";
import { TestClock } from "../test/support/test-clock.ts";
import { BothyError } from "./errors.ts";
import { Link } from "./link.ts";
import { silentLog } from "./plugin.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";
import { firstOf, onAbort } from "./wait.ts";

test("the first of some signals to abort gives the reason, and none is held on to", () => {
  const [long, short] = [new AbortController(), new AbortController()];
  const first = firstOf(long.signal, short.signal);
  assert.equal(first.signal.aborted, false);
  short.abort("short");
  assert.equal(first.signal.reason, "short");
  assert.equal(getEventListeners(long.signal, "abort").length, 0);
  const done = firstOf(long.signal, new AbortController().signal);
  done.done();
  assert.equal(getEventListeners(long.signal, "abort").length, 0);
  long.abort("long");
  assert.equal(done.signal.aborted, false);
  assert.equal(firstOf(new AbortController().signal, long.signal).signal.reason, "long");
});

test("whoever has left leaves nothing behind, however many wait and whatever was collected meanwhile", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const long = new AbortController();
  const ran: number[] = [];
  const watch = (which: number): AbortController => {
    const left = new AbortController();
    onAbort(long.signal, () => ran.push(which), left.signal);
    return left;
  };
  const watching = [0, 1, 2, 3, 4].map(watch);
  // What is held weakly is there until the end of this turn.
  await turn();
  collect();
  await turn();
  for (const left of watching.slice(1)) left.abort();
  assert.equal(getEventListeners(long.signal, "abort").length, 1);
  long.abort();
  watch(5);
  onAbort(long.signal, () => ran.push(6), AbortSignal.abort());
  assert.deepEqual(ran, [0, 5]);
});

test("a link that is opened thousands of times leaves nothing behind on what lives as long as it does", async (t) => {
  const uses = new Map<AbortSignal, number>();
  const any = AbortSignal.any.bind(AbortSignal);
  t.mock.method(AbortSignal, "any", (signals: AbortSignal[]) => {
    for (const signal of signals) uses.set(signal, (uses.get(signal) ?? 0) + 1);
    return any(signals);
  });
  const clock = new TestClock();
  let connection = new TestConnection(clock, []);
  const signals: AbortSignal[] = [];
  const plan = planOf([testDevice("a")], (deps) => {
    signals.push(deps.signal);
    connection = new TestConnection(clock, [pollOf("a")]);
    return Promise.resolve(connection);
  });
  const store = new ReadingStore({ clock });
  const link = new Link(plan, { clock, log: silentLog, registry: new Registry(), store });
  link.start();
  for (let n = 0; n < 2000; n++) {
    await clock.advance(100);
    connection.fail(new BothyError("LINE_DOWN", { source: "a", fault: "cut" }));
    await clock.advance(30_000);
  }
  await link.stop();
  assert.ok(signals.length > 1000);
  assert.ok(signals.every(({ aborted }) => aborted));
  assert.equal(Math.max(...uses.values()), 1, "no signal served more than one opening");
  store.stop();
  await clock.advance(100);
  assert.equal(clock.waiting, 0);
});
