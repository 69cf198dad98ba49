// The device a sensor becomes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planBmcs } from "../../plugins/ipmi/plan.ts";
import { chosen, sensorDevice } from "../../plugins/ipmi/parts/sensor-device.ts";
import { entityText } from "../../plugins/ipmi/sensors/index.ts";
import type { Sensor } from "../../plugins/ipmi/sensors/sensor.ts";

const { settings } = planBmcs({
  site: { id: "hut", tags: [] },
  name: "bmcs",
  link: { path: [], config: { password: { file: "password" } } },
  devices: [{ path: [], config: { address: "10.0.0.11", alias: "server-1" } }],
  products: [],
});

function supply(instance: number): Sensor {
  const entity = { ...{ id: 10, instance }, logical: false };
  return {
    ...{
      key: "20.0.0.1",
      owner: 0x20,
      channel: 0,
      lun: 0,
      number: 1,
      recordId: 1,
      name: "PS Status",
      entity,
    },
    ...{
      entityText: entityText(entity),
      type: 8,
      typeText: "power supply",
      eventType: 0x6f,
      class: "discrete",
    },
    stateMask: 0x7fff,
    thresholds: { access: "none", readable: [], settable: [], reported: [], raw: {} },
    hysteresis: { access: "none", positive: 0, negative: 0 },
    eventControl: "none",
    eventOnly: false,
  };
}

test("a sensor is tagged with the kind of its entity, however the instances are counted", () => {
  const [bmc] = settings.bmcs;
  assert.ok(bmc !== undefined);
  for (const instance of [2, 0x62]) {
    const { alias, context, tags } = sensorDevice(bmc, supply(instance), true);
    assert.equal(alias, "server-1-ps-status");
    assert.ok(tags.includes("ipmi/entity:power-supply"), tags.join(" "));
    assert.match(context["entity"] ?? "", /^power supply 2/);
  }
});

test("a configuration wants what a pattern of `include` stands for, without what one of `exclude` does", () => {
  const all = ["Fan 1 ", "FAN 2", "PS1 Fan", "Inlet (rear)"].map((name) => ({ ...supply(2), name }));
  const wanted = (include: readonly string[], exclude: readonly string[] = []): readonly string[] =>
    chosen(all, { include, exclude }).map(({ name }) => name);
  assert.equal(wanted([]).length, 4);
  assert.deepEqual(wanted(["fan *"]), ["Fan 1 ", "FAN 2"]);
  assert.deepEqual(wanted(["*fan*", "inlet (*"], ["*2", "ps*"]), ["Fan 1 ", "Inlet (rear)"]);
  assert.deepEqual(wanted([], ["*a*n*"]), ["Inlet (rear)"]);
  assert.deepEqual(wanted(["fan ?"]), []);
});
