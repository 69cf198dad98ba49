import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { asked, message, share, type Usage, usageOf } from "../processes.ts";
import type { Order, Progress } from "./site.ts";

type Seen = Progress & Usage;

const period = seconds(10);
const periods = 4;

/** One process polls many BMCs, each on a port of its own, all of another process. */
export async function printMany(count: number, sensors: number): Promise<void> {
  const bmcs = child("bmcs.ts", [count, sensors]);
  const { ports } = await message<{ ports: readonly number[] }>(bmcs);
  const site = child("site.ts", []);
  // Asked before it knows of any BMC: what it takes on its own.
  const order: Order = { ports, sensors, period: `${period / 1000}s` };
  await asked(site, order);
  const empty = await seen(site);
  const begun = clock.monotonic();
  const all = await untilAll(site, count);
  const learnt = all.at - begun;
  // What the start left behind is not part of it.
  await clock.sleepUntil(clock.monotonic() + period);
  const [before, simulatorBefore] = [await seen(site), await usageOf(bmcs)];
  await clock.sleepUntil(clock.monotonic() + periods * period);
  const [after, simulatorAfter] = [await seen(site), await usageOf(bmcs)];
  show(count, { empty, learnt, before, after, simulator: share(simulatorBefore, simulatorAfter) });
  site.disconnect();
  bmcs.disconnect();
}

const child = (name: string, args: readonly number[]): ChildProcess =>
  fork(fileURLToPath(new URL(name, import.meta.url)), args.map(String), { execArgv: ["--import", "tsx"] });

const seen = async (site: ChildProcess): Promise<Seen> => ({
  ...(await asked<Progress>(site, "progress")),
  at: clock.monotonic(),
});

async function untilAll(site: ChildProcess, count: number): Promise<Seen> {
  const limit = clock.monotonic() + seconds(300);
  for (;;) {
    const now = await seen(site);
    if (now.complete === count) return now;
    if (now.at > limit) throw new Error(`only ${now.complete} of ${count} BMCs were read in five minutes`);
    await clock.sleepUntil(clock.monotonic() + seconds(1));
  }
}

interface Figures {
  readonly empty: Seen;
  readonly learnt: number;
  readonly before: Seen;
  readonly after: Seen;
  readonly simulator: number;
}

function show(count: number, { empty, learnt, before, after, simulator }: Figures): void {
  const span = (after.at - before.at) / 1000;
  const [read, missed] = [after.readings - before.readings, after.missed - before.missed];
  const due = (after.sensors * span * 1000) / period;
  const micros = (after.cpu - before.cpu) / read;
  const lines = [
    `everything known and read ${(learnt / 1000).toFixed(1)} s after the start`,
    `${span.toFixed(0)} s: ${read} good readings of ${due.toFixed(0)} due, ${after.bad} of ${after.sensors} sensors bad`,
    `missed deadlines ${missed}, failed polls ${after.failed - before.failed} of ${after.polls - before.polls}; ` +
      `the oldest reading at the end ${(after.oldest / 1000).toFixed(1)} s`,
    `${share(before, after).toFixed(1)} % of one processor, ${micros.toFixed(0)} µs a reading (the simulated BMCs ${simulator.toFixed(1)} %)`,
    `resident ${(after.rss / 1e6).toFixed(0)} MB, ${((after.rss - empty.rss) / count / 1000).toFixed(0)} kB for each BMC`,
  ];
  for (const line of lines) console.log(`  ${line}`);
}
