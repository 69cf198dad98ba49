import { type ChildProcess } from "node:child_process";
import { seconds } from "../devices/clock.ts";
import { load } from "./http/load.ts";
import { asked, median, start, usageOf } from "./processes.ts";

export const connections = 32;
export const span = seconds(0.6);

/** Starts a server that sends what a site answers at these paths, from memory. @param script that takes them */
export async function startBaseline(script: URL, port: number, paths: readonly string[]): Promise<Served> {
  const bodies: Record<string, string> = {};
  for (const path of paths) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    bodies[path] = Buffer.from(await answer.arrayBuffer()).toString("base64");
  }
  const child = await start(script);
  return { child, ...(await asked<{ port: number }>(child, bodies)) };
}

/** A process that serves, and says what it has used when asked. */
export interface Served {
  readonly child: ChildProcess;
  readonly port: number;
}

/** One round of load: answers per second, and microseconds of the server's processor for each. */
async function round({ child, port }: Served, path: string) {
  const before = await usageOf(child);
  const { perSecond, requests, bytesPerAnswer } = await load(port, path, connections, span);
  const after = await usageOf(child);
  return { perSecond, bytesPerAnswer, micros: (after.cpu - before.cpu) / requests };
}

/**
 * Prints how fast each path is beside the baseline: alternating rounds, the median of each. Then the same by the processor's
 * time, which other work on the machine disturbs less.
 */
export async function printShares(
  site: Served,
  baseline: Served & { readonly name: string },
  paths: readonly string[],
  rounds: number,
): Promise<void> {
  for (const path of paths) {
    // Once for each, so that neither is measured while it is still being compiled.
    for (const warm of [baseline.port, site.port]) await load(warm, path, connections, seconds(2));
    const ours: Awaited<ReturnType<typeof round>>[] = [];
    const theirs: typeof ours = [];
    for (let n = 0; n < rounds; n++) {
      theirs.push(await round(baseline, path));
      ours.push(await round(site, path));
    }
    const middle = (rows: typeof ours, of: "perSecond" | "micros"): number =>
      median(rows.map((row) => row[of]));
    const [own, other] = [middle(ours, "perSecond"), middle(theirs, "perSecond")];
    const [spent, theirSpent] = [middle(ours, "micros"), middle(theirs, "micros")];
    const name = path.replace(/[0-9a-f-]{36}/, "{device}").padEnd(20);
    const bytes = String(ours[0]?.bytesPerAnswer).padStart(7);
    console.log(
      `  ${name} ${bytes} B  ${own.toFixed(0).padStart(7)} req/s   ${baseline.name} ${other.toFixed(0).padStart(7)} req/s   ` +
        `${((100 * own) / other).toFixed(1)} %   by processor time ${spent.toFixed(0)} and ${theirSpent.toFixed(0)} µs: ` +
        `${((100 * theirSpent) / spent).toFixed(1)} %`,
    );
  }
}
