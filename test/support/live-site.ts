// A site that runs as a program of its own, seen and told over HTTP only, as somebody outside would.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Millis } from "../../devices/clock.ts";
import { sleep, systemClock } from "../../devices/clock.ts";
import { spawnBound } from "./bound-process.ts";
import type { Variables } from "./program.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** A step as the trace tells it; what is not looked at is left out. */
export interface LiveStep {
  readonly at: string;
  readonly dt: number;
  readonly mode: string;
  readonly reason: string;
  readonly leader?: string;
  readonly terms?: Readonly<Record<string, number>>;
  readonly outputs: readonly {
    readonly output: string;
    readonly name: string;
    readonly sent?: number | string;
    readonly applied?: number | string;
    readonly appliedSlot?: number;
  }[];
}

/** A controller as the list of all tells it. */
export interface LiveController {
  readonly name: string;
  readonly standing: string;
  readonly mode: string;
  readonly reason?: string;
  readonly leader?: string;
  readonly alarms: readonly { readonly id: string; readonly severity: string; readonly text: string }[];
  readonly failures: number;
  readonly outputs: LiveStep["outputs"];
}

interface Row {
  readonly type: string;
  readonly value: unknown;
  readonly context: Readonly<Record<string, string>>;
}

export interface LiveSite {
  readonly url: string;
  readonly pid: number;
  get(path: string): Promise<unknown>;
  send(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown>;
  /** Every controller, as it is now. */
  controllers(): Promise<Readonly<Record<string, LiveController>>>;
  /** Values of a device by their type and channel, e.g. `duty`, `state mode`; null for what is bad. */
  values(alias: string): Promise<Readonly<Record<string, unknown>>>;
  /** Steps of a controller since a moment, the oldest first. */
  steps(name: string, from: Millis): Promise<readonly LiveStep[]>;
  /**
   * Looks with every step that any controller makes whether something is so.
   * @param longest after it the wait is given up, with what the controllers say then
   * @returns how long it took
   */
  until(what: string, so: () => Promise<boolean>, longest: Millis): Promise<Millis>;
  /** The process gets no say. Resolves once it is gone. */
  kill(): Promise<void>;
  /** It ends in order. Resolves once it is gone. */
  stop(): Promise<void>;
  /** Resolves once it is gone by itself. */
  readonly gone: Promise<unknown>;
  /** What it printed so far. */
  printed(): string;
}

/** Starts `bothy` with something that serves a site; killed with the test. Resolves once it listens. */
export async function startLive(t: TestContext, args: readonly string[], env: Variables): Promise<LiveSite> {
  const child = spawnBound(process.execPath, ["--import", import.meta.resolve("tsx"), main, ...args], {
    ...process.env,
    ...env,
  });
  const gone = once(child, "close");
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  t.after(() => end("SIGKILL"));
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /^(?:Running on )?(http:\/\/127\.0\.0\.1:\d+)\b/m.exec(printed);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    void gone.then(() => reject(new Error(`it ended:\n${printed}`)));
  });
  return {
    ...client(url),
    pid: child.pid ?? 0,
    gone,
    printed: () => printed,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function client(url: string): Omit<LiveSite, "pid" | "kill" | "stop" | "gone" | "printed"> {
  const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
    const answer = await fetch(new URL(path, url), init);
    const body: unknown = await answer.json();
    assert.ok(answer.ok, `${init?.method ?? "GET"} ${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  };
  const controllers = async (): Promise<Readonly<Record<string, LiveController>>> => {
    const list = (await ask("/api/controllers")) as readonly LiveController[];
    return Object.fromEntries(list.map((one) => [one.name, one]));
  };
  return {
    url,
    get: (path) => ask(path),
    send: (method, path, body) =>
      ask(path, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      }),
    controllers,
    values: async (alias) => {
      const rows = (await ask(`/v3/read/${encodeURIComponent(alias)}`)) as readonly Row[];
      return Object.fromEntries(
        rows.map(({ type, value, context: { channel } }) => [
          channel === undefined ? type : `${type} ${channel}`,
          value,
        ]),
      );
    },
    steps: async (name, from) =>
      (await ask(
        `/api/controllers/${name}/trace?limit=1000&from=${new Date(from).toISOString()}`,
      )) as readonly LiveStep[],
    until: async (what, so, longest) => {
      const began = systemClock.monotonic();
      const over = new AbortController();
      const cancel = systemClock.at(began + longest, () => over.abort());
      try {
        if (await so()) return systemClock.monotonic() - began;
        for await (const step of steps(url, over.signal))
          if (step !== "" && (await so())) return systemClock.monotonic() - began;
      } catch (thrown) {
        if (!over.signal.aborted) throw thrown;
      } finally {
        cancel();
        over.abort();
      }
      const told = Object.values(await controllers()).map(
        ({ name, mode, reason, alarms }) =>
          `${name}, ${mode}: ${reason ?? "nothing yet"} [${alarms.map(({ id }) => id).join(", ")}]`,
      );
      return assert.fail(`not within ${longest / 1000} s: ${what}\n${told.join("\n")}`);
    },
  };
}

/** Something for every step of the controller that steps most often; before there are any, now and then. */
async function* steps(url: string, signal: AbortSignal): AsyncGenerator<string> {
  const where = new URL("/api/controllers/safety/trace?limit=1&follow=true", url);
  for (;;) {
    const answer = await fetch(where, { signal });
    if (answer.ok && answer.body !== null) {
      const body = Readable.fromWeb(answer.body);
      body.on("error", () => undefined);
      yield* createInterface({ input: body, signal });
    }
    await sleep(systemClock, 200);
    signal.throwIfAborted();
    yield "none yet";
  }
}
