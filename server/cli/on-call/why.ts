import { type Command } from "commander";
import type { DeviceSummary, PriorityArray, SlotEntry } from "../../../client/index.ts";
import { onServer, ownOnly, type Server } from "../client.ts";
import { plain } from "../show/width.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { CannotRun, exit, type ExitCode, print } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { deviceName } from "./look-up.ts";
import { type Field, listLines, type OutputOptions, printList, screenOf, withOutput } from "./output.ts";
import { ageOf, ageText, roundedValue } from "./texts.ts";
import { isInterrupted, recent } from "./transactions.ts";
import { slotOption } from "./write.ts";

/** A filled slot, and whether it is the one in force. */
interface Listed {
  readonly device: string;
  readonly array: PriorityArray;
  readonly entry: SlotEntry;
  readonly inForce: boolean;
}

const entryFields = (now: number): readonly Field<Listed>[] => [
  { name: "DEVICE", narrow: "wrap", importance: 3, shown: "pipe", text: ({ device }) => device },
  { name: "ACTION", narrow: "wrap", importance: 3, shown: "pipe", text: ({ array }) => array.action },
  {
    name: "FORCE",
    narrow: "cut",
    importance: 8,
    min: 5,
    text: ({ inForce }, people) => (inForce ? (people ? "→" : "yes") : people ? "" : "no"),
    style: () => "good",
  },
  { name: "SLOT", narrow: "cut", importance: 9, align: "right", text: ({ entry }) => String(entry.slot) },
  { name: "MEANING", narrow: "cut", importance: 6, min: 6, text: ({ entry }) => entry.meaning },
  {
    name: "VALUE",
    narrow: "cut",
    importance: 10,
    align: "right",
    text: ({ entry }, people) => (people ? roundedValue(entry.value) : String(entry.value)),
  },
  { name: "WHO", narrow: "cut", importance: 5, min: 8, text: ({ entry }) => entry.who },
  { name: "WHY", narrow: "wrap", importance: 7, min: 14, text: ({ entry }) => entry.why },
  {
    name: "SINCE",
    narrow: "drop",
    importance: 4,
    align: "right",
    text: ({ entry }, people) => (people ? ageOf(entry.since, now) : entry.since),
  },
  {
    name: "ENDS",
    narrow: "drop",
    importance: 4,
    align: "right",
    shown: "filled",
    text: ({ entry }, people) => endOf(entry, people, now),
  },
];

function endOf({ expires }: SlotEntry, people: boolean, now: number): string {
  if (expires === undefined) return "";
  return people ? `in ${ageText(Date.parse(expires) - now)}` : expires;
}

/** `bothy why`: who wants what of a device, and who gets it. */
export function addWhyCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("why")
    .description("show why a device does what it does: who asked for what, and who is heeded")
    .argument("<device>", "name, beginning of a name, id, or pattern")
    .argument("[action]", "only this one");
  withTarget(withOutput(command, entryFields(0))).action(
    async (word: string, action: string | undefined, options: TargetOptions & OutputOptions) => {
      await onServer(options, (server) => why(server, word, action, options));
      ended(exit.good);
    },
  );
}

async function why(
  server: Server,
  word: string,
  action: string | undefined,
  options: OutputOptions,
): Promise<void> {
  const { client, target } = server;
  const devices = await devicesOf(client, [word], {});
  const found: { readonly device: DeviceSummary; readonly arrays: readonly PriorityArray[] }[] = [];
  for (const device of devices) {
    const all = await ownOnly(target, "priority arrays", client.writes(device.id));
    found.push({ device, arrays: all.filter((array) => action === undefined || array.action === action) });
    if (action !== undefined && devices.length === 1 && found[0]?.arrays.length === 0)
      throw noSuch(device, action, all);
  }
  const listed = found.flatMap(({ device, arrays }) => arrays.flatMap((array) => entriesOf(device, array)));
  const people = screenOf().people && options.csv !== true && options.json !== true;
  if (people) {
    for (const line of found.flatMap(({ device, arrays }) => whyLines(server, device, arrays))) print(line);
    for (const line of await interruptedLines(server, devices, action)) print(line);
  } else
    printList(entryFields(server.now()), listed, options, ({ device, array, entry, inForce }) => ({
      device,
      action: array.action,
      inForce,
      ...entry,
    }));
}

