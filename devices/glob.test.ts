import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { glob } from "./glob.ts";

/** As it is defined, and as slow as that is. */
function stands(pattern: readonly string[], text: readonly string[], single: boolean): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*")
    return text.some((_, i) => stands(rest, text.slice(i), single)) || stands(rest, [], single);
  if (text.length === 0) return false;
  return (first === text[0] || (single && first === "?")) && stands(rest, text.slice(1), single);
}

const of = (...units: readonly string[]): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...units), maxLength: 8 });

test("a text fits exactly when the definition says so", () => {
  const text = of("a", "b", ".", "😀", "?", "\n");
  const pattern = of("a", "b", "*", "?", ".", "😀", "\n");
  fc.assert(
    fc.property(pattern, text, fc.boolean(), (wanted, given, single) => {
      assert.equal(glob(wanted, { single })(given), stands(Array.from(wanted), Array.from(given), single));
    }),
    { numRuns: 20_000 },
  );
});

test("case is the same when it is asked to be, and characters of expressions are themselves", () => {
  assert.equal(glob("FAN*", { anyCase: true })("fan-1"), true);
  assert.equal(glob("FAN*")("fan-1"), false);
  assert.equal(glob("Fan 1", { anyCase: true })("fAN 1"), true);
  for (const odd of ["a(b", "[a]", "^a$", "a|b", "a\\d", "a+", "{2}"]) {
    assert.equal(glob(odd)(odd), true, odd);
    assert.equal(glob(`*${odd}*`)(`x${odd}y`), true, odd);
  }
  assert.equal(glob("a.c*")("abc"), false);
  assert.equal(glob("a?")("ab"), false);
});

test("what costs expressions time without end costs a product of two lengths", () => {
  let looked = 0;
  // A text of which every character that is looked at counts.
  const watched = (length: number): string =>
    new Proxy(Object("a".repeat(length)) as object, {
      get: (text, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) looked++;
        const value: unknown = Reflect.get(text, key);
        return typeof value === "function" ? (value.bind(text) as unknown) : value;
      },
    }) as unknown as string;
  const pattern = `${"*a".repeat(500)}*b`;
  assert.equal(glob(pattern)(watched(2000)), false);
  assert.ok(looked > 0 && looked <= 2 * pattern.length * 2000, `${looked} characters looked at`);
});
