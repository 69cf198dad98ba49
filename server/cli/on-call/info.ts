import type { Command } from "commander";
import type { DeviceInfo, DeviceOutput } from "../../../client/index.ts";
import { onServer } from "../client.ts";
import { wrap, plain } from "../show/width.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { deviceName } from "./look-up.ts";
import { ownTags, unitText } from "./texts.ts";
import { type Field, listLines, screenOf } from "./output.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** `bothy info`: all there is to know about a device. */
export function addInfoCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("info")
    .description("show what a device is: its tags, its outputs, what it can be told")
    .argument("<device>", "name, beginning of a name, or id")
    .option("--json", "as the server says it");
  withTarget(command).action(async (word: string, options: Options) => {
    await onServer(options, async ({ client }) => {
      const [device, ...others] = await devicesOf(client, [word], {});
      if (device === undefined || others.length > 0)
        throw new CannotRun(`${word} means several devices; name one`);
      const info = await client.info(device.id);
      if (options.json === true) printJson(info);
      else for (const line of infoLines(info, screenOf().width)) print(line);
    });
    ended(exit.good);
  });
}

const outputFields: readonly Field<DeviceOutput>[] = [
  { name: "OUTPUT", narrow: "wrap", importance: 9, text: ({ name }) => name },
  { name: "TYPE", narrow: "cut", importance: 5, text: ({ type }) => type },
  {
    name: "UNIT",
    narrow: "cut",
    importance: 6,
    text: ({ unit }, people) => (people ? unitText(unit?.symbol ?? "") : (unit?.symbol ?? "")),
  },
  {
    name: "DECIMALS",
    narrow: "drop",
    importance: 1,
    align: "right",
    text: ({ precision }) => String(precision),
  },
];

/** What a device is, line by line. @param width of the terminal; Infinity where it is none */
export function infoLines(info: DeviceInfo, width: number): readonly string[] {
  const { mode, write } = info.capabilities;
  const facts: readonly (readonly [string, string])[] = [
    ["device", deviceName(info)],
    ["id", info.id],
    ["type", info.type],
    ["info", info.info],
    ["plugin", info.plugin],
    ["mode", modes[mode] ?? mode],
    ["actions", write.actions.join(", ")],
    ["tags", ownTags(info).join(" ")],
    ...Object.entries(info.metadata).map(([key, value]) => [key, value] as const),
  ];
  const filled = facts.filter(([, text]) => text !== "");
  const label = Math.max(...filled.map(([name]) => name.length)) + 2;
  const lines = filled.flatMap(([name, text]) =>
    wrap(plain(text), Math.max(8, width - label)).map(
      (part, i) => (i === 0 ? name : "").padEnd(label) + part,
    ),
  );
  const people = Number.isFinite(width);
  const outputs = listLines(outputFields, uniqueOutputs(info), {}, { width, people, colour: false });
  return outputs.length === 0 ? lines : [...lines, "", ...outputs.map((line) => line.trimEnd())];
}

const modes: Readonly<Record<string, string>> = { r: "read", w: "write", rw: "read, write" };

/** Original servers list an output once for every reading. */
const uniqueOutputs = ({ outputs }: DeviceInfo): readonly DeviceOutput[] => [
  ...new Map(outputs.map((output) => [`${output.name} ${output.type}`, output])).values(),
];
