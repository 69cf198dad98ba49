import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EpwError, readEpw } from "./epw.ts";
import { pressureAt } from "./epw-fields.ts";
import { climates, makeYear } from "./make-year.ts";
import { writeEpw } from "./epw-writer.ts";

const year = makeYear(climates.temperate, 7);
const lines = year.split("\r\n");
const header = lines.slice(0, 8);
const rows = lines.slice(8, 8 + 8760);

/** The year with some of its rows changed; rows count from 0. */
const changed = (changes: Record<number, (fields: string[]) => string[]>, first = header): string =>
  [...first, ...rows.map((row, i) => changes[i]?.(row.split(",")).join(",") ?? row)].join("\r\n");
const field = (at: number, value: string) => (fields: string[]) => fields.with(at - 1, value);
const refused = (text: string, message: RegExp): void => {
  assert.throws(
    () => readEpw(text, "x.epw"),
    (error) => error instanceof EpwError && message.test(error.message),
  );
};

test("a year is read: place, rows and their columns", () => {
  const columns = Array.from({ length: 35 }, (_, i) => String(i + 1));
  const row = columns
    .with(1, "1")
    .with(2, "1")
    .with(3, "1")
    .with(6, "-4.5")
    .with(7, "-8.1")
    .with(8, "76")
    .with(9, "98700")
    .with(13, "412")
    .with(20, "270")
    .with(21, "5.5");
  const place = header.with(0, "LOCATION,A Town,Here,LND,TMYx,014850,59.37,13.47,1.0,107.0");
  const epw = readEpw(changed({ 0: () => row }, place), "x.epw");
  assert.deepEqual(epw.place, {
    ...{ city: "A Town", region: "Here", country: "LND", source: "TMYx", station: "014850" },
    ...{ latitude: 59.37, longitude: 13.47, timeZone: 1, elevation: 107 },
  });
  assert.deepEqual(epw.rows[0], {
    ...{ month: 1, day: 1, hour: 1, outdoor: -4.5, dewPoint: -8.1, humidity: 76, pressure: 98_700 },
    ...{ irradiance: 412, windDirection: 270, windSpeed: 5.5 },
  });
  assert.equal(epw.rows.length, 8760);
  assert.equal(epw.rowsPerHour, 1);
  assert.equal(epw.header.length, 8);
});

test("line ends, a byte order mark and the year of a row make no difference", () => {
  const plain = readEpw(year);
  const years = changed(Object.fromEntries(rows.map((_, i) => [i, field(1, String(1990 + (i % 17)))])));
  for (const text of [
    year.replaceAll("\r\n", "\n"),
    year.replaceAll("\r\n", "\r"),
    `\uFEFF${year}\r\n \r\n`,
    years,
  ]) {
    assert.deepEqual(readEpw(text).rows, plain.rows);
  }
});

test("30 fields are enough, 29 are not", () => {
  assert.equal(readEpw(changed({ 5: (fields) => fields.slice(0, 30) })).rows.length, 8760);
  refused(
    changed({ 5: (fields) => fields.slice(0, 29) }),
    /^x\.epw:14: has 29 fields, .* at least 30; .* get the file again/,
  );
});

test("missing values are counted, told, and the last good one stands in", () => {
  const hours = [100, 101, 4000];
  const epw = readEpw(
    changed(
      Object.fromEntries(hours.map((i) => [i, (f: string[]) => field(7, "99.9")(field(10, "999999")(f))])),
    ),
  );
  assert.equal(epw.rows[101]?.outdoor, epw.rows[99]?.outdoor);
  assert.equal(epw.rows[4000]?.outdoor, epw.rows[3999]?.outdoor);
  const told = epw.gaps.filter(({ field: name }) => name === "dry bulb" || name === "pressure");
  assert.deepEqual(told, [
    { field: "dry bulb", count: 3, line: 109, instead: "the last good value" },
    { field: "pressure", count: 3, line: 109, instead: "the last good value" },
  ]);
});

