import type { Clock, Millis } from "../../devices/clock.ts";
import { asBothyError, BothyError, type ErrorCode } from "../../devices/errors.ts";
import { priority, type ScanOptions, type ScanResult } from "../../devices/plugin.ts";
import type { ModbusClient } from "./contract.ts";
import type { Request } from "./pdu.ts";

/** How long an address gets to answer each question of a scan. */
const patience: Millis = 150;

/** What is asked, until something answers: not every unit knows the first, and some keep silent at what they lack. */
const questions: readonly Request[] = [
  { kind: "identify", level: 1, object: 0 },
  { kind: "read", table: "holding", address: 0, count: 1 },
  { kind: "read", table: "input", address: 0, count: 1 },
];

/** Refusing is answering too; so is an answer too damaged to read, though one must look twice. */
const answers: ReadonlySet<ErrorCode> = new Set([
  "UNSUPPORTED",
  "NO_SUCH_POINT",
  "REJECTED_VALUE",
  "DEVICE_FAILURE",
  "STILL_WORKING",
  "BUSY",
  "REFUSED",
  "MEMORY_FAULT",
]);

/** Nobody there: silence, or a gateway that says so of what is behind it. */
const silence: ReadonlySet<ErrorCode> = new Set(["NO_ANSWER", "LATE_ANSWER", "GATEWAY_NO_ANSWER", "NO_PATH"]);

/**
 * Asks each address in turn who is there. Ends early when aborted.
 * @throws BothyError `LINE_DOWN` when the line goes
 */
export async function* scan(
  client: ModbusClient,
  clock: Clock,
  { from, to }: ScanOptions,
  signal: AbortSignal,
): AsyncIterable<ScanResult> {
  for (let address = from; address <= to && !isAborted(signal); address += 1) {
    const started = clock.monotonic();
    const found = await identify(client, clock, address, signal);
    if (isAborted(signal)) return;
    yield found === undefined
      ? { address, answered: false }
      : { address, answered: true, took: clock.monotonic() - started, identity: found };
  }
}

/** @returns what the unit said of itself; undefined when it said nothing */
async function identify(
  client: ModbusClient,
  clock: Clock,
  address: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let refusal: string | undefined;
  for (const question of questions) {
    try {
      const response = await client.request(address, question, {
        priority: priority.background,
        deadline: clock.monotonic() + patience,
        signal,
        timeout: patience,
        retries: 0,
        source: `unit ${address}`,
      });
      if (response.kind !== "identity") return "answers, but does not identify itself";
      return response.objects.map(({ text }) => text).join(" ");
    } catch (thrown) {
      const error = asBothyError(thrown, `unit ${address}`);
      if (error.code === "LINE_DOWN") throw error;
      if (error.code === "STOPPED") return undefined;
      if (answers.has(error.code)) return "answers, but does not identify itself";
      if (!silence.has(error.code)) refusal = `something answers: ${error.message}`;
    }
  }
  return refusal;
}

/** A call, because the compiler takes a property it has seen for settled. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** A range of addresses that exists on a line. @throws BothyError `BAD_INPUT` */
export function checkScan({ from, to }: ScanOptions, tcp: boolean): void {
  const [min, max] = tcp ? [0, 255] : [1, 247];
  if (Number.isInteger(from) && Number.isInteger(to) && from >= min && to <= max && from <= to) return;
  const fault = `${from} to ${to} are no unit ids; use ${min} to ${max}`;
  throw new BothyError("BAD_INPUT", { source: "scan", fault });
}
