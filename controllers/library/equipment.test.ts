import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type TObject, type Static } from "typebox";
import { Value } from "typebox/value";
import {
  delayStep,
  floodStep,
  initialDelay,
  initialOscillation,
  initialRate,
  levelsStep,
  type LevelsState,
  oscillationStep,
  rateStep,
  watchSettings,
} from "./alarms.ts";
import { coldStartSettings, coldStartStep, initialColdStart } from "./cold-start.ts";
import { economiserSettings, economiserStep, initialEconomiser, mixedAirLimit } from "./economiser.ts";
import { emergencySettings, emergencyStep, initialEmergency } from "./emergency.ts";
import { freezeSettings, freezeStep, initialFreeze } from "./freeze.ts";
import { heaterSettings, heaterStep, initialHeater } from "./heater.ts";
import { humiditySettings, humidityStep, initialHumidity } from "./humidity.ts";
import { initialLatch, latchStep } from "./latch.ts";
import { initialMains, mainsSettings, mainsStep } from "./mains.ts";
import { airOf } from "./psychrometrics.ts";
import { initialSafety, safetySettings, safetyStep } from "./safety.ts";
import { initialShedding, shedCharge, sheddingSettings, sheddingStep } from "./shedding.ts";
import { initialTravel, travelSettings, travelStep } from "./travel.ts";
import { initialWear, wearStep } from "./wear.ts";

const defaults = <S extends TObject>(schema: S): Static<S> => Value.Create(schema);
const any = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const maybeAny = (min: number, max: number) => fc.option(any(min, max), { nil: undefined });
const seconds = fc.integer({ min: 1, max: 900 });
const given = <T extends Readonly<Record<string, unknown>>>(all: T) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
/** NaN and Infinity would come back from disk as null. */
const json = (state: unknown): void => assert.doesNotMatch(JSON.stringify(state), /null/u);

test("economiser: never lets in what is not allowed, whatever comes; its state is JSON", () => {
  const s = defaults(economiserSettings);
  const step = fc.record({
    out: any(-40, 50),
    outRh: any(5, 100),
    back: any(15, 50),
    backRh: any(5, 60),
    inlet: any(10, 45),
    damper: any(0, 100),
    idle: fc.boolean(),
    smoke: fc.boolean(),
    dt: seconds,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (course) => {
      let state = initialEconomiser;
      let [mode, inMode] = ["mechanical", 0];
      for (const { out, outRh, back, backRh, inlet, damper, idle, smoke, dt } of course) {
        const outdoor = airOf(out, outRh);
        const result = economiserStep(
          state,
          {
            outdoor,
            return: airOf(back, backRh),
            inlet,
            setpoint: 24,
            damper,
            compressors: idle ? "rest" : "more",
            shutOut: smoke ? ["smoke"] : [],
          },
          s,
          dt,
        );
        ({ state } = result);
        json(state);
        inMode += dt;
        if (smoke || outdoor.dewPoint >= s.dewPointHard) assert.equal(result.damperMay, "minimum");
        if (!result.compressorsMay) assert.equal(result.damperMay, "modulate");
        if (result.mode !== mode) {
          if (mode === "mechanical") assert.ok(inMode >= s.economiserTime);
          [mode, inMode] = [result.mode, 0];
        }
      }
    }),
  );
});

test("economiser: without a return sensor a fixed limit stands in; cold mixed air closes the damper", () => {
  const s = defaults(economiserSettings);
  const step = (temperature: number) =>
    economiserStep(
      initialEconomiser,
      { outdoor: { temperature }, inlet: 26, setpoint: 24, damper: 0, compressors: "rest" },
      s,
      5,
    ).against;
  assert.deepEqual(step(23), []);
  assert.match(step(25)[0] ?? "", /return air is not known/u);
  assert.deepEqual(
    [undefined, 9, 8, 6, 4, 0].map((mixed) => mixedAirLimit(mixed, s)),
    [100, 100, 100, 50, 0, 0],
  );
});

test("freeze: the ladder goes up with time and cold, and a missing sensor freezes nothing and forgives nothing", () => {
  const s = defaults(freezeSettings);
  const course = fc.array(fc.tuple(maybeAny(-20, 20), seconds), { maxLength: 60 });
  fc.assert(
    fc.property(course, (steps) => {
      let state = initialFreeze;
      let before = 0;
      for (const [supply, dt] of steps) {
        const result = freezeStep(state, supply, s, dt);
        if (supply === undefined) assert.ok(result.stage <= Math.max(before, 2));
        if (supply !== undefined && supply > s.freezeMinimumAt + 1) assert.ok(result.stage <= 2);
        before = result.stage;
        ({ state } = result);
        json(state);
      }
    }),
  );
});

