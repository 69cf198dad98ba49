import assert from "node:assert/strict";
import { test } from "node:test";
import { everything } from "./everything.ts";
import { day, holds, longSite } from "./years-site.ts";
import { byZone } from "./zone-controllers.ts";

const { "fan-zone": fans, "staged-cooling": cooling, "temperature-watch": watch } = everything;

test("a probe that drifts by 2 K within a week is named within it, and no other; the air stays where it may be", () => {
  const long = longSite({
    weather: "temperate",
    startHour: 190 * day,
    controllers: { "fan-zone": fans, "staged-cooling": cooling, "temperature-watch": watch },
  });
  const drifts = (): readonly string[] => [...long.alarms].filter((one) => one.includes(" drift:"));
  long.site.advance(2 * day * 3600);
  long.site.faults(`probe-inlet-2 drift temperature ${2 / 7}`);
  long.site.advance(3 * day * 3600);
  assert.deepEqual(drifts(), []);
  long.site.advance(4 * day * 3600);
  assert.deepEqual(drifts(), ["temperature-watch drift:probe-inlet-2.temperature"]);
  holds(long, [15, 32]);
});

for (const [name, controllers] of [
  ["fans of their own", everything],
  ["one loop for the zone", byZone],
] as const)
  test(`a probe that read 6 K too much is well again: what had cooled for it does not end at once (${name})`, () => {
    const long = longSite({ weather: "temperate", startHour: 170 * day + 14, controllers });
    const { site } = long;
    site.advance(5400);
    site.faults("probe-inlet-2 offset temperature 6");
    site.advance(3600);
    site.score.reset();
    site.faults();
    site.advance(2400);
    holds(long, [16, 30]);
  });
