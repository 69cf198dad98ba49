import type { Command } from "commander";
import type { ExitCode } from "./terminal.ts";
import type { Options } from "./migrate-run.ts";

/** `bothy migrate synse`: a configuration of ours out of Synse's. */
export function addMigrateCommand(program: Command, ended: (code: ExitCode) => void): void {
  const migrate = program.command("migrate").description("take over the configuration of another system");
  migrate
    .command("synse")
    .description(
      "make a configuration out of those of a Synse server and its plugins, with the same ids and aliases",
    )
    .argument("<path...>", "files or folders; one for the server, one for each plugin with its devices")
    .option("--site <id>", "short name of the site", "site")
    .option("--out <file>", "where to write it (default: to the screen)")
    .option(
      "--bmc-passwords <folder>",
      "make the BMCs of the IPMI plugin devices of this site; their passwords become files there",
    )
    .option("--force", "write over a file that is there")
    .addHelpText(
      "after",
      `
Example:
  bothy migrate synse /etc/synse/server /etc/synse/plugin --site hut-17 --out hut-17.yaml

Ends with 1 when something could not be carried over.`,
    )
    .action(async (paths: string[], options: Options) => {
      const { migrateSynse } = await import("./migrate-run.ts");
      ended(migrateSynse(paths, options));
    });
}