function noSuch(device: DeviceSummary, action: string, all: readonly PriorityArray[]): CannotRun {
  const names = all.map((array) => array.action).join(", ");
  const there = names === "" ? "nothing of it is held" : `there ${all.length === 1 ? "is" : "are"} ${names}`;
  return new CannotRun(`${deviceName(device)} has no action ${action} that is held; ${there}`);
}

const entriesOf = (device: DeviceSummary, array: PriorityArray): readonly Listed[] =>
  array.entries.map((entry) => ({
    device: deviceName(device),
    array,
    entry,
    inForce: entry.slot === array.inForce?.slot,
  }));

function whyLines(
  server: Server,
  device: DeviceSummary,
  arrays: readonly PriorityArray[],
): readonly string[] {
  const name = deviceName(device);
  if (arrays.length === 0) return [`${name}: nothing of it is held; what it does is its own business`];
  return arrays.flatMap((array) => {
    const { action, inForce, holding } = array;
    const head =
      inForce === null
        ? `${name} ${action}: nobody asks for anything`
        : `${name} ${action}: ${plain(String(inForce.value))}, because ${plain(inForce.who)} (${inForce.meaning}): ${plain(inForce.why)}`;
    const rows = listLines(entryFields(server.now()), entriesOf(device, array), {}, screenOf());
    return [
      `${head}${holding === "" || holding === "nothing" ? "" : ` [${plain(holding)}]`}`,
      ...rows.map((line) => line.trimEnd()),
      "",
    ];
  });
}

/** Writes of these devices that were under way when the server ended: nothing else tells of those that hold no slot. */
export async function interruptedLines(
  { client, now }: Pick<Server, "client" | "now">,
  devices: readonly DeviceSummary[],
  action: string | undefined,
): Promise<readonly string[]> {
  const cut = (await recent(client)).filter(isInterrupted);
  return devices.flatMap((device) =>
    cut
      .filter((one) => one.device === device.id || one.device === device.alias)
      .filter(({ context }) => action === undefined || context.action === action)
      .map(({ context, created, updated }) => {
        const what = `${deviceName(device)} ${context.action} ${context.data}`.trimEnd();
        return `${plain(what)}, asked for ${ageOf(created, now())} ago: interrupted ${ageOf(updated, now())} ago, when the server ended; it may have been done or not`;
      }),
  );
}

interface ReleaseOptions extends TargetOptions {
  readonly slot?: number;
  readonly why?: string;
}

/** `bothy release`: takes back what was written. */
export function addReleaseCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("release")
    .description("take back what was written: the next one who asked is heeded")
    .argument("<device>", "name, beginning of a name, or id")
    .argument("<action>", "as it was written")
    .addOption(slotOption())
    .option("--why <text>", "the reason, for whoever asks later");
  withTarget(command).action(async (word: string, action: string, options: ReleaseOptions) => {
    await onServer(options, async ({ client, target }) => {
      const [device, ...others] = await devicesOf(client, [word], {});
      if (device === undefined || others.length > 0)
        throw new CannotRun(`${word} means several devices; name one`);
      const which = {
        why: options.why ?? "bothy release",
        ...(options.slot === undefined ? {} : { slot: options.slot }),
      };
      const left = await ownOnly(target, "priority arrays", client.relinquish(device.id, action, which));
      print(releasedText(`${deviceName(device)} ${action}`, left));
    });
    ended(exit.good);
  });
}

const releasedText = (what: string, { inForce }: PriorityArray): string =>
  inForce === null
    ? `${what}: released; nobody else asks for anything`
    : `${what}: released; now ${String(inForce.value)}, because ${inForce.who} (${inForce.meaning}): ${inForce.why}`;
