// A zone of one's own, made of what `bothy/controllers` gives and of nothing else: contributions that are controllers of
// their own, a slow one that makes a wanted speed of them, and a fast one that holds fans at it.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  celsius,
  combine,
  defineController,
  fanLoopSettings,
  type FanLoopSettings,
  fanLoopStep,
  from,
  leastMargin,
  marginOf,
  numberOf,
  optional,
  pidInit,
  pidSettings,
  type PidSettings,
  pidStep,
  pidWith,
  seconds,
  select,
  setpointFrom,
  Type,
} from "../../controllers/index.ts";
import type { Definition } from "../../controllers/contract.ts";
import { minutes } from "../../devices/clock.ts";
import { controlSite } from "../support/control-site.ts";
import { speed, Table } from "../support/table-plugin.ts";

const rpm = (options: { default: number; description: string }) =>
  numberOf("rpm", { minimum: 0, maximum: 20_000, ...options });
const loop = pidWith({ action: "reverse", gain: 100, integralTime: 60, outputMin: 1000, outputMax: 6000 });

/** What those that only publish a speed have in common. */
const publisher = {
  version: "1.0.0",
  summary: "for tests",
  period: seconds(5),
  outputs: {},
  failSafe: {},
  publishes: { speed: { unit: "rpm", text: "wanted" } },
};

/** Speed wanted by the sensor that is nearest to its own limit. */
const margin = defineController({
  ...publisher,
  name: "margin",
  settings: Type.Object({ limit: celsius({ default: 90, description: "Where nothing is left." }) }),
  inputs: { cpus: select("point:cpu").of("temperature").each({ minGood: 1, unit: "°C" }) },
  init: () => pidInit(),
  step: ({ inputs, settings, state, dt, nominal }) => {
    const margins = inputs.cpus.map((one) => {
      const zero = one.quality === "bad" ? NaN : setpointFrom(one, "uc", 0, settings.limit);
      return {
        name: one.from,
        margin: one.quality === "bad" ? undefined : marginOf(one.value, zero),
      };
    });
    const least = leastMargin(margins);
    const pid = pidStep(state, { setpoint: 15, pv: least?.margin ?? NaN, dt, nominal }, loop);
    return {
      outputs: {},
      state: pid.state,
      reason: `${least?.name ?? "nobody"} has ${least?.margin ?? 0} K left`,
      published: { speed: pid.output },
    };
  },
});

/** A speed somebody else wants. */
const extra = defineController({
  ...publisher,
  name: "extra",
  settings: Type.Object({ speed: rpm({ default: 4000, description: "Wanted." }) }),
  inputs: {},
  init: () => 0,
  step: ({ settings, state }) => ({
    outputs: {},
    state,
    reason: "as set",
    published: { speed: settings.speed },
  }),
});

const zone = defineController({
  ...publisher,
  name: "zone",
  settings: Type.Object({
    least: rpm({ default: 1500, description: "Smallest speed." }),
    most: rpm({ default: 5000, description: "Largest speed of the profile `quiet`." }),
    profile: Type.Unsafe<"normal" | "quiet">({
      type: "string",
      enum: ["normal", "quiet"],
      default: "normal",
      description: "Which profile is selected.",
    }),
  }),
  inputs: {
    margin: optional(from("margin", "speed").max({ unit: "rpm" })),
    extra: optional(from("extra", "speed").max({ unit: "rpm" })),
  },
  init: () => 0,
  step: ({ inputs, settings, state }) => {
    const { value, leader } = combine(
      [
        { name: "margin", value: inputs.margin?.value },
        { name: "extra", value: inputs.extra?.value },
      ],
      {
        rule: "max",
        minimum: settings.least,
        profile: settings.profile,
        ceilings: [{ name: "quiet", value: settings.most, profiles: ["quiet"] }],
      },
    );
    return {
      outputs: {},
      state,
      reason: `${leader ?? "nobody"} decides`,
      leader: leader ?? "nobody",
      published: { speed: value ?? 0 },
    };
  },
});

const fanLoop: PidSettings & FanLoopSettings = {
  ...pidWith({ action: "reverse", gain: 0.004, integralTime: 4, outputMin: 15 }),
  ...{ speedOf: "slowest", speedGain: 0.016, speedOffset: 0, trimGain: 0, trimMost: 5 },
};

