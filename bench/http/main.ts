import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { load } from "./load.ts";
import { startToFirstReading } from "./start.ts";

/*
 * How much of a bare Node server's speed is left: the site with 1,000 devices, all read once a second, against a bare
 * `http` server sending the same bytes from memory. Alternating rounds, the median of each.
 */

const rounds = 15;
const span = seconds(0.6);
const connections = 32;

async function start(script: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [], { execArgv: ["--import", "tsx"] });
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return child;
}

const message = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once("message", (given) => resolve(given as T));
    child.once("exit", (code) => reject(new Error(`a server ended with ${String(code)}`)));
  });

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

async function readAll(port: number): Promise<readonly { device: string; value: unknown }[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/v3/read`);
  return (await answer.json()) as { device: string; value: unknown }[];
}

async function allRead(port: number): Promise<string> {
  for (;;) {
    const readings = await readAll(port);
    const first = readings[0];
    if (first !== undefined && readings.every(({ value }) => value !== null)) return first.device;
    await clock.sleepUntil(clock.monotonic() + 50);
  }
}

const site = await start("site.ts");
const { port } = await message<{ port: number }>(site);
const device = await allRead(port);
const paths = ["/v3/read", `/v3/read/${device}`, "/v3/scan"];

const bodies: Record<string, string> = {};
for (const path of paths) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  bodies[path] = Buffer.from(await answer.arrayBuffer()).toString("base64");
}
const bare = await start("bare.ts");
const started = message<{ port: number }>(bare);
bare.send(bodies);
const { port: barePort } = await started;

console.log(
  `1,000 devices, each read once a second; ${connections} connections, median of ${rounds} rounds of ${span / 1000} s\n`,
);
for (const path of paths) {
  // Once for each, so that neither is measured while it is still being compiled.
  for (const warm of [barePort, port]) await load(warm, path, connections, seconds(2));
  const ours: number[] = [];
  const theirs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    theirs.push((await load(barePort, path, connections, span)).perSecond);
    const own = await load(port, path, connections, span);
    ours.push(own.perSecond);
    bytes = own.bytesPerAnswer;
  }
  const [own, other] = [median(ours), median(theirs)];
  const name = path.replace(device, "{device}").padEnd(20);
  const figures = `${own.toFixed(0).padStart(7)} req/s   bare node http ${other.toFixed(0).padStart(7)} req/s`;
  console.log(`  ${name} ${String(bytes).padStart(7)} B  ${figures}   ${((100 * own) / other).toFixed(1)} %`);
}
const memory = message<{ rss: number }>(site);
site.send("memory");
console.log(`\n  resident memory of that site after it: ${((await memory).rss / 1e6).toFixed(0)} MB`);
site.disconnect();
bare.disconnect();

const { first, all, resident } = await startToFirstReading();
console.log(
  `\n  bothy site on the simulated lines, from starting the process: first good reading ${first.toFixed(0)} ms, ` +
    `everything read ${all.toFixed(0)} ms; resident ${(resident / 1e6).toFixed(0)} MB`,
);
