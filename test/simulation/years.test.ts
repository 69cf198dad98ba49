import assert from "node:assert/strict";
import { test } from "node:test";
import { defineController } from "../../controllers/contract.ts";
import { from, optional, select, Type } from "../../controllers/index.ts";
import { celsius } from "../../controllers/settings.ts";
import { seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { minutes, simulatedSite, simulatedYears } from "../../server/simulation/index.ts";

const ramp = defineController({
  name: "ramp",
  version: "1.0.0",
  summary: "fans follow the inlet",
  period: seconds(5),
  settings: Type.Object({
    setpoint: celsius({ default: 20, description: "Inlet from which fans speed up." }),
  }),
  inputs: { inlet: select("type:temperature", "point:inlet").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%" }) },
  publishes: { duty: { unit: "%", text: "What the fans are told." } },
  failSafe: { fans: 100 },
  init: () => ({ steps: 0 }),
  step: ({ inputs, settings, state }) => {
    const duty = Math.min(100, Math.max(30, 30 + 5 * (inputs.inlet.value - settings.setpoint)));
    return {
      outputs: { fans: duty },
      state: { steps: state.steps + 1 },
      reason: "by the inlet",
      published: { duty },
    };
  },
});

test("controllers step straight on the physics, and the air follows", () => {
  const modes: string[] = [];
  const site = simulatedYears({
    ...{
      parameters: "demo",
      weather: "constant:10",
      controllers: { fans: { use: ramp, settings: { setpoint: 23 } } },
    },
    trace: (_, { mode }) => modes.push(mode),
  });
  site.advance(3600);
  assert.deepEqual(modes.slice(0, 4), ["fail-safe", "fail-safe", "automatic", "automatic"]);
  assert.equal(site.controlSteps, 720);
  const { inlet } = site.physics.state;
  const wanted = Math.min(100, Math.max(30, 30 + 5 * (inlet - 23)));
  assert.ok(Math.abs((site.physics.commands.fanDuty[0] ?? 0) - wanted) < 8, `${inlet} °C`);
  assert.equal(site.score.report().hours, 1);
});

test("it agrees with the site that has store, writer and clock", async (t) => {
  const options = { parameters: "demo", weather: "constant:15", seed: 3 } as const;
  const controllers = { fans: ramp };
  const quick = simulatedYears({ ...options, controllers, step: 1 });
  quick.advance(1800);
  const whole = await simulatedSite({ ...options, controllers, poll: seconds(1) });
  t.after(() => whole.stop());
  await whole.advance(minutes(30));
  const [a, b] = [quick.physics.state, whole.physics.state];
  assert.ok(Math.abs(a.inlet - b.inlet) < 0.3, `${a.inlet} and ${b.inlet} °C`);
  assert.ok(Math.abs(a.energy.fans - b.energy.fans) < 0.05 * b.energy.fans + 0.5);
});

test("a fault shows, and ends", () => {
  const site = simulatedYears({ parameters: "demo", weather: "constant:15", controllers: { fans: ramp } });
  site.advance(60);
  site.faults("tray-a dead-fan 2");
  site.advance(60);
  assert.ok((site.physics.state.fans[1]?.rpm ?? 1) < 1);
  site.faults();
  site.advance(60);
  assert.ok((site.physics.state.fans[1]?.rpm ?? 0) > 500);
});

test("what cannot be bound is told", () => {
  const nowhere = { ...ramp, inputs: { inlet: select("point:nowhere").max() } };
  assert.throws(
    () => simulatedYears({ controllers: { fans: nowhere } }),
    (error) =>
      error instanceof BothyError && error.code === "BAD_CONFIG" && /nothing is bound/.test(error.message),
  );
  assert.throws(
    () => simulatedYears({ controllers: { fans: "no-such" } }),
    (error) => error instanceof BothyError && error.code === "NOT_FOUND",
  );
});

test("the same seed gives the same course", () => {
  const course = (): readonly number[] => {
    const site = simulatedYears({
      weather: "temperate",
      startHour: 3000,
      controllers: { fans: ramp },
      seed: 9,
    });
    site.advance(7200);
    return [site.physics.state.inlet, site.physics.state.energy.fans, site.physics.commands.fanDuty[0] ?? 0];
  };
  assert.deepEqual(course(), course());
});

test("what a controller publishes is missing for those who read it while it is in fail-safe, and is there again afterwards", () => {
  const told: (number | undefined)[] = [];
  const follower = defineController({
    ...{ name: "follower", version: "1.0.0", summary: "notes what fans are told", period: seconds(5) },
    settings: Type.Object({}),
    inputs: { duty: optional(from("fans", "duty").max()) },
    outputs: {},
    failSafe: {},
    init: () => ({}),
    step({ inputs }) {
      told.push(inputs.duty?.value);
      return { outputs: {}, state: {}, reason: "noted" };
    },
  });
  const inlets = ["probe-inlet", "probe-inlet-2", "probe-inlet-3"];
  const site = simulatedYears({
    ...{ parameters: "demo", weather: "constant:15", controllers: { fans: ramp, follower } },
  });
  site.advance(120);
  assert.equal(typeof told.at(-1), "number");
  site.faults(...inlets.map((probe) => `${probe} open-wire temperature`));
  site.advance(60);
  assert.equal(told.at(-1), undefined);
  site.faults();
  site.advance(60);
  assert.equal(typeof told.at(-1), "number");
});

test("the score counts alarms and fail-safe, and holds them against what was wrong", () => {
  const site = simulatedYears({
    ...{
      parameters: "demo",
      weather: "constant:15",
      controllers: { fans: ramp, watch: "temperature-watch" },
    },
  });
  site.advance(600);
  site.score.reset();
  const wires = ["probe-inlet", "probe-inlet-2", "probe-inlet-3"].map(
    (probe) => `${probe} open-wire temperature`,
  );
  site.faults(...wires);
  site.advance(120);
  site.faults(...wires, "io-1 silent");
  site.advance(60);
  const { alarms, failSafe } = site.score.report();
  assert.ok(failSafe.minutes > 2 && failSafe.minutes <= 3, `${failSafe.minutes} min`);
  assert.equal(failSafe.unnecessary, 0);
  assert.equal(alarms.unfounded, 0);
  assert.ok(alarms.list.some(({ controller, id }) => controller === "fans" && id === "fail-safe"));
  assert.deepEqual(alarms.missed, ["io-1 silent"]);
  assert.ok(alarms.detection.every(({ seconds: took }) => took <= 60));
});
