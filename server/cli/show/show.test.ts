import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csvLine } from "./csv.ts";
import { sparkline } from "./sparkline.ts";
import { type Column, colours, tableLines } from "./table.ts";
import { cut, displayWidth, pad, plain, wrap } from "./width.ts";

const narrow = fc.constantFrom("drop" as const, "cut" as const, "wrap" as const);
/** Letters of all widths, without control characters. */
const text = fc
  .string({
    unit: fc.constantFrom("a", "B", "9", " ", "-", ".", "é", "e\u0301", "風", "扇", "😀", "👩‍🔧", "°", "한"),
  })
  .map((one) => one.trim());
const table = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    columns: fc.array(
      fc.record({
        name: fc.constantFrom("DEVICE", "VALUE", "X", "WHY"),
        align: fc.constantFrom("left" as const, "right" as const),
        narrow,
        importance: fc.integer({ min: 0, max: 9 }),
        min: fc.integer({ min: 1, max: 20 }),
      }),
      { minLength: count, maxLength: count },
    ),
    rows: fc.array(
      fc.array(
        text.map((one) => ({ text: one })),
        { minLength: count, maxLength: count },
      ),
      { maxLength: 6 },
    ),
  }),
);

test("widths: marks take no column, wide characters and emoji two", () => {
  const widths: readonly (readonly [string, number])[] = [
    ["", 0],
    ["fan-1", 5],
    ["23 °C", 5],
    ["e\u0301te\u0301", 3],
    ["風扇", 4],
    ["ｱ", 1],
    ["Ａ", 2],
    ["한국", 4],
    ["😀", 2],
    ["👩‍🔧!", 3],
    ["✔\ufe0f", 2],
    ["✔", 1],
    ["🇨🇭", 2],
    ["a\u200bb", 2],
  ];
  for (const [shown, width] of widths) assert.equal(displayWidth(shown), width, JSON.stringify(shown));
});

test("what a device says moves no cursor and turns no line round", () => {
  assert.equal(plain("a\x1b[2Jb\nc\u202ed\x9b1m"), "a·[2Jb·c·d·1m");
});

test("cut and wrapped texts fit, whatever they are made of, and wrapping loses nothing but spaces", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 12 }), (one, width) => {
      assert.ok(displayWidth(cut(one, width)) <= width);
      assert.equal(displayWidth(pad(cut(one, width), width)), width);
    }),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 12 }), (one, width) => {
      const lines = wrap(one, width);
      assert.ok(lines.every((line) => displayWidth(line) <= width));
      assert.equal(lines.join("").replaceAll(" ", ""), one.replaceAll(" ", ""));
    }),
  );
});

test("no line of a table is wider than the terminal, at any width", () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 120 }), fc.boolean(), ({ columns, rows }, width, header) => {
      for (const line of tableLines(columns, rows, { width, header })) {
        assert.ok(displayWidth(line) <= width, `${JSON.stringify(line)} in ${width}`);
      }
    }),
  );
});

test("without an end to the width nothing is cut, left out or broken", () => {
  fc.assert(
    fc.property(table, ({ columns, rows }) => {
      const lines = tableLines(columns, rows, { width: Infinity });
      assert.equal(lines.length, rows.length + 1);
      rows.forEach((row, i) => {
        for (const { text: cell } of row) assert.ok(lines[i + 1]?.includes(cell));
      });
    }),
  );
});

const columns: readonly Column[] = [
  { name: "DEVICE", narrow: "wrap", importance: 9, min: 10 },
  { name: "VALUE", narrow: "cut", importance: 10, align: "right" },
  { name: "INFO", narrow: "cut", importance: 3, min: 6 },
  { name: "ID", narrow: "drop", importance: 1 },
];
const row = (...cells: string[]) => cells.map((one) => ({ text: one }));
const rows = [
  row("tray-a.fan-1", "2010", "Rear fan of the upper tray", "4fd0649e-0000-4000-8000-000000000001"),
  row("dc-1.battery", "54.2", "蓄電池", "4fd0649e-0000-4000-8000-000000000002"),
];

test("the least important column gives way first, then the next", () => {
  assert.deepEqual(tableLines(columns, rows, { width: 90 }), [
    "DEVICE        VALUE  INFO                        ID",
    "tray-a.fan-1   2010  Rear fan of the upper tray  4fd0649e-0000-4000-8000-000000000001",
    "dc-1.battery   54.2  蓄電池                      4fd0649e-0000-4000-8000-000000000002",
  ]);
  assert.deepEqual(tableLines(columns, rows, { width: 60 }), [
    "DEVICE        VALUE  INFO",
    "tray-a.fan-1   2010  Rear fan of the upper tray",
    "dc-1.battery   54.2  蓄電池",
  ]);
  assert.deepEqual(tableLines(columns, rows, { width: 30 }), [
    "DEVICE        VALUE  INFO",
    "tray-a.fan-1   2010  Rear fan…",
    "dc-1.battery   54.2  蓄電池",
  ]);
  assert.deepEqual(tableLines(columns, rows, { width: 25 }), [
    "DEVICE      VALUE  INFO",
    "tray-a.      2010  Rear …",
    "fan-1",
    "dc-1.        54.2  蓄電池",
    "battery",
  ]);
  assert.deepEqual(tableLines(columns, rows, { width: 5, header: false }), ["2010", "54.2"]);
});

test("colours go around cells, never into the reckoning", () => {
  const lines = tableLines(columns, [[{ text: "a", style: "bad" }, { text: "1" }]], {
    width: 40,
    paint: colours,
    header: false,
  });
  assert.deepEqual(lines, ["\x1b[31ma\x1b[0m  1"]);
});

test("a sparkline has a bar per value between the lowest and the highest, and gaps", () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 2), "▁█");
  assert.equal(sparkline([5, undefined, 5, Number.NaN], 9), "▄ ▄ ");
  assert.equal(sparkline([-1.5e-323, -2e-323], 2), "█▁");
  assert.equal(sparkline([-1.7e308, 1.7e308], 2), "▁█");
  assert.equal(sparkline([], 9), "");
  assert.equal(sparkline([1, 2], 0), "");
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double(), { nil: undefined })),
      fc.integer({ min: 0, max: 30 }),
      (values, width) => {
        const line = Array.from(sparkline(values, width));
        assert.equal(line.length, Math.min(values.length, width));
        const shown = width === 0 ? [] : values.slice(-width);
        shown.forEach((value, i) =>
          assert.equal(line[i] === " ", value === undefined || !Number.isFinite(value)),
        );
        const known = shown.filter((value): value is number => value !== undefined && Number.isFinite(value));
        const [low, high] = [Math.min(...known), Math.max(...known)];
        if (low < high) {
          assert.equal(line[shown.indexOf(low)], "▁");
          assert.equal(line[shown.indexOf(high)], "█");
        }
      },
    ),
  );
});

test("cells are quoted where RFC 4180 wants it", () => {
  assert.equal(csvLine(["a", 'b "c"', "d,e", "", " f", "g\nh"]), 'a,"b ""c""","d,e",," f","g\nh"');
});
