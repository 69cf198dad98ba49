import type { Command } from "commander";
import type { DeviceSummary } from "../../../client/index.ts";
import { onServer } from "../client.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { exit, type ExitCode } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { deviceName } from "./look-up.ts";
import { ownTags } from "./texts.ts";
import {
  type Field,
  type OutputOptions,
  printList,
  type SelectionOptions,
  withOutput,
  withSelection,
} from "./output.ts";

interface Options extends TargetOptions, OutputOptions, SelectionOptions {
  readonly sort?: string;
  readonly force?: boolean;
}

export const scanFields: readonly Field<DeviceSummary>[] = [
  { name: "DEVICE", narrow: "wrap", importance: 9, min: 12, text: deviceName },
  { name: "TYPE", narrow: "cut", importance: 7, min: 6, text: ({ type }) => type },
  { name: "INFO", narrow: "cut", importance: 5, min: 10, text: ({ info }) => info },
  {
    name: "TAGS",
    narrow: "wrap",
    importance: 4,
    min: 12,
    text: (device, people) => ownTags(device).join(people ? " " : ","),
  },
  { name: "PLUGIN", narrow: "drop", importance: 1, shown: "asked", text: ({ plugin }) => plugin },
  { name: "ID", narrow: "drop", importance: 2, text: ({ id }) => id },
];

/** `bothy scan`: which devices there are. */
export function addDeviceScanCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("scan")
    .description("list devices")
    .argument("[device...]", "names, beginnings of names, ids, or patterns such as 'tray-a.*'")
    .option("--sort <keys>", "e.g. type,alias (default: plugin,sortIndex,id)")
    .option("--force", "let the server look anew which devices there are");
  withTarget(withOutput(withSelection(command), scanFields)).addHelpText("after", examples);
  command.action(async (words: string[], options: Options) => {
    await onServer(options, async ({ client }) => {
      const { sort, force } = options;
      const devices = await devicesOf(client, words, options, {
        ...(sort === undefined ? {} : { sort }),
        ...(force === undefined ? {} : { force }),
      });
      printList(scanFields, devices, options);
    });
    ended(exit.good);
  });
}

const examples = `
Examples:
  bothy scan --type fan
  bothy scan --tag rack:r1,zone:cold --columns device,info
  bothy scan 'tray-a.*' --csv > fans.csv`;
