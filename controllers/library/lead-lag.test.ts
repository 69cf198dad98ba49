import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import fc from "fast-check";
import {
  initialLeadLag,
  leadLagSettings,
  leadLagStep,
  type LeadLagInput,
  type LeadLagResult,
  proofOf,
  type UnitInput,
} from "./lead-lag.ts";

const settings = Value.Create(leadLagSettings);
const minute = 60;

/** Units that start when they are asked and cool as `cools` says. */
function plant(ids: readonly string[], limits = settings) {
  let state = initialLeadLag;
  let commanded: readonly string[] = [];
  const broken = new Set<string>();
  const gone = new Set<string>();
  return {
    broken,
    gone,
    step(wanted: number, dt = minute, more: Partial<LeadLagInput> = {}): LeadLagResult {
      const units = ids.map((id): UnitInput => ({
        id,
        commanded: commanded.includes(id),
        proof: commanded.includes(id) && !broken.has(id),
        available: !gone.has(id),
      }));
      const result = leadLagStep(state, { units, wanted, ...more }, limits, dt);
      ({ state } = result);
      commanded = result.requests;
      return result;
    },
    run(wanted: number, seconds: number, more: Partial<LeadLagInput> = {}): LeadLagResult {
      let last = this.step(wanted, minute, more);
      for (let t = minute; t < seconds; t += minute) last = this.step(wanted, minute, more);
      return last;
    },
  };
}

test("the lead runs first; the lag joins it", () => {
  const site = plant(["a", "b"]);
  assert.deepEqual(site.step(0).requests, []);
  assert.deepEqual(site.step(1).requests, ["a"]);
  assert.deepEqual(site.step(2).requests, ["a", "b"]);
});

test("after eight run hours more the lag takes over: started, proven, and only then the old one stops", () => {
  const site = plant(["a", "b"]);
  site.run(1, 8 * 3600);
  const starts = site.step(1);
  assert.deepEqual(starts.requests, ["b", "a"]);
  assert.equal(starts.lead, "a");
  const proven = site.step(1);
  assert.deepEqual(proven.requests, ["b"]);
  assert.equal(proven.lead, "b");
});

test("a new lead that does not prove itself is failed, and the old one goes on", () => {
  const site = plant(["a", "b"]);
  site.broken.add("b");
  site.run(1, 8 * 3600);
  const during = [site.step(1), site.step(1), site.step(1), site.step(1)];
  assert.ok(during.every(({ requests }) => requests.includes("a")));
  const after = site.step(1);
  assert.deepEqual(after.requests, ["a"]);
  assert.deepEqual(
    after.failed.map(({ id }) => id),
    ["b"],
  );
});

test("the lead changes after seven days at the latest, at once when nothing runs", () => {
  const site = plant(["a", "b"]);
  for (let t = 0; t < 7 * 86_400; t += 3600) site.step(0, 3600);
  assert.equal(site.step(0).lead, "b");
});

test("alternating: another one leads each time all have stopped, and none changes while it runs", () => {
  const site = plant(["a", "b", "c"], { ...settings, rotateHours: 0 });
  const leads = Array.from({ length: 4 }, () => {
    const first = site.step(1).requests;
    assert.deepEqual(site.run(1, 3600).requests, first);
    site.run(0, 600);
    return first.join();
  });
  assert.deepEqual(leads, ["a", "b", "c", "a"]);
});

test("no change of the lead while a protection is at work", () => {
  const site = plant(["a", "b"]);
  assert.deepEqual(site.run(1, 20 * 3600, { blockRotation: true }).requests, ["a"]);
  assert.deepEqual(site.step(1).requests, ["b", "a"]);
});

test("run hours of the units' own counters go before those counted here", () => {
  const units = (run: readonly [number, number]): readonly UnitInput[] => [
    { id: "a", commanded: false, available: true, runSeconds: run[0] },
    { id: "b", commanded: false, available: true, runSeconds: run[1] },
  ];
  const equal = leadLagStep(initialLeadLag, { units: units([1e6, 1e6]), wanted: 0 }, settings, 5);
  assert.equal(equal.lead, "a");
  const uneven = leadLagStep(initialLeadLag, { units: units([1e6 + 8 * 3600, 1e6]), wanted: 0 }, settings, 5);
  assert.equal(uneven.state.order[0], "b");
});

test("a unit that does not cool within 180 s is failed and the next one promoted", () => {
  const site = plant(["a", "b", "c"]);
  site.broken.add("a");
  const course = [0, 1, 2, 3].map(() => site.step(1));
  assert.deepEqual(
    course.map(({ requests }) => requests),
    [["a"], ["a"], ["a"], ["b"]],
  );
  assert.match(course[3]?.failed[0]?.why ?? "", /did not cool within 180 s/u);
  assert.equal(course[3]?.sound, 2);
});

test("with all failed everything that answers is asked for, and that is said", () => {
  const site = plant(["a", "b"]);
  site.broken.add("a").add("b");
  const last = site.run(1, 10 * minute);
  assert.equal(last.allFailed, true);
  assert.deepEqual(last.requests, ["a", "b"]);
  assert.deepEqual(site.step(0).requests, []);
  site.broken.clear();
  site.step(1);
  const healed = site.step(1);
  assert.equal(healed.allFailed, false);
  assert.deepEqual(healed.failed, []);
});

test("a repaired unit is trusted again when somebody says so, or after a day", () => {
  const site = plant(["a", "b"]);
  site.broken.add("a");
  site.run(1, 5 * minute);
  assert.equal(site.step(1).sound, 1);
  assert.equal(site.step(1, minute, { reset: true }).sound, 2);
  site.broken.add("b");
  const later = plant(["a", "b"]);
  later.broken.add("a");
  later.run(1, 5 * minute);
  assert.equal(later.step(1, 23 * 3600).sound, 1);
  assert.equal(later.step(1, 3600).sound, 2);
});

test("a unit that is gone is passed over", () => {
  const site = plant(["a", "b"]);
  site.gone.add("a");
  assert.deepEqual(site.step(1).requests, ["b"]);
  assert.deepEqual(site.step(2).requests, ["b"]);
});

test("proof is power and cold air, as far as they are known", () => {
  assert.equal(proofOf({}, settings), undefined);
  assert.equal(proofOf({ power: 300, rated: 700 }, settings), true);
  assert.equal(proofOf({ power: 100, rated: 700 }, settings), false);
  assert.equal(proofOf({ supply: 20, return: 23 }, settings), true);
  assert.equal(proofOf({ power: 300, rated: 700, supply: 21, return: 23 }, settings), false);
});

test("with sound units there are always as many requests as are wanted, and hours stay even", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }),
      fc.array(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 30, max: 240 })), {
        minLength: 10,
        maxLength: 40,
      }),
      (count, demands) => {
        const ids = ["a", "b", "c", "d"].slice(0, count);
        const site = plant(ids);
        let last: LeadLagResult | undefined;
        for (const [demand, minutes] of demands) {
          const wanted = Math.min(demand, count);
          last = site.run(wanted, minutes * minute);
          assert.ok(last.requests.length >= wanted && last.requests.length <= wanted + 1);
          assert.equal(new Set(last.requests).size, last.requests.length);
        }
        const runs = ids.map((id) => last?.state.units[id]?.run ?? 0);
        const spread = Math.max(...runs) - Math.min(...runs);
        assert.ok(spread <= (8 + 5) * 3600 * (count - 1), `${spread / 3600} h`);
        assert.deepEqual(JSON.parse(JSON.stringify(last?.state)), last?.state);
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
});
