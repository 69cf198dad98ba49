// The small rules: which numbers are let in, given out, and how many requests go at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../../devices/errors.ts";
import { type BmcOptions, settingsOf } from "./options.ts";
import { RequestNumbers } from "./request-numbers.ts";
import { nextSequence, SequenceWindow } from "./sequence-window.ts";
import { RequestWindow } from "./window.ts";

test("session numbers: each once, 15 ahead, 16 behind", () => {
  const window = new SequenceWindow();
  assert.ok(!window.accept(0));
  assert.ok(window.accept(100));
  assert.ok(!window.accept(100));
  assert.ok(window.accept(115));
  assert.ok(!window.accept(131));
  assert.ok(window.accept(114));
  assert.ok(window.accept(99));
  assert.ok(!window.accept(98));
});

test("session numbers go on with 1 after FFFFFFFFh", () => {
  assert.equal(nextSequence(0xffffffff), 1);
  const window = new SequenceWindow();
  let number = 0xfffffff8;
  for (let n = 0; n < 20; n++) {
    assert.ok(window.accept(number), String(number));
    assert.ok(!window.accept(number));
    number = nextSequence(number);
  }
  assert.ok(!window.accept(0xfffffff8 - 20));
});

test("the window does what a list of all numbers would", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 }), (numbers) => {
      const window = new SequenceWindow();
      const seen = new Set<number>();
      let highest: number | undefined;
      for (const number of numbers) {
        const near = highest === undefined || (number <= highest + 15 && number >= highest - 16);
        const fresh = near && !seen.has(number);
        assert.equal(window.accept(number), fresh);
        if (!fresh) continue;
        seen.add(number);
        highest = Math.max(highest ?? 0, number);
      }
    }),
  );
});

test("rqSeq: no number twice at a time; one that is owed an answer rests until it came, or its time is over", () => {
  const numbers = new RequestNumbers();
  const all = Array.from({ length: 64 }, () => numbers.take(0));
  assert.equal(new Set(all).size, 64);
  assert.equal(numbers.take(0), undefined);
  assert.equal(numbers.freeFrom(), Infinity);
  numbers.release(5, 2, 1000);
  assert.equal(numbers.take(0), undefined);
  assert.equal(numbers.freeFrom(), 1000);
  numbers.late(5);
  assert.equal(numbers.take(0), undefined);
  numbers.late(5);
  assert.equal(numbers.take(0), 5);
  numbers.release(7, 1, 1000);
  assert.equal(numbers.take(999), undefined);
  assert.equal(numbers.take(1000), 7);
  numbers.release(9, 0, 1000);
  assert.equal(numbers.take(0), 9);
});

test("the request window: never below 1, never above what is allowed or was found too many", () => {
  const events = fc.array(fc.oneof(fc.constant("proof"), fc.constant("answer"), fc.nat(16)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), events, (widest, list) => {
      const window = new RequestWindow(widest);
      for (const event of list) {
        if (typeof event === "number") window.lost(event);
        else window.answered(event === "proof");
        assert.ok(window.size >= 1 && window.size <= window.ceiling && window.ceiling <= widest);
      }
    }),
  );
});

test("what was found too many is tried again after long enough without a loss", () => {
  const window = new RequestWindow(4);
  for (let n = 0; n < 20; n++) window.answered(true);
  assert.equal(window.size, 4);
  window.lost(3);
  assert.deepEqual([window.size, window.ceiling], [1, 2]);
  for (let n = 0; n < 2000; n++) window.answered(true);
  assert.deepEqual([window.size, window.ceiling], [4, 4]);
});

const given: BmcOptions = { host: "192.0.2.1", user: "admin", password: "secret" };

test("what is not given is safe", () => {
  const { keepAlive, login, patience, port, window } = settingsOf(given);
  assert.deepEqual(
    login.suites.map(({ id }) => id),
    [17, 3],
  );
  assert.deepEqual([port, window, patience, keepAlive], [623, 4, 20_000, 20_000]);
  assert.equal(login.hasKey, false);
  assert.equal(settingsOf({ ...given, kg: Buffer.alloc(20) }).login.hasKey, false);
  assert.equal(settingsOf({ ...given, port: 9001 }).login.name, "192.0.2.1:9001");
});

const refused: readonly (readonly [string, Partial<BmcOptions>, RegExp])[] = [
  ["a password of 21 bytes", { password: "twenty-one-bytes-pass" }, /21 bytes, IPMI takes 20/],
  ["20 bytes, but more letters than fit", { password: "äääääääääää" }, /22 bytes/],
  ["17 bytes for version 1.5", { password: "seventeen-bytes-p", version: "1.5" }, /17 bytes, IPMI takes 16/],
  ["a K_G of 21 bytes", { kg: "twenty-one-bytes-key!" }, /K_G has 21 bytes/],
  ["a name of 17 bytes", { user: "seventeen-bytes-u" }, /at most 16 bytes; this one has 17/],
  ["suite 0 without saying it in words", { suites: [0] }, /any password.*allowUnauthenticated/],
  ["a suite with RC4", { suites: [4] }, /suite 4 is not known/],
  ["no suite at all", { suites: [] }, /no cipher suite/],
  ["no host", { host: "" }, /host is empty/],
  ["an impossible port", { port: 0 }, /port 0 is not/],
  ["a window of 17", { window: 17 }, /window 17 is not 1..16/],
];
for (const [what, options, text] of refused) {
  test(`refused: ${what}; no secret is repeated`, () => {
    assert.throws(
      () => settingsOf({ ...given, ...options }),
      (error) => {
        assert.ok(error instanceof BothyError);
        assert.equal(error.code, "BAD_CONFIG");
        assert.match(error.message, text);
        for (const secret of [options.password, options.kg]) {
          if (typeof secret === "string") assert.ok(!error.message.includes(secret));
        }
        return true;
      },
    );
  });
}
