import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { spawnBound } from "./bound-process.ts";
import { freeUdpPort } from "./ipmi-sim.ts";

/** A simulated BMC of somebody else's, on 127.0.0.1. */
export interface ForeignBmc {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Somebody who may do everything. */
  readonly user: string;
  readonly password: string;
  /** Ends it without a word, before the test does. */
  kill(): Promise<void>;
}

export interface Sha256BmcOptions {
  /** Default 3, 17. Also there: 0, 1, 2, 15, 16. */
  readonly suites?: readonly number[];
  readonly kg?: string;
  /** How many sessions it has, half-open ones among them. Default 16. */
  readonly slots?: number;
  /** Whether the answer of a controller behind it comes packed in its own, or alone. Default packed. */
  readonly bridge?: "packed" | "alone";
  /** Whatever is proposed, it chooses this suite. */
  readonly chooses?: number;
}

/** What `startSha256Bmc` lets in; the level is the account's limit. */
export const sha256Users = {
  admin: { password: "admin-pass", level: 4 },
  operator: { password: "oper-pass", level: 3 },
  monitor: { password: "moni-pass", level: 2 },
  twenty: { password: "twenty-byte-password", level: 4 },
  "sixteen-char-usr": { password: "nineteen-chars-pass", level: 4 },
} as const;

const python = "/usr/bin/python3";
const folder = new URL("../ipmi/peers/", import.meta.url);

/**
 * A BMC in Python with SHA-256 suites, which no packaged simulator has. Knows few commands, but passes messages on to
 * controllers at 72h and 74h; NetFn 30h command 01h counts how often it was executed. Ends with the test.
 */
export function startSha256Bmc(t: TestContext, options: Sha256BmcOptions = {}): Promise<ForeignBmc> {
  const given = [
    ["--suites", options.suites?.join(",")],
    ["--kg", options.kg],
    ["--slots", options.slots],
    ["--bridge", options.bridge],
    ["--chooses", options.chooses],
  ] as const;
  const args = given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
  return start(t, ["sha256-bmc.py", ...args], "admin-pass");
}

/** pyghmi's BMC: suite 3 whatever is proposed, power, boot device, DCMI power reading; user admin, password password. */
export async function startPyghmiBmc(t: TestContext): Promise<ForeignBmc> {
  return start(t, ["pyghmi-bmc.py", String(await freeUdpPort())], "password");
}

async function start(
  t: TestContext,
  [program = "", ...args]: readonly string[],
  password: string,
): Promise<ForeignBmc> {
  const path = fileURLToPath(new URL(program, folder));
  const child = spawnBound(python, ["-u", path, ...args]);
  const kill = (): Promise<void> => end(child);
  t.after(kill);
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (part: Buffer) => {
      text += part.toString();
      if (text.includes("\n")) resolve(Number.parseInt(text, 10));
    });
    child.once("exit", () => reject(new Error(`${program} ended at once: ${said}`)));
  });
  return { host: "127.0.0.1", port, user: "admin", password, kill };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
