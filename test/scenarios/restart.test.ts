import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds, type Simulation, VirtualClock } from "../../server/simulation/index.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { wholeSite } from "./everything.ts";
import { coarse } from "./harness.ts";

/** The program anew, at the same site and with what the one before had kept. */
async function again(site: Simulation, keeper: MemoryKeeper, weather: string): Promise<Simulation> {
  const course = site.physics.snapshot();
  const next = await wholeSite({
    ...coarse,
    weather,
    keeper: keeper.crash(),
    clock: new VirtualClock(site.clock.now()),
  });
  next.site.physics.restore(course);
  return next.site;
}

/** s until something holds; fails after `most`. */
async function until(site: Simulation, most: number, holds: () => boolean): Promise<number> {
  for (let t = 0; t <= most; t += 5) {
    if (holds()) return t;
    await site.advance(seconds(5));
  }
  assert.fail(`not within ${most} s`);
}

const compressor = (site: Simulation) => site.physics.state.dx[0] ?? assert.fail("there is one");

test("restarted while a compressor rests: its rest goes on, no longer and no shorter", async () => {
  const keeper = new MemoryKeeper();
  const { site } = await wholeSite({ weather: "constant:12", ...coarse, keeper });
  await until(site, 1200, () => compressor(site).running);
  await until(site, 3600, () => !compressor(site).running);
  await site.advance(seconds(60));
  site.kill();
  await site.advance(seconds(20));
  const next = await again(site, keeper, "constant:38");
  try {
    const rested = compressor(next).inState;
    assert.ok(rested >= 80 && rested <= 95, `${rested} s`);
    await until(next, 600, () => compressor(next).running);
    const { shortestOff } = compressor(next);
    assert.ok(shortestOff >= 295 && shortestOff <= 360, `${shortestOff} s`);
    assert.equal(next.score.report().compressors.violations, 0);
  } finally {
    await next.stop();
    await site.stop();
  }
});

test("killed and started again 90 s later: equipment cools by itself, then every controller is trusted again", async () => {
  const keeper = new MemoryKeeper();
  const { site } = await wholeSite({ weather: "constant:30", ...coarse, keeper });
  // Should nobody speak to the tray for a minute, it turns its fans up by itself.
  site.write("tray-a.tray", "bus-loss-time", 60);
  await site.advance(minutes(10));
  assert.equal(compressor(site).running, true);
  const { starts } = compressor(site);
  site.kill();
  await site.advance(seconds(75));
  assert.ok(site.physics.commands.fanDuty.every((duty) => duty === 100));
  assert.ok(site.physics.state.inlet < 35, `${site.physics.state.inlet} °C`);
  const next = await again(site, keeper, "constant:30");
  try {
    await until(next, 120, () => next.controllers.list().every(({ mode }) => mode === "automatic"));
    next.score.reset();
    await next.advance(minutes(5));
    const { inlet, compressors } = next.score.report();
    assert.ok(inlet.max < 35, `${inlet.max} °C`);
    assert.equal(compressors.violations, 0);
    assert.ok(compressor(next).starts <= starts + 1, "it goes on, or starts once more");
  } finally {
    await next.stop();
    await site.stop();
  }
});
