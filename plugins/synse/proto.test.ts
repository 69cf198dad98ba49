import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { V3Reading } from "./messages.ts";
import { loadV3Plugin, protoFile } from "./proto.ts";

const { service, methods } = loadV3Plugin();

test("the service has every method, under the path clients know", () => {
  assert.deepEqual(
    Object.values(service)
      .map(({ path, requestStream, responseStream }) => [path, requestStream, responseStream])
      .sort(),
    [
      ["/synse.V3Plugin/Devices", false, true],
      ["/synse.V3Plugin/Health", false, false],
      ["/synse.V3Plugin/Metadata", false, false],
      ["/synse.V3Plugin/Read", false, true],
      ["/synse.V3Plugin/ReadCache", false, true],
      ["/synse.V3Plugin/ReadStream", false, true],
      ["/synse.V3Plugin/Test", false, false],
      ["/synse.V3Plugin/Transaction", false, false],
      ["/synse.V3Plugin/Transactions", false, true],
      ["/synse.V3Plugin/Version", false, false],
      ["/synse.V3Plugin/WriteAsync", false, true],
      ["/synse.V3Plugin/WriteSync", false, true],
    ],
  );
});

/** Field names of a message in the .proto. */
function fieldsOf(message: string): readonly string[] {
  const [, body = ""] =
    new RegExp(`^message ${message} \\{(.*?)^\\}`, "ms").exec(readFileSync(protoFile, "utf8")) ?? [];
  return [...body.matchAll(/(\w+) = \d+;/g)].map(([, name = ""]) => name);
}

test("an empty message arrives with every field", () => {
  const nothing = Buffer.alloc(0);
  const messages: Readonly<Record<string, object>> = {
    V3Device: methods.Devices.responseDeserialize(nothing),
    V3Health: methods.Health.responseDeserialize(nothing),
    V3Metadata: methods.Metadata.responseDeserialize(nothing),
    V3Version: methods.Version.responseDeserialize(nothing),
    V3TransactionStatus: methods.Transaction.responseDeserialize(nothing),
    V3WriteTransaction: methods.WriteAsync.responseDeserialize(nothing),
    V3WritePayload: methods.WriteAsync.requestDeserialize(nothing),
    V3Bounds: methods.ReadCache.requestDeserialize(nothing),
  };
  for (const [name, message] of Object.entries(messages))
    assert.deepEqual(Object.keys(message).sort(), [...fieldsOf(name)].sort(), name);
  const reading = methods.Read.responseDeserialize(nothing);
  assert.equal(reading.unit, null);
  assert.deepEqual(
    Object.keys(reading).sort(),
    fieldsOf("V3Reading")
      .filter((name) => !name.endsWith("_value"))
      .sort(),
  );
  assert.equal(methods.Transaction.responseDeserialize(nothing).status, "PENDING");
});

const overTheWire = (reading: Partial<V3Reading>): V3Reading =>
  methods.Read.responseDeserialize(methods.Read.responseSerialize(reading));

test("bytes are those of the field table", () => {
  const bytes = methods.Read.responseSerialize({ id: "a", int64_value: "-1", deviceInfo: "b" });
  assert.equal(bytes.toString("hex"), "0a0161" + "60ffffffffffffffffff01" + "82010162");
  assert.equal(methods.Transaction.responseSerialize({ status: "ERROR" }).toString("hex"), "3004");
  assert.equal(methods.Transaction.responseDeserialize(Buffer.from("3002", "hex")).status, 2);
});

test("64-bit integers stay exact, and the value says which it is", () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      fc.bigInt(0n, 2n ** 64n - 1n),
      (signed, unsigned) => {
        const one = overTheWire({ int64_value: String(signed) });
        assert.deepEqual([one.value, one.int64_value], ["int64_value", String(signed)]);
        const other = overTheWire({ uint64_value: String(unsigned) });
        assert.deepEqual([other.value, other.uint64_value], ["uint64_value", String(unsigned)]);
      },
    ),
  );
});
