import assert from "node:assert/strict";
import { test } from "node:test";
import type { LanQuirks } from "./lan/options.ts";
import { oddities } from "./oddities.ts";
import { effectsOf, families, isQuirkName, quirkNames, quirks, quirksOf } from "./quirks.ts";

const supermicro = { maker: 10876, product: 2404, firmwareMajor: 3, firmwareMinor: 88 };

test("a family's controllers get its quirks, others none", () => {
  assert.deepEqual(quirksOf(supermicro), ["slow-writes"]);
  assert.deepEqual(quirksOf({ ...supermicro, maker: 47488 }), ["slow-writes"]);
  assert.deepEqual(quirksOf({ ...supermicro, maker: 32473 }), []);
});

test("families may be told apart by product and firmware", () => {
  const among = [
    { name: "one", makers: [10876], products: [2404], quirks: ["slow"] },
    { name: "old", makers: [10876], firmwareBefore: [3, 90], quirks: ["no-dcmi", "slow"] },
  ] as const;
  assert.deepEqual(quirksOf(supermicro, among), ["slow", "no-dcmi"]);
  assert.deepEqual(quirksOf({ ...supermicro, firmwareMinor: 90 }, among), ["slow"]);
  assert.deepEqual(quirksOf({ ...supermicro, product: 1, firmwareMajor: 2 }, among), ["no-dcmi", "slow"]);
  assert.deepEqual(quirksOf({ ...supermicro, product: 1, firmwareMajor: 4 }, among), []);
});

test("the effects of several quirks add up; what is no quirk has none", () => {
  const effects = effectsOf(["skip-capabilities", "slow", "no-dcmi", "assume-bmc", "toString", "no-such"]);
  const lan: LanQuirks = effects.lan;
  assert.equal(lan.skipCapabilities, true);
  assert.deepEqual(effects, {
    lan: { skipCapabilities: true, window: 1, spacing: 50 },
    sensors: { assumeBmc: true },
    commands: { dcmiAbsent: true },
  });
  assert.deepEqual(effectsOf([]), { lan: {}, sensors: {}, commands: {} });
});

test("every quirk changes something; the page's rows name quirks that are there, and how the rest is met", () => {
  for (const name of quirkNames) {
    const { lan, sensors, commands } = effectsOf([name]);
    assert.ok(Object.keys({ ...lan, ...sensors, ...commands }).length > 0, name);
    assert.ok(quirks[name].about !== "" && quirks[name].seen !== "", name);
  }
  const words = ["always", "learnt", "not supported"];
  for (const { what, handled, how } of oddities) {
    assert.ok(words.includes(handled) || isQuirkName(handled), what);
    assert.ok(how !== "" || isQuirkName(handled), what);
  }
  assert.ok(families.every((family) => family.quirks.every(isQuirkName)));
});
