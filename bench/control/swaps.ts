import { systemClock as clock } from "../../devices/clock.ts";
import { seconds } from "../../devices/clock.ts";
import { simulatedSite } from "../../server/simulation/index.ts";
import { quantile } from "../processes.ts";
import { asSource, loop, rate, step } from "./loop.ts";

/** Swaps between two versions in this thread, on a virtual clock: each step that is due is counted. */
export async function printSwaps(swaps: number): Promise<void> {
  const site = await simulatedSite({
    weather: "constant:28",
    controllers: { loop: loop() },
    poll: seconds(step),
  });
  await site.advance(seconds(120));
  const before = site.controllers.get("loop")?.steps ?? 0;
  const from = site.clock.monotonic();
  const duty = (): number => Number(site.physics.commands.fanDuty[0]);
  const pauses: number[] = [];
  let bump = 0;
  for (let i = 0; i < swaps; i++) {
    await site.advance(seconds(step));
    const last = duty();
    const next = loop(`1.0.${i + 1}`, i % 2 === 0 ? 12 : 10);
    const began = clock.monotonic();
    await site.controllers.swap("loop", asSource(next), { who: "bench", why: "to and fro" });
    pauses.push(clock.monotonic() - began);
    await site.advance(seconds(step));
    bump = Math.max(bump, Math.abs(duty() - last));
  }
  const { steps = 0, missed = NaN } = site.controllers.get("loop") ?? {};
  const due = Math.round((site.clock.monotonic() - from) / seconds(step));
  pauses.sort((a, b) => a - b);
  console.log(`\n${swaps} swaps between two versions in this thread, on a virtual clock`);
  console.log(`  steps ${steps - before} of ${due} that were due; missed ${missed}`);
  console.log(`  a swap takes p50 ${ms(quantile(pauses, 0.5))}, p99 ${ms(quantile(pauses, 0.99))}`);
  console.log(
    `  largest change of an output from step to step ${bump.toFixed(2)} %; its rate allows ${rate * step} %`,
  );
  await site.stop();
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(2)} ms`;
