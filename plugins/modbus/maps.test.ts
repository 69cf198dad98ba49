import assert from "node:assert/strict";
import test from "node:test";
import { Ajv } from "ajv";
import { modelDevice } from "./model.ts";
import { expandProduct } from "./product.ts";
import { checkProduct } from "./product-check.ts";
import { productSchema } from "./product-schema.ts";
import { shippedNames, shippedProduct } from "./shipped.ts";

const valid = new Ajv({ allErrors: true, strict: false }).compile(productSchema);

test("there are maps", () => assert.ok(shippedNames().length > 20));

for (const name of shippedNames()) {
  test(`${name}: fits the schema, has no faults, and every entry is usable`, () => {
    const product = shippedProduct(name);
    assert.ok(product !== undefined);
    assert.ok(valid(product), JSON.stringify(valid.errors, undefined, 2));
    assert.equal(product.product, name);
    assert.deepEqual(checkProduct(product), []);
    for (const placed of expandProduct(product)) {
      const device = modelDevice(placed, true);
      assert.equal(device.points.length, placed.points.length);
      assert.equal(device.orders.length, placed.actions.length);
    }
  });
}

const harmful: readonly (readonly [product: string, device: string, action: string, value: number])[] = [
  ["generic-dx-v1", "unit", "minimum-off", 119],
  ["generic-dx-v1", "unit", "minimum-on", 59],
  ["generic-dcplant-v1", "plant", "lvd1-voltage", 48],
  ["generic-dcplant-v1", "plant", "lvd2-voltage", 48],
  ["generic-dcplant-v1", "plant", "float-voltage", 58.1],
  ["generic-dcplant-v1", "plant", "equalise-voltage", 60.1],
  ["generic-fantray-v1", "tray", "bus-loss-duty", 0],
];
for (const [name, device, action, value] of harmful) {
  test(`${name} is not told ${action} ${value}`, () => {
    const product = shippedProduct(name);
    assert.ok(product !== undefined);
    const placed = expandProduct(product).find((candidate) => candidate.name === device);
    assert.ok(placed !== undefined);
    const order = modelDevice(placed, true).orders.find((candidate) => candidate.action.name === action);
    assert.ok(order?.action.accepts.kind === "number");
    const { min, max } = order.action.accepts;
    assert.ok(value < min || value > max, `${min} to ${max}`);
  });
}
