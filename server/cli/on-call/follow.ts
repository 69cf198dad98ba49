import { rootCertificates } from "node:tls";
import { type Millis, seconds, sleep, systemClock } from "../../../devices/clock.ts";
import {
  ClientError,
  type DeviceSummary,
  type Reading,
  type SocketConstructor,
} from "../../../client/index.ts";
import { readingKey } from "../../../client/readings.ts";
import { connect, type Server } from "../client.ts";
import { explained } from "../explain.ts";
import type { Target } from "../target.ts";
import { reasonOf } from "../terminal.ts";
import { readingsOf } from "./read.ts";

/** What somebody who follows readings is told. */
export type Happening =
  | { readonly kind: "reading"; readonly reading: Reading }
  /** Readings come no more for now. */
  | { readonly kind: "lost"; readonly why: string }
  /** They come again; those of about `missed` ms did not come. */
  | { readonly kind: "resumed"; readonly missed: Millis }
  /** The consumer is too slow: so many are missing. */
  | { readonly kind: "dropped"; readonly count: number }
  /** There is no stream here; the server is asked again and again. */
  | { readonly kind: "polling"; readonly why: string };

export interface FollowOptions {
  /** Those followed; absent: all, also those that are still to come. */
  readonly devices?: readonly DeviceSummary[];
  /** Between questions where there is no stream. */
  readonly interval: Millis;
  readonly signal: AbortSignal;
}

/**
 * Tells of readings until `signal` aborts: from the server's WebSocket where it has one, else by asking. What is known
 * already when it begins may be told too.
 * @throws CannotRun when the server does not let us
 */
export async function follow(
  server: Server,
  options: FollowOptions,
  on: (happening: Happening) => void,
): Promise<void> {
  const why = await stream(server, options, on);
  if (options.signal.aborted || why === undefined) return;
  on({ kind: "polling", why });
  await poll(server, options, on);
}

/** @returns why there is no stream; undefined when it was followed to its end */
async function stream(
  { target }: Server,
  { devices, signal }: FollowOptions,
  on: (happening: Happening) => void,
): Promise<string | undefined> {
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const { client } = connect(target, { WebSocket: await trustingSocket(target) });
  const session = client.connect({ backoff: { least: 200, most: seconds(10) } });
  let opened = false;
  let refusal: ClientError | undefined;
  const unlisten = session.onState(({ state, error }) => {
    if (state === "open") opened = true;
    // Somebody answers, but not as a WebSocket: no use in trying again.
    if (!opened && error !== undefined && error.http_code >= 400 && error.http_code < 500) {
      refusal = error;
      ended.abort();
    }
  });
  const one = new Set<string>();
  const pass = async (ids: readonly string[] | undefined): Promise<void> => {
    for await (const item of session.readStream({ ...(ids === undefined ? {} : { ids }), signal: until })) {
      if (item.kind === "reading") on(item);
      else if (item.kind === "dropped") on(item);
      else if (item.kind === "lost") {
        // Several streams share the connection; its loss is told once.
        if (refusal === undefined && one.size === 0)
          on({ kind: "lost", why: reasonOf(explained(target, item.error)) });
        one.add(String(ids));
      } else {
        if (one.size > 0) on(item);
        one.clear();
      }
    }
  };
  try {
    await Promise.all(groups(devices).map(pass));
  } catch (error) {
    if (!until.aborted) throw error;
  } finally {
    unlisten();
    session.close();
  }
  if (refusal === undefined) return undefined;
  if (refusal.http_code === 401 || refusal.http_code === 403) throw explained(target, refusal);
  return refusal.context;
}

/** One stream for each plugin: original servers hand all ids to every plugin, which refuses a stranger's. */
function groups(devices: readonly DeviceSummary[] | undefined): readonly (readonly string[] | undefined)[] {
  if (devices === undefined) return [undefined];
  const byPlugin = new Map<string, string[]>();
  for (const { id, plugin } of devices) byPlugin.set(plugin, [...(byPlugin.get(plugin) ?? []), id]);
  return [...byPlugin.values()];
}

/** Sockets that show the token and trust the CA of a target. */
async function trustingSocket({ token, ca }: Target): Promise<SocketConstructor> {
  const { WebSocket } = await import("ws");
  const options = {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  };
  const Trusting = class extends WebSocket {
    constructor(url: string) {
      super(url, [], options);
    }
  };
  return Trusting;
}

async function poll(
  server: Server,
  { devices, interval, signal }: FollowOptions,
  on: (happening: Happening) => void,
): Promise<void> {
  const known = new Map<string, string>();
  let lost: Millis | undefined;
  while (!signal.aborted) {
    try {
      const readings =
        devices === undefined ? await server.client.read() : await readingsOf(server.client, devices);
      if (lost !== undefined) on({ kind: "resumed", missed: systemClock.monotonic() - lost });
      lost = undefined;
      for (const reading of readings) {
        const key = readingKey(reading);
        const state = `${reading.timestamp} ${reading.quality} ${String(reading.value)}`;
        if (known.get(key) === state) continue;
        known.set(key, state);
        on({ kind: "reading", reading });
      }
    } catch (error) {
      if (!(error instanceof ClientError) || error.http_code === 401 || error.http_code === 403) throw error;
      if (lost === undefined) on({ kind: "lost", why: reasonOf(explained(server.target, error)) });
      lost ??= systemClock.monotonic();
    }
    await sleep(systemClock, interval, signal);
  }
}