test("values outside what is possible, and empty ones, are missing", () => {
  const epw = readEpw(
    changed({ 10: field(7, "-71"), 11: field(7, ""), 12: field(22, "55"), 13: field(14, "-3") }),
  );
  assert.equal(epw.rows[11]?.outdoor, epw.rows[9]?.outdoor);
  assert.equal(epw.rows[12]?.windSpeed, epw.rows[11]?.windSpeed);
  assert.equal(epw.rows[13]?.irradiance, epw.rows[13 + 24]?.irradiance, "no day before: the one after");
  assert.deepEqual(epw.gaps.map(({ field: name, count }) => [name, count]).sort(), [
    ["dry bulb", 2],
    ["global irradiance", 1],
    ["relative humidity", 8760],
    ["wind direction", 8760],
    ["wind speed", 1],
  ]);
});

test("at the start of a file the first good value stands in", () => {
  const epw = readEpw(changed({ 0: field(7, "99.9"), 1: field(7, "99.9") }));
  assert.equal(epw.rows[0]?.outdoor, epw.rows[2]?.outdoor);
});

test("irradiance that is missing is that of the day before, not that of the hour before", () => {
  const noon = 24 * 50 + 12;
  const epw = readEpw(
    changed(Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => [noon + i, field(14, "9999")]))),
  );
  assert.equal(epw.rows[noon + 1]?.irradiance, epw.rows[noon + 1 - 24]?.irradiance);
  assert.equal(epw.rows[noon + 8]?.irradiance, 0, "the sun has set");
});

test("a missing dew point comes from the humidity, a missing humidity from the dew point", () => {
  const wet = (fields: string[]): string[] => field(7, "25.0")(field(8, "99.9")(field(9, "50")(fields)));
  const epw = readEpw(
    changed({ 30: wet, 31: (f) => field(7, "25.0")(field(8, "13.8")(field(9, "999")(f))) }),
  );
  assert.ok(Math.abs((epw.rows[30]?.dewPoint ?? 0) - 13.85) < 0.01);
  assert.ok(Math.abs((epw.rows[31]?.humidity ?? 0) - 50) < 0.3);
  assert.equal(
    epw.gaps.find(({ field: name }) => name === "dew point")?.instead,
    "from the relative humidity",
  );
});

test("columns that are missing altogether: pressure is that of the elevation, wind and sun are none", () => {
  const without = changed(
    Object.fromEntries(
      rows.map((_, i) => [i, (f: string[]) => field(10, "999999")(field(14, "9999")(field(22, "999")(f)))]),
    ),
    header.with(0, "LOCATION,High,-,-,-,0,0,0,0,3050"),
  );
  const epw = readEpw(without);
  assert.equal(epw.rows[77]?.pressure, pressureAt(3050));
  assert.ok(Math.abs(pressureAt(3050) - 69_700) < 200);
  assert.deepEqual([epw.rows[77].irradiance, epw.rows[77].windSpeed], [0, 0]);
  assert.equal(
    epw.gaps.find(({ field: name }) => name === "pressure")?.instead,
    "that of the place's elevation",
  );
  refused(
    changed(Object.fromEntries(rows.map((_, i) => [i, field(7, "99.9")]))),
    /dry bulb is missing in every row/,
  );
});

test("what is no weather file is refused with line and remedy", () => {
  refused("", /^x\.epw:1: an EPW file begins with LOCATION/);
  refused("hello", /^x\.epw:1: an EPW file begins with LOCATION/);
  refused(
    changed({}, header.with(0, "LOCATION,a,b,c,d,e,91,0,0,0")),
    /x\.epw:1: the latitude of LOCATION is "91"; give a number -90\.\.90/,
  );
  refused(
    [header[0], ...header.slice(2), ...rows].join("\n"),
    /^x\.epw:8: line 8 of an EPW file begins with DATA PERIODS/,
  );
  refused(changed({}, header.with(7, "DATA PERIODS,1,7,Data,Monday,1/1,12/31")), /^x\.epw:8: 7 rows an hour/);
  refused(changed({ 3: field(7, "warm") }), /^x\.epw:12: dry bulb is "warm"; give a number, or 99\.9/);
});

