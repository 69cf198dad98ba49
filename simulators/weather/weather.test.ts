import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chooseWeather } from "./choose.ts";
import { EpwError, readEpw } from "./epw.ts";
import { epwWeather } from "./epw-weather.ts";
import { climates, makeYear, shippedSeed } from "./make-year.ts";
import { shippedNames, shippedText, shippedYear } from "./shipped.ts";
import { sineOfElevation, sunOver } from "./sun.ts";

const hour = 3600;
const day = 24 * hour;
const near = (a: number, b: number, by: number): void =>
  assert.ok(Math.abs(a - b) <= by, `${a} is not within ${by} of ${b}`);

test("the shipped years are what the program makes", () => {
  for (const name of shippedNames)
    assert.equal(shippedText(name), makeYear(climates[name], shippedSeed), name);
});

test("another seed gives another year; the same the same", () => {
  assert.equal(makeYear(climates.hot, 5), makeYear(climates.hot, 5));
  assert.notEqual(makeYear(climates.hot, 5), makeYear(climates.hot, 6));
});

test("the shipped years are of their climates, with a heat wave and a cold snap", () => {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const stretch = (name: (typeof shippedNames)[number], from: number, days: number): number =>
    meanOf(
      shippedYear(name)
        .rows.slice(from * 24, (from + days) * 24)
        .map(({ outdoor }) => outdoor),
    );
  for (const name of shippedNames) {
    const { mean, yearly } = climates[name];
    near(stretch(name, 0, 365), mean, 1.5);
    const season = (from: number): number =>
      mean - yearly * Math.cos((2 * Math.PI * (from * 24 + 60 - 360)) / 8760);
    assert.ok(stretch(name, 201, 3) > season(201) + 3, `${name}: heat wave`);
    assert.ok(stretch(name, 14, 3) < season(14) - 6, `${name}: cold snap`);
  }
  const coldest = Math.min(...shippedYear("arctic").rows.map(({ outdoor }) => outdoor));
  const hottest = Math.max(...shippedYear("hot").rows.map(({ outdoor }) => outdoor));
  assert.ok(coldest < -25 && coldest > -45, `coldest ${coldest}`);
  assert.ok(hottest > 42 && hottest < 58, `hottest ${hottest}`);
});

test("temperatures are those at the end of a row's hour, and linear between", () => {
  const epw = shippedYear("hot");
  const weather = epwWeather(epw);
  for (const row of [0, 1, 500, 8759]) {
    near(weather.at((row + 1) * hour - 1e-6).outdoor, epw.rows[row]?.outdoor ?? NaN, 1e-6);
    near(weather.at((row + 1) * hour - 1e-6).pressure, epw.rows[row]?.pressure ?? NaN, 1);
  }
  const [before, after] = [epw.rows[499], epw.rows[500]];
  near(weather.at(500.25 * hour).outdoor, 0.75 * (before?.outdoor ?? 0) + 0.25 * (after?.outdoor ?? 0), 1e-9);
  near(
    weather.at(500.25 * hour).windSpeed,
    0.75 * (before?.windSpeed ?? 0) + 0.25 * (after?.windSpeed ?? 0),
    1e-9,
  );
});

test("a year follows itself without a step", () => {
  const epw = shippedYear("temperate");
  const weather = epwWeather(epw);
  assert.equal(weather.length, 365 * day);
  const last = epw.rows.at(-1)?.outdoor ?? NaN;
  near(weather.at(365 * day - 0.001).outdoor, last, 1e-3);
  near(weather.at(365 * day + 0.001).outdoor, last, 1e-3);
  for (const seconds of [5, 40 * day + 7, 364.9 * day]) {
    near(weather.at(seconds + 365 * day).outdoor, epwWeather(epw).at(seconds).outdoor, 1e-6);
  }
});

test("a simulation may begin anywhere in the year", () => {
  const epw = shippedYear("arctic");
  near(
    epwWeather(epw, { startHour: 24.5 }).at(90).outdoor,
    epwWeather(epw).at(24.5 * hour + 90).outdoor,
    1e-9,
  );
  near(
    epwWeather(epw, { startHour: -1 }).at(60).outdoor,
    epwWeather(epw).at(364 * day + 23 * hour + 60).outdoor,
    1e-9,
  );
});

