import { type ChildProcess, fork } from "node:child_process";
import { systemClock as clock } from "../devices/clock.ts";

/** Starts a script as a process of its own. */
export async function start(script: URL): Promise<ChildProcess> {
  const child = fork(script, [], { execArgv: ["--import", "tsx"] });
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return child;
}

/** The next thing a process says. */
export const message = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process ended with ${String(code)}`));
    child.once("exit", ended);
    child.once("message", (given) => {
      child.off("exit", ended);
      resolve(given as T);
    });
  });

/** What a process answers to a question. */
export function asked<T>(child: ChildProcess, question: unknown): Promise<T> {
  const answer = message<T>(child);
  child.send(question as object);
  return answer;
}

/** What a process has used. */
export interface Usage {
  /** Bytes. */
  readonly rss: number;
  /** Microseconds of a processor, since its start. */
  readonly cpu: number;
  /** `monotonic()` of the process that asks. */
  readonly at: number;
}

export const usageHere = (): Omit<Usage, "at"> => {
  const { user, system } = process.cpuUsage();
  return { rss: process.memoryUsage.rss(), cpu: user + system };
};

export const usageOf = async (child: ChildProcess): Promise<Usage> => ({
  ...(await asked<Omit<Usage, "at">>(child, "usage")),
  at: clock.monotonic(),
});

/** Percent of one processor between two moments. */
export const share = (before: Usage, after: Usage): number =>
  (after.cpu - before.cpu) / (after.at - before.at) / 10;

export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** @param part 0..1 */
export const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;

/** What a site's first answer holds once everything is read. */
export async function allRead(port: number): Promise<string> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v3/read`);
    const readings = (await answer.json()) as readonly { device: string; value: unknown }[];
    const first = readings[0];
    if (first !== undefined && readings.every(({ value }) => value !== null)) return first.device;
    await clock.sleepUntil(clock.monotonic() + 50);
  }
}
