import { type ChildProcess } from "node:child_process";
import { seconds } from "../devices/clock.ts";
import { load } from "./http/load.ts";
import { asked, median, start } from "./processes.ts";

export const connections = 32;
export const span = seconds(0.6);

/** Starts a server that sends what a site answers at these paths, from memory. @param script that takes them */
export async function startBaseline(
  script: URL,
  port: number,
  paths: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const bodies: Record<string, string> = {};
  for (const path of paths) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    bodies[path] = Buffer.from(await answer.arrayBuffer()).toString("base64");
  }
  const child = await start(script);
  return { child, ...(await asked<{ port: number }>(child, bodies)) };
}

/** Prints how fast each path is beside the baseline: alternating rounds, the median of each. */
export async function printShares(
  port: number,
  baseline: { readonly port: number; readonly name: string },
  paths: readonly string[],
  rounds: number,
): Promise<void> {
  for (const path of paths) {
    // Once for each, so that neither is measured while it is still being compiled.
    for (const warm of [baseline.port, port]) await load(warm, path, connections, seconds(2));
    const ours: number[] = [];
    const theirs: number[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      theirs.push((await load(baseline.port, path, connections, span)).perSecond);
      const own = await load(port, path, connections, span);
      ours.push(own.perSecond);
      bytes = own.bytesPerAnswer;
    }
    const [own, other] = [median(ours), median(theirs)];
    const name = path.replace(/[0-9a-f-]{36}/, "{device}").padEnd(20);
    const figures = `${own.toFixed(0).padStart(7)} req/s   ${baseline.name} ${other.toFixed(0).padStart(7)} req/s`;
    console.log(
      `  ${name} ${String(bytes).padStart(7)} B  ${figures}   ${((100 * own) / other).toFixed(1)} %`,
    );
  }
}
