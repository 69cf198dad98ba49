import assert from "node:assert/strict";
import test from "node:test";
import { checkProduct } from "./product-check.ts";
import type { ActionEntry, DeviceEntry, PointEntry, Product } from "./product-schema.ts";

const point = (more: Partial<PointEntry> = {}): PointEntry => ({
  output: "temperature",
  table: "holding",
  address: 0,
  type: "int16",
  ...more,
});
const action = (more: Partial<ActionEntry> = {}): ActionEntry => ({
  name: "set",
  table: "holding",
  address: 0,
  type: "int16",
  min: 0,
  max: 50,
  shows: { output: "temperature" },
  ...more,
});
const device = (more: Partial<DeviceEntry> = {}): DeviceEntry => ({
  name: "",
  type: "t",
  info: "T",
  outputs: [point()],
  ...more,
});
const product = (devices: readonly DeviceEntry[], more: Partial<Product> = {}): Product => ({
  product: "p",
  title: "P",
  manual: "m",
  certainty: "S",
  devices: [...devices],
  ...more,
});

/** Each fault as `path: message`. */
const faults = (found: Product): string[] =>
  checkProduct(found).map(({ path, message, remedy }) => {
    assert.ok(remedy.length > 5, message);
    return `${path.join(".")}: ${message}`;
  });
const ofPoint = (more: Partial<PointEntry>): string[] =>
  faults(product([device({ outputs: [point(more)] })]));
const ofAction = (more: Partial<ActionEntry>): string[] =>
  faults(product([device({ actions: [action(more)] })]));

test("a sound product has no faults", () => {
  assert.deepEqual(faults(product([device({ actions: [action()] })])), []);
});

test("outputs, units and arithmetic that do not exist", () => {
  assert.deepEqual(ofPoint({ output: "temprature" }), [
    "devices.0.outputs.0.output: there is no output temprature",
  ]);
  assert.match(
    checkProduct(product([device({ outputs: [point({ output: "temprature" })] })]))[0]!.remedy,
    /temperature/,
  );
  assert.deepEqual(ofPoint({ unit: "kW" }), ["devices.0.outputs.0.unit: kW cannot become C"]);
  assert.deepEqual(ofPoint({ unit: "deg" }), ["devices.0.outputs.0.unit: there is no unit deg"]);
  assert.deepEqual(ofPoint({ unit: "F" }), []);
  assert.deepEqual(ofPoint({ compute: "raw *" }), [
    "devices.0.outputs.0.compute: a number or a name is missing at the end",
  ]);
  assert.deepEqual(ofPoint({ compute: "raw * sf" }), ["devices.0.outputs.0.compute: there is no input sf"]);
  assert.deepEqual(ofPoint({ scale: 0 }), [
    "devices.0.outputs.0.scale: a scale of 0 makes every value the same",
  ]);
});

test("places that do not fit their type", () => {
  assert.match(ofPoint({ address: 65_535, type: "float32" })[0]!, /ends at 65536, beyond 65535/);
  assert.match(ofPoint({ table: "coil" })[0]!, /a coil holds one bit, not int16/);
  assert.match(ofPoint({ output: "state", type: "bit" })[0]!, /which bit of the register/);
  assert.match(ofPoint({ output: "number", type: "bits", bit: 14, width: 4 })[0]!, /go beyond the register/);
  assert.match(ofPoint({ output: "string", type: "string" })[0]!, /how long the text is/);
  assert.match(ofPoint({ type: "bit", bit: 0 })[0]!, /temperature is a number in C/);
  assert.match(ofPoint({ valid: { min: 2, max: 1 } })[0]!, /lowest is above its highest/);
  assert.match(ofPoint({ channel: "a", channels: ["b"] })[0]!, /exclude each other/);
});

test("limits of the product", () => {
  const two = product([device({ outputs: [point({ type: "float32" })] })], { limits: { maxRegisters: 1 } });
  assert.match(faults(two)[0]!, /takes 2 registers; the product allows 1/);
  assert.match(
    faults(product([device()], { limits: { functions: [4] } }))[0]!,
    /reading holding needs function 3/,
  );
});

