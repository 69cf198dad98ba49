import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { type Priority, priority } from "../../devices/plugin.ts";
import { Bus, type TurnOptions } from "./bus.ts";
import { settler } from "./line.ts";

const options = (over: Partial<TurnOptions> = {}): TurnOptions => ({
  priority: priority.poll,
  deadline: 0,
  signal: new AbortController().signal,
  ...over,
});

test("turns go by priority, then deadline, then arrival, one at a time", async () => {
  const anyTurn = fc.record({
    priority: fc.integer({ min: 0, max: 3 }),
    deadline: fc.integer({ min: 0, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyTurn, { maxLength: 20 }), async (wanted) => {
      const bus = new Bus({ name: "bus" });
      const first = settler<undefined>();
      const done: { priority: number; deadline: number; order: number }[] = [];
      let under = 0;
      const blocker = bus.turn(options(), () => first.promise);
      const turns = wanted.map(({ priority, deadline }, order) =>
        bus.turn(options({ priority: priority as Priority, deadline }), async () => {
          assert.equal(++under, 1);
          await Promise.resolve();
          done.push({ priority, deadline, order });
          under--;
        }),
      );
      first.settle(undefined);
      await Promise.all([blocker, ...turns]);
      const sorted = wanted.map((turn, order) => ({ ...turn, order }));
      sorted.sort((a, b) => a.priority - b.priority || a.deadline - b.deadline || a.order - b.order);
      assert.deepEqual(done, sorted);
    }),
  );
});

test("a turn aborted while it waits is never taken, and the others go on", async () => {
  const bus = new Bus({ name: "bus" });
  const first = settler<undefined>();
  const abort = new AbortController();
  let ran = false;
  const blocker = bus.turn(options(), () => first.promise);
  const gone = bus.turn(options({ signal: abort.signal }), () => {
    ran = true;
    return Promise.resolve();
  });
  const next = bus.turn(options(), () => Promise.resolve("next"));
  abort.abort();
  await assert.rejects(gone, { code: "STOPPED" });
  first.settle(undefined);
  await blocker;
  assert.equal(await next, "next");
  assert.equal(ran, false);
  await assert.rejects(
    bus.turn(options({ signal: abort.signal }), () => Promise.resolve()),
    { code: "STOPPED" },
  );
});

test("a write that comes while the line is still getting ready goes before the poll that waited", async () => {
  const ready = settler<undefined>();
  let asked = 0;
  const bus = new Bus({ name: "bus", ready: () => (asked++ === 0 ? ready.promise : undefined) });
  const order: string[] = [];
  const take = (name: string) => () => {
    order.push(name);
    return Promise.resolve();
  };
  const poll = bus.turn(options(), take("poll"));
  const write = bus.turn(options({ priority: priority.write }), take("write"));
  ready.settle(undefined);
  await Promise.all([poll, write]);
  assert.deepEqual(order, ["write", "poll"]);
});

test("a turn that fails gives the line back; a stopped bus turns everybody away", async () => {
  const bus = new Bus({ name: "bus", width: 2 });
  await assert.rejects(
    bus.turn(options(), () => Promise.reject(new Error("lost"))),
    /lost/,
  );
  const never = settler<undefined>();
  const blockers = [bus.turn(options(), () => never.promise), bus.turn(options(), () => never.promise)];
  const waiting = bus.turn(options(), () => Promise.resolve());
  assert.equal(bus.waiting, 1);
  bus.stop(new BothyError("LINE_DOWN", { source: "bus", fault: "cut" }));
  await assert.rejects(waiting, { code: "LINE_DOWN" });
  await assert.rejects(
    bus.turn(options(), () => Promise.resolve()),
    { code: "LINE_DOWN" },
  );
  never.settle(undefined);
  await Promise.all(blockers);
});
