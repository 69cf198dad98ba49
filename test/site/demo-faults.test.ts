// Everything that fails in the demonstration, over real wires and seen from outside: each fault ends in what is declared
// for it, in its time, and nothing jumps when it is over. Sites of their own, at the same time: their waits overlap.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { seconds, systemClock } from "../../devices/clock.ts";
import { type DemoConfig, demoFile, settle, startDemoProgram } from "../support/live-demo.ts";
import { startHardware } from "../support/live-hardware.ts";
import { until } from "../support/until.ts";
import { calm, fanZoneRates, jumps, play } from "../support/live-rows.ts";
import { stuckSensor, wrongSensor, deadFan, silentProbes } from "./demo-rows/air.ts";
import { dxLoss, serverOff, mainsLoss, smoke } from "./demo-rows/plant.ts";
import { halves, ownText, ownWrong } from "./demo-rows/own-controllers.ts";
import { fansOf, lineCut, keptCooling, goesOn } from "./demo-rows/outlived.ts";

const timeout = 400_000;

describe("faults of the demonstration", { concurrency: true, timeout }, () => {
  // By default the fail-safe duty is a floor, and the fans may be above it: exactly, so that nothing else is taken for it.
  const settleFans = (config: DemoConfig): void =>
    settle(config, "fan-zone", {
      ...{ stuckAfter: 30, stuckReference: 0.3, voteAfter: 15 },
      ...{ failSafeDuty: 90, failSafeMode: "exact" },
    });

  // Two sites: the longest waits of all are these.
  for (const [name, rows] of [
    ["sensors", [stuckSensor, wrongSensor]],
    ["fans and probes", [deadFan, silentProbes]],
  ] as const)
    it(`air: ${name}`, { timeout }, async (t) => {
      const site = await startDemoProgram(t, demoFile(t, settleFans));
      await calm(site);
      for (const row of rows) await t.test(row.name, (u) => play(u, site, row));
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
