import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { any, defaults, given, json, maybeAny } from "../../test/control/given.ts";
import { type ColdStartPhase, coldStartSettings, coldStartStep, initialColdStart } from "./cold-start.ts";
import { emergencySettings, emergencyStep, initialEmergency } from "./emergency.ts";
import { initialLatch, latchStep } from "./latch.ts";
import { initialMains, mainsSettings, mainsStep } from "./mains.ts";
import { initialSafety, safetySettings, safetyStep } from "./safety.ts";
import { sheddingSettings } from "./shedding-settings.ts";
import { initialShedding, shedCharge, sheddingStep } from "./shedding.ts";

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
          assert.ok(mixed >= Math.min(outdoor, s.emergencyColdest) - 1e-6, "no colder than it may be");
          const coldest = Math.max(outdoor, s.emergencyColdest);
          if (inlet >= s.lostFrom + 5) assert.ok(Math.abs(mixed - coldest) < 1e-6, "all there is");
          if (outdoor >= s.lostFrom) assert.equal(result.opening, 100);
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

test("cold start: many loads, each of which is little of all, come on as fast together as a few", () => {
  const settings = { ...defaults(coldStartSettings), powerUpRate: 0 };
  /** s from the first load to the last one. */
  const took = (outlets: number): number => {
    let state = { ...initialColdStart(), phase: "soak" as ColdStartPhase, fitFor: settings.soakTime };
    const input = { inlet: 12, outlets, powered: false, heating: true };
    for (let seconds = 0; seconds < 2 * 3600; seconds += 5) {
      ({ state } = coldStartStep(state, input, settings, 5));
      if (state.released === outlets) return seconds;
    }
    return Infinity;
  };
  assert.equal(took(8), 7 * settings.powerUpGap);
  assert.equal(took(2), settings.powerUpGap);
  assert.ok(took(48) <= 8 * settings.powerUpGap, `${took(48)} s`);
});
