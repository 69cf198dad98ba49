import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../test/support/test-clock.ts";
import { BothyError } from "./errors.ts";
import { slots, type WriteRequest } from "./transaction.ts";
import { Transactions } from "./transactions.ts";

const request = (transaction?: string): WriteRequest => ({
  device: "fan",
  action: "speed",
  data: "80",
  slot: slots.operator,
  who: "ann",
  why: "test",
  ...(transaction === undefined ? {} : { transaction }),
});
const code = (wanted: string) => (error: unknown) => error instanceof BothyError && error.code === wanted;

test("a transaction has a random UUID or the id it was given, and no id twice", () => {
  const transactions = new Transactions({ clock: new TestClock() });
  const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
  assert.match(transactions.create(request(), 1000).id, uuid);
  assert.equal(transactions.create(request("mine"), 1000).id, "mine");
  assert.throws(() => transactions.create(request("mine"), 1000), code("DUPLICATE_TRANSACTION"));
});

test("a transaction that has ended never changes, and is forgotten five minutes later", async () => {
  const clock = new TestClock();
  const transactions = new Transactions({ clock });
  for (const id of ["b", "a"]) transactions.create(request(id), 1000);
  await clock.advance(600_000);
  assert.deepEqual(transactions.list(), ["a", "b"], "one that has not ended stays");
  transactions.update("a", "WRITING", "sending");
  transactions.update("a", "DONE", "read back 80 %");
  transactions.update("a", "ERROR", "too late");
  assert.equal(transactions.get("a")?.status, "DONE");
  assert.equal(transactions.get("a")?.updated, clock.now());
  await clock.advance(299_999);
  assert.equal(transactions.get("a")?.message, "read back 80 %");
  await clock.advance(1);
  assert.deepEqual(transactions.list(), ["b"]);
  assert.equal(transactions.create(request("a"), 1000).status, "PENDING");
});

test("when there are too many, those that ended first are forgotten; when none has ended, no more are taken", () => {
  const transactions = new Transactions({ clock: new TestClock(), limit: 3 });
  for (const id of ["a", "b", "c"]) transactions.create(request(id), 1000);
  assert.throws(() => transactions.create(request("d"), 1000), code("BUSY"));
  transactions.update("b", "DONE", "");
  transactions.update("a", "ERROR", "");
  transactions.create(request("d"), 1000);
  transactions.create(request("e"), 1000);
  assert.deepEqual(transactions.list(), ["c", "d", "e"]);
});

test("waiting ends with the transaction, or as it stands when called off", async () => {
  const transactions = new Transactions({ clock: new TestClock() });
  transactions.create(request("a"), 1000);
  const stop = new AbortController();
  const both = [transactions.wait("a"), transactions.wait("a", stop.signal)] as const;
  transactions.update("a", "WRITING", "sending");
  stop.abort();
  assert.equal((await both[1]).status, "WRITING");
  assert.equal((await transactions.wait("a", stop.signal)).status, "WRITING");
  transactions.endAll(new BothyError("STOPPED", { source: "the writer" }));
  assert.equal((await both[0]).reason?.code, "STOPPED");
  assert.equal((await transactions.wait("a")).status, "ERROR");
  await assert.rejects(transactions.wait("b"), code("NOT_FOUND"));
});
