import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryKeeper } from "../test/support/memory-keeper.ts";
import { TestClock } from "../test/support/test-clock.ts";
import { silentLog } from "./plugin.ts";
import { slots, type WriteRequest } from "./transaction.ts";
import { transactionLife, Transactions } from "./transactions.ts";

const request = (transaction: string, rest: Partial<WriteRequest> = {}): WriteRequest => ({
  device: "fan",
  action: "speed",
  data: "80",
  slot: slots.operator,
  who: "ann",
  why: "test",
  transaction,
  ...rest,
});

test("a restart keeps transactions as they ended, and ends what was under way with a reason", async () => {
  const keeper = new MemoryKeeper();
  const clock = new TestClock();
  const before = new Transactions({ clock, keeper });
  for (const id of ["done", "failed", "sent", "new"]) before.create(request(id), 1000);
  before.create(request("named", { askedAs: "tray.fan", holdFor: 5000 }), 1000);
  before.create(
    request("called", { device: "2af1c7e0-0000-5000-8000-000000000001", called: "server-1-power" }),
    1000,
  );
  const reason = { code: "NO_ANSWER", text: "fan did not answer" } as const;
  before.update("done", "DONE", "read back 80 %");
  before.update("failed", "ERROR", reason.text, reason);
  before.update("sent", "WRITING", "sending");
  await clock.advance(1000);
  const ends = ["done", "failed"].map((id) => before.get(id));

  const said: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => void said.push(text) };
  const after = new Transactions({ clock, keeper: keeper.crash(), log });
  assert.deepEqual(after.list(), ["called", "done", "failed", "named", "new", "sent"]);
  assert.deepEqual(
    ["done", "failed"].map((id) => after.get(id)),
    ends,
  );
  for (const id of ["sent", "new"]) {
    const found = after.get(id);
    assert.equal(found?.status, "ERROR");
    assert.equal(found.reason?.code, "INTERRUPTED");
    assert.match(
      found.message,
      /^fan speed: the program ended while the write was under way; read the device/,
    );
    assert.equal(found.updated, clock.now());
  }
  assert.match(after.get("named")?.message ?? "", /^tray\.fan speed: /);
  assert.match(after.get("called")?.message ?? "", /^server-1-power speed: the program ended/);
  assert.equal(after.get("named")?.request.holdFor, 5000);
  assert.equal(said.length, 1);
  const found = await after.wait("sent");
  assert.equal(found.status, "ERROR");
});

test("what a restart ended is kept as ended: a second restart changes nothing", () => {
  const keeper = new MemoryKeeper();
  const clock = new TestClock();
  new Transactions({ clock, keeper }).create(request("a"), 1000);
  const once = keeper.crash();
  const first = new Transactions({ clock, keeper: once }).get("a");
  clock.setWall(1000);
  assert.deepEqual(new Transactions({ clock, keeper: once.crash() }).get("a"), first);
});

test("an ended transaction is forgotten five minutes after its end, also across a restart", async () => {
  const keeper = new MemoryKeeper();
  const clock = new TestClock();
  const before = new Transactions({ clock, keeper });
  for (const id of ["a", "b"]) {
    before.create(request(id), 1000);
    before.update(id, "DONE", "");
    await clock.advance(60_000);
  }
  // A new program has a monotonic clock of its own.
  const later = new TestClock(clock.now() + 60_000);
  const next = keeper.crash();
  const after = new Transactions({ clock: later, keeper: next });
  assert.deepEqual(after.list(), ["a", "b"]);
  await later.advance(transactionLife - 180_000 - 1);
  assert.deepEqual(after.list(), ["a", "b"]);
  await later.advance(1);
  assert.deepEqual(after.list(), ["b"]);
  await later.advance(60_000);
  assert.deepEqual(after.list(), []);
  assert.equal(next.disk.size, 0, "what is forgotten is not kept either");
});

test("a wall clock that was set back makes a transaction live once more as long, but not at every start", () => {
  const keeper = new MemoryKeeper();
  const clock = new TestClock();
  const before = new Transactions({ clock, keeper });
  before.create(request("a"), 1000);
  before.update("a", "DONE", "");
  const start = clock.now() - 10 * 365 * 86_400_000;
  const first = new TestClock(start);
  const once = keeper.crash();
  assert.deepEqual(new Transactions({ clock: first, keeper: once }).list(), ["a"]);
  const second = new Transactions({ clock: new TestClock(start + transactionLife), keeper: once.crash() });
  assert.deepEqual(second.list(), []);
});

test("more than the limit are not taken over: those that ended first go", async () => {
  const keeper = new MemoryKeeper();
  const clock = new TestClock();
  const before = new Transactions({ clock, keeper });
  for (const id of ["c", "a", "b"]) {
    before.create(request(id), 1000);
    before.update(id, "DONE", "");
    await clock.advance(1);
  }
  assert.deepEqual(new Transactions({ clock, keeper: keeper.crash(), limit: 2 }).list(), ["a", "b"]);
});

test("whatever stands where transactions are kept, a start survives it, and keeps nothing of what makes no sense", () => {
  const field = fc.constantFrom(
    "id",
    "request",
    "created",
    "updated",
    "status",
    "message",
    "timeout",
    "reason",
  );
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), field, fc.jsonValue(), (id, whole, name, value) => {
      const keeper = new MemoryKeeper();
      const clock = new TestClock();
      const before = new Transactions({ clock, keeper });
      const good = before.create(request("good"), 1000);
      keeper.put("transaction", "whole", whole);
      keeper.put("transaction", "bent", { ...good, id: "bent", [name]: value });
      keeper.put("transaction", `x${id}`, good);
      const after = new Transactions({ clock, keeper: keeper.crash() });
      for (const known of after.list()) {
        const found = after.get(known);
        assert.equal(found?.id, known);
        assert.ok(["DONE", "ERROR"].includes(found.status));
        assert.ok(Number.isFinite(found.updated) && typeof found.message === "string");
      }
      assert.ok(after.list().includes("good"));
      assert.ok(!after.list().includes("whole") && !after.list().includes(`x${id}`));
    }),
  );
});
