import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBlock, encodeBlock, headerAt, headerBytes, isWhole, nextBlock } from "./block.ts";
import { applied, type Delta, difference } from "./delta.ts";
import type { Numbered, Traced } from "./traced.ts";

interface Step extends Traced {
  readonly inputs: unknown;
  readonly reason: string;
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
const none = Buffer.alloc(0);

test("what changed, put on what was, is what is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
      const [before, after] = [json(a), json(b)];
      const change = difference(before, after);
      const told = change === undefined ? undefined : (json(change) as Delta);
      assert.deepEqual(json(applied(before, told)), after);
    }),
  );
  const group = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 4,
  });
  fc.assert(
    fc.property(group, group, (a, b) => {
      const [before, after] = [json(a), json(b)];
      const change = difference(before, after);
      assert.deepEqual(
        json(applied(before, change === undefined ? undefined : (json(change) as Delta))),
        after,
      );
    }),
  );
});

test("the same values have no difference", () => {
  fc.assert(fc.property(fc.jsonValue(), (a) => assert.equal(difference(json(a), json(a)), undefined)));
  assert.equal(difference({ a: 1, b: undefined }, { a: 1 }), undefined);
});

const steps = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      inputs: fc.jsonValue({ maxDepth: 3 }),
      reason: fc.string(),
      state: fc.jsonValue(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .chain((list) =>
    fc.nat(1e9).map((first) => list.map((step, i) => ({ ...(json(step) as Step), n: first + i }))),
  );

test("a block gives the steps back that went in, with the state of the first", () => {
  const dictionaries = fc.constantFrom(none, Buffer.from('{"inputs":"reason"}'));
  fc.assert(
    fc.property(steps, dictionaries, (given, dictionary) => {
      const bytes = encodeBlock<Step>(given, dictionary);
      const header = headerAt(bytes, 0);
      assert.ok(header !== undefined && isWhole(bytes, 0, header));
      assert.equal(header.count, given.length);
      const expected = given.map(({ state, ...step }, i) => (i === 0 ? { ...step, state } : step));
      assert.deepEqual(json(decodeBlock(bytes, 0, header, dictionary)), json(expected));
    }),
  );
});

test("a block cut short, or with any byte changed, is not whole", () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, where, flip) => {
      const bytes = encodeBlock<Step>(given, none);
      const place = where % bytes.length;
      const whole = (some: Buffer): boolean => {
        const header = headerAt(some, 0);
        return header !== undefined && isWhole(some, 0, header);
      };
      assert.equal(whole(bytes.subarray(0, place)), false);
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ flip;
      assert.equal(whole(damaged), false);
    }),
  );
});

test("whatever bytes there are, looking for a block ends", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      for (let at = 0; at < buffer.length; at = nextBlock(buffer, at + 1)) {
        const header = headerAt(buffer, at);
        if (header !== undefined) isWhole(buffer, at, header);
      }
      assert.ok(nextBlock(buffer, 0) <= buffer.length);
    }),
  );
});

test("steps of which nothing changed take next to nothing", () => {
  const same = (count: number): readonly Numbered<Step>[] =>
    Array.from({ length: count }, (_, i) => ({
      n: i,
      at: i * 5000,
      inputs: { inlet: { value: 21.5 } },
      reason: "steady",
    }));
  const [few, many] = [encodeBlock(same(2), none).length, encodeBlock(same(10_000), none).length];
  assert.ok(many - few <= 8, `${many - few} bytes for 9998 steps`);
  assert.ok(few < headerBytes + 120);
});
