import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const tsx = import.meta.resolve("tsx");

/** What a run of the program came to. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Variables = Readonly<Record<string, string>>;

/** A folder that is gone after the test. */
export function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of somebody who has saved nothing yet. @param folder their home */
export const homeIn = (folder: string): Variables => ({
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, "config"),
  XDG_CACHE_HOME: join(folder, "cache"),
  BOTHY_HOST: "",
  BOTHY_TOKEN: "",
  NO_COLOR: "",
  LOG_LEVEL: "",
  PORT: "",
});

/** Starts `bothy`; killed with the test. */
export function startProgram(t: TestContext, args: readonly string[], env: Variables): ChildProcess {
  return started(t, process.execPath, ["--import", tsx, main, ...args], env);
}

/** Runs `bothy` to its end. */
export const runProgram = (t: TestContext, args: readonly string[], env: Variables): Promise<Ended> =>
  ended(startProgram(t, args, env));

/** Runs a command to its end. */
export const runCommand = (
  t: TestContext,
  command: string,
  args: readonly string[],
  env: Variables,
): Promise<Ended> => ended(started(t, command, args, env));

function started(t: TestContext, command: string, args: readonly string[], env: Variables): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin?.end();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

/** A folder with a command `bothy`, for shells. */
export function programFolder(folder: string): string {
  writeFileSync(
    join(folder, "bothy"),
    `#!/bin/sh\nexec '${process.execPath}' --import '${tsx}' '${main}' "$@"\n`,
    { mode: 0o755 },
  );
  return folder;
}

/** A command on a terminal of its own, of `columns` by 24. */
export interface OnTerminal {
  /** Types. */
  type(text: string): void;
  /** All it showed, once that holds. */
  shows(pattern: RegExp): Promise<string>;
  readonly ended: Promise<string>;
}

/** Runs a shell command on a pseudo-terminal. */
export function onTerminal(t: TestContext, command: string, columns: number, env: Variables): OnTerminal {
  const child = started(t, "script", ["-qec", `stty cols ${columns} rows 24; ${command}`, "/dev/null"], {
    TERM: "xterm",
    SHELL: "/bin/bash",
    ...env,
  });
  let shown = "";
  let look: () => void = () => undefined;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    look();
  });
  // Not when it has exited: what it said last may come after that.
  let closed = false;
  const end = once(child, "close").then(() => {
    closed = true;
    look();
    return shown;
  });
  return {
    type: (text) => child.stdin?.write(text),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(shown)) resolve(shown);
          else if (closed) reject(new Error(`${String(pattern)} is not in ${JSON.stringify(shown)}`));
        };
        look();
      }),
    ended: end,
  };
}
