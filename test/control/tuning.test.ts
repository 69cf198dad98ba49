// Finding gains by trying: on plants whose gains are known, and on a whole simulated site.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { trialDefaults, trialInit, type TrialSettings, trialStep } from "../../controllers/tuning/trial.ts";
import { Tunings, type TuningStatus } from "../../controllers/tuning/tunings.ts";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { type Millis, minutes, seconds } from "../../devices/clock.ts";
import { simulatedSite, type Simulation, type SimulatedController } from "../../server/simulation/index.ts";
import { plantOf } from "./plants.ts";
import type { PlantSpec } from "./vectors.ts";

const settings: TrialSettings = {
  ...trialDefaults,
  ...{ method: "relay", action: "direct", centre: 60, least: 20, most: 100, longest: 20_000 },
};

/** Runs a trial on a plant at rest, to its end. */
function tried(spec: PlantSpec, given: Partial<TrialSettings>, disturb = (_t: number) => 0) {
  const all = { ...settings, ...given };
  const plant = plantOf(spec, 5, 26, all.centre);
  let state = trialInit();
  const outputs: number[] = [];
  for (let t = 5; t < 2 * all.longest; t += 5) {
    const result = trialStep(state, { pv: plant.y() + disturb(t), dt: 5 }, all);
    outputs.push(result.output);
    if (result.failed !== undefined || result.found !== undefined) return { ...result, outputs, t };
    state = result.state;
    plant.hold(result.output);
  }
  return assert.fail("it never ended");
}

const anyPlant = fc.record({
  gain: fc.double({ min: 0.1, max: 0.3, noNaN: true }),
  tau: fc.integer({ min: 60, max: 600 }),
  theta: fc.integer({ min: 10, max: 90 }),
  cools: fc.boolean(),
});

test("a step test finds the plant, and never leaves its bounds", () => {
  fc.assert(
    fc.property(anyPlant, ({ gain, tau, theta, cools }) => {
      const K = cools ? -gain : gain;
      const spec = { type: "fopdt", K, tau, theta, base: 26 - K * 60 } as const;
      const given = { method: "step", action: cools ? "direct" : "reverse" } as const;
      const { found, failed, outputs } = tried(spec, given);
      assert.equal(failed, undefined);
      const plant = found?.plant;
      assert.ok(plant !== undefined);
      assert.ok(Math.abs(plant.gain / K - 1) < 0.1, `gain ${plant.gain} for ${K}`);
      assert.ok(Math.abs(plant.tau / tau - 1) < 0.25, `tau ${plant.tau} for ${tau}`);
      assert.equal(found?.tuning.action, given.action);
      assert.ok(outputs.every((one) => one >= 60 && one <= 70));
    }),
    { numRuns: 40 },
  );
});

test("a relay test swings only as far as it was told, and its gains are cautious ones", () => {
  const spec = { type: "fopdt", K: -0.25, tau: 300, theta: 60, base: 41 } as const;
  const { found, failed, outputs } = tried(spec, { hysteresis: 0.02 });
  assert.equal(failed, undefined);
  assert.deepEqual([...new Set(outputs)].sort(), [50, 60, 70]);
  const { gain = 0, integralTime = 0 } = found?.tuning ?? {};
  // Far below the gain at which this plant would oscillate for ever, about 36 %/K.
  assert.ok(gain > 3 && gain < 12, String(gain));
  assert.ok(integralTime > 150 && integralTime < 400, String(integralTime));
});

test("what moves too far, never settles, or has nothing to do with the output is called off", () => {
  const spec = { type: "fopdt", K: -0.25, tau: 300, theta: 60, base: 41 } as const;
  const runaway = tried(spec, {}, (t) => (t > 900 ? (t - 900) / 60 : 0));
  assert.match(runaway.failed ?? "", /more than 4 from/);
  assert.equal(runaway.output, 60);
  const noisy = tried(spec, { longest: 1800 }, (t) => 2 * Math.sin(t / 20));
  assert.match(noisy.failed ?? "", /does not settle, it moved/);
  const wrong = tried(spec, { method: "step", action: "reverse" });
  assert.match(wrong.failed ?? "", /fell with the output, which is the wrong way/);
  const nothing = tried({ ...spec, K: -1e-9, base: 26 }, { method: "step" });
  assert.match(nothing.failed ?? "", /hardly moved/);
});

/** A simulated site with a controller on trial. */
async function site(t: TestContext, controllers: Record<string, SimulatedController>) {
  const simulation = await simulatedSite({
    controllers,
    weather: "constant:10",
    poll: seconds(5),
    step: seconds(2),
  });
  t.after(() => simulation.stop());
  // No compressor: outdoor air is all there is.
  simulation.write("dx-1.unit", "mode", "remote", { slot: 16 });
  simulation.write("dx-1.unit", "capacity", 0, { slot: 16 });
  const tunings = new Tunings({ ...simulation, log: silentLog });
  tunings.follow(simulation.controllers);
  t.after(() => tunings.close());
  const held = (action: string, device = damper) => {
    const { slot, value, who } =
      simulation.writer.array(device).find((one) => one.action === action)?.inForce ?? {};
    return [slot, value, who] as const;
  };
  return { ...simulation, simulation, tunings, held };
}

async function ended(
  { advance }: Pick<Simulation, "advance">,
  tunings: Tunings,
  name: string,
  within: Millis,
): Promise<TuningStatus> {
  for (let waited = 0; waited < within; waited += seconds(30)) {
    const status = tunings.status(name);
    if (status?.ended !== undefined) return status;
    await advance(seconds(30));
  }
  return assert.fail(`it is not over: ${JSON.stringify(tunings.status(name))}`);
}

