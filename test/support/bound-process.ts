import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/**
 * Starts a program that the system ends as soon as this process has gone, however that happened: a test that was killed
 * leaves nothing behind that keeps a port, or runs for ever.
 */
export const spawnBound = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcessByStdio<null, Readable, Readable> =>
  spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
