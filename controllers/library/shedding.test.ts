import assert from "node:assert/strict";
import test from "node:test";
import { Value } from "typebox/value";
import { sheddingSettings } from "./shedding-settings.ts";
import { initialShedding, type OwnShedding, sheddingStep } from "./shedding.ts";

test("an outlet that was opened stays open for its rest, however soon power is good again", () => {
  const settings = { ...Value.Create(sheddingSettings), restoreAfter: 0, restoreGap: 1, outletRest: 10 };
  const loads = [{ id: "test-load", priority: 9, graceful: false, on: true }];
  let { state } = sheddingStep(initialShedding, { loads, out: true }, settings, 2);
  assert.equal(state.loads["test-load"]?.phase, "off");
  const phases: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    ({ state } = sheddingStep(state, { loads, out: false, charge: 100 }, settings, 2));
    phases.push(state.loads["test-load"]?.phase);
  }
  assert.deepEqual(phases, ["off", "off", "off", "off", "back", "back"]);
});

const settings = { ...Value.Create(sheddingSettings), restoreGap: 1, restoreAfter: 0 };

/** What happens over steps of 10 s. @param inlet °C, of what has power @returns when each lost power, s, and who came back */
function played(own: OwnShedding | undefined, steps: number, inlet: (on: readonly string[]) => number) {
  const ids = ["transport 1", "compute 7", "tests 8"];
  const on = new Set(ids);
  const shedAt = new Map(ids.map((id) => [id, [] as number[]]));
  const backAt: string[] = [];
  let state = initialShedding;
  for (let i = 0; i < steps; i++) {
    const loads = ids.map((id) => ({
      ...{ id, priority: Number(id.slice(-1)), graceful: false, on: on.has(id) },
      own: id === "tests 8" ? own : undefined,
    }));
    const result = sheddingStep(state, { loads, out: false, inlet: inlet([...on]) }, settings, 10);
    ({ state } = result);
    for (const id of result.off) if (on.delete(id)) shedAt.get(id)?.push((i + 1) * 10);
    for (const id of result.back)
      if (!on.has(id)) {
        on.add(id);
        backAt.push(id);
      }
  }
  return { shedAt, backAt };
}

test("after heat loads come back one priority after the other, the most important first", () => {
  let i = 0;
  // Too warm for a quarter of an hour, cool from then on.
  const { shedAt, backAt } = played(undefined, 400, () => (i++ < 92 ? 36 : 25));
  assert.deepEqual([...shedAt.values()], [[900], [600], [300]]);
  assert.deepEqual(backAt, ["transport 1", "compute 7", "tests 8"]);
});

for (const [whose, own] of [
  ["everybody's", undefined],
  ["its own", { temperature: 35 }],
] as const)
  test(`a load that heats too much whenever it is back has to wait twice as long each time, by ${whose} limit`, () => {
    const day = 8640;
    const { shedAt } = played(own, day, (on) => (on.includes("tests 8") ? 36 : 25));
    const times = shedAt.get("tests 8") ?? [];
    const between = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    assert.ok(between.length >= 5, `shed at ${times.join(", ")} s`);
    for (const [i, time] of between.entries()) {
      const wait = Math.min(settings.shedWarmTime * 2 ** i, settings.shedReturnMost);
      // Waiting, being too warm, and steps of ten seconds.
      assert.ok(Math.abs(time - wait - settings.shedWarmTime) <= 40, `${time} s after ${wait} s`);
    }
    assert.deepEqual(shedAt.get("transport 1"), [], "nobody else has to go");
  });

test("heat of another day does not make a load wait longer", () => {
  let i = 0;
  // Two quarters of an hour of heat, half a day apart.
  const { shedAt, backAt } = played(undefined, 6000, () => (i++ % 4320 < 32 ? 36 : 25));
  assert.equal(shedAt.get("tests 8")?.length, 2);
  assert.equal(backAt.length, 2);
});
