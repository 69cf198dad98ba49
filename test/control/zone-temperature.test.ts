import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { dutyTarget } from "../../controllers/runtime/targets.ts";
import { zoneTemperature } from "../../controllers/shipped/zone-temperature.ts";
import { reading, zoneOf, type ZoneOptions } from "./zone.ts";

interface Weather {
  readonly outdoor: number;
  /** % */
  readonly humidity?: number;
  readonly supply?: number;
  readonly power: number;
  readonly doorHold?: number;
}

/** A container on one lump of air: racks warm it, outdoor air through the damper, DX and heater follow the demand. */
function site(
  start = 24,
  more: Readonly<Record<string, number>> = {},
  others: NonNullable<ZoneOptions["others"]> = {},
) {
  const zone = zoneOf(zoneTemperature, {
    settings: { fullSpeed: 4000, fullFlow: 0.2, dryBulbBelow: 2, ...more },
    others: { damper: [dutyTarget("damper")], ...others },
  });
  let air = start;
  let last: EngineResult | undefined;
  const step = ({ outdoor, power, doorHold, humidity, supply }: Weather): EngineResult => {
    const fans = zone.duties();
    const flow = (0.2 * fans.reduce((sum, one) => sum + one, 0)) / fans.length / 100;
    const heat = 1207 * Math.max(0.005, flow);
    const back = air + power / heat;
    const speeds = fans.map((duty, i) => reading(`fan-${i + 1}`, 4000 * (0.2 + (0.8 * (duty - 20)) / 80)));
    const inputs = {
      inlet: [reading("probe", Math.round(air * 20) / 20)],
      outdoor: [reading("outside", outdoor)],
      outdoorHumidity: humidity === undefined ? [] : [reading("outside", humidity)],
      back: [reading("back", back)],
      backHumidity: humidity === undefined ? [] : [reading("back", 30)],
      supply: supply === undefined ? [] : [reading("supply", supply)],
      filter: [],
      dust: [],
      speeds,
      power: [reading("meter", power)],
      floor: [],
      permission: [],
      keepOut: [],
      smoke: [],
      doorHold: doorHold === undefined ? [] : [reading("safety", doorHold)],
    };
    const result = zone.step(inputs);
    const damper = Number(zone.targets.value("damper", "damper") ?? 0) / 100;
    const { cooling = 0, heating = 0 } = (result.published ?? {}) as Record<string, number>;
    const q =
      heat * (damper * outdoor + (1 - damper) * back - air) -
      20 * cooling +
      10 * heating +
      20 * (outdoor - air);
    air += (5 * q) / 90_000;
    last = result;
    return result;
  };
  const run = (count: number, weather: Weather) => {
    for (let i = 0; i < count; i++) step(weather);
    return last!;
  };
  return { zone, run, step, air: () => air };
}

test("mild weather: outdoor air alone holds the setpoint, with fans at what the racks' power needs", () => {
  const { zone, run, air } = site();
  const end = run(3000, { outdoor: 12, power: 1200 });
  assert.ok(Math.abs(air() - 24) < 0.3, `${air()} ${end.trace.reason}`);
  const terms = end.trace.terms!;
  assert.ok(terms.demand! > 0 && terms.demand! < 35, JSON.stringify(terms));
  assert.equal(terms.dx, 0);
  assert.ok(Math.abs(zone.duties()[0]! - 100 * (1200 / (1207.2 * 12) / 0.2)) < 1.1, String(zone.duties()));
  assert.match(end.trace.reason, /outdoor air through the damper at \d+/);
  assert.deepEqual(end.trace.alarms, []);
});

