import assert from "node:assert/strict";
import test from "node:test";
import { heater } from "../../controllers/shipped/heater.ts";
import { outage } from "../../controllers/shipped/outage.ts";
import { bench, choiceTarget } from "./shipped-bench.ts";

test("heater: all stages that do not hold the setpoint are told of after half an hour, but not in a cold start", () => {
  const stages = ["relay-1", "relay-2"].map((name) => choiceTarget(name, ["on", "off"]));
  const cold = { inlet: { probe: 4 }, fans: { "fan-1": 40 } };
  const site = bench(heater, { heaters: stages }, cold);
  site.step({}, 1700);
  assert.deepEqual(site.alarms(), []);
  site.step({}, 200);
  assert.deepEqual(site.alarms(), ["heating-saturated"]);
  site.step({ inlet: { probe: 9 } }, 10);
  assert.deepEqual(site.alarms(), []);
  const thawing = bench(heater, { heaters: stages }, { ...cold, preheatTo: { "cold-start": 15 } });
  thawing.step({}, 4000);
  assert.deepEqual(thawing.alarms(), []);
});

test("outage: on generator compressors start one after the other", () => {
  const site = bench(
    outage,
    { loads: [], servers: [], charging: [] },
    { mains: { "io-1.mains": "failed" }, generator: { "io-1.generator": "stopped" }, inlet: { probe: 24 } },
    { generatorRunsCooling: 3 },
  );
  const stages = (span: number, generator: string): unknown =>
    site.step({ generator: { "io-1.generator": generator } }, span).published?.["coolingStages"];
  assert.equal(stages(120, "stopped"), 0);
  assert.equal(stages(10, "running"), 1);
  assert.equal(stages(40, "running"), 1);
  assert.equal(stages(20, "running"), 2);
  assert.equal(stages(300, "running"), 3);
});
