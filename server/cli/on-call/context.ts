import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { type Context, type Contexts, contextsFile, loadContexts, saveContexts } from "../contexts.ts";
import { hostUrl, noContext } from "../target.ts";
import { CannotRun, complain, exit, type ExitCode, print } from "../terminal.ts";
import { type Field, type OutputOptions, printList, withOutput } from "./output.ts";

interface AddOptions {
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly ca?: string;
  readonly use?: boolean;
  readonly replace?: boolean;
}

/** `bothy context`: servers under names, so that nobody types addresses at night. */
export function addContextCommand(program: Command, ended: (code: ExitCode) => void): void {
  const context = program.command("context").description("servers saved under names: add, use, list, remove");
  const done = (run: () => void): void => {
    run();
    ended(exit.good);
  };
  context
    .command("add")
    .description("save a server; the first one becomes the current one")
    .argument("<name>", "e.g. hut-17")
    .argument("<url>", "https://host:port, host, or host:port")
    .option("--token-file <file>", "a file that holds the token")
    .option("--token-env <variable>", "an environment variable that holds the token")
    .option("--ca <file>", "trust the certificates of this PEM file besides the well-known ones")
    .option("--use", "make it the current one")
    .option("--replace", "one of this name that is there")
    .action((name: string, url: string, options: AddOptions) => done(() => add(name, url, options)));
  context
    .command("use")
    .description("which server commands ask when none is named")
    .argument("<context>", "its name")
    .action((name: string) => done(() => use(name)));
  withOutput(
    context.command("list").alias("ls").description("list them; * is the current one"),
    fields,
  ).action((options: OutputOptions) => done(() => list(options)));
  context
    .command("remove")
    .alias("rm")
    .description("forget a server")
    .argument("<context>", "its name")
    .action((name: string) => done(() => remove(name)));
}

interface Listed extends Context {
  readonly name: string;
  readonly current: boolean;
}

const tokenText = ({ tokenFile, tokenEnv }: Context): string =>
  tokenFile ?? (tokenEnv === undefined ? "" : `$${tokenEnv}`);

const fields: readonly Field<Listed>[] = [
  { name: "CURRENT", narrow: "cut", importance: 8, min: 3, text: ({ current }) => (current ? "*" : "") },
  { name: "NAME", narrow: "wrap", importance: 9, text: ({ name }) => name },
  { name: "URL", narrow: "wrap", importance: 7, min: 20, text: ({ url }) => url },
  { name: "TOKEN", narrow: "cut", importance: 3, shown: "filled", text: tokenText },
  { name: "CA", narrow: "cut", importance: 2, shown: "filled", text: ({ ca = "" }) => ca },
];

function saved(): { readonly file: string; readonly all: Contexts } {
  const file = contextsFile(process.env);
  return { file, all: loadContexts(file) };
}

function add(name: string, address: string, options: AddOptions): void {
  if (!/^[\w.-]+$/.test(name)) throw new CannotRun(`"${name}" is no name: letters, digits, ".", "_" and "-"`);
  const { file, all } = saved();
  if (Object.hasOwn(all.contexts, name) && options.replace !== true)
    throw new CannotRun(`there is a context ${name} already; say --replace to change it`);
  const { tokenFile, tokenEnv, ca } = options;
  if (tokenFile !== undefined && tokenEnv !== undefined)
    throw new CannotRun("give --token-file or --token-env, not both");
  const context: Context = {
    url: hostUrl(address),
    ...(tokenFile === undefined ? {} : { tokenFile: fileNamed(tokenFile) }),
    ...(tokenEnv === undefined ? {} : { tokenEnv: variable(tokenEnv) }),
    ...(ca === undefined ? {} : { ca: fileNamed(ca) }),
  };
  const current = options.use === true ? name : (all.current ?? name);
  saveContexts(file, { current, contexts: { ...all.contexts, [name]: context } });
  print(`${name}: ${context.url}${current === name ? ", the current context" : ""}`);
}

/** Commands are given in any folder, so the path is made absolute. The file may still be to come. */
function fileNamed(path: string): string {
  const absolute = resolve(path);
  if (!existsSync(absolute)) complain(`there is no file ${absolute} yet`);
  return absolute;
}

function variable(name: string): string {
  const plain = name.replace(/^\$/, "");
  if (/^[A-Za-z_]\w*$/.test(plain)) return plain;
  throw new CannotRun(
    `"${name}" is no name of an environment variable; the token itself does not belong here`,
  );
}

function use(name: string): void {
  const { file, all } = saved();
  const context = Object.hasOwn(all.contexts, name) ? all.contexts[name] : undefined;
  if (context === undefined) throw noContext(name, Object.keys(all.contexts));
  saveContexts(file, { ...all, current: name });
  print(`${name}: ${context.url}`);
  const { BOTHY_HOST: host = "" } = process.env;
  if (host !== "") complain(`$BOTHY_HOST is set and comes first: ${host}`);
}

function list(options: OutputOptions): void {
  const { all } = saved();
  const listed = Object.entries(all.contexts).map(([name, context]) => ({
    name,
    ...context,
    current: name === all.current,
  }));
  if (listed.length === 0) complain("no server is saved; do it with `bothy context add NAME URL`");
  printList(fields, listed, options);
}

function remove(name: string): void {
  const { file, all } = saved();
  if (!Object.hasOwn(all.contexts, name)) throw noContext(name, Object.keys(all.contexts));
  const contexts = Object.fromEntries(Object.entries(all.contexts).filter(([key]) => key !== name));
  const { current } = all;
  saveContexts(file, { ...(current === undefined || current === name ? {} : { current }), contexts });
  print(`${name} is forgotten${current === name ? "; no context is the current one now" : ""}`);
}
