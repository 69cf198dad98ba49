import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Millis, seconds, systemClock as clock } from "../../devices/clock.ts";
import { createSimulatedSite } from "../../simulators/site.ts";

export interface Start {
  /** From starting the process to the first good reading over HTTP, and to all being tried. */
  readonly first: Millis;
  readonly all: Millis;
  /** Bytes, once all were read. */
  readonly resident: number;
}

const root = new URL("../..", import.meta.url);
const main = fileURLToPath(new URL("dist/server/main.js", root));
const config = fileURLToPath(new URL("examples/demo-site.yaml", root));

/** Starts the built site program on the simulated lines, as at a tower; the simulators stay in this process. */
export async function startToFirstReading(): Promise<Start> {
  const simulated = await createSimulatedSite({ clock });
  const [a, b] = simulated.lines;
  if (a?.kind !== "pty" || b?.kind !== "pty" || simulated.endpoint.kind !== "tcp")
    throw new Error("this bench needs pseudo-terminals");
  const env = {
    ...process.env,
    ...{ BOTHY_LINE_A: a.path, BOTHY_LINE_B: b.path, LOG_LEVEL: "silent" },
    BOTHY_TCP_PORT: String(simulated.endpoint.port),
    STATE_DIRECTORY: mkdtempSync(join(tmpdir(), "bothy-bench-")),
  };
  const begun = clock.monotonic();
  const site = spawn(process.execPath, [main, "site", "--config", config, "--port", "0"], { env });
  try {
    const url = await firstLine(site);
    const first = await until(url, begun, (values) => values.some((value) => value !== null));
    const all = await until(url, begun, (_values, unread) => unread === 0);
    return { first, all, resident: residentOf(site) };
  } finally {
    site.kill();
    await simulated.close();
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => resolve(text.toString().trim()));
    child.stderr?.on("data", (text: Buffer) => reject(new Error(text.toString())));
    child.once("exit", (code) => reject(new Error(`the site ended with ${String(code)}`)));
  });
}

interface Reading {
  readonly value: unknown;
  readonly device_type: string;
  readonly context: Readonly<Record<string, string>>;
}

async function until(
  url: string,
  begun: Millis,
  done: (values: readonly unknown[], unread: number) => boolean,
): Promise<Millis> {
  while (clock.monotonic() < begun + seconds(60)) {
    const answer = await fetch(`${url}/v3/read`);
    // What a bus says of itself needs no line.
    const readings = ((await answer.json()) as Reading[]).filter((one) => one.device_type !== "bus");
    const unread = readings.filter(({ context }) => context["reason"] === "NOT_READ_YET").length;
    const values = readings.map(({ value }) => value);
    if (done(values, unread)) return clock.monotonic() - begun;
    await clock.sleepUntil(clock.monotonic() + 5);
  }
  throw new Error("the site did not read everything within a minute");
}

function residentOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) * 1024;
}
