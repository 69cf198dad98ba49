import assert from "node:assert/strict";
import test from "node:test";
import { temperatureWatch } from "../../controllers/shipped/temperature-watch.ts";
import { bench } from "./shipped-bench.ts";

test("temperature watch: each inlet on its own, the worst level only, with a band", () => {
  const site = bench(temperatureWatch, {}, { inlets: { a: 24, b: 24 } });
  site.step();
  site.step({ inlets: { a: 36, b: 33 } }, 50);
  assert.ok(!site.alarms().some((id) => id.startsWith("high")));
  site.step({}, 20);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-major:a", "high-warning:b"],
  );
  assert.ok(site.alarms().includes("rate:a"));
  site.step({ inlets: { a: 34.5, b: 30 } });
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-major:a"],
  );
});

test("temperature watch: on battery no inlet is too warm below the short-term limit", () => {
  const site = bench(temperatureWatch, {}, { inlets: { a: 30, b: 30 }, inletShort: { outage: 40 } });
  site.step({}, 30);
  site.step({ inlets: { a: 38, b: 33 } }, 120);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    [],
  );
  site.step({ inlets: { a: 41, b: 33 } }, 70);
  assert.ok(site.alarms().includes("high-critical:a"));
  site.step({ inletShort: { outage: 0 } }, 70);
  assert.deepEqual(
    site.alarms().filter((id) => id.startsWith("high")),
    ["high-critical:a", "high-warning:b"],
  );
});

test("temperature watch: sensors that contradict each other raise doubt after a while, and fail nobody", () => {
  const known = { ratedHeat: 1200, fullFlow: 0.1 };
  const inputs = {
    inlets: { a: 24, b: 24 },
    outlet: { back: 34 },
    outdoor: { out: 20 },
    fans: { tray: 100 },
    states: { "dx-1.unit": "standby" },
    power: { rack: 1200 },
  };
  const site = bench(temperatureWatch, {}, inputs, known);
  site.step({}, 1200);
  assert.deepEqual(site.alarms(), [], "a rise of 10 K is what 1200 W make of 0.1 m³/s");
  site.step({ outlet: { back: 42 } }, 890);
  assert.deepEqual(site.alarms(), []);
  const doubted = site.step({}, 20);
  assert.deepEqual(site.alarms(), ["implausible"]);
  assert.match(
    doubted.trace.alarms[0]?.text ?? "",
    /the air warms by 18\.0 K over the racks, expected 9\.9 K/u,
  );
  assert.equal(doubted.trace.terms?.["warmest"], 24);
  site.step({ outlet: { back: 34 } });
  assert.deepEqual(site.alarms(), []);
  site.step({ outdoor: { out: 30 } }, 910);
  assert.deepEqual(site.alarms(), ["implausible"], "colder than outdoors, and no compressor runs");
  site.step({ states: { "dx-1.unit": "cooling" } });
  assert.deepEqual(site.alarms(), []);
  site.step({ states: { "dx-1.unit": null } }, 910);
  assert.deepEqual(site.alarms(), [], "a unit that says nothing may be running");
});
