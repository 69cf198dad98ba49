import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, pollOf, TestConnection } from "../test/support/connection.ts";
import { good, testDevice, valueId } from "../test/support/device.ts";
import { TestClock } from "../test/support/test-clock.ts";
import type { Device } from "./device.ts";
import { BothyError } from "./errors.ts";
import { Link } from "./link.ts";
import { type LinkDeps, type Poll, silentLog } from "./plugin.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";

/** A connection whose polls follow what was found. */
class Finding extends TestConnection {
  override polls: readonly Poll[] = [];
}

/** A link on which devices are only found once it is open. */
async function bench() {
  const clock = new TestClock();
  const store = new ReadingStore({ clock });
  const registry = new Registry();
  const deps: LinkDeps[] = [];
  const connections: Finding[] = [];
  const plan = planOf([testDevice("planned")], (given) => {
    deps.push(given);
    const connection = new Finding(clock, []);
    connections.push(connection);
    return Promise.resolve(connection);
  });
  const link = new Link(plan, { clock, log: silentLog, registry, store });
  link.start();
  await clock.advance(0);
  const [first, connection] = [deps[0], connections[0]];
  assert.ok(first !== undefined && connection !== undefined);
  const find = (...devices: readonly Device[]): void => {
    connection.polls = devices.map(({ id }) => pollOf(id, { values: [valueId(id)] }));
    first.found(devices);
  };
  const quality = (id: string): string => {
    const reading = store.get(valueId(id));
    return reading?.quality === "bad" ? reading.reason.code : (reading?.quality ?? "unknown");
  };
  return { clock, store, registry, link, deps: first, connection, find, quality };
}

test("devices found on an open link are known and read; those no longer found are forgotten", async () => {
  const { clock, registry, link, find, quality } = await bench();
  find(testDevice("a"), testDevice("b"));
  assert.deepEqual(["a", "b"].map(quality), ["NOT_READ_YET", "NOT_READ_YET"]);
  await clock.advance(100);
  assert.deepEqual(["a", "b"].map(quality), ["good", "good"]);
  assert.equal(link.status().devices, 3);
  find(testDevice("b"), testDevice("c"));
  assert.deepEqual(["a", "b", "c", "planned"].map(quality), [
    "unknown",
    "good",
    "NOT_READ_YET",
    "NOT_READ_YET",
  ]);
  assert.equal(registry.get("a"), undefined);
  assert.ok(registry.get("planned"));
  await clock.advance(100);
  assert.equal(quality("c"), "good");
});

test("a device found again as it was is the same one; one that changed is declared anew", async () => {
  const { clock, registry, find, quality } = await bench();
  find(testDevice("a"), testDevice("b"));
  await clock.advance(100);
  const before = registry.get("a");
  find(testDevice("a"), testDevice("b", undefined, { info: "moved" }));
  assert.equal(registry.get("a"), before);
  assert.deepEqual(["a", "b"].map(quality), ["good", "NOT_READ_YET"]);
  assert.equal(registry.get("b")?.info, "moved");
});

test("an id that is taken changes nothing, and says whose it is", async () => {
  const { registry, find } = await bench();
  find(testDevice("a"));
  assert.throws(
    () => find(testDevice("b"), testDevice("planned")),
    (error: unknown) => error instanceof BothyError && error.code === "BAD_CONFIG",
  );
  assert.ok(registry.get("a"));
  assert.equal(registry.get("b"), undefined);
});

test("what was found stays known while the link is down, and says that it is", async () => {
  const { clock, registry, connection, deps, find, quality } = await bench();
  find(testDevice("a"));
  await clock.advance(100);
  connection.fail(new BothyError("LINE_DOWN", { source: "link", fault: "the plugin ended" }));
  await clock.advance(0);
  assert.ok(registry.get("a"));
  assert.equal(quality("a"), "LINE_DOWN");
  // Whoever is gone has nothing more to say.
  deps.found([]);
  deps.publish([good(valueId("a"), clock.now(), 1)]);
  assert.equal(quality("a"), "LINE_DOWN");
});

test("readings that come unasked are taken in, but not those of other links' devices", async () => {
  const { clock, registry, store, deps, quality, find } = await bench();
  const other = testDevice("other", undefined, { link: "elsewhere" });
  registry.add([other]);
  store.declare(other);
  find(testDevice("a"));
  deps.publish([good(valueId("a"), clock.now(), 1), good(valueId("other"), clock.now(), 1)]);
  assert.deepEqual(["a", "other"].map(quality), ["good", "NOT_READ_YET"]);
});
