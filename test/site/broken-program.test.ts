// A fault of the program itself: equipment is told what is safe before the program is gone.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { demoFile } from "../support/live-demo.ts";
import { startHardware } from "../support/live-hardware.ts";
import { until } from "../support/until.ts";

for (const [name, fault] of [
  ["thrown", 'throw new Error("a bug")'],
  ["rejected", 'void Promise.reject(new Error("a bug"))'],
] as const)
  test(`what nobody caught, ${name}, ends a site in fail-safe`, { timeout: 400_000 }, async (t) => {
    const file = demoFile(t, () => undefined);
    const preload = join(file, "..", "fault.mjs");
    writeFileSync(
      preload,
      `import { isMainThread } from "node:worker_threads";
       if (isMainThread) process.on("SIGUSR2", () => { ${fault}; });`,
    );
    const hardware = await startHardware(t, file);
    const site = await hardware.start({ NODE_OPTIONS: `--import=${preload}` });
    const mode = (): string => hardware.simulated.physics.commands.dx[0]?.mode ?? "";
    await until(() => mode() === "remote", "its compressor is commanded");
    process.kill(site.pid, "SIGUSR2");
    await until(() => /the site stops, for something unexpected: a bug/.test(site.printed()), "it is told");
    await until(() => mode() === "auto", "the compressor is on its own");
    await site.gone;
    assert.match(site.printed(), /fan-zone is stopped: the program stops/);
  });
