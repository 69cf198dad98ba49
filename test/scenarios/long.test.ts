import assert from "node:assert/strict";
import { test } from "node:test";
import { day, holds, longSite } from "./years-site.ts";

// A hot afternoon stands for a year here.

test("a hot afternoon and evening: below 32 °C, and compressors seldom start", () => {
  const long = longSite({ weather: "hot", startHour: 190 * day + 10 });
  long.site.advance(8 * 3600);
  holds(long, [15, 32]);
  assert.ok(long.site.score.report().compressors.starts <= 4);
});

test("50 °C outdoors: compressors at their limit hold the racks, for fans do not add to the heat; no load is shed", () => {
  const long = longSite({ weather: "hot", startHour: 204 * day + 8 });
  long.site.advance(8 * 3600);
  holds(long, [15, 30]);
  assert.ok(long.site.physics.state.outdoor > 48);
  const others = [...long.alarms].filter((id) => !/rate:|humid$/.test(id));
  assert.deepEqual(others, ["staged-cooling saturated"]);
});

test("an arctic night: outdoor air cools although it is dry, too cold for compressors; nothing alarms that is well", () => {
  const long = longSite({ weather: "arctic", startHour: 20 * day });
  long.site.advance(6 * 3600);
  holds(long, [15, 32]);
  const others = [...long.alarms].filter((id) => !id.startsWith("temperature-watch rate:"));
  assert.deepEqual(others, ["humidity-guard dry"]);
});

test("mains are out for 8 h: tests lose power first, priority 0 never, all told; then in order again", () => {
  const long = longSite({ weather: "constant:20" });
  long.site.advance(1200);
  long.site.score.reset();
  long.site.faults("site mains-loss");
  long.site.advance(8 * 3600);
  for (const id of ["outage mains-out", "outage loads-shed"]) assert.ok(long.alarms.has(id), id);
  assert.equal(long.site.physics.commands.outlets[0], false, "tests");
  assert.equal(long.site.physics.commands.outlets[7], true, "priority 0");
  long.site.faults();
  long.site.advance(1200);
  holds(long, [5, 35]);
  assert.ok(long.site.physics.state.acPresent);
});
