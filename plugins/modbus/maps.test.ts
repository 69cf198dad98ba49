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
