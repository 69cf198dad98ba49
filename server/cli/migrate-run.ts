import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { faultText, readConfig } from "../config.ts";
import { convert } from "../migrate/convert.ts";
import { readParty } from "../migrate/input.ts";
import { type Note, noteText } from "../migrate/note.ts";
import { migratedText } from "../migrate/output.ts";
import { allPlugins } from "./load.ts";
import { CannotRun, complain, exit, type ExitCode, print } from "./terminal.ts";

export interface Options {
  readonly site: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly bmcPasswords?: string;
}

/** Writes the configuration, and says what could not be carried over. */
export function migrateSynse(
  paths: readonly string[],
  { site, out, force, bmcPasswords }: Options,
): ExitCode {
  const notes: Note[] = [];
  const parties = paths.map((path) => readParty(path, notes));
  const secrets = new Map<string, string>();
  const asked =
    bmcPasswords === undefined ? {} : { bmcPasswords: { folder: resolve(bmcPasswords), secrets } };
  const config = convert(parties, { site, env: process.env, ...asked }, notes);
  if (Object.keys(config.buses).length === 0)
    throw new CannotRun(`no plugin and no address of one is named in ${paths.join(", ")}`);
  const text = migratedText(config, notes, paths);
  const { faults } = readConfig(text, out ?? "the result", allPlugins, process.env);
  for (const [file, secret] of secrets) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    write(file, secret, force === true, 0o600);
  }
  if (out === undefined) print(text.trimEnd());
  else write(out, text, force === true);
  for (const note of notes) complain(noteText(note));
  for (const fault of faults) complain(faultText(fault));
  return faults.length > 0 || notes.some(({ lost }) => lost) ? exit.fault : exit.good;
}

function write(file: string, text: string, force: boolean, mode = 0o644): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx", mode });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CannotRun(code === "EEXIST" ? `${file} is there already; --force writes over it` : message);
  }
}
