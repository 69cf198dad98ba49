import assert from "node:assert/strict";
import { createCipheriv, createSecretKey } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Aes, blockLength } from "./aes.ts";
import { pooledRandom } from "./random.ts";

const block = fc.uint8Array({ minLength: blockLength, maxLength: blockLength });
const blocks = fc.array(block, { minLength: 1, maxLength: 5 }).map((parts) => Buffer.concat(parts));

test("one message after the other comes out as if each had a cipher of its own", () => {
  fc.assert(
    fc.property(
      block,
      fc.array(fc.record({ iv: block, plain: blocks }), { minLength: 1, maxLength: 8 }),
      (key, messages) => {
        const secret = createSecretKey(key);
        const aes = new Aes(secret);
        for (const { iv, plain } of messages) {
          const fresh = createCipheriv("aes-128-cbc", secret, iv).setAutoPadding(false);
          const expected = Buffer.concat([fresh.update(plain), fresh.final()]);
          const encrypted = aes.encrypt(Buffer.from(plain), Buffer.from(iv));
          assert.deepEqual(encrypted, expected);
          assert.deepEqual(aes.decrypt(Buffer.concat([iv, encrypted])), plain);
        }
      },
    ),
  );
});

test("random bytes are handed out once", () => {
  const vectors = Array.from({ length: 2000 }, () => pooledRandom(16));
  assert.equal(new Set(vectors.map((one) => one.toString("hex"))).size, vectors.length);
  assert.ok(vectors.every(({ length }) => length === 16));
});
