import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dutyAction, good, valueId } from "../test/support/device.ts";
import { parseData, said, shows } from "./accepts.ts";
import type { Accepts } from "./device.ts";
import { BothyError } from "./errors.ts";

const duty: Accepts = { kind: "number", min: -20, max: 100, step: 1, unit: "%" };
const onOff: Accepts = { kind: "choice", choices: ["on", "off", "Auto", "AUTO"] };
const code = (wanted: string) => (error: unknown) => error instanceof BothyError && error.code === wanted;

test("plain decimal numbers are taken as they are, also between steps", () => {
  for (const [text, value] of [
    ["80", 80],
    ["80.25", 80.25],
    ["-20", -20],
    ["+7", 7],
    ["007", 7],
    ["-0", 0],
  ] as const)
    assert.equal(parseData(duty, text, "fan"), value);
});

test("what only a programming language reads as a number is refused", () => {
  const texts = [
    "",
    " ",
    " 80",
    "80 ",
    "8 0",
    "0x10",
    "1e1",
    "NaN",
    "Infinity",
    "-",
    "1.",
    ".5",
    "1,5",
    "80%",
    "8_0",
    "٣",
    "\n8",
  ];
  for (const text of texts)
    assert.throws(() => parseData(duty, text, "fan"), code("BAD_VALUE"), JSON.stringify(text));
  assert.throws(() => parseData(duty, undefined, "fan"), code("BAD_VALUE"));
});

test("whatever text is given, the result is a number in range or an error of the table", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)), (text) => {
      try {
        const value = parseData(duty, text, "fan");
        assert.ok(typeof value === "number" && value >= -20 && value <= 100);
        assert.equal(value, Number(text));
      } catch (error) {
        assert.ok(code("BAD_VALUE")(error) || code("OUT_OF_RANGE")(error), String(error));
      }
    }),
  );
});

test("a number outside its range is refused, with the range", () => {
  for (const text of ["100.001", "-20.5", "99999999999999999999"])
    assert.throws(
      () => parseData(duty, text, "fan"),
      (error) => code("OUT_OF_RANGE")(error) && /outside -20..100 %/.test(String(error)),
    );
});

test("a choice is taken as written, else by its letters when only one is meant", () => {
  assert.equal(parseData(onOff, "on", "outlet"), "on");
  assert.equal(parseData(onOff, "OFF", "outlet"), "off");
  assert.equal(parseData(onOff, "AUTO", "outlet"), "AUTO");
  for (const text of ["auto", "", "on ", "1", undefined])
    assert.throws(() => parseData(onOff, text, "outlet"), code("BAD_VALUE"));
});

test("an action that takes nothing takes nothing", () => {
  assert.equal(parseData({ kind: "none" }, undefined, "lock"), undefined);
  assert.equal(parseData({ kind: "none" }, "", "lock"), undefined);
  assert.throws(() => parseData({ kind: "none" }, "1", "lock"), code("BAD_VALUE"));
});

test("a value read back is the same within its tolerance, half a step unless said otherwise", () => {
  const reading = (value: number | boolean | string | bigint) => good(valueId("fan", "duty"), 0, value);
  assert.ok(shows(dutyAction(), 80, reading(80.5)));
  assert.ok(!shows(dutyAction(), 80, reading(80.6)));
  assert.ok(shows(dutyAction({ tolerance: 2 }), 80, reading(78)));
  assert.ok(shows(dutyAction(), 80, reading(80n)));
  const fine = dutyAction({ accepts: { kind: "number", min: 0, max: 1, step: 0, unit: "" }, tolerance: 0 });
  assert.ok(shows(fine, 0.3, reading(0.1 + 0.2)));
  const outlet = dutyAction({ accepts: { kind: "choice", choices: ["on", "off"] } });
  assert.ok(shows(outlet, "on", reading(true)));
  assert.ok(shows(outlet, "off", reading("off")));
  assert.ok(!shows(outlet, "on", reading(false)));
  assert.ok(!shows(outlet, "on", undefined));
  const gentle = { ...outlet, shownAs: { soft: "off" } };
  assert.ok(shows(gentle, "soft", reading("off")));
  assert.ok(shows(gentle, "off", reading("off")));
  assert.ok(!shows(gentle, "soft", reading("on")));
});

test("what was read back is said with its unit", () => {
  assert.equal(said(dutyAction(), good(valueId("fan", "duty"), 0, 80)), "80 %");
  assert.equal(said(dutyAction(), good(valueId("fan", "state"), 0, "on")), "on");
  assert.equal(said(dutyAction(), undefined), "nothing");
});