test("moist outdoor air stays out without anybody else's word, and mixed air that is too cold closes the damper", () => {
  const place = site();
  const damper = (): number => Number(place.zone.targets.value("damper", "damper") ?? 0);
  const moist = place.run(720, { outdoor: 17, power: 1200, humidity: 98 });
  assert.equal(moist.published?.["outdoorAir"], 0);
  assert.match(moist.trace.reason, /no outdoor air: .*(moisture|dew point)/u);
  assert.equal(damper(), 0);
  // It moves with the inlets: one that did not would be stuck, and not believed.
  for (const supply of [17, 15]) place.run(360, { outdoor: 14, power: 1200, humidity: 60, supply });
  assert.ok(damper() > 40, `${damper()} %`);
  const cold = place.run(2, { outdoor: 14, power: 1200, humidity: 60, supply: 5 });
  assert.ok(damper() <= 25, `${damper()} %`);
  assert.match(cold.trace.limits.join(), /mixed air is cold: damper at most 25 %/u);
});

test("outdoor air that gets warm: the damper shuts after 15 s, a return damper is open at once", () => {
  const place = site(24, {}, { returnDamper: [dutyTarget("back")] });
  const at = (output: string, name: string): number => Number(place.zone.targets.value(output, name) ?? 0);
  place.run(720, { outdoor: 12, power: 1200 });
  const open = at("damper", "damper");
  assert.ok(open > 20 && at("returnDamper", "back") <= 100 - open + 3, `${open} %`);
  const warm = { outdoor: 45, power: 1200 };
  assert.match(place.run(1, warm).trace.limits.join(), /waits until the way back for the air is open/u);
  assert.equal(at("returnDamper", "back"), 100);
  place.run(2, warm);
  assert.equal(at("damper", "damper"), open);
  place.run(1, warm);
  assert.equal(at("damper", "damper"), 0);
});

test("when it ends the damper stays in cool weather where it is, and shuts in any other", () => {
  const place = site();
  place.run(720, { outdoor: 12, power: 1200 });
  const open = Number(place.zone.targets.value("damper", "damper"));
  const { damper, returnDamper } = place.zone.engine.failSafeValues;
  assert.ok(Math.abs(Number(damper) - open) <= 2, `${damper} of ${open} %`);
  assert.equal(returnDamper, 100 - Number(damper));
  place.run(1, { outdoor: 20, power: 1200 });
  assert.equal(place.zone.engine.failSafeValues["damper"], 0);
});

test("a hot day: outdoor air stays out, mechanical cooling holds it, and says why", () => {
  const { zone, run, air } = site();
  const end = run(3000, { outdoor: 38, power: 1200 });
  assert.ok(Math.abs(air() - 24) < 0.5, `${air()} ${end.trace.reason}`);
  assert.equal(zone.targets.value("damper", "damper"), 0);
  assert.ok(end.trace.terms!.dx! > 10);
  assert.match(end.trace.reason, /mechanical cooling at .*no outdoor air: outdoors 38 °C/);
});