const fans = defineController({
  name: "fans",
  version: "1.0.0",
  summary: "for tests",
  period: seconds(1),
  settings: Type.Object({ ...fanLoopSettings.properties, gain: pidSettings.properties.gain }),
  inputs: {
    wanted: from("zone", "speed").max({ unit: "rpm" }),
    speeds: select("type:fan").of("rpm").any({ unit: "rpm" }),
  },
  outputs: { fans: select("type:fan").action("speed", { unit: "%" }) },
  failSafe: { fans: 80 },
  init: () => pidInit(40, 40),
  step: ({ inputs, state, dt, nominal, applied }) => {
    const rpms: Record<string, number | undefined> = {};
    for (const { device } of applied.fans)
      rpms[device] = inputs.speeds.flatMap((one) =>
        one.device === device && one.quality !== "bad" ? [one.value] : [],
      )[0];
    const {
      duties,
      pid,
      speed: held,
    } = fanLoopStep(state, rpms, { setpoint: inputs.wanted.value, dt, nominal }, fanLoop);
    return {
      outputs: { fans: { each: duties } },
      state: pid.state,
      reason: `the slowest fan turns at ${held ?? 0} rpm`,
      terms: { speed: held ?? 0, wanted: inputs.wanted.value },
    };
  },
});

const use = (definition: unknown) => ({
  use: { kind: "definition" as const, definition: definition as Definition },
});

test("a cascade in two rates: contributions, the largest of them, and fans at that speed", async (t) => {
  const fan = (alias: string) => ({
    alias,
    type: "fan",
    outputs: [["duty"], ["rpm"]] as const,
    actions: [speed],
  });
  const table = new Table();
  table.values.set("cpu/temperature", 60);
  for (const alias of ["fan-a", "fan-b"]) {
    table.values.set(`${alias}/duty`, 40);
    table.values.set(`${alias}/rpm`, 2000);
  }
  const site = await controlSite(
    t,
    { fans: use(fans), zone: use(zone), margin: use(margin), extra: use(extra) },
    {
      table,
      devices: [
        { alias: "cpu", type: "temperature", outputs: [["temperature"]], tags: ["point:cpu"] },
        fan("fan-a"),
        fan("fan-b"),
      ],
    },
  );
  const run = async (steps: number) => {
    for (let k = 0; k < steps; k++) {
      await site.clock.advance(1000);
      for (const [alias, factor] of [
        ["fan-a", 60],
        ["fan-b", 63],
      ] as const)
        table.values.set(`${alias}/rpm`, factor * Number(table.values.get(`${alias}/duty`)));
    }
  };
  const leader = () => site.controllers.get("zone")?.last?.leader;
  const slowest = () => Number(table.values.get("fan-a/rpm"));

  await run(60);
  assert.equal(leader(), "extra");
  assert.ok(Math.abs(slowest() - 4000) < 150, String(slowest()));
  const counted = (name: string) => site.traces.filter(({ controller }) => controller === name).length;
  assert.ok(counted("fans") >= 5 * (counted("zone") - 1), "the inner loop steps five times as often");

  // Switched off for a while: it counts no more, and then again.
  site.controllers.setMode("extra", { mode: "off", holdFor: minutes(1), who: "ann", why: "to see" });
  await run(45);
  assert.equal(leader(), "minimum");
  assert.ok(Math.abs(slowest() - 1500) < 150, String(slowest()));
  await run(60);
  assert.equal(leader(), "extra");

  // The CPU gets hot: its loop takes over from the others, and the profile's ceiling from it.
  table.values.set("cpu/temperature", 88);
  await run(180);
  assert.equal(leader(), "margin");
  await site.controllers.setSettings("zone", { profile: "quiet" }, { who: "ann", why: "night" });
  await run(30);
  assert.equal(leader(), "quiet");
  assert.ok(Math.abs(slowest() - 5000) < 150, String(slowest()));

  // Without what it follows the inner loop is in fail-safe.
  site.controllers.setMode("zone", { mode: "off", holdFor: minutes(1), who: "ann", why: "to see" });
  await run(10);
  assert.equal(site.controllers.get("fans")?.mode, "fail-safe");
  assert.equal(site.duty(), 80);
});
