import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { addressOf, addressText } from "./address.ts";
import { addressRange } from "./range.ts";
import { steppedText } from "./sensor-rows.ts";
import { byte, duration } from "./values.ts";

test("ranges of addresses", () => {
  const cases: readonly (readonly [string, number, string | undefined, string | undefined])[] = [
    ["10.0.0.7", 1, "10.0.0.7", "10.0.0.7"],
    ["10.0.0.0/24", 254, "10.0.0.1", "10.0.0.254"],
    ["10.0.0.77/30", 2, "10.0.0.77", "10.0.0.78"],
    ["10.0.0.6/31", 2, "10.0.0.6", "10.0.0.7"],
    ["255.255.255.255/32", 1, "255.255.255.255", "255.255.255.255"],
    ["10.0.0.250-255", 6, "10.0.0.250", "10.0.0.255"],
    ["10.0.0.250-10.0.1.3", 10, "10.0.0.250", "10.0.1.3"],
    ["::1", 1, "::1", "::1"],
    ["2001:DB8:0:0::10", 1, "2001:db8::10", "2001:db8::10"],
    ["fe80::1%eth0", 1, "fe80::1%eth0", "fe80::1%eth0"],
    ["fe80::fe%eth0-101", 4, "fe80::fe%eth0", "fe80::101%eth0"],
    ["2001:db8::10-2f", 32, "2001:db8::10", "2001:db8::2f"],
    ["2001:db8::fffe-2001:db8::1:1", 4, "2001:db8::fffe", "2001:db8::1:1"],
    ["2001:db8::77/126", 4, "2001:db8::74", "2001:db8::77"],
    ["2001:db8::/112", 65_536, "2001:db8::", "2001:db8::ffff"],
    ["::ffff:10.0.0.1", 1, "::ffff:a00:1", "::ffff:a00:1"],
  ];
  for (const [text, count, first, last] of cases) {
    const range = addressRange(text);
    assert.deepEqual([range.length, range[0], range.at(-1)], [count, first, last], text);
  }
  for (const wrong of ["", "10.0.0", "10.0.0.0/33", "10.0.0.9-3", "10.0.0.1-256", "10.0.0.0/8", "a-b"])
    assert.throws(() => addressRange(wrong), /must be|the most/, wrong);
  for (const wrong of [
    "::1::2",
    "2001:db8::/64",
    "::/129",
    "::2-1",
    "::1-10000",
    "fe80::fe-101%eth0",
    "[::1]",
    "::1%",
  ])
    assert.throws(() => addressRange(wrong), /must be|the most/, wrong);
});

test("whatever is typed, a range is addresses or an error about it", () => {
  const typed = fc.oneof(
    fc.stringMatching(/^[\d./-]{0,24}$/),
    fc.stringMatching(/^[\da-f:./%-]{0,40}$/),
    fc.tuple(fc.ipV6(), fc.stringMatching(/^([-/][\da-f]{0,4})?$/)).map(([address, rest]) => address + rest),
  );
  fc.assert(
    fc.property(typed, (text) => {
      try {
        for (const one of addressRange(text)) assert.notEqual(isIP(one.replace(/%.*/, "")), 0);
      } catch (thrown) {
        assert.match(String(thrown), /It must be|is the most/);
      }
    }),
  );
});

test("addresses of BMCs, there and back", () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ["10.0.0.1", "10.0.0.1", 623, "10.0.0.1"],
    ["bmc-1.site:664", "bmc-1.site", 664, "bmc-1.site:664"],
    ["fe80::1%eth0", "fe80::1%eth0", 623, "fe80::1%eth0"],
    ["[fe80::1%eth0]:664", "fe80::1%eth0", 664, "[fe80::1%eth0]:664"],
    ["[::1]", "::1", 623, "::1"],
  ];
  for (const [text, host, port, shown] of cases) {
    assert.deepEqual(addressOf(text), { host, port }, text);
    assert.equal(addressText(addressOf(text)), shown);
  }
  for (const wrong of ["", "a b", "10.0.0.1:0", "10.0.0.1:70000", "http://bmc", "user@bmc"])
    assert.throws(() => addressOf(wrong), /is no address of a BMC/, wrong);
});

test("values are shown to the decimals a step of the sensor is worth", () => {
  const cases: readonly (readonly [number, number | undefined, string])[] = [
    [23, 1, "23"],
    [38.5, 0.5, "38.5"],
    [4560, 60, "4560"],
    [12.0609, 0.0603, "12.06"],
    [1.096, 0.008, "1.096"],
    [3.31456, 1 / 3, "3.3"],
    [0.75, 0.25, "0.75"],
    [0.123456, undefined, "0.12346"],
  ];
  for (const [value, step, shown] of cases) assert.equal(steppedText(value, step), shown);
});

test("bytes and durations", () => {
  assert.deepEqual(["0x2d", "2dh", "45", "0"].map(byte), [45, 45, 45, 0]);
  for (const wrong of ["2d", "256", "0x100", "-1", ""]) assert.throws(() => byte(wrong), /is no byte/, wrong);
  assert.equal(duration(100, 30_000)("1.5s"), 1500);
  for (const wrong of ["1", "50ms", "1m", ""])
    assert.throws(() => duration(100, 30_000)(wrong), /from 100ms to 30s/);
});