test("travel: no two moves within the pause, none too small, ends are reached, strokes are counted", () => {
  const s = defaults(travelSettings);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(any(-20, 120), fc.integer({ min: 1, max: 30 })), { maxLength: 100 }),
      (course) => {
        let state = initialTravel();
        let [at, since, strokes] = [0, 1e6, 0];
        for (const [wanted, dt] of course) {
          since += dt;
          const { position, state: next } = travelStep(state, wanted, s, dt);
          if (position !== at) {
            assert.ok(since >= s.damperPause);
            assert.ok(Math.abs(position - at) > s.damperDeadBand);
            strokes += Math.abs(position - at) / 100;
            [at, since] = [position, 0];
          }
          assert.ok(position >= 0 && position <= 100);
          state = next;
        }
        assert.ok(Math.abs(state.strokes - strokes) < 1e-9);
      },
    ),
  );
  assert.equal(travelStep(initialTravel(98.5), 100, s, 10).position, 100);
  assert.equal(travelStep({ position: 50, since: 0, strokes: 0 }, 0, s, 1, { urgent: true }).position, 0);
});

test("heater: never without air, never against cooling, never too hot; stages keep their times otherwise", () => {
  const s = defaults(heaterSettings);
  const step = fc.record({
    temperature: any(-40, 40),
    outlet: maybeAny(-20, 90),
    airflow: maybeAny(0, 100),
    cooling: fc.boolean(),
    dt: fc.integer({ min: 1, max: 120 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (course) => {
      let state = initialHeater;
      for (const { temperature, outlet, airflow, cooling, dt } of course) {
        const before = state.stages;
        const result = heaterStep(
          state,
          { stages: 2, temperature, cooling, ...given({ outlet, airflow }) },
          s,
          dt,
        );
        const on = result.on.filter(Boolean).length;
        if (cooling || (airflow ?? 100) < s.heaterAirflow || (outlet ?? 0) >= s.heaterOutletMost)
          assert.equal(on, 0);
        if (temperature > s.heatingSetpoint + s.heaterInletMost) assert.equal(on, 0);
        result.on.forEach((now, i) => {
          const was = before[i];
          if (was === undefined || was.on === now || result.limits.length > 0) return;
          assert.ok(was.since + dt >= (was.on ? s.heaterMinimumOn : s.heaterMinimumOff));
        });
        ({ state } = result);
        json(state);
      }
    }),
  );
});

test("humidity: the air is not dried while surfaces are wet, and outdoor air stays out then", () => {
  const s = defaults(humiditySettings);
  const step = fc.record({
    inlet: any(5, 45),
    dewPoint: maybeAny(-20, 30),
    outdoorDewPoint: maybeAny(-30, 30),
    coldest: maybeAny(-10, 30),
    damper: any(0, 100),
    doorOpen: fc.boolean(),
    dt: seconds,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (course) => {
      let state = initialHumidity;
      for (const { dt, inlet, damper, doorOpen, ...rest } of course) {
        const result = humidityStep(state, { inlet, damper, doorOpen, ...given(rest) }, s, dt);
        if (result.dry) assert.ok(!result.condenses && result.keepOut.length > 0 && inlet >= s.dryLeastInlet);
        if ((result.margin ?? 99) < s.surfaceMargin)
          assert.ok(result.keepOut.length > 0 && result.raiseSupply >= 0);
        if (inlet >= s.hotAnyway) assert.equal(result.compressorsRest, false);
        assert.equal(result.measured, rest.dewPoint !== undefined);
        ({ state } = result);
        json(state);
      }
    }),
  );
});

test("cold start: no load has power before ten warm minutes, each has its turn, and nothing stays held when warm", () => {
  const s = defaults(coldStartSettings);
  const step = fc.record({
    inlet: any(-40, 30),
    equipment: maybeAny(-40, 30),
    dt: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (course) => {
      let state = initialColdStart();
      let fit = 0;
      let released = 0;
      const go = (inlet: number, equipment: number | undefined, dt: number) => {
        const input = { inlet, outlets: 3, powered: released > 0, heating: true, ...given({ equipment }) };
        return coldStartStep(state, input, s, dt);
      };
      for (const { inlet, equipment, dt } of course) {
        fit = inlet >= s.releaseInlet && (equipment ?? 99) >= s.releaseEquipment ? fit + dt : 0;
        const before = state.phase;
        const result = go(inlet, equipment, dt);
        if (before !== "power-up" && result.phase === "power-up") assert.ok(fit >= s.soakTime);
        ({ state, released } = result);
        json(state);
      }
      for (let t = 0; t < 3600; t += 10) ({ state, released } = go(20, 20, 10));
      assert.equal(state.phase, "normal");
      assert.equal(released, 3);
    }),
  );
});

test("emergency: acts on lost cooling after its delay only, and ends", () => {
  const s = defaults(emergencySettings);
  const step = fc.record({
    inlet: any(15, 60),
    outdoor: maybeAny(-30, 50),
    lost: fc.boolean(),
    dt: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (course) => {
      let state = initialEmergency;
      let lostFor = 0;
      for (const { inlet, outdoor, lost, dt } of course) {
        lostFor = lost ? lostFor + dt : 0;
        const before = state;
        const result = emergencyStep(
          state,
          { inlet, return: inlet + 8, coolingLost: lost, ...given({ outdoor }) },
          s,
          dt,
        );
        if (result.active && !before.active)
          assert.ok(lostFor >= s.lostAfter || inlet >= s.overloadAt - s.emergencyBand);
        if (inlet >= s.overloadAt) assert.ok(result.active);
        if (result.opening !== undefined) {
          assert.ok(outdoor !== undefined && outdoor <= inlet + 8);
          assert.ok(result.opening > 0 && result.opening <= 100);
          const mixed = inlet + 8 - (result.opening / 100) * (inlet + 8 - outdoor);
          if (outdoor < s.emergencyColdest) assert.ok(Math.abs(mixed - s.emergencyColdest) < 1e-6);
          else assert.equal(result.opening, 100);
        }
        ({ state } = result);
        json(state);
      }
      for (let t = 0; t < 300; t += 10) {
        ({ state } = emergencyStep(state, { inlet: 20, coolingLost: false }, s, 10));
      }
      assert.equal(state.active, false);
    }),
  );
});

test("latches hold until what they saw is gone and reset", () => {
  const manual = { after: 0, autoReset: 0 };
  let state = latchStep(initialLatch, true, false, manual, 1);
  assert.equal(state.on, true);
  state = latchStep(state, true, true, manual, 1);
  assert.equal(state.on, true, "a reset does not help while it is there");
  state = latchStep(state, undefined, true, manual, 1);
  assert.equal(state.on, true, "nor while nobody knows");
  assert.equal(latchStep(state, false, true, manual, 1).on, false);
});

test("safety: smoke wins over hydrogen, whatever else is seen, and nothing lets loads go before the grace", () => {
  const s = defaults(safetySettings);
  const seen = fc.option(fc.boolean(), { nil: undefined });
  const step = fc.record({
    smoke: seen,
    heat: seen,
    leak: seen,
    hydrogen: maybeAny(0, 3),
    inlet: maybeAny(0, 90),
    reset: fc.boolean(),
    dt: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (course) => {
      let state = initialSafety;
      let fire = 0;
      for (const { smoke, heat, leak, dt, reset, ...rest } of course) {
        const result = safetyStep(
          state,
          { smoke: [smoke], heat: [heat], leak: [leak], reset, ...given(rest) },
          s,
          dt,
        );
        fire = result.fire ? fire + dt : 0;
        if (smoke === true) assert.ok(result.smoke);
        if (result.smoke) assert.equal(result.vent, false);
        if (result.cutLoads) assert.ok(fire >= s.fireGrace);
        ({ state } = result);
        json(state);
      }
    }),
  );
});

test("mains: an outage counts after 5 s, its end after 30 s, on generator 60 s; what is unknown changes nothing", () => {
  const s = defaults(mainsSettings);
  let state = initialMains;
  const step = (contact: "present" | "failed" | undefined, dt: number, generator = false): boolean => {
    const result = mainsStep(state, { generator, ...given({ contact }) }, s, dt);
    ({ state } = result);
    return result.out;
  };
  assert.deepEqual(
    [step("failed", 4), step("present", 1), step("failed", 4), step(undefined, 100), step("failed", 1)],
    [false, false, false, false, true],
  );
  assert.deepEqual([step("present", 29), step(undefined, 9), step("present", 1)], [true, true, false]);
  step("failed", 5);
  assert.deepEqual([step("present", 59, true), step("present", 1, true)], [true, false]);
});

test("shedding: priority 0 never, lower priorities never before higher ones, all come back in the end", () => {
  const s = defaults(sheddingSettings);
  const loads = [0, 1, 3, 5, 7, 9].map((priority) => ({
    id: `p${priority}`,
    priority,
    on: true,
    graceful: priority > 4,
  }));
  const step = fc.record({
    out: fc.boolean(),
    charge: any(0, 100),
    inlet: any(15, 50),
    busVolts: any(42, 56),
    dt: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (course) => {
      let state = initialShedding;
      for (const { dt, ...input } of course) {
        const result = sheddingStep(state, { loads, ...input }, s, dt);
        assert.ok(!result.off.includes("p0") && !result.stopping.includes("p0"));
        if (input.out) assert.ok(result.off.includes("p9") || result.state.loads["p9"]?.phase === "stopping");
        ({ state } = result);
        json(state);
      }
      for (let t = 0; t < 7200; t += 10) {
        ({ state } = sheddingStep(state, { loads, out: false, charge: 100, inlet: 22, busVolts: 54 }, s, 10));
      }
      assert.ok(Object.values(state.loads).every(({ phase }) => phase === "on"));
    }),
  );
  assert.deepEqual(
    [0, 1, 5, 7, 9].map((priority) => shedCharge(priority, s)),
    [-1, 10, 40, 60, 100],
  );
});

test("wear: no more than the day's budget, but for what must be", () => {
  const budget = { perDay: 10, life: 100 };
  let state = initialWear;
  let done = 0;
  for (let hour = 0; hour < 24; hour++) {
    const result = wearStep(state, 1, budget, 3599);
    ({ state } = result);
    done += result.allowed;
  }
  assert.equal(done, 10);
  assert.equal(wearStep(state, 5, budget, 1, { force: true }).allowed, 5);
  assert.equal(wearStep(state, 1, budget, 3600).allowed, 1, "a new day");
  assert.equal(wearStep({ total: 95, today: 0, into: 0 }, 1, budget, 1).alarm, "life");
});

test("temperature levels: the worst of each side, after its delay, with a band", () => {
  const s = defaults(watchSettings);
  let state: LevelsState = {};
  const step = (value: number, dt: number): readonly string[] => {
    const result = levelsStep(state, value, s, dt);
    ({ state } = result);
    return result.levels;
  };
  assert.deepEqual([step(41, 59), step(41, 1)], [[], ["high-critical"]]);
  assert.deepEqual(step(39.5, 5), ["high-critical"]);
  assert.deepEqual(step(38.9, 5), ["high-major"]);
  assert.deepEqual([step(20, 5), step(1, 60)], [[], ["low-major"]]);
});

test("rates are the largest change within 15 min and an hour", () => {
  let state = initialRate;
  let last = { quarter: 0, hour: 0 };
  for (let t = 0; t < 7200; t += 5) {
    const { state: next, ...result } = rateStep(state, 20 + (6 * t) / 3600, 5);
    state = next;
    last = result;
  }
  assert.ok(Math.abs(last.quarter - 1.5) < 0.11, String(last.quarter));
  assert.ok(Math.abs(last.hour - 6) < 0.11, String(last.hour));
  json(state);
});

test("oscillation is many large swings, not noise and not one swing", () => {
  const swings = (amplitude: number, period: number): boolean => {
    let state = initialOscillation;
    let seen = false;
    for (let t = 0; t < 3000; t += 5) {
      const error = amplitude * Math.sin((2 * Math.PI * t) / period);
      const result = oscillationStep(state, error, { window: 1500, amplitude: 1 }, 5);
      ({ state } = result);
      seen ||= result.oscillates;
    }
    json(state);
    return seen;
  };
  assert.deepEqual([swings(3, 150), swings(0.5, 150), swings(3, 4000)], [true, false, false]);
});

test("alarms wait before they begin and end; a flood is told in part", () => {
  const delays = { on: 10, off: 20 };
  let state = initialDelay;
  const step = (present: boolean, dt: number): boolean => (state = delayStep(state, present, delays, dt)).on;
  assert.deepEqual(
    [step(true, 9), step(true, 1), step(false, 19), step(true, 1), step(false, 20)],
    [false, true, true, true, false],
  );
  const flood = floodStep([], 14, { most: 10, window: 600 }, 1);
  assert.deepEqual([flood.told, flood.flood], [10, true]);
  assert.equal(floodStep(flood.state, 3, { most: 10, window: 600 }, 600).told, 3);
});
