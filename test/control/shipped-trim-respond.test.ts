import assert from "node:assert/strict";
import test from "node:test";
import { trimRespondFloor } from "../../controllers/shipped/trim-respond-floor.ts";
import { bench, type Values } from "./shipped-bench.ts";

const floor = (inlet: Values, settings = {}) => bench(trimRespondFloor, {}, { inlet }, settings);
const published = (site: ReturnType<typeof floor>, seconds: number, inlet: Values = {}): number =>
  Number(site.step(Object.keys(inlet).length > 0 ? { inlet } : {}, seconds).published?.["floor"]);

test("trim and respond: stays where it begins for its delay, then creeps down to its least while nobody asks", () => {
  const site = floor({ "rack-1": 22, "rack-2": 23 });
  assert.equal(published(site, 240), 40);
  const later = published(site, 600);
  assert.ok(later < 40 && later > 25, `${later} %`);
  assert.equal(published(site, 7200), 25);
  assert.deepEqual(site.alarms(), []);
});

test("trim and respond: hot racks raise it, the hottest is named, and no single step is above its limit", () => {
  const site = floor({ "rack-1": 22, "rack-2": 23 });
  published(site, 1800);
  const hot = site.step({ inlet: { "rack-1": 26, "rack-2": 27 } }, 60);
  assert.equal(hot.trace.leader === "rack-1" || hot.trace.leader === "rack-2", true);
  assert.match(hot.trace.reason, /requests, most of them from rack-/u);
  let before = Number(hot.published?.["floor"]);
  let [rises, most] = [0, 0];
  for (let t = 0; t < 1800; t += 5) {
    const now = published(site, 5);
    most = Math.max(most, now - before);
    if (now > before) rises++;
    before = now;
  }
  assert.ok(rises > 3, `${rises} rises`);
  assert.ok(most > 0 && most <= 12, `${most} % at once`);
  assert.equal(before, 100);
});

test("trim and respond: a rack whose inlet is not known is told of, and is not taken for a cool one", () => {
  const site = floor({ "rack-1": 22, "rack-2": null });
  const before = published(site, 900);
  assert.deepEqual(site.alarms(), ["rack-unknown:rack-2"]);
  assert.ok(before >= 25);
  const known = floor({ "rack-1": 22, "rack-2": 22 });
  assert.ok(before >= published(known, 900), "it asks for at least as much");
});

test("trim and respond: a probe far from the others is not taken at its word", () => {
  const site = floor({ "rack-1": 22, "rack-2": 22, "rack-3": 2 });
  site.step({}, 900);
  assert.deepEqual(site.alarms(), ["rack-unknown:rack-3"]);
  site.step({ inlet: { "rack-1": 22, "rack-2": 22, "rack-3": 22 } }, 60);
  assert.deepEqual(site.alarms(), []);
});

test("trim and respond: limits that cross are refused", () => {
  assert.throws(() => floor({ "rack-1": 22 }, { min: 80, max: 60 }));
});