const by = { who: "ben", why: "commissioning" };
const zone = { zone: { use: "zone-temperature", settings: { setpoint: 24 } } };
const damper = "dx-1.unit";

for (const method of ["relay", "step"] as const)
  test(`on a simulated site: ${method} proposes settings that hold it, and hands back without a bump`, async (t) => {
    const of = await site(t, zone);
    const { tunings, controllers, held, simulation } = of;
    const advance = (span: Millis) => of.advance(span);
    await advance(minutes(80));
    const before = controllers.get("zone")?.settings;
    const began = tunings.start("zone", { method, height: 8 }, by);
    assert.deepEqual([began.phase, began.least, began.most, began.output], ["settling", 0, 100, "damper"]);
    await advance(seconds(30));
    assert.deepEqual(held("damper"), [8, began.centre, "ben, tuning zone"]);
    // What else it commands stays as it is, so that nothing disturbs the trial.
    assert.deepEqual(held("speed", "tray-a.fan-1"), [8, 25, "ben, tuning zone"]);
    const status = await ended(simulation, tunings, "zone", minutes(60));
    assert.equal(status.phase, "done", status.text);
    const last = status.course.at(-1)?.output ?? NaN;
    await advance(seconds(10));
    assert.equal(held("damper")[0], 12);
    assert.ok(Math.abs(Number(held("damper")[1]) - last) < 4, `${last} became ${String(held("damper")[1])}`);
    const [gain, integral, ...others] = status.proposal ?? [];
    assert.deepEqual([gain?.name, gain?.unit, gain?.before, gain?.limited], ["gain", "%/K", 1.2, false]);
    assert.deepEqual([integral?.name, integral?.unit, others], ["integralTime", "s", []]);
    if (method === "step")
      assert.ok(Math.abs((status.plant?.gain ?? 0) + 0.17) < 0.03, String(status.plant?.gain));
    // Nothing but a proposal.
    assert.deepEqual(controllers.get("zone")?.settings, before);
    const proposed = (status.proposal ?? []).map(({ name, value }) => [name, value] as const);
    await controllers.setSettings("zone", Object.fromEntries(proposed), by);
    await advance(minutes(30));
    assert.ok(Math.abs(Number(controllers.get("zone")?.last?.terms?.["pv"]) - 24) < 0.3);
  });

type Trialled = Awaited<ReturnType<typeof site>>;

const endings: readonly (readonly [name: string, happens: (of: Trialled) => unknown, why: RegExp])[] = [
  ["the mode", ({ controllers }) => controllers.setMode("zone", { mode: "manual", ...by }), /in manual/],
  [
    "alarms",
    ({ simulation }) => {
      for (const end of ["", "-2", "-3"]) simulation.fault(`probe-inlet${end} silent`);
    },
    /alarm of zone|in fail-safe/,
  ],
  [
    "somebody else's command",
    ({ simulation }) => simulation.write("tray-a.fan-2", "speed", 90),
    /tray-a\.fan-2 speed is commanded by/,
  ],
  ["its settings", ({ controllers }) => controllers.setSettings("zone", { gain: 2 }, by), /were changed/],
  [
    "whoever calls it off",
    ({ tunings }) => tunings.end("zone", { who: "eve", why: "lunch" }),
    /called off by eve: lunch/,
  ],
];

for (const [name, happens, why] of endings)
  test(`a trial ends with ${name}, and gives up all it held`, async (t) => {
    const of = await site(t, zone);
    await of.advance(minutes(60));
    of.tunings.start("zone", { centre: 50 }, by);
    await of.advance(seconds(20));
    await happens(of);
    await of.advance(minutes(3));
    const status = of.tunings.status("zone");
    assert.equal(status?.phase, "failed");
    assert.match(status.text, why);
    assert.equal(status.proposal, undefined);
    for (const device of [damper, "tray-a.fan-1", "tray-a.fan-2"])
      for (const { entries } of of.writer.array(device))
        assert.ok(
          entries.every(({ who }) => who !== "ben, tuning zone"),
          device,
        );
  });

test("bounds are kept: what would leave them is refused with the limit", async (t) => {
  const of = await site(t, { ...zone, floor: "trim-respond-floor" });
  await of.advance(minutes(30));
  const refused = (request: Parameters<Tunings["start"]>[1], fault: RegExp, controller = "zone") =>
    assert.throws(
      () => of.tunings.start(controller, request, by),
      (error: unknown) => error instanceof BothyError && fault.test(error.message),
    );
  refused(
    { centre: 25, least: 20 },
    /goes to 15 %, and least is at least 20 %; choose a centre within 30\.\.90/,
  );
  refused({ centre: 95 }, /goes to 105 %, and .* at most 100 %/);
  refused({ centre: 50, most: 55 }, /goes to 60 %, and most is at most 55 %/);
  refused({}, /no loop/, "floor");
  refused({}, /controller nobody/, "nobody");
  of.tunings.start("zone", { centre: 50 }, by);
  refused({ centre: 50 }, /a trial of zone is under way/);
  assert.throws(() => of.tunings.end("floor", by), /a trial of floor/);
  of.tunings.close();
  assert.match(of.tunings.status("zone")?.text ?? "", /the program stops/);
});

test("a program that ends in the middle leaves nothing behind: what is held ends by itself", async (t) => {
  const of = await site(t, zone);
  const { tunings, held, simulation } = of;
  await of.advance(minutes(60));
  tunings.start("zone", { centre: 50 }, by);
  await of.advance(seconds(40));
  assert.equal(held("damper")[0], 8);
  // Nobody steps any more, so nobody renews it.
  simulation.kill();
  await of.advance(minutes(6));
  assert.notEqual(held("damper")[0], 8);
});
