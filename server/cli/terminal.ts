import { asBothyError, BothyError } from "../../devices/errors.ts";
import { systemClock } from "../../devices/clock.ts";
import { toJson } from "../json.ts";

/** Exit codes: a script must be able to tell "something is wrong there" from "I could not look". */
export const exit = { good: 0, fault: 1, cannot: 2 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** Something that keeps a command from running; printed as one line, exit code 2. */
export class CannotRun extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CannotRun";
  }
}

/** The configuration cannot be used; its faults have been printed. */
export class FaultyConfig extends Error {}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
export const printJson = (value: unknown): void => print(toJson(value));
export const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** `bothy demo | head -1` ends well: nobody reads any more, so nothing is wrong. */
export function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? exit.good : exit.cannot);
    });
  }
}

/** One line for whatever went wrong. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof CannotRun || thrown instanceof BothyError) return thrown.message;
  const error = asBothyError(thrown, "bothy");
  return process.env["LOG_LEVEL"] === "debug" && thrown instanceof Error
    ? (thrown.stack ?? error.message)
    : error.message;
}

/** npm sends a second interrupt of its own along with the terminal's. */
const samePress = 500;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A second one, later, ends the program at once: stopping may hang.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const stop = (): void => {
      const now = systemClock.monotonic();
      if (first === undefined) {
        first = now;
        resolve();
      } else if (now - first > samePress) process.exit(exit.cannot);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    process.on("SIGHUP", stop);
  });
}

/**
 * Resolves with the first thing thrown that nobody caught: what it has left undone is not known, so the program ends; in
 * order, because equipment is to be told first.
 * @param tell told of each of them
 */
export function untilBroken(tell: (thrown: unknown) => void): Promise<unknown> {
  return new Promise((resolve) => {
    const heed = (thrown: unknown): void => {
      resolve(thrown);
      tell(thrown);
    };
    process.on("uncaughtException", heed);
    process.on("unhandledRejection", heed);
  });
}

/** A signal that aborts when the user interrupts or `print` has lost its reader. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  void untilStopped().then(() => controller.abort());
  return controller.signal;
}

/**
 * How this program is called, for commands shown to people.
 * @param script what was started
 * @param folder where whoever reads it is
 */
export function ownName(script = process.argv[1] ?? "", folder = ownFolder()): string {
  if (!/\.[cm]?[jt]s$/.test(script)) return "bothy";
  const path = script.startsWith(`${folder}/`) ? script.slice(folder.length + 1) : script;
  const quoted = /^[\w./:@-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `${script.endsWith("ts") ? "npx tsx" : "node"} ${quoted}`;
}

/** npm runs scripts in the package's folder, and says where it was called. */
const ownFolder = (): string => process.env["INIT_CWD"] ?? process.cwd();
