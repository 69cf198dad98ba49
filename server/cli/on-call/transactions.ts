import type { Command } from "commander";
import { seconds, sleep, systemClock } from "../../../devices/clock.ts";
import {
  type Client,
  ClientError,
  type DeviceSummary,
  type TransactionStatus,
} from "../../../client/index.ts";
import { onServer, type Server } from "../client.ts";
import type { Style } from "../show/table.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { complain, exit, type ExitCode } from "../terminal.ts";
import { deviceName } from "./look-up.ts";
import { type Field, type OutputOptions, printList, withOutput } from "./output.ts";
import { ageOf } from "./texts.ts";

interface Options extends TargetOptions, OutputOptions {
  readonly wait?: boolean;
}

/** A transaction and what its device is called. */
export interface NamedTransaction {
  readonly name: string;
  readonly status: TransactionStatus;
}

const statusStyle = ({ status }: NamedTransaction): Style | undefined =>
  status.status === "DONE"
    ? "good"
    : status.status === "ERROR" && !isInterrupted(status)
      ? "bad"
      : "doubtful";

/** The server ended while it was under way: nobody knows what became of it. */
export const isInterrupted = ({ context }: TransactionStatus): boolean => context.reason === "INTERRUPTED";

/** The message, without what stands beside it. */
const messageOf = ({ name, status }: NamedTransaction): string => {
  const { action } = status.context;
  if (isInterrupted(status)) return `the server ended meanwhile: it may have been done or not; read ${name}`;
  const before = `${name} ${action}: `;
  return status.message.startsWith(before) ? status.message.slice(before.length) : status.message;
};

export const transactionFields = (now: () => number): readonly Field<NamedTransaction>[] => [
  { name: "DEVICE", narrow: "wrap", importance: 8, min: 12, text: ({ name }) => name },
  { name: "ACTION", narrow: "cut", importance: 6, min: 5, text: ({ status }) => status.context.action },
  { name: "DATA", narrow: "wrap", importance: 5, min: 4, text: ({ status }) => status.context.data },
  {
    name: "STATUS",
    narrow: "cut",
    importance: 9,
    text: ({ status }, people) => (people && isInterrupted(status) ? "INTERRUPTED" : status.status),
    style: statusStyle,
  },
  {
    name: "MESSAGE",
    narrow: "wrap",
    importance: 7,
    min: 14,
    text: (one, people) => (people ? messageOf(one) : one.status.message),
  },
  {
    name: "AGE",
    narrow: "drop",
    importance: 2,
    align: "right",
    shown: "terminal",
    text: ({ status }) => ageOf(status.updated, now()),
  },
  { name: "CREATED", narrow: "drop", importance: 1, shown: "pipe", text: ({ status }) => status.created },
  { name: "UPDATED", narrow: "drop", importance: 1, shown: "pipe", text: ({ status }) => status.updated },
  { name: "ID", narrow: "drop", importance: 3, text: ({ status }) => status.id },
];

export const transactionJson = ({ name, status }: NamedTransaction): object => ({ name, ...status });

/** `bothy transactions`: what became of writes. */
export function addTransactionsCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("transactions")
    .description("show the writes of the last minutes and what became of them")
    .argument("[transaction...]", "ids (default: all, the newest first)")
    .option("--wait", "until those named have ended");
  withTarget(
    withOutput(
      command,
      transactionFields(() => 0),
    ),
  ).addHelpText("after", "\nEnds with 1 when one of those named has failed.");
  command.action(async (ids: string[], options: Options) => {
    ended(await onServer(options, (server) => transactions(server, ids, options)));
  });
}

async function transactions(server: Server, ids: readonly string[], options: Options): Promise<ExitCode> {
  const { client } = server;
  const devices = await client.scan();
  const found =
    ids.length > 0 ? await Promise.all(ids.map((id) => client.transaction(id))) : await recent(client);
  const ended = options.wait === true ? await untilEnded(client, found) : found;
  printList(
    transactionFields(() => server.now()),
    ended.map((status) => named(devices, status)),
    options,
    transactionJson,
  );
  return ids.length > 0 && ended.some(({ status }) => status === "ERROR") ? exit.fault : exit.good;
}

export function named(devices: readonly DeviceSummary[], status: TransactionStatus): NamedTransaction {
  // Original servers repeat whatever the device was called in the request.
  const device = devices.find(({ id, alias }) => id === status.device || alias === status.device);
  return { name: device === undefined ? status.device : deviceName(device), status };
}

/** Every transaction a server still knows, the newest first. */
export async function recent(client: Client): Promise<readonly TransactionStatus[]> {
  const ids = [...(await client.transactions())];
  const found: TransactionStatus[] = [];
  const lost: string[] = [];
  const one = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      try {
        found.push(await client.transaction(id));
      } catch (error) {
        // It has been forgotten meanwhile, or by its plugin, which original servers call a fault of theirs.
        if (!(error instanceof ClientError) || ![404, 500].includes(error.http_code)) throw error;
        lost.push(id);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  if (lost.length > 0) complain(`nothing is known any more of ${lost.join(", ")}`);
  return found.sort((a, b) => (a.created < b.created ? 1 : -1));
}

export const hasEnded = ({ status }: TransactionStatus): boolean => status === "DONE" || status === "ERROR";

const shortest = 50;
const longest = seconds(1);

/** Asks for transactions until all have ended; every server knows that, and no request is long. */
export function untilEnded(
  client: Pick<Client, "transaction">,
  transactions: readonly TransactionStatus[],
  signal?: AbortSignal,
): Promise<readonly TransactionStatus[]> {
  const wait = async (status: TransactionStatus): Promise<TransactionStatus> => {
    let now = status;
    for (let pause = shortest; !hasEnded(now); pause = Math.min(longest, pause * 1.5)) {
      await sleep(systemClock, pause, signal);
      signal?.throwIfAborted();
      now = await client.transaction(status.id, signal === undefined ? {} : { signal });
    }
    return now;
  };
  return Promise.all(transactions.map(wait));
}
