import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { faultText, readConfig } from "../config.ts";
import { convert } from "../migrate/convert.ts";
import { readParty } from "../migrate/input.ts";
import { type Note, noteText } from "../migrate/note.ts";
import { migratedText } from "../migrate/output.ts";
import { allPlugins } from "./load.ts";
import { CannotRun, complain, exit, type ExitCode, print } from "./terminal.ts";

interface Options {
  readonly site: string;
  readonly out?: string;
  readonly force?: boolean;
}

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
    .option("--force", "write over a file that is there")
    .addHelpText(
      "after",
      `
Example:
  bothy migrate synse /etc/synse/server /etc/synse/plugin --site hut-17 --out hut-17.yaml

Ends with 1 when something could not be carried over.`,
    )
    .action((paths: string[], options: Options) => ended(migrateSynse(paths, options)));
}

function migrateSynse(paths: readonly string[], { site, out, force }: Options): ExitCode {
  const notes: Note[] = [];
  const parties = paths.map((path) => readParty(path, notes));
  const config = convert(parties, { site, env: process.env }, notes);
  if (Object.keys(config.buses).length === 0)
    throw new CannotRun(`no plugin and no address of one is named in ${paths.join(", ")}`);
  const text = migratedText(config, notes, paths);
  const { faults } = readConfig(text, out ?? "the result", allPlugins, process.env);
  if (out === undefined) print(text.trimEnd());
  else write(out, text, force === true);
  for (const note of notes) complain(noteText(note));
  for (const fault of faults) complain(faultText(fault));
  return faults.length > 0 || notes.some(({ lost }) => lost) ? exit.fault : exit.good;
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CannotRun(code === "EEXIST" ? `${file} is there already; --force writes over it` : message);
  }
}
