import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testDevice } from "../test/support/device.ts";
import { BothyError } from "./errors.ts";
import { clashesOf, Registry } from "./registry.ts";
import { matchesGroups } from "./tag.ts";

const badConfig = (text: RegExp) => (error: unknown) =>
  error instanceof BothyError && error.code === "BAD_CONFIG" && text.test(error.message);

test("a device is found by id and by alias, and an id goes before an alias", () => {
  const registry = new Registry();
  const one = testDevice("one", [], { alias: "two" });
  const two = testDevice("two", [], { alias: "fan" });
  registry.add([one, two]);
  assert.equal(registry.get("one"), one);
  assert.equal(registry.get("two"), two);
  assert.equal(registry.get("fan"), two);
  assert.equal(registry.get("three"), undefined);
});

test("devices are listed by plugin, sort index and id", () => {
  const registry = new Registry();
  registry.add([
    testDevice("d", [], { plugin: "b" }),
    testDevice("c", [], { plugin: "a", sortIndex: 2 }),
    testDevice("b", [], { plugin: "a", sortIndex: 10 }),
    testDevice("a", [], { plugin: "a", sortIndex: 2 }),
  ]);
  assert.deepEqual(
    registry.all().map(({ id }) => id),
    ["a", "c", "b", "d"],
  );
});

test("taken ids and aliases are refused, and then nothing is added", () => {
  const registry = new Registry();
  registry.add([testDevice("one", [], { alias: "fan" })]);
  const { version } = registry;
  assert.throws(
    () => registry.add([testDevice("new"), testDevice("one")]),
    badConfig(/id one is taken, by fan/),
  );
  assert.throws(
    () => registry.add([testDevice("new", [], { alias: "fan" })]),
    badConfig(/alias fan is taken/),
  );
  assert.throws(() => registry.add([testDevice("new"), testDevice("new")]), badConfig(/id new is taken/));
  assert.throws(
    () => registry.add([testDevice("x", [], { alias: "a" }), testDevice("y", [], { alias: "a" })]),
    badConfig(/alias a is taken/),
  );
  assert.throws(
    () =>
      registry.add(["one", "new", "new", "other"].map((id) => testDevice(id, [], { alias: `the-${id}` }))),
    (thrown) => {
      assert.ok(thrown instanceof BothyError);
      const named = clashesOf(thrown).map(({ params }) => params["device"]);
      assert.deepEqual(named, ["one", "new"]);
      return true;
    },
  );
  assert.equal(registry.all().length, 1);
  assert.equal(registry.version, version);
});

test("removing a link forgets its devices and frees their names", () => {
  const registry = new Registry();
  registry.add([testDevice("one", [], { alias: "fan" }), testDevice("two", [], { link: "other" })]);
  const { version } = registry;
  registry.remove("link");
  assert.deepEqual(
    registry.all().map(({ id }) => id),
    ["two"],
  );
  assert.equal(registry.get("fan"), undefined);
  assert.ok(registry.version > version);
  registry.add([testDevice("one", [], { alias: "fan" })]);
  assert.equal(registry.get("fan")?.id, "one");
});

test("a selection is what matching device by device would give", () => {
  const tag = fc.constantFrom("default/a", "default/b", "rack:r1", "x/y:z");
  const group = fc.array(tag, { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(group, { maxLength: 12 }), fc.array(group, { maxLength: 3 }), (tags, groups) => {
      const registry = new Registry();
      registry.add(tags.map((own, n) => testDevice(`d${String(n).padStart(2, "0")}`, [], { tags: own })));
      assert.deepEqual(
        registry.select(groups),
        registry.all().filter((device) => matchesGroups(device.tags, groups)),
      );
    }),
  );
});
