import { randomUUID } from "node:crypto";
import { type Clock, type Millis, sleep } from "../../devices/clock.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { parseGoDuration } from "../../devices/go-duration.ts";
import type { Command } from "../../devices/plugin.ts";
import type { PluginClient } from "./client.ts";
import type { V3TransactionStatus, V3WriteTransaction } from "./messages.ts";
import { oneLine } from "./text.ts";

export interface WriteParts {
  readonly client: PluginClient;
  readonly clock: Clock;
  /** How long a write may take of which the plugin says no limit. */
  readonly writeTimeout: Millis;
}

/** How much later than its own limit a plugin may say how a write ended. */
const grace: Millis = 2000;
const firstLook: Millis = 50;
const longestPause: Millis = 1000;
/** The state ERROR may be seen before the message that goes with it (Synse v3 §12.23). */
const messageLooks = 3;

/** The plugin answered: what it says is certain. */
const answered: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "REFUSED",
  "REJECTED_VALUE",
  "NO_SUCH_POINT",
  "DEVICE_FAILURE",
  "UNSUPPORTED",
  "BUSY",
]);

/**
 * Hands a write to the plugin, under the id it has here, and waits until the plugin says how it ended. Never sent twice.
 * @throws BothyError `REFUSED` with the plugin's own words, what it answers at once, or `OUTCOME_UNKNOWN` when nobody
 * can say whether it took effect
 */
export async function carryOut(command: Command, parts: WriteParts, signal: AbortSignal): Promise<void> {
  const { client, clock } = parts;
  const source = `${client.source} ${command.device} ${command.action.name}`;
  if (signal.aborted) throw new BothyError("STOPPED", { source });
  const accepted = await queue(command, parts, source, signal);
  const until = clock.monotonic() + (limitOf(accepted) ?? parts.writeTimeout) + grace;
  const ended = await follow(accepted.id, until, parts, source, signal);
  if (ended.status === "DONE") return;
  const words = plainWords(ended.message);
  // The plugin only stops waiting: its handler goes on (Synse v3 §4).
  if (/timed out|timeout|deadline exceeded/i.test(words)) throw unknown(source, `the plugin says: ${words}`);
  const fault = words === "" ? "the plugin does not say why" : words;
  throw new BothyError("REFUSED", { source, fault });
}

async function queue(
  { device, action, value, transaction = randomUUID() }: Command,
  { client }: WriteParts,
  source: string,
  signal: AbortSignal,
): Promise<V3WriteTransaction> {
  const data = new TextEncoder().encode(value === undefined ? "" : String(value));
  const payload = {
    selector: { id: device },
    data: [{ action: action.name, data, transaction }],
  };
  const found = await client.list("WriteAsync", payload, { signal, most: 16 }).catch((thrown: unknown) => {
    if (thrown instanceof BothyError && answered.has(thrown.code)) throw thrown;
    throw unknown(source, thrown);
  });
  const [first] = found;
  if (first === undefined || first.id === "") throw unknown(source, "the plugin names no transaction");
  return first;
}

async function follow(
  id: string,
  until: Millis,
  { client, clock }: WriteParts,
  source: string,
  signal: AbortSignal,
): Promise<V3TransactionStatus> {
  let pause = firstLook;
  for (let empty = 0; ; pause = Math.min(pause * 1.5, longestPause)) {
    await sleep(clock, pause, signal);
    if (signal.aborted) throw unknown(source, "nobody waited for its end");
    const status = await client.ask("Transaction", { id }, { signal }).catch((thrown: unknown) => {
      if (thrown instanceof BothyError && thrown.code === "NO_ANSWER") return undefined;
      throw unknown(source, thrown);
    });
    const isOver = status?.status === "DONE" || status?.status === "ERROR";
    if (isOver && (status.status === "DONE" || status.message !== "" || ++empty >= messageLooks))
      return status;
    if (clock.monotonic() >= until) throw unknown(source, "the plugin does not say how it ended");
  }
}

/** What the plugin gives a write, when it says so. */
function limitOf({ timeout }: V3WriteTransaction): Millis | undefined {
  const span = parseGoDuration(timeout);
  return span === undefined || span === 0 ? undefined : span;
}

const unknown = (source: string, why: unknown): BothyError =>
  new BothyError(
    "OUTCOME_UNKNOWN",
    { source, fault: why instanceof Error ? why.message : String(why) },
    why instanceof Error ? { cause: why } : {},
  );

/** Without what Go's gRPC library puts in front. */
const plainWords = (message: string): string =>
  oneLine(message, 500).replace(/^rpc error: code = \w+ desc = /, "");
