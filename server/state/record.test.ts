import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seal, unseal } from "./record.ts";

test("what was sealed under a key is read back under it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.jsonValue(), (key, value) => {
      const json = JSON.stringify(value);
      assert.deepEqual(unseal(key, seal(key, json)), JSON.parse(json));
    }),
  );
});

test("a record with any one byte changed, cut short, or under another key is none", () => {
  const record = fc.record({ value: fc.array(fc.nat(), { minLength: 1 }), at: fc.nat(), bit: fc.nat(7) });
  fc.assert(
    fc.property(record, ({ value, at, bit }) => {
      const sealed = seal("slot/a", JSON.stringify(value));
      const bytes = Buffer.from(sealed, "latin1");
      const place = at % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
      assert.equal(unseal("slot/a", bytes.toString("latin1")), undefined);
      assert.equal(unseal("slot/a", sealed.slice(0, place)), undefined);
      assert.equal(unseal("slot/b", sealed), undefined);
    }),
  );
  assert.equal(unseal("a", ""), undefined);
  fc.assert(fc.property(fc.string(), (text) => assert.equal(unseal("slot/a", text), undefined)));
});
