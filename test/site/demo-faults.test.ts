// Everything that fails in the demonstration, over real wires and seen from outside: each fault ends in what is declared
// for it, in its time, and nothing jumps when it is over. Sites of their own, at the same time: their waits overlap.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { GuardState } from "../../controllers/library/compressor-guard.ts";
import type { LeadLagState } from "../../controllers/library/lead-lag.ts";
import { keptController } from "../../controllers/runtime/kept.ts";
import { seconds, systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { openState } from "../../server/state/state.ts";
import { type DemoConfig, demoFile, settle, startDemoProgram } from "../support/live-demo.ts";
import { type Hardware, startHardware } from "../support/live-hardware.ts";
import type { LiveSite } from "../support/live-site.ts";
import { until } from "../support/until.ts";
import {
  calm,
  type FaultRow,
  fanZoneRates,
  isCalm,
  jumps,
  play,
  type Seen,
  seenOf,
  simulated,
} from "../support/live-rows.ts";

const timeout = 400_000;

const fanDuty = async ({ site }: Seen, fan: number): Promise<number> =>
  Number((await site.values(`tray-a.fan-${fan}`))["duty"]);

const stuckSensor: FaultRow = {
  name: "stuck sensor",
  begin: simulated("probe-inlet stuck temperature"),
  declared: [
    {
      text: "it is named, and another one leads",
      within: seconds(90),
      holds: ({ alarms, controllers }) =>
        alarms.includes("fan-zone sensor:probe-inlet.temperature") &&
        controllers["fan-zone"]?.leader !== "probe-inlet.temperature",
    },
  ],
  recovered: { text: "believed again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};

const wrongSensor: FaultRow = {
  name: "wrong sensor",
  begin: simulated("probe-inlet stuck temperature at 55"),
  declared: [
    {
      text: "it is named, and left out",
      within: seconds(45),
      holds: ({ alarms, reason }) =>
        alarms.includes("fan-zone sensor:probe-inlet.temperature") &&
        !/probe-inlet\.temp/.test(reason("fan-zone")),
    },
  ],
  recovered: { text: "believed again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};

const deadFan: FaultRow = {
  name: "dead fan",
  begin: simulated("tray-a dead-fan 3"),
  declared: [
    {
      text: "told, and the others run faster",
      within: seconds(75),
      holds: ({ alarms, reason }) =>
        alarms.includes("fan-zone fan-failed:tray-a.fan-3") &&
        /others run \d+.* % faster/.test(reason("fan-zone")),
    },
  ],
  recovered: { text: "all fans count again", within: seconds(120), holds: isCalm },
  smooth: { ...fanZoneRates, but: /fan-3$/ },
};

const silentProbes: FaultRow = {
  name: "silent probes",
  begin: simulated("probe-inlet silent", "probe-inlet-2 silent", "probe-inlet-3 silent"),
  declared: [
    {
      text: "fans at their fail-safe duty",
      within: seconds(60),
      holds: async (seen) => seen.alarms.includes("fan-zone fail-safe") && (await fanDuty(seen, 1)) === 75,
    },
  ],
  recovered: { text: "automatic again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};

const dxLoss: FaultRow = {
  name: "DX loss",
  begin: simulated("dx-1 lockout"),
  declared: [
    {
      text: "all fans and outdoor air, and it is told",
      within: seconds(30),
      holds: async (seen) =>
        seen.alarms.includes("emergency-ventilation emergency-ventilation") &&
        /dx-1.* is in lockout/.test(seen.reason("emergency-ventilation")) &&
        (await fanDuty(seen, 1)) === 100 &&
        (await seen.site.values("dx-1.unit"))["duty damper-demand"] === 100,
    },
  ],
  recovered: { text: "no emergency any more", within: seconds(90), holds: isCalm },
  smooth: fanZoneRates,
};

const switched =
  (state: "on" | "off") =>
  (site: LiveSite): Promise<unknown> =>
    site.send("POST", "/v3/write/wait/server-1-power", { action: "state", data: state });

const serverOff: FaultRow = {
  name: "server off",
  begin: async (site) => {
    await switched("off")(site);
    return () => switched("on")(site);
  },
  declared: [
    {
      text: "its outlet gives standby power only, and nobody else minds",
      within: seconds(30),
      holds: async (seen) =>
        isCalm(seen) &&
        (await seen.site.values("server-1-power"))["state"] === "off" &&
        Number((await seen.site.values("pdu-1.outlet-1"))["power"]) < 30,
    },
  ],
  recovered: {
    text: "it draws power again",
    within: seconds(60),
    holds: async (seen) =>
      isCalm(seen) &&
      (await seen.site.values("server-1-power"))["state"] === "on" &&
      Number((await seen.site.values("pdu-1.outlet-1"))["power"]) > 50,
  },
  smooth: fanZoneRates,
};

const outlet = async ({ site }: Seen, number: number): Promise<unknown> =>
  (await site.values(`pdu-1.outlet-${number}`))["state"];

const mainsLoss: FaultRow = {
  name: "mains loss",
  begin: simulated("site mains-loss"),
  declared: [
    {
      text: "on battery, what may go at once is off, everything else is not",
      within: seconds(30),
      holds: async (seen) =>
        seen.alarms.includes("outage mains-out") &&
        /On battery, for .*outlet-8 without power/.test(seen.reason("outage")) &&
        (await outlet(seen, 8)) === "off" &&
        (await outlet(seen, 7)) === "on",
    },
  ],
  recovered: {
    text: "all loads are back",
    within: seconds(90),
    holds: async (seen) =>
      isCalm(seen) && seen.reason("outage") === "Mains are there" && (await outlet(seen, 8)) === "on",
  },
  smooth: fanZoneRates,
};

const smoke: FaultRow = {
  name: "smoke",
  begin: async (site) => {
    const clear = await simulated("site smoke")(site);
    return async () => {
      await clear();
      await site.until(
        "smoke is gone, and all air stays off until somebody resets it",
        async () => /smoke is gone/i.test((await seenOf(site)).reason("safety")),
        seconds(15),
      );
      assert.equal(await fanDuty(await seenOf(site), 1), 0);
      await site.send("PATCH", "/api/controllers/safety/settings", {
        settings: { resets: 1 },
        why: "looked",
      });
    };
  },
  declared: [
    {
      text: "no fan turns",
      within: seconds(15),
      holds: async (seen) => {
        const duties = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((fan) => fanDuty(seen, fan)));
        return seen.alarms.includes("safety smoke") && duties.every((duty) => duty === 0);
      },
    },
  ],
  recovered: {
    text: "fans turn again",
    within: seconds(60),
    holds: async (seen) => isCalm(seen) && (await fanDuty(seen, 1)) >= 25,
  },
  smooth: fanZoneRates,
};

/** A controller of one's own that goes wrong when it is told to. */
const ownText = `import { defineController, percent, plain, seconds, select, Type } from "bothy/controllers";

export default defineController({
  name: "half-tray",
  version: "1.0.0",
  summary: "half of the fans at one duty",
  period: seconds(3),
  settings: Type.Object({
    duty: percent({ default: 50, description: "Of these fans." }),
    trouble: plain({ default: 0, minimum: 0, maximum: 2, description: "1: it throws. 2: it never ends." }),
  }),
  inputs: { inlet: select("type:temperature", "point:inlet").of("temperature").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 5, fall: 2 }) },
  failSafe: { fans: 80 },
  init: () => ({ steps: 0 }),
  step: ({ settings, state }) => {
    if (settings.trouble === 1) throw new Error("out of its mind");
    while (settings.trouble === 2);
    return { outputs: { fans: settings.duty }, state: { steps: state.steps + 1 }, reason: "as it is set" };
  },
});
`;

/** The two halves of the tray, each with a controller of its own; nobody else commands fans at that rank. */
function halves(config: DemoConfig): void {
  const tray = config.devices.find(({ alias }) => alias === "tray-a") ?? assert.fail();
  const side = (name: string, fans: readonly number[]): [string, string[]][] =>
    fans.map((fan) => [`fan-${fan}`, [`side:${name}`]]);
  tray.deviceTags = Object.fromEntries([...side("left", [1, 2, 3, 4]), ...side("right", [5, 6, 7, 8])]);
  Reflect.deleteProperty(config.controllers, "fan-zone");
  for (const name of ["left", "right"])
    config.controllers[name] = {
      use: "./controllers/half-tray.ts",
      outputs: { fans: ["type:fan", `side:${name}`] },
    };
}

const trouble =
  (name: string, kind: 1 | 2): FaultRow["begin"] =>
  async (site) => {
    const set = (value: number) =>
      site.send("PATCH", `/api/controllers/${name}/settings`, {
        settings: { trouble: value },
        why: "a test",
      });
    await set(kind);
    return () => set(0);
  };

const ownWrong = (name: "left" | "right", kind: 1 | 2, says: RegExp): FaultRow => {
  const [mine, others, other] = name === "left" ? [1, 5, "right"] : [5, 1, "left"];
  return {
    name: kind === 1 ? "controller throwing" : "controller looping for ever",
    begin: trouble(name, kind),
    declared: [
      {
        text: "its fans at its fail-safe duty, and nobody else minds",
        within: seconds(20),
        holds: async (seen) =>
          seen.alarms.includes(`${name} fail-safe`) &&
          says.test(seen.reason(name)) &&
          (await fanDuty(seen, mine)) === 80 &&
          (await fanDuty(seen, others)) === 50 &&
          Object.values(seen.controllers).every((one) => one.name === name || one.mode === "automatic"),
      },
    ],
    recovered: {
      text: "automatic again",
      within: seconds(60),
      holds: async (seen) => {
        assert.deepEqual(seen.controllers[other]?.alarms, []);
        return isCalm(seen) && (await fanDuty(seen, mine)) === 50;
      },
    },
    smooth: { controller: name, rise: 5, fall: 2 },
  };
};

/** Who says what the fans of the equipment really get. */
const fansOf = ({ simulated: { physics } }: Hardware): readonly number[] => physics.commands.fanDuty;

const lineCut = (hardware: Hardware): FaultRow => ({
  name: "line cut",
  begin: (site) => {
    const { id } = hardware.simulated.fault("line-a line-cut");
    assert.ok(site.pid > 0);
    return Promise.resolve(() => {
      hardware.simulated.clear(id);
      return Promise.resolve();
    });
  },
  declared: [
    {
      text: "fail-safe, and told",
      within: seconds(40),
      holds: ({ mode, alarms }) => mode("fan-zone") === "fail-safe" && alarms.includes("fan-zone fail-safe"),
    },
    {
      text: "the tray turns its fans up by itself",
      within: seconds(20),
      holds: () => fansOf(hardware).every((duty) => duty === 100),
    },
  ],
  recovered: { text: "automatic again", within: seconds(90), holds: isCalm },
  smooth: fanZoneRates,
});

interface KeptCooling {
  readonly guards: Readonly<Record<string, GuardState>>;
  readonly leadLag: LeadLagState;
}

/** What a site that is not running any more has kept of its compressors. */
async function keptCooling(folder: string): Promise<KeptCooling> {
  const state = await openState(folder, { clock: systemClock, log: silentLog });
  try {
    const kept = keptController(state, "staged-cooling") ?? assert.fail("nothing was kept");
    return kept.memory.state as KeptCooling;
  } finally {
    await state.close();
  }
}

/** Clocks of compressors' minimum times go on, and so do their run hours. */
function goesOn(before: KeptCooling, after: KeptCooling): void {
  const ids = Object.keys(before.guards);
  assert.ok(ids.length > 0);
  for (const id of ids) {
    const [was, is] = [before.guards[id] ?? assert.fail(), after.guards[id] ?? assert.fail()];
    assert.ok(is.now > was.now, `${id}: its clock was at ${was.now} s and is at ${is.now} s`);
    if (is.running === was.running) assert.deepEqual([is.since, is.holdUntil], [was.since, was.holdUntil]);
  }
  for (const [id, { run }] of Object.entries(before.leadLag.units))
    assert.ok((after.leadLag.units[id]?.run ?? -1) >= run, `${id} had run ${run} s`);
}

describe("faults of the demonstration", { concurrency: true, timeout }, () => {
  it("air: sensors and fans", { timeout }, async (t) => {
    const file = demoFile(t, (config) =>
      settle(config, "fan-zone", { stuckAfter: 30, stuckReference: 0.3, voteAfter: 15 }),
    );
    const site = await startDemoProgram(t, file);
    await calm(site);
    for (const row of [stuckSensor, wrongSensor, deadFan, silentProbes])
      await t.test(row.name, (u) => play(u, site, row));
  });

  it("cooling and servers", { timeout }, async (t) => {
    const file = demoFile(t, (config) => {
      settle(config, "emergency-ventilation", { lostFrom: 20, emergencyLeast: 20 });
    });
    const site = await startDemoProgram(t, file);
    await calm(site);
    for (const row of [serverOff, dxLoss]) await t.test(row.name, (u) => play(u, site, row));
  });

  it("power, and the safety of life", { timeout }, async (t) => {
    const file = demoFile(t, (config) =>
      settle(config, "outage", { returnAfter: 5, restoreAfter: 5, restoreGap: 1, coolingAfter: 5 }),
    );
    const site = await startDemoProgram(t, file);
    await calm(site);
    for (const row of [mainsLoss, smoke]) await t.test(row.name, (u) => play(u, site, row));
  });

  it("controllers of one's own", { timeout }, async (t) => {
    const file = demoFile(t, halves);
    writeFileSync(join(file, "..", "controllers", "half-tray.ts"), ownText);
    const site = await startDemoProgram(t, file);
    await calm(site);
    for (const row of [ownWrong("left", 1, /out of its mind/), ownWrong("right", 2, /did not end/)])
      await t.test(row.name, (u) => play(u, site, row));
  });

  it("equipment that outlives its site", { timeout }, async (t) => {
    const file = demoFile(t, (config) => {
      const { "fan-zone": fans, "staged-cooling": cooling } = config.controllers;
      assert.ok(fans !== undefined && cooling !== undefined);
      const alone = { action: "bus-loss-time", value: 10, every: "10m" };
      fans["heartbeat"] = [{ ...alone, tags: ["type:fan-tray"] }];
      cooling["heartbeat"] = [{ ...alone, tags: ["type:air-conditioner"] }];
    });
    const hardware = await startHardware(t, file);
    const first = await hardware.start();
    await calm(first);
    await t.test("line cut", (u) => play(u, first, lineCut(hardware)));
    await t.test("process killed", async (u) => {
      const [last] = (await first.steps("fan-zone", systemClock.now() - seconds(10))).slice(-1);
      assert.ok(last !== undefined);
      await first.kill();
      const killed = systemClock.monotonic();
      const own = [100, 100, 100, 100, 100, 100, 100, 100];
      // Each unit counts its own silence: one of them is first.
      const byItself = (): boolean =>
        isDeepStrictEqual(fansOf(hardware), own) &&
        hardware.simulated.physics.commands.dx[0]?.mode === "auto";
      await until(byItself, "the equipment is on its own");
      const alone = systemClock.monotonic() - killed;
      assert.ok(alone <= seconds(15), `on its own after ${alone} ms`);
      const kept = await keptCooling(hardware.state);
      const again = await hardware.start();
      const began = systemClock.now() - seconds(60);
      const back = await calm(again);
      const steps = (await again.steps("fan-zone", began)).filter(({ at }) => at > last.at);
      const told = jumps([last, ...steps], fanZoneRates);
      assert.ok(
        steps.every(({ mode }) => mode === "automatic"),
        "whoever takes over soon goes on",
      );
      await again.stop();
      goesOn(kept, await keptCooling(hardware.state));
      u.diagnostic(
        `process killed: equipment on its own after ${(alone / 1000).toFixed(1)} s of 15 s; calm after ${(back / 1000).toFixed(1)} s; ${told}`,
      );
    });
  });
});
