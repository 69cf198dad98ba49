import { createInterface } from "node:readline/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../../devices/duration.ts";
import { numbered } from "../../../devices/numbered.ts";
import type {
  Client,
  DeviceSummary,
  Fill,
  TransactionInfo,
  TransactionStatus,
} from "../../../client/index.ts";
import { onServer, ownOnly, type Server } from "../client.ts";
import { explained } from "../explain.ts";
import { whole } from "../numbers.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { CannotRun, complain, exit, type ExitCode, interrupted, reasonOf } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { deviceName } from "./look-up.ts";
import { type OutputOptions, printList, withOutput } from "./output.ts";
import { hasEnded, named, transactionFields, transactionJson, untilEnded } from "./transactions.ts";

interface Options extends TargetOptions, OutputOptions {
  readonly wait: boolean;
  readonly yes?: boolean;
  readonly transaction?: string;
  readonly slot?: number;
  readonly why?: string;
  readonly hold?: string;
}

const slotGroup = "Only at a Bothy site:";

export const slotOption = (): Option =>
  new Option(
    "--slot <number>",
    "how firmly: 8 operator (the default), 10 plan, 12 controller, 15 schedule, 16 default",
  )
    .argParser(whole(1, 16))
    .helpGroup(slotGroup);

/** `bothy write`: tells devices what to do, and says what was read back. */
export function addWriteCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("write")
    .description("tell a device what to do, and wait until that was read back")
    .argument("<device>", "name, beginning of a name, id, or a pattern such as 'tray-a.*'")
    .argument("<action>", "what, as `bothy info DEVICE` lists it")
    .argument("[data]", "the value, where the action takes one; after -- when it begins with a dash")
    .option("--no-wait", "end as soon as the write is accepted")
    .option("--transaction <id>", "an id of your own for it")
    .option("-y, --yes", "do not ask before writing to several devices")
    .addOption(slotOption())
    .addOption(new Option("--why <text>", "the reason, for whoever asks later").helpGroup(slotGroup))
    .addOption(
      new Option("--hold <duration>", "relinquish after this, e.g. 30m")
        .argParser(holdTime)
        .helpGroup(slotGroup),
    );
  withTarget(
    withOutput(
      command,
      transactionFields(() => 0),
    ),
  ).addHelpText("after", examples);
  command.action(async (word: string, action: string, data: string | undefined, options: Options) => {
    ended(await onServer(options, (server) => write(server, { word, action, data }, options)));
  });
}

const examples = `
Ends with 0 only when every write was read back.

Examples:
  bothy write tray-a.fan-1 speed 80
  bothy write 'tray-a.fan-*' speed 100 --yes
  bothy write dx-1.unit setpoint 24 --why "door open" --hold 2h`;

function holdTime(text: string): string {
  if (parseDuration(text) !== undefined) return text;
  throw new InvalidArgumentError("It must be a duration with its unit, such as 30m or 2h.");
}

interface Order {
  readonly word: string;
  readonly action: string;
  readonly data: string | undefined;
}

async function write(server: Server, order: Order, options: Options): Promise<ExitCode> {
  const { client } = server;
  const devices = await devicesOf(client, [order.word], {});
  if (devices.length > 1) await mustAgree(devices, order, options);
  const accepted = await submitted(server, devices, order, options);
  const statuses = options.wait ? await awaited(client, accepted) : accepted;
  printList(
    transactionFields(() => server.now()),
    statuses.map((one) => named(devices, one)),
    options,
    transactionJson,
  );
  const complete = statuses.length === devices.length;
  const well = options.wait ? statuses.every(({ status }) => status === "DONE") : true;
  return complete && well ? exit.good : exit.fault;
}

/** @throws CannotRun when nobody is there to ask, or they say no */
async function mustAgree(
  devices: readonly DeviceSummary[],
  { action, data = "" }: Order,
  { yes, transaction }: Options,
): Promise<void> {
  if (transaction !== undefined)
    throw new CannotRun("--transaction names one write; there are several devices");
  if (yes === true) return;
  const what = `${action}${data === "" ? "" : ` ${data}`} to ${numbered(devices.length, "device")}`;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new CannotRun(`this would write ${what}; say --yes if that is meant`);
  complain(devices.map((device) => `  ${deviceName(device)}`).join("\n"));
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question(`Write ${what}? [y/N] `);
  ask.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CannotRun("nothing was written");
}

/** Hands the writes in, in order. What is refused is told; when all of it is, it is thrown. */
async function submitted(
  server: Server,
  devices: readonly DeviceSummary[],
  order: Order,
  options: Options,
): Promise<readonly TransactionStatus[]> {
  const accepted: TransactionStatus[] = [];
  for (const device of devices) {
    try {
      accepted.push(...(await submit(server, device, order, options)));
    } catch (error) {
      if (devices.length === 1) throw error;
      complain(`${deviceName(device)}: ${reasonOf(explained(server.target, error))}`);
    }
  }
  return accepted;
}

async function submit(
  { client, target }: Server,
  { id }: DeviceSummary,
  { action, data }: Order,
  { slot, why, hold, transaction }: Options,
): Promise<readonly TransactionStatus[]> {
  if (slot !== undefined || why !== undefined || hold !== undefined) {
    if (transaction !== undefined)
      throw new CannotRun("--transaction goes with none of --slot, --why and --hold");
    const fill: Fill = {
      why: why ?? "bothy write",
      ...(data === undefined ? {} : { value: data }),
      ...(slot === undefined ? {} : { slot }),
      ...(hold === undefined ? {} : { holdFor: hold }),
    };
    const written = await ownOnly(target, "priority arrays", client.fill(id, action, fill));
    return [await client.transaction(written.id)];
  }
  const one = {
    action,
    ...(data === undefined ? {} : { data }),
    ...(transaction === undefined ? {} : { transaction }),
  };
  return (await client.writeAsync(id, one)).map(accept);
}

/** What is known of a write that was just accepted. */
const accept = (info: TransactionInfo): TransactionStatus => ({
  ...info,
  created: "",
  updated: "",
  message: "",
  status: "PENDING",
});

async function awaited(
  client: Client,
  accepted: readonly TransactionStatus[],
): Promise<readonly TransactionStatus[]> {
  const signal = interrupted();
  try {
    return await untilEnded(client, accepted, signal);
  } catch (error) {
    const ids = accepted.filter((one) => !hasEnded(one)).map(({ id }) => id);
    const how = `bothy transactions --wait ${ids.join(" ")}`;
    if (signal.aborted) throw new CannotRun(`not waited for any longer; what became of it: ${how}`);
    complain(`the write was accepted, but not what became of it could be asked; later: ${how}`);
    throw error;
  }
}
