import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LinkMemory } from "../../devices/plugin.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { Learnt } from "./learnt.ts";
import { encodeRequest } from "./pdu.ts";
import { Sync } from "./sync.ts";

/** A memory that holds one value, whatever it is asked for. */
const holding = (value: unknown): LinkMemory => ({ get: () => value, set: () => undefined });
const read = encodeRequest({ kind: "read", table: "holding", address: 0, count: 2 });

/** A value as it was kept, with one thing in it replaced. */
function bent(value: unknown): fc.Arbitrary<unknown> {
  const paths: (string | number)[][] = [];
  const walk = (at: unknown, path: (string | number)[]): void => {
    paths.push(path);
    if (typeof at !== "object" || at === null) return;
    for (const [key, inner] of Object.entries(at)) walk(inner, [...path, key]);
  };
  walk(value, []);
  return fc.tuple(fc.constantFrom(...paths), fc.jsonValue()).map(([path, other]) => {
    const replaced = (at: unknown, [key, ...rest]: (string | number)[]): unknown => {
      if (key === undefined) return other;
      if (Array.isArray(at))
        return at.map((one: unknown, i) => (String(i) === String(key) ? replaced(one, rest) : one));
      const entries = Object.entries(at as object);
      return Object.fromEntries(
        entries.map(([name, one]) => [name, name === key ? replaced(one, rest) : one]),
      );
    };
    return replaced(value, path);
  });
}

test("what was learnt is taken over from a memory, but nothing in it that makes no sense", () => {
  const facts = {
    cuts: {
      holding: [
        { from: 4, to: 6 },
        { from: 9, to: 9, until: 1000 },
      ],
    },
    refused: [
      { table: "input", from: 1, to: 2, code: "NO_SUCH_POINT", text: "none", until: 5000, delay: 10_000 },
    ],
    proven: { coil: [{ from: 0, to: 16 }] },
    length: { input: { fine: 10, tooLong: 20 } },
  };
  assert.deepEqual(new Learnt(holding(facts), "unit").report(), facts);
  fc.assert(
    fc.property(bent(facts), (value) => {
      const learnt = new Learnt(holding(value), "unit");
      for (const table of ["coil", "discrete", "input", "holding"] as const) {
        for (const { from, to } of learnt.cuts(table)) assert.ok(from >= 0 && from <= to && to <= 65_536);
        const longest = learnt.longest(table, 125);
        assert.ok(longest >= 1 && longest <= 125);
        const refusal = learnt.refusal(table, { from: 1, to: 2 }, 0);
        assert.ok(refusal === undefined || refusal.code.length > 0);
        learnt.refuse(table, { from: 1, to: 2 }, { code: "NO_SUCH_POINT", text: "" }, 0);
        learnt.cut(table, { from: 4, to: 6 }, 0);
        learnt.tooLong(table, 4, 8);
        learnt.fine(table, { from: 0, to: 8 });
      }
      learnt.expire(2000);
    }),
  );
});

test("what units owe is taken over from a memory, but nothing in it that makes no sense", () => {
  const text = Buffer.from(read).toString("hex");
  const owed = { 3: { lastSent: 100, owed: [text, text] }, 7: { lastSent: 1e9, owed: [text] } };
  const sync = (value: unknown, clock = new TestClock()): Sync =>
    new Sync({ clock, memory: holding(value), lateAnswers: 2000 });
  assert.deepEqual(
    [3, 7, 8].map((unit) => sync(owed).owed(unit).length),
    [2, 1, 0],
  );
  fc.assert(
    fc.property(bent(owed), (value) => {
      const known = sync(value);
      for (let unit = 0; unit <= 255; unit++) {
        for (const { request } of known.owed(unit)) assert.ok(request.length >= 1 && request.length <= 253);
        assert.ok(["send", "probe", "rest"].includes(known.admit(unit, read).kind));
      }
    }),
  );
});

test("a moment on the clock of an earlier process is taken for no longer ago than this one runs", async () => {
  const clock = new TestClock();
  await clock.advance(1000);
  const text = Buffer.from(read).toString("hex");
  const memory = holding({ 3: { lastSent: 9_999_999, owed: [text] }, 4: { lastSent: 0, owed: [text] } });
  const sync = new Sync({ clock, memory, lateAnswers: 2000 });
  for (const [unit, rest] of [
    [4, 999],
    [3, 1000],
  ] as const) {
    // Sent now, an answer to it could be taken for the one that is owed.
    assert.notEqual(sync.admit(unit, read).kind, "send");
    await clock.advance(rest);
    assert.notEqual(sync.admit(unit, read).kind, "send");
  }
});

test("a unit too slow for every wait is not asked anew what it still owes", async () => {
  const clock = new TestClock();
  const sync = new Sync({ clock, memory: holding(undefined), lateAnswers: 2000 });
  const asked = [4, 2, 1].map((count) => encodeRequest({ kind: "read", table: "input", address: 0, count }));
  const [block = read] = asked;
  const lamp = encodeRequest({ kind: "read", table: "holding", address: 9, count: 1 });
  for (const request of [...asked, lamp]) {
    assert.equal(sync.admit(5, request).kind, "send");
    sync.sent(5, request, clock.monotonic());
    sync.failed(5, false, true);
    await clock.advance(300);
  }
  assert.equal(sync.admit(5, block).kind, "rest");
  // Nothing has come for long: a piece of the block is asked, and once more, never the block again.
  for (let again = 0; again < 3; again++) {
    await clock.advance(2000);
    const admission = sync.admit(5, block);
    assert.ok(admission.kind === "probe");
    assert.deepEqual(
      admission.request,
      encodeRequest({ kind: "read", table: "input", address: 0, count: 3 }),
    );
    sync.sent(5, admission.request, clock.monotonic());
    sync.failed(5, true, true);
    assert.equal(sync.admit(5, block).kind, "rest");
  }
  // What it owed first comes at last, and settles itself alone.
  assert.equal(sync.arrived(5, Uint8Array.of(4, 8, 0, 1, 0, 2, 0, 3, 0, 4)), "late");
  assert.equal(sync.owed(5).length, 6);
  assert.equal(sync.arrived(5, Uint8Array.of(4, 6, 0, 1, 0, 2, 0, 3)), "late");
  assert.equal(sync.owed(5).length, 2);
  assert.equal(sync.arrived(5, Uint8Array.of(4, 6, 0, 1, 0, 2, 0, 3)), "late");
  assert.equal(sync.arrived(5, Uint8Array.of(4, 6, 0, 1, 0, 2, 0, 3)), "late");
  assert.equal(sync.admit(5, block).kind, "send");
});