test("registers that two values see differently", () => {
  const outputs = [point({ channel: "a", type: "float32" }), point({ channel: "b", address: 1 })];
  assert.deepEqual(faults(product([device({ outputs })])), [
    "devices.0.outputs.1.address: temperature/b (holding 1 as int16) overlaps temperature/a (holding 0 to 1 as float32)",
  ]);
  const types = [point({ channel: "a" }), point({ channel: "b", type: "uint16" })];
  assert.equal(faults(product([device({ outputs: types })])).length, 1);
  const bits = [
    point({ output: "state", channel: "a", type: "bit", bit: 0 }),
    point({ output: "number", channel: "b", type: "bits", bit: 4, width: 4 }),
  ];
  assert.deepEqual(faults(product([device({ outputs: bits })])), []);
  const strides = device({
    name: "x-{n}",
    repeat: { count: 2, stride: 1 },
    outputs: [point({ type: "float32" })],
  });
  assert.match(faults(product([strides]))[0]!, /x-2 temperature .* overlaps x-1 temperature/);
});

test("names that are there twice", () => {
  assert.match(
    faults(product([device({ name: "a" }), device({ name: "a", outputs: [point({ address: 5 })] })]))[0]!,
    /another device is called "a"/,
  );
  assert.match(
    faults(product([device({ name: "x", repeat: { count: 2, stride: 1 } })]))[0]!,
    /another device is called "x"/,
  );
  assert.match(
    faults(product([device({ outputs: [point(), point()] })]))[0]!,
    /the device has temperature twice/,
  );
  assert.match(
    faults(product([device({ actions: [action(), action({ address: 9 })] })]))[0]!,
    /has the action set twice/,
  );
});

test("actions that cannot work", () => {
  assert.match(
    ofAction({ table: "input", shows: { output: "temperature" } })[0]!,
    /the table input cannot be written/,
  );
  assert.match(ofAction({ shows: { output: "rpm" } })[0]!, /has no output rpm/);
  assert.match(
    faults(
      product([
        device({ actions: [{ name: "a", table: "holding", address: 0, type: "int16", min: 0, max: 1 }] }),
      ]),
    )[0]!,
    /`shows` is missing/,
  );
  assert.deepEqual(ofAction({ scale: 0.1, max: 5000 }), [
    "devices.0.actions.0.max: 5000 C does not fit int16",
  ]);
  assert.match(ofAction({ states: { 0: "off" } })[0]!, /said in several ways/);
  assert.match(ofAction({ min: 9, max: 1 })[0]!, /lowest is above the highest/);
  assert.match(ofAction({ default: 99 })[0]!, /outside 0 to 50/);
  assert.match(ofAction({ unit: "kW" })[0]!, /kW cannot become C/);
  assert.match(ofAction({ writesPerDay: 5 }).join(), /only memory that wears out has a budget/);
  assert.deepEqual(ofAction({ writesPerDay: 5, storage: "eeprom" }), []);
  assert.match(ofAction({ value: 1 }).join(), /a level takes a value from whoever writes/);
});

test("two actions on one register, unless each has its bits or its own word", () => {
  const outputs = [point({ output: "number", type: "uint16" })];
  const shows = { output: "number" };
  const two = (a: Partial<ActionEntry>, b: Partial<ActionEntry>): string[] =>
    faults(
      product([
        device({
          outputs,
          actions: [
            action({ type: "uint16", shows, ...a }),
            action({ type: "uint16", shows, ...b, name: "other" }),
          ],
        }),
      ]),
    );
  assert.match(two({}, {})[0]!, /the actions set and other write the same holding 0/);
  const pulse = (value: number): ActionEntry => ({
    name: `do-${value}`,
    kind: "pulse",
    table: "holding",
    address: 0,
    type: "uint16",
    value,
  });
  assert.deepEqual(faults(product([device({ outputs, actions: [pulse(1), pulse(2)] })])), []);
});

test("all faults come at once", () => {
  const outputs = [
    point({ output: "nonsense" }),
    point({ channel: "b", unit: "kW" }),
    point({ channel: "c", scale: 0 }),
  ];
  assert.equal(checkProduct(product([device({ outputs })])).length, 3);
});
