import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DeviceSummary } from "../../../client/index.ts";
import { candidates, deviceName, isPattern, lookUp, selectDevices } from "./look-up.ts";

const device = (id: string, alias: string, type = "fan", tags: readonly string[] = []): DeviceSummary => ({
  id,
  alias,
  info: "",
  type,
  plugin: "p",
  tags: [...tags, `system/id:${id}`, `system/type:${type}`],
  metadata: {},
});

const all = [
  device("4fd0-1", "tray-a.fan-1", "fan", ["default/rack:r1"]),
  device("4fd0-2", "tray-a.fan-2", "fan", ["default/rack:r2", "default/zone:cold"]),
  device("9ab3-3", "tray-a.fan-10", "fan", ["default/rack:r2"]),
  device("77aa-4", "probe-inlet.temperature", "temperature", ["default/rack:r1", "site/hut"]),
  device("77bb-5", "", "power"),
];
const names = (found: readonly DeviceSummary[]): readonly string[] => found.map(deviceName);

test("a name is looked up whole, then as a beginning, then as a part", () => {
  const means = (word: string): readonly string[] => names(lookUp(all, word));
  assert.deepEqual(means("tray-a.fan-1"), ["tray-a.fan-1"]);
  assert.deepEqual(means("TRAY-A.fan-10"), ["tray-a.fan-10"]);
  assert.deepEqual(means("pro"), ["probe-inlet.temperature"]);
  assert.deepEqual(means("77b"), ["77bb-5"]);
  assert.deepEqual(means("inlet"), ["probe-inlet.temperature"]);
  assert.deepEqual(means("tray-a.fan-*"), ["tray-a.fan-1", "tray-a.fan-2", "tray-a.fan-10"]);
  assert.deepEqual(means("tray-?.fan-?"), ["tray-a.fan-1", "tray-a.fan-2"]);
});

test("what is nothing, or several, says what to write instead", () => {
  assert.throws(() => lookUp(all, "tray-a.fan-3"), {
    message: /there is no device tray-a\.fan-3; did you mean tray-a/,
  });
  assert.throws(() => lookUp(all, "xyzzy-plover"), { message: /bothy scan/ });
  assert.throws(() => lookUp(all, "*.gan"), { message: "no device is called *.gan" });
  assert.throws(() => lookUp(all, "tray"), {
    message:
      "tray may be any of 3 devices; write more of it, or 'tray*' for all:\n  tray-a.fan-1\n  tray-a.fan-2\n  tray-a.fan-10",
  });
  assert.throws(() => lookUp(all, "fan"), { message: /'\*fan\*' for all/ });
});

test("tags: a comma is and, several are or; patterns and namespaces; words and type narrow", () => {
  const selected = (...tags: string[]): readonly string[] => names(selectDevices(all, { tags }));
  assert.deepEqual(selected("rack:r1"), ["tray-a.fan-1", "probe-inlet.temperature"]);
  assert.deepEqual(selected("rack:r2,zone:cold"), ["tray-a.fan-2"]);
  assert.deepEqual(selected("zone:cold", "site/hut"), ["tray-a.fan-2", "probe-inlet.temperature"]);
  assert.deepEqual(selected("rack:*").length, 4);
  assert.deepEqual(selected("rack:R1"), []);
  assert.deepEqual(names(selectDevices(all, { tags: ["rack:r1"], type: "fan" })), ["tray-a.fan-1"]);
  assert.deepEqual(names(selectDevices(all, { words: ["*fan*"], tags: ["rack:r1"] })), ["tray-a.fan-1"]);
  assert.deepEqual(selectDevices(all, {}), all);
});

test("every device is found by its whole id and alias, whatever others are called; no word means one twice", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "A", "-", ".", "["), minLength: 1, maxLength: 4 });
  const devices = fc.uniqueArray(word, { maxLength: 8 }).map((ids) => ids.map((id) => device(id, `x${id}`)));
  fc.assert(
    fc.property(devices, word, (some, typed) => {
      for (const one of some) {
        if (!isPattern(one.id)) assert.deepEqual(lookUp(some, one.id), [one]);
        assert.ok(candidates(some, one.alias).includes(one));
      }
      const found = candidates(some, typed);
      assert.equal(new Set(found).size, found.length);
      for (const { id, alias } of found)
        assert.ok(`${id}\n${alias}`.toLowerCase().includes(typed.toLowerCase()));
    }),
  );
});
