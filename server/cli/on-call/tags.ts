import type { Command } from "commander";
import { onServer } from "../client.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { exit, type ExitCode } from "../terminal.ts";
import { collect, type Field, type OutputOptions, printList, withOutput } from "./output.ts";

interface Options extends TargetOptions, OutputOptions {
  readonly ids?: boolean;
  readonly ns?: readonly string[];
}

const fields: readonly Field<string>[] = [{ name: "TAG", narrow: "wrap", importance: 1, text: (tag) => tag }];

/** `bothy tags`: by what devices can be selected. */
export function addTagsCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("tags")
    .description("list tags of devices")
    .option("--ids", "with the tags that hold device ids")
    .option("--ns <namespace>", "only those of this namespace; may be given again", collect);
  withTarget(withOutput(command)).action(async (options: Options) => {
    await onServer(options, async ({ client }) => {
      const { ids = false, ns = [] } = options;
      printList(fields, await client.tags({ ids, ns }), options);
    });
    ended(exit.good);
  });
}