test("compressors at their limit in closed circulation: fans go no faster than takes the heat away, until less is needed", () => {
  const place = site(24, { rise: 30, leastRise: 20, ampleDuty: 30 });
  const duty = (): number => place.zone.duties()[0]!;
  // With what comes through the walls that is more than there is cooling; it warms the air by 20 K at 33 %.
  const much = { outdoor: 50, power: 1600 };
  place.run(110, much);
  assert.equal(duty(), 100, "all air at first");
  const late = place.run(480, much);
  assert.ok(Math.abs(duty() - 33) < 2, `${duty()} %`);
  assert.match(late.trace.limits.join(), /more air would only add the fans' heat: fans at most 3\d/);
  assert.match(late.trace.reason, /mechanical cooling at 100 %, fans at 3\d/);
  assert.match(late.trace.alarms.find(({ id }) => id === "saturated")?.text ?? "", /more air would not help/);
  // Cooling suffices again: fans do not go up and down with it.
  for (let i = 0; i < 720; i++) {
    place.step({ outdoor: 50, power: 1200 });
    assert.ok(duty() <= 35, `${duty()} %`);
  }
  assert.ok(Math.abs(place.air() - 24) < 0.5, `${place.air()} °C`);
});

test("a critical inlet puts the fans at 100 %, quiet hours or not", () => {
  const { zone, run } = site(24, { quietMax: 30, leastRise: 20, rise: 30, criticalAt: 33 });
  run(900, { outdoor: 48, power: 3000 });
  assert.deepEqual(zone.duties(), [100, 100, 100, 100]);
  assert.match(
    run(1, { outdoor: 48, power: 3000 }).trace.limits.join(),
    /the inlet is critical: fans at 100 %/,
  );
});

test("a cold night without load: it is heated, the damper shut, and nothing cools", () => {
  const { zone, run, air } = site(12);
  const end = run(3000, { outdoor: -20, power: 0 });
  assert.ok(Math.abs(air() - 10) < 0.5, `${air()} ${end.trace.reason}`);
  assert.equal(zone.targets.value("damper", "damper"), 0);
  assert.equal(end.published!.cooling, 0);
  assert.ok(Number(end.published!.heating) > 0);
});

test("when outdoor air is locked out fans and cooling stay where they are", () => {
  const { zone, run, step } = site();
  run(3000, { outdoor: 12, power: 1200 });
  const before = zone.duties()[0]!;
  // At once too hot outdoors: after its least time the economiser gives up.
  const hot = { outdoor: 36, power: 1200 };
  let last = before;
  for (let i = 0; i < 400; i++) {
    const { published } = step(hot);
    const now = zone.duties()[0]!;
    assert.ok(Math.abs(now - last) <= 26, `${last} to ${now}`);
    assert.ok(!(Number(published?.heating) > 0 && Number(published?.cooling) > 0));
    last = now;
  }
});

test("never heating and cooling at once, and every fan in its limits, whatever the weather does", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ outdoor: fc.integer({ min: -40, max: 50 }), power: fc.integer({ min: 0, max: 3000 }) }),
        {
          minLength: 3,
          maxLength: 12,
        },
      ),
      (days) => {
        const { zone, step } = site();
        for (const day of days)
          for (let i = 0; i < 60; i++) {
            const { published, trace } = step(day);
            assert.equal(trace.failure, undefined, trace.failure?.text ?? "");
            assert.ok(!(Number(published?.heating) > 0 && Number(published?.cooling) > 0));
            assert.ok(zone.duties().every((duty) => duty >= 25 && duty <= 100));
          }
      },
    ),
    { numRuns: 12 },
  );
});

test("setpoints too near each other are refused", () => {
  assert.throws(
    () => zoneOf(zoneTemperature, { settings: { heatingSetpoint: 20 }, others: { damper: [] } }),
    /heatingSetpoint 20 °C must be 5 K or more below setpoint 24 °C/,
  );
  const weak = { failSafeDuty: 10, minDuty: 5 };
  assert.throws(
    () => zoneOf(zoneTemperature, { settings: weak, others: { damper: [] } }),
    /failSafeDuty 10 % must not be below startDuty 20 %/,
  );
});

test("a setpoint that all there is cannot hold is told at once, with what could be had", () => {
  const advice = (result: EngineResult): string | undefined =>
    result.trace.alarms.find(({ id, severity }) => id === "infeasible" && severity === "notice")?.text;
  const hot = { outdoor: 35, power: 2000 };
  assert.equal(advice(site(24, { coolingPower: 3000 }).run(4, hot)), undefined);
  assert.match(
    advice(site(24, { coolingPower: 1500 }).run(4, hot)) ?? "",
    /24\.0 °C cannot be held: cooling is smaller/,
  );
  assert.equal(advice(site(24).run(4, hot)), undefined, "nobody said what cooling can do");
});

test("while somebody works at the open door fans go no faster, unless it gets hot", () => {
  const { zone, run, step } = site();
  const fastest = (): number => Math.max(...zone.duties());
  run(400, { outdoor: 15, power: 500 });
  const before = fastest();
  assert.ok(before < 50, String(before));
  let cool = 0;
  for (let i = 0; i < 60; i++) {
    const { trace } = step({ outdoor: 15, power: 2400, doorHold: 1 });
    if (Number(trace.terms?.["pv"]) > 27) continue;
    cool++;
    assert.ok(fastest() <= before + 1e-6, `${fastest()} %`);
  }
  assert.ok(cool > 10, String(cool));
  run(120, { outdoor: 15, power: 2400, doorHold: 0 });
  assert.ok(fastest() > before + 20, `${fastest()} % after ${before} %`);
});