test("an hour of sunshine sums to what its row says, held or shaped", () => {
  const epw = shippedYear("hot");
  for (const irradiance of ["hold", "sun"] as const) {
    const weather = epwWeather(epw, { irradiance });
    for (let row = 100 * 24; row < 103 * 24; row++) {
      let sum = 0;
      const parts = 720;
      for (let i = 0; i < parts; i++) sum += weather.at((row + (i + 0.5) / parts) * hour).irradiance / parts;
      near(sum, epw.rows[row]?.irradiance ?? NaN, 0.5);
    }
  }
  const held = epwWeather(epw, { irradiance: "hold" });
  assert.equal(held.at(100 * day + 12.1 * hour).irradiance, held.at(100 * day + 12.9 * hour).irradiance);
  const shaped = epwWeather(epw);
  assert.ok(shaped.at(100 * day + 7.1 * hour).irradiance < shaped.at(100 * day + 7.9 * hour).irradiance);
});

test("the sun: overhead, low and below the horizon", () => {
  const at = (latitude: number) => ({ latitude, longitude: 0, timeZone: 0 });
  const noon = (dayOfYear: number): number => (dayOfYear - 1) * day + 12 * hour;
  near(Math.asin(sineOfElevation(at(23.45), noon(172))) * (180 / Math.PI), 90, 1);
  near(Math.asin(sineOfElevation(at(60), noon(172))) * (180 / Math.PI), 53.45, 0.5);
  assert.ok(sineOfElevation(at(70), noon(355)) < 0, "polar night");
  assert.ok(sineOfElevation(at(70), noon(172) + 12 * hour) > 0, "midnight sun");
  for (const latitude of [-66, -20, 0, 47, 71, 90]) {
    for (const start of [3 * hour, 9 * hour, 20 * hour]) {
      let sum = 0;
      for (let i = 0; i < 1000; i++)
        sum += Math.max(0, sineOfElevation(at(latitude), 40 * day + start + (i + 0.5) * 3.6)) / 1000;
      near(sunOver(at(latitude), 40 * day + start, 40 * day + start + hour), sum, 1e-3);
    }
  }
});

test("asking allocates nothing: the sample is the same one", () => {
  const weather = epwWeather(shippedYear("hot"));
  assert.equal(weather.at(0), weather.at(1e6));
});

test("weather is chosen by a word", (t) => {
  assert.deepEqual(chooseWeather("constant:-12.5").weather.at(99).outdoor, -12.5);
  const wet = chooseWeather("constant:25,30").weather.at(0);
  assert.deepEqual([wet.outdoor, wet.dewPoint], [25, 25], "dew point is never above the temperature");
  near(
    chooseWeather("arctic", { startHour: 5 }).weather.at(0).outdoor,
    shippedYear("arctic").rows[4]?.outdoor ?? NaN,
    1e-9,
  );
  const folder = mkdtempSync(join(tmpdir(), "bothy-weather-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "here.epw");
  writeFileSync(file, makeYear(climates.hot, 3));
  const chosen = chooseWeather(file);
  near(
    chosen.weather.at(hour - 1e-6).outdoor,
    readEpw(makeYear(climates.hot, 3)).rows[0]?.outdoor ?? NaN,
    1e-6,
  );
  assert.match(
    chosen.notes[0] ?? "",
    /here\.epw: relative humidity is missing in 8760 of 8760 rows, first in line 9; taken from the dew point/,
  );
  for (const [word, message] of [
    [
      "tropical",
      /no weather is called "tropical"; choose hot, temperate, arctic, FILE\.epw, or constant:DEGREES/,
    ],
    ["constant:hot", /no weather is called/],
    ["constant:90", /give a temperature -70\.\.70/],
    [join(folder, "gone.epw"), /gone\.epw cannot be read: /],
  ] as const) {
    assert.throws(
      () => chooseWeather(word),
      (error) => error instanceof EpwError && message.test(error.message),
    );
  }
});
