import assert from "node:assert/strict";
import test from "node:test";
import { simulatedYears } from "../../server/simulation/index.ts";

/** A hot afternoon in the cabinet with a compressor that is only on or off, and hardly strong enough. */
function afternoon(settings: Readonly<Record<string, unknown>>) {
  const site = simulatedYears({
    weather: "hot",
    startHour: 190 * 24 + 11,
    step: 10,
    controllers: {
      "fan-zone": { use: "fan-zone", settings: { setpoint: 26 } },
      "staged-cooling": { use: "staged-cooling", settings: { setpoint: 24.5, capacityBand: 0, ...settings } },
      economiser: "economiser",
      "humidity-guard": "humidity-guard",
      "emergency-ventilation": "emergency-ventilation",
    },
  });
  site.advance(1800);
  site.score.reset();
  site.advance(4 * 3600);
  const { inlet, compressors } = site.score.report();
  assert.equal(compressors.violations, 0);
  return { ...inlet, starts: compressors.starts };
}

test("a fixed-speed compressor: runs on until its rest does no harm, and so seldom rests", () => {
  const careful = afternoon({});
  assert.ok(careful.max < 33, `${careful.max} °C`);
  assert.ok(careful.min >= 15, `${careful.min} °C`);
  assert.ok(careful.starts <= 1, `${careful.starts} starts`);
  const bandOnly = afternoon({ restPeak: 0 });
  assert.ok(bandOnly.max > 38 && bandOnly.starts > 2, `${bandOnly.max} °C: nothing to be careful of`);
});
