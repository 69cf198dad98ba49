import assert from "node:assert/strict";
import { createHmac, createSecretKey } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Hmac } from "./hmac.ts";

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

for (const name of ["sha1", "sha256"] as const) {
  test(`codes with ${name} are those of the standard, one message after the other`, () => {
    fc.assert(
      fc.property(bytes(1, 64), fc.array(bytes(0, 700), { minLength: 1, maxLength: 8 }), (key, messages) => {
        const secret = createSecretKey(key);
        const hmac = new Hmac(name, secret);
        for (const message of messages) {
          const framed = Buffer.concat([Buffer.of(1, 2, 3), message, Buffer.of(4)]);
          const expected = createHmac(name, secret).update(message).digest();
          assert.deepEqual(Buffer.from(hmac.of(framed, 3, 3 + message.length)), expected);
        }
      }),
    );
  });
}

test("a key that does not fit is refused", () => {
  assert.throws(() => new Hmac("sha1", createSecretKey(Buffer.alloc(65))), RangeError);
});
