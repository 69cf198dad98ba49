import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJson, toJson } from "./json.ts";

/** JSON of plain data with bigint, with white space wherever it may be. */
function written(value: unknown, space: string): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value))
    return `[${space}${value.map((item) => written(item, space)).join(`${space},${space}`)}${space}]`;
  if (typeof value === "object" && value !== null)
    return `{${space}${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}${space}:${space}${written(item, space)}`)
      .join(`${space},${space}`)}${space}}`;
  return JSON.stringify(value);
}

const beyond = fc
  .bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
  .filter((n) => !Number.isSafeInteger(Number(n)));
const leaf = fc.oneof(
  beyond,
  fc.maxSafeInteger(),
  fc.double({ noDefaultInfinity: true, noNaN: true }).filter((n) => !Number.isInteger(n)),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[0-9"\\{}[\],: ]{0,30}$/),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("tree"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("", "1", "\\", '"')), tie("tree"), { maxKeys: 5 }),
  ),
}));

test("integers of any size are read exactly, everything else as it stands", () => {
  fc.assert(
    fc.property(tree, fc.stringMatching(/^[ \t\r\n]{0,3}$/), (value, space) => {
      // -0 is written as 0.
      const marked = JSON.stringify(value, (_key, item: unknown) => (item === 0 ? 0 : mark(item)));
      const expected = JSON.parse(marked, unmark) as unknown;
      assert.deepEqual(parseJson(written(value, space)), expected);
    }),
    { numRuns: 2000 },
  );
});

const mark = (value: unknown): unknown => (typeof value === "bigint" ? { bigint: value.toString() } : value);
const unmark = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "bigint" in value && Object.keys(value).length === 1
    ? BigInt(value.bigint as string)
    : value;

test("what is no JSON is refused as `JSON.parse` refuses it, what is JSON reads the same but for integers", () => {
  const damage = fc.tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom("", "1234567890123456789", '"', "]", ",", "\\"),
  );
  fc.assert(
    fc.property(damage, ([text, at, put]) => {
      const place = at % (text.length + 1);
      const damaged = text.slice(0, place) + put + text.slice(place + (at % 2));
      let plain: unknown;
      try {
        plain = JSON.parse(damaged) as unknown;
      } catch {
        assert.throws(() => parseJson(damaged), SyntaxError);
        return;
      }
      assert.deepEqual(rounded(parseJson(damaged)), plain);
    }),
    { numRuns: 5000 },
  );
});

/** As a plain parser would have had it. */
const rounded = (value: unknown): unknown =>
  typeof value === "bigint"
    ? Number(value)
    : Array.isArray(value)
      ? value.map(rounded)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]))
        : value;

test("the edges of what a double holds", () => {
  const max = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(parseJson(`[${max},${-max},9007199254740992,-9007199254740992]`), [
    max,
    -max,
    9007199254740992n,
    -9007199254740992n,
  ]);
  assert.equal(parseJson("18446744073709551615"), 18446744073709551615n);
  assert.equal(parseJson("1e20"), 1e20);
  assert.equal(parseJson("0.1234567890123456789"), 0.12345678901234568);
  assert.equal(parseJson("9007199254740993.0"), 9007199254740992);
});

test("what a key is called does not matter, nor how deep it lies", () => {
  const read = parseJson('{"__proto__":9007199254740993,"constructor":{"1234567890123456":[]}}') as object;
  assert.deepEqual(Object.entries(read), [
    ["__proto__", 9007199254740993n],
    ["constructor", { 1234567890123456: [] }],
  ]);
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  const deep = 5000;
  const text = `${"[".repeat(deep)}9007199254740993${"]".repeat(deep)}`;
  let inner = parseJson(text);
  for (let level = 0; level < deep; level++) inner = (inner as unknown[])[0];
  assert.equal(inner, 9007199254740993n);
});

test("what is sent is what is read", () => {
  fc.assert(fc.property(tree, (value) => assert.deepEqual(parseJson(toJson(value)), clean(value))));
  assert.equal(toJson({ a: undefined, b: [undefined, null] }), '{"b":[null,null]}');
});

const clean = (value: unknown): unknown => parseJson(written(value, ""));