test("hours must follow each other, and make a whole year", () => {
  refused(
    [...header, ...rows.toSpliced(100, 1)].join("\n"),
    /^x\.epw:109: is month 1, day 5, hour 6 where month 1, day 5, hour 5 should be/,
  );
  refused(
    [...header, ...rows.toSpliced(100, 0, rows[99] ?? "")].join("\n"),
    /^x\.epw:109: is month 1, day 5, hour 4 where/,
  );
  refused(
    [...header, ...rows.slice(0, 8000)].join("\n"),
    /^x\.epw:8009: the file ends before month 11, day 30, hour 9; a whole year/,
  );
  refused(
    [...header, ...rows, rows[0]].join("\n"),
    /^x\.epw:8769: there are rows behind the end of the year/,
  );
  const february = rows.slice(58 * 24, 59 * 24).map((row) => field(3, "29")(row.split(",")).join(","));
  const leap = [...header, ...rows.toSpliced(59 * 24, 0, ...february)].join("\n");
  assert.equal(readEpw(leap).rows.length, 8784);
});

test("several rows an hour", () => {
  const epw = readEpw(year);
  const twice = writeEpw({ place: epw.place, rowsPerHour: 2, rows: epw.rows.flatMap((row) => [row, row]) });
  const read = readEpw(twice);
  assert.equal(read.rowsPerHour, 2);
  assert.equal(read.rows.length, 17_520);
  assert.equal(read.rows[17]?.outdoor, epw.rows[8]?.outdoor);
});

test("what is written is read back", () => {
  const value = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((n) => n / 10);
  const row = fc.record({
    outdoor: value(-60, 60),
    drop: value(0, 9),
    humidity: fc.integer({ min: 1, max: 100 }),
    pressure: fc.integer({ min: 31_001, max: 119_999 }),
    irradiance: fc.integer({ min: 0, max: 1400 }),
    windSpeed: value(0, 39),
    windDirection: fc.integer({ min: 0, max: 360 }),
  });
  const dates = readEpw(year);
  fc.assert(
    fc.property(fc.array(row, { minLength: 5, maxLength: 20 }), (pattern) => {
      const wanted = dates.rows.map(({ month, day, hour }, i) => {
        const { drop, ...rest } = pattern[i % pattern.length] ?? pattern[0] ?? assert.fail();
        return { month, day, hour, ...rest, dewPoint: Math.round((rest.outdoor - drop) * 10) / 10 };
      });
      const read = readEpw(writeEpw({ place: dates.place, rows: wanted }));
      assert.deepEqual(read.rows, wanted);
      assert.deepEqual(read.gaps, []);
    }),
    { numRuns: 5 },
  );
});

function damagedField(line: string, at: number, text: string): string {
  const fields = line.split(",");
  return fields.with(at % fields.length, text).join(",");
}

test("whatever a file holds, it is read or refused with a line, and no value is impossible", () => {
  const short = [...header, ...rows];
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          line: fc.integer({ min: 0, max: short.length - 1 }),
          how: fc.oneof(
            fc.record({
              at: fc.nat(34),
              text: fc.oneof(fc.string(), fc.double().map(String), fc.constant("9e99")),
            }),
            fc.constant("gone" as const),
            fc.string(),
          ),
        }),
        { maxLength: 6 },
      ),
      (damage) => {
        const damaged = [...short];
        for (const { line, how } of damage) {
          if (how === "gone") damaged.splice(line, 1);
          else if (typeof how === "string") damaged[line] = how;
          else damaged[line] = damagedField(damaged[line] ?? "", how.at, how.text);
        }
        try {
          const { rows: read } = readEpw(damaged.join("\n"), "x.epw");
          for (const { outdoor, dewPoint, pressure, irradiance, windSpeed } of read) {
            assert.ok(outdoor >= -70 && outdoor <= 70 && dewPoint >= -70 && dewPoint <= outdoor);
            assert.ok(pressure > 30_000 && irradiance >= 0 && windSpeed >= 0);
          }
        } catch (error) {
          if (!(error instanceof EpwError)) throw error;
          assert.match(error.message, /^x\.epw:\d+: /);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("random bytes are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
      assert.throws(() => readEpw(Buffer.from(bytes).toString("latin1")), EpwError);
    }),
  );
});
