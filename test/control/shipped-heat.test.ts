import assert from "node:assert/strict";
import test from "node:test";
import { coldStart } from "../../controllers/shipped/cold-start.ts";
import { heater } from "../../controllers/shipped/heater.ts";
import { slots } from "../../devices/transaction.ts";
import { bench, choiceTarget, switches, type Values } from "./shipped-bench.ts";

const stove = (inputs: Readonly<Record<string, Values>>) =>
  bench(
    heater,
    { heaters: [choiceTarget("relay-1", switches), choiceTarget("relay-2", switches)] },
    { inlet: { probe: 12 }, hottest: { probe: 12 }, fans: { "fan-1": 40, "fan-2": 40 }, ...inputs },
  );

test("heater: a stage just below the setpoint, another well below it", () => {
  const site = stove({});
  site.step({ inlet: { probe: 8.9 } });
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["on", "off"]);
  site.step({ inlet: { probe: 5.5 } }, 60);
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["on", "on"]);
  site.step({ inlet: { probe: 12 } }, 60);
  assert.deepEqual([site.value("heaters", "relay-1"), site.value("heaters", "relay-2")], ["off", "off"]);
});

test("heater: while loads take over, the second stage ends soon before the first, and none comes back for what its end takes away", () => {
  const on = (usual: boolean): readonly unknown[] => {
    const site = stove(usual ? {} : { handsOver: { "cold-start": 1 } });
    site.step({ inlet: { probe: 5.5 } }, 60);
    return [8.6, 10.5, 11.5, 12.1, 9.1].map((probe) => {
      site.step({ inlet: { probe } }, 90);
      return ["relay-1", "relay-2"].filter((relay) => site.value("heaters", relay) === "on").length;
    });
  };
  assert.deepEqual(on(true), [1, 1, 0, 0, 0]);
  assert.deepEqual(on(false), [2, 2, 1, 0, 0]);
});

test("heater: off without air, while something cools, on battery, and too hot; that at once", () => {
  for (const off of [
    { fans: { "fan-1": 0, "fan-2": 0 } },
    { capacity: { "dx-1.unit": 50 } },
    { onBattery: { outage: 1 } },
    { doorHold: { safety: 1 } },
  ]) {
    const site = stove({ inlet: { probe: 5 } });
    site.step();
    assert.equal(site.value("heaters", "relay-1"), "on");
    const result = site.step(off);
    assert.equal(site.value("heaters", "relay-1"), "off", JSON.stringify(off));
    assert.match(result.trace.reason, /^Heater off/u);
  }
  const hot = stove({ inlet: { probe: 5 } });
  hot.step();
  hot.hold("heaters", "relay-1", slots.operator, "on");
  hot.step({ outlet: { outlet: 61 } });
  assert.equal(hot.value("heaters", "relay-1"), "off");
  assert.deepEqual(hot.alarms(), ["heater-hot"]);
});

const arctic = (inputs: Readonly<Record<string, Values>>, settings = {}) => {
  const outlets = ["pdu-1.outlet-1", "pdu-1.outlet-2", "pdu-1.outlet-3"];
  return bench(
    coldStart,
    { outlets: outlets.map((name) => choiceTarget(name, switches)) },
    {
      inlet: { probe: -30 },
      fans: { "fan-1": 30 },
      outlets: Object.fromEntries(outlets.map((name) => [name, "off"])),
      ...inputs,
    },
    { priorities: { "pdu-1.outlet-3": 1 }, ...settings },
  );
};

test("cold start: frozen, preheat, soak, power up in order of priority, then hands off", () => {
  const site = arctic({}, { powerUpGap: 10 });
  assert.equal(site.step().published?.["preheatTo"], 15);
  assert.equal(site.value("outlets", "pdu-1.outlet-1"), "off");
  assert.equal(site.step({ inlet: { probe: 3 } }, 60).published?.["phase"], "preheat");
  assert.equal(site.step({ inlet: { probe: 6 } }, 60).published?.["phase"], "soak");
  assert.equal(site.step({}, 530).published?.["phase"], "soak");
  site.step({}, 15);
  assert.deepEqual(
    [1, 2, 3].map((n) => site.value("outlets", `pdu-1.outlet-${n}`)),
    ["off", "off", "on"],
  );
  site.step({}, 20);
  assert.equal(site.value("outlets", "pdu-1.outlet-2"), "on");
  assert.equal(site.step({}, 30).published?.["phase"], "normal");
  assert.equal(site.value("outlets", "pdu-1.outlet-1"), undefined);
});

test("cold start: no further load while the inlet warms up fast from those before, for 25 min at the most, and 5 min after each; more air all along", () => {
  const site = arctic({});
  assert.equal(site.step().published?.["air"], 50);
  site.step({ inlet: { probe: 6 } }, 660);
  const released = (probe: number, seconds: number): unknown =>
    site.step({ inlet: { probe } }, seconds).published?.["released"];
  assert.equal(released(6, 5), 1);
  // It warms up all the time.
  for (let minute = 1; minute < 25; minute++) assert.equal(released(9 + minute / 4, 60), 1, `${minute} min`);
  assert.equal(released(15, 60), 2);
  assert.equal(released(15, 235), 2);
  assert.equal(released(15, 900), 3);
  const last = site.step({}, 300).published;
  assert.deepEqual([last?.["phase"], last?.["air"], last?.["handsOver"]], ["normal", 50, 1]);
  assert.equal(site.step({}, 3600).published?.["air"], 0);
});

test("cold start: on battery it lets no further load on, and leaves those that are to whoever sheds", () => {
  const outlets = () => [3, 1, 2].map((n) => site.value("outlets", `pdu-1.outlet-${n}`));
  const site = arctic({}, { powerUpGap: 100, powerUpRate: 0 });
  site.step();
  site.step({ inlet: { probe: 6 } }, 60 + 600);
  site.step({}, 5);
  assert.deepEqual(outlets(), ["on", "off", "off"]);
  site.step({ onBattery: { outage: 1 } }, 3600);
  assert.deepEqual(outlets(), [undefined, "off", "off"]);
  site.step({ onBattery: { outage: 0 } });
  assert.deepEqual(outlets().slice(0, 2), ["on", "on"]);
  assert.equal(site.step({}, 300).published?.["phase"], "normal");
});

test("cold start: what is at work is not taken from it, and it says when it takes too long", () => {
  const running = arctic({ outlets: { "pdu-1.outlet-1": "on" } });
  running.step({}, 60);
  assert.equal(running.value("outlets", "pdu-1.outlet-1"), undefined);
  const slow = arctic({});
  slow.step({ inlet: { probe: 2 } }, 4 * 3600 + 10);
  assert.deepEqual(slow.alarms(), ["cold-start-overdue"]);
});
