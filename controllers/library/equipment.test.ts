import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { any, defaults, given, json, maybeAny, seconds } from "../../test/control/given.ts";
import { economiserSettings, economiserStep, initialEconomiser, mixedAirLimit } from "./economiser.ts";
import { freezeSettings, freezeStep, initialFreeze } from "./freeze.ts";
import { heaterSettings, heaterStep, initialHeater } from "./heater.ts";
import { humiditySettings, humidityStep, initialHumidity } from "./humidity.ts";
import { airOf } from "./psychrometrics.ts";
import { initialTravel, travelSettings, travelStep } from "./travel.ts";
import { initialWear, wearStep } from "./wear.ts";

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

test("economiser: compressors at their least end where it is clearly cold outdoors, however far the damper is open", () => {
  const s = defaults(economiserSettings);
  const after = (outdoor: number, damper: number, seconds: number, state = initialEconomiser) => {
    const input = {
      return: { temperature: 33 },
      inlet: 23,
      setpoint: 24,
      damper,
      compressors: "least",
    } as const;
    let last = economiserStep(state, { ...input, outdoor: { temperature: outdoor } }, s, 5);
    for (let t = 5; t < seconds; t += 5)
      last = economiserStep(last.state, { ...input, outdoor: { temperature: outdoor } }, s, 5);
    return last;
  };
  const { state } = after(22, 0, s.economiserTime);
  assert.equal(state.mode, "partial");
  const modes = (outdoor: number, damper: number) => after(outdoor, damper, s.economiserTime, state).mode;
  assert.deepEqual(
    [modes(24 - s.freeMargin, 100), modes(24 - s.freeMargin / 2, 100), modes(24 - s.freeMargin / 2, 80)],
    ["free", "partial", "free"],
  );
  // Where outdoor air alone was too warm a while ago it has to be colder than then.
  const learnt = { ...state, freeBelow: 22 };
  assert.equal(after(24 - s.freeMargin, 100, s.economiserTime, learnt).mode, "partial");
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
