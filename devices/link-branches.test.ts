import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, pollOf, TestConnection } from "../test/support/connection.ts";
import { testDevice, valueId } from "../test/support/device.ts";
import { TestClock } from "../test/support/test-clock.ts";
import { Link } from "./link.ts";
import { newMemory } from "./link-memory.ts";
import { type LinkDeps, type LinkPlan, silentLog } from "./plugin.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";

/** A link that opens others below it. */
async function bench() {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  const registry = new Registry();
  const memory = newMemory();
  const deps: LinkDeps[] = [];
  const listed = new Set<string>();
  const plan = planOf([], (given) => {
    deps.push(given);
    return Promise.resolve(new TestConnection(clock, []));
  });
  const branch = (link: Link): (() => void) => {
    listed.add(link.name);
    return () => listed.delete(link.name);
  };
  const link = new Link(plan, { clock, log: silentLog, registry, store, memory, branch });
  link.start();
  await clock.advance(0);
  const [given] = deps;
  assert.ok(given !== undefined);
  return { clock, registry, memory, link, listed, deps: given };
}

test("links below a link live by themselves; those no longer wanted are closed and forgotten", async () => {
  const { clock, registry, memory, link, listed, deps } = await bench();
  const opened: string[] = [];
  const below = (name: string): LinkPlan => ({
    ...planOf([{ ...testDevice(name), link: name }], (given) => {
      opened.push(name);
      given.memory.set("seen", name);
      return Promise.resolve(new TestConnection(clock, [pollOf(name, { values: [valueId(name)] })]));
    }),
    name,
  });
  deps.branches([below("x:a"), below("x:b")]);
  await clock.advance(0);
  assert.deepEqual(
    [opened, [...listed]],
    [
      ["x:a", "x:b"],
      ["x:a", "x:b"],
    ],
  );
  assert.deepEqual(
    registry.all().map(({ id }) => id),
    ["x:a", "x:b"],
  );
  assert.equal(memory.get("x:a/seen"), "x:a");
  deps.branches([below("x:b"), below("x:c")]);
  await clock.advance(0);
  assert.deepEqual(
    [opened, [...listed]],
    [
      ["x:a", "x:b", "x:c"],
      ["x:b", "x:c"],
    ],
  );
  assert.deepEqual(
    registry.all().map(({ id }) => id),
    ["x:b", "x:c"],
  );
  await link.stop();
  await clock.advance(60_000);
  assert.deepEqual(opened, ["x:a", "x:b", "x:c"]);
  assert.equal(clock.waiting, 0);
});
