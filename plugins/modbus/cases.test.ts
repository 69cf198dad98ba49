import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { parse } from "yaml";
import { type Cells, decode } from "./decode.ts";
import { type Field, isBitTable } from "./field.ts";
import { type ModelPoint, modelDevice } from "./model.ts";
import { expandProduct } from "./product.ts";
import type { Table } from "./product-schema.ts";
import { shippedProduct } from "./shipped.ts";

/** Registers by address as a unit would give them, and what must be read from them: numbers worked out by hand. */
interface Case extends Partial<Record<Table, Readonly<Record<string, readonly number[]>>>> {
  readonly product: string;
  readonly wordOrder?: "high-first" | "low-first";
}

const folder = new URL("./cases/", import.meta.url);
const load = (name: string, file: string): unknown =>
  parse(readFileSync(new URL(`${name}/${file}`, folder), "utf8"));

function cellsOf(given: Case, field: Field): Cells | undefined {
  const all = Object.entries(given[field.table] ?? {}).flatMap(([from, numbers]) =>
    numbers.map((number, at) => [Number(from) + at, number] as const),
  );
  const found = new Map(all);
  const numbers = Array.from({ length: field.count }, (_, at) => found.get(field.address + at));
  if (!numbers.every((number) => number !== undefined)) return undefined;
  return isBitTable(field.table)
    ? { kind: "bits", bits: numbers.map((number) => number === 1) }
    : { kind: "words", words: numbers };
}

function readingOf(given: Case, point: ModelPoint): unknown {
  const cells = cellsOf(given, point.field);
  const inputs = new Map<string, Cells>();
  for (const [name, field] of point.inputs) {
    const input = cellsOf(given, field);
    if (input === undefined) return undefined;
    inputs.set(name, input);
  }
  if (cells === undefined) return undefined;
  const found = decode(point, cells, inputs);
  if (found.quality === "good") return found.value;
  return found.quality === "bad" ? `bad ${found.why.code}` : `uncertain ${String(found.value)}`;
}

for (const name of readdirSync(folder)) {
  test(`case ${name}`, () => {
    const given = load(name, "registers.yaml") as Case;
    const product = shippedProduct(given.product);
    assert.ok(product !== undefined);
    const found: Record<string, unknown> = {};
    for (const placed of expandProduct(product, given.wordOrder)) {
      for (const point of modelDevice(placed, false).points) {
        const parts = [placed.name, point.output.name, point.channel ?? ""].filter((part) => part !== "");
        const value = readingOf(given, point);
        if (value !== undefined) found[parts.join(" ")] = value;
      }
    }
    // Both ways: what is given must be expected, what is expected must be there.
    assert.deepEqual(found, load(name, "expected.yaml"));
  });
}
