import assert from "node:assert/strict";
import test from "node:test";
import { coldStart } from "../../controllers/shipped/cold-start.ts";
import { heater } from "../../controllers/shipped/heater.ts";
import { outage } from "../../controllers/shipped/outage.ts";
import { temperatureWatch } from "../../controllers/shipped/temperature-watch.ts";
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

test("heater: heats again what is cooled to dry it, and never more", () => {
  const stages = ["relay-1", "relay-2"].map((name) => choiceTarget(name, ["on", "off"]));
  const site = bench(
    heater,
    { heaters: stages },
    { inlet: { probe: 18.9 }, fans: { "fan-1": 40 }, capacity: { "dx-1.unit": 70 } },
  );
  site.step({}, 120);
  assert.equal(site.value("heaters", "relay-1"), "off");
  const guard = "controller humidity-guard";
  const heats = site.step({ drying: { [guard]: 1 }, reheatTo: { [guard]: 19 } }, 10);
  assert.equal(site.value("heaters", "relay-1"), "on");
  assert.equal(site.value("heaters", "relay-2"), "off");
  assert.match(heats.trace.reason, /inlet 18\.9 °C against 20 °C/u);
  site.step({ inlet: { probe: 21.1 } }, 120);
  assert.equal(site.value("heaters", "relay-1"), "off");
});

test("cold start: heat that can never suffice at the coldest is told before the cold comes", () => {
  const told = (settings: Readonly<Record<string, number>>): readonly string[] => {
    const site = bench(coldStart, { outlets: [] }, { inlet: { probe: 20 } }, settings);
    return site.step().trace.alarms.map(({ text }) => text);
  };
  // 15 W/K: 600 W hold 0 °C at -40 °C, and loads start from 5 °C.
  assert.match(
    told({ heatPower: 600, heatLoss: 15 }).join(),
    /at -40 °C outdoors 600 W of heat come to 0 °C, .* 675 W are needed/u,
  );
  assert.deepEqual(told({ heatPower: 675, heatLoss: 15 }), []);
  assert.deepEqual(told({ heatPower: 600, heatLoss: 15, designMinimum: -30 }), []);
  assert.deepEqual(told({ heatPower: 600 }), []);
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

test("temperature watch: an inlet warmer than its outlet while there is power is told with both names, and fails nobody", () => {
  const seen = { inlets: { "probe-in": 36 }, outlet: { "probe-out": 25 }, power: { pdu: 1200 } };
  const site = bench(temperatureWatch, {}, seen, { highWarning: 60, highMajor: 61, highCritical: 62 });
  site.step({}, 880);
  assert.deepEqual(site.alarms(), []);
  const told = site.step({}, 60);
  assert.deepEqual(site.alarms(), ["implausible"]);
  assert.match(
    told.trace.alarms[0]?.text ?? "",
    /probe-in before the racks has 36 °C and probe-out behind them 25 °C/u,
  );
  for (const sound of [{ power: { pdu: 20 } }, { power: {} }, { outlet: { "probe-out": 36 } }]) {
    site.step({ ...seen, ...sound }, 20);
    assert.deepEqual(site.alarms(), [], JSON.stringify(sound));
  }
});
