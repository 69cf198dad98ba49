import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import type { Fault } from "../../devices/plugin.ts";
import { optionTables, withTables } from "../../devices/schema-docs.ts";
import { productTable } from "./docs.ts";
import { planBus } from "./plan.ts";
import { type LinkOptions, type Product, schemas, type UnitOptions } from "./schema.ts";

const text = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

test("the README's tables are those of the schemas and maps", () => {
  const tables = { ...optionTables(schemas), products: productTable() };
  assert.equal(text("README.md"), withTables(text("README.md"), tables));
});

interface Sample {
  readonly site: { readonly id: string; readonly tags: readonly string[] };
  readonly buses: Readonly<Record<string, LinkOptions & { plugin?: string }>>;
  readonly devices: readonly (UnitOptions & { bus?: string })[];
  readonly products: readonly (Product & { plugin?: string })[];
}

/** As the loader of a configuration does: `plugin` is its own key. */
function withoutPlugin<T extends { plugin?: string }>(config: T): T {
  const rest = { ...config };
  delete rest.plugin;
  return rest;
}

test("the sample fits the schemas and has no fault", () => {
  const sample = parse(text("sample.yaml")) as Sample;
  const ajv = new Ajv({ allErrors: true, strict: false });
  const checked = <T>(schema: object, config: T): T => {
    assert.ok(ajv.validate(schema, config), ajv.errorsText());
    return config;
  };
  const products = sample.products.map((product, at) => ({
    path: ["products", at],
    config: checked(schemas.product, withoutPlugin(product)),
  }));
  const faults: Fault[] = [];
  for (const [name, bus] of Object.entries(sample.buses)) {
    const devices = sample.devices.flatMap(({ bus: on, ...unit }, at) =>
      on === name ? [{ path: ["devices", at], config: checked(schemas.device, unit) }] : [],
    );
    assert.ok(devices.length > 0);
    const plan = planBus({
      site: sample.site,
      name,
      link: { path: ["buses", name], config: checked(schemas.link, withoutPlugin(bus)) },
      devices,
      products,
    });
    faults.push(...plan.faults);
  }
  assert.deepEqual(faults, []);
});

test("unknown and misspelt options are refused", () => {
  const ajv = new Ajv({ strict: false });
  assert.equal(ajv.validate(schemas.link, { transport: "serial", path: "/dev/x", baudrate: 9600 }), false);
  assert.equal(ajv.validate(schemas.link, { transport: "serial", path: "/dev/x", poll: { fast: 2 } }), false);
  assert.equal(ajv.validate(schemas.device, { unit: 256, product: "p", alias: "a" }), false);
});
