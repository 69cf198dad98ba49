import type { Argument, Command, Option } from "commander";
import { numbered } from "../../../devices/numbered.ts";
import type { TargetOptions } from "../target.ts";
import type { Answer, KnownAlarm, Live } from "./live.ts";

/** Stands for names of files, which shells know better. */
export const files: Answer = { text: ":files" };

/** What the words before the one to be completed come to. */
interface Context {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** After `--` nothing is an option. */
  readonly plain: boolean;
  readonly target: TargetOptions;
}

function optionNamed(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => word === long || word === short);
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;
const targetKeys = ["host", "server", "context", "ca"] as const;

/** @param words without the program's name, all of them finished */
export function contextOf(program: Command, words: readonly string[]): Context {
  let command = program;
  let pending: Option | undefined;
  let plain = false;
  const operands: string[] = [];
  const target: { -readonly [key in keyof TargetOptions]: TargetOptions[key] } = {};
  const keep = (option: Option, value: string): void => {
    const key = targetKeys.find((one) => one === option.attributeName());
    if (key !== undefined && !(key === "host" && hasOtherHost(command))) target[key] = value;
  };
  for (const word of words) {
    if (pending !== undefined) {
      keep(pending, word);
      pending = undefined;
    } else if (word === "--") plain = true;
    else if (!plain && word.startsWith("-") && word !== "-") {
      const [name = word, value] = word.startsWith("--") ? word.split(/=(.*)/s) : [word];
      const option = optionNamed(command, name);
      if (option !== undefined && takesValue(option)) {
        if (value === undefined) pending = option;
        else keep(option, value);
      }
    } else {
      const below = operands.length > 0 ? undefined : subcommand(command, word);
      if (below === undefined) operands.push(word);
      else command = below;
    }
  }
  return { command, operands, pending, plain, target };
}

/** Where `--host` is no server: it is a Modbus endpoint, or a BMC. */
const hasOtherHost = (command: Command): boolean =>
  (command.parent?.name() === "bus" && command.name() === "scan") ||
  [command.name(), command.parent?.name()].includes("ipmi");

const subcommand = (command: Command, name: string): Command | undefined =>
  command.commands.find((one) => one.name() === name || one.aliases().includes(name));

/**
 * What the last word can become.
 * @param words without the program's name; the last one is unfinished, maybe empty
 * @param live makes the source of what only a server knows
 */
export async function answersTo(
  program: Command,
  words: readonly string[],
  live: (options: TargetOptions) => Live,
): Promise<readonly Answer[]> {
  const current = words.at(-1) ?? "";
  const context = contextOf(program, words.slice(0, -1));
  const { command, pending, plain } = context;
  const source = live(context.target);
  if (pending !== undefined) return beginning(await valuesOf(pending, context, source), current);
  if (!plain && current.startsWith("-")) {
    const [name = "", typed] = current.split(/=(.*)/s);
    const option = typed === undefined ? undefined : optionNamed(command, name);
    if (option === undefined) return beginning(optionsOf(command), current);
    const values = beginning(await valuesOf(option, context, source), typed ?? "");
    return values.map((one) => (one === files ? one : { ...one, text: `${name}=${one.text}` }));
  }
  if (command.commands.length > 0) return beginning(commandsOf(command), current);
  return beginning(await operandsOf(context, source), current);
}

const beginning = (answers: readonly Answer[], word: string): readonly Answer[] =>
  answers.filter((answer) => answer === files || answer.text.startsWith(word));

const commandsOf = (command: Command): readonly Answer[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ text: one.name(), about: one.description() }));

const optionsOf = (command: Command): readonly Answer[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) =>
      typeof long === "string" ? [{ text: long, about: description }] : [],
    );

async function operandsOf(context: Context, live: Live): Promise<readonly Answer[]> {
  const { command, operands } = context;
  const all: readonly Argument[] = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[operands.length] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((text) => ({ text }));
  const found = await namedValues(argument.name(), context, live);
  // Nobody names the same device twice.
  return argument.variadic ? found.filter(({ text }) => !operands.includes(text)) : found;
}

function valuesOf(option: Option, context: Context, live: Live): Promise<readonly Answer[]> {
  if (option.argChoices !== undefined) return Promise.resolve(option.argChoices.map((text) => ({ text })));
  if (option.long === "--for" || option.long === "--hold") return Promise.resolve(spans);
  const [, name = ""] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  return namedValues(name, context, live);
}

/** What the name of an argument or of an option's value, as help shows it, stands for. */
async function namedValues(
  name: string,
  { command, operands }: Context,
  live: Live,
): Promise<readonly Answer[]> {
  const [first = ""] = operands;
  switch (name) {
    case "device":
      return (await live.devices()).map(({ id, alias, type, info }) => ({
        text: alias === "" ? id : alias,
        about: info === "" ? type : info,
      }));
    case "action":
      return (await live.actions(first)).map((text) => ({ text }));
    case "tag":
      return counted(
        (await live.devices()).flatMap(({ tags }) => tags.filter((tag) => !tag.startsWith("system/"))),
      );
    case "type":
      return counted((await live.devices()).map(({ type }) => type));
    case "plugin":
      return live.plugins();
    case "protocol":
      return await protocols();
    case "bus":
      return live.buses();
    case "controller":
      return live.controllers();
    case "alarm":
      return ((await live.controller(first))?.alarms ?? [])
        .filter((alarm) => isMeantBy(command.name(), alarm))
        .map(({ id, text }) => ({ text: id, about: text }));
    case "output":
      return ((await live.controller(first))?.outputs ?? []).map((text) => ({ text }));
    case "version":
      return (await live.controller(first))?.versions ?? [];
    case "transaction":
      return live.transactions();
    case "context":
      return live.contexts();
    case "url":
      return live.contexts().flatMap(({ text, about = "" }) => [{ text: about, about: text }]);
    case "file":
    case "path":
      return [files];
    default:
      return [];
  }
}

/** For how long one wants something, mostly. */
const spans: readonly Answer[] = ["10m", "30m", "1h", "8h"].map((text) => ({ text }));

/** Alarms a command can do something with. */
function isMeantBy(command: string, { latch, shelved }: KnownAlarm): boolean {
  switch (command) {
    case "ack":
      return latch !== undefined && latch.acknowledged === undefined;
    case "shelve":
      return shelved === undefined;
    case "unshelve":
      return shelved !== undefined;
    default:
      return true;
  }
}

/** What this program speaks itself; no server knows. Loaded only for this: it takes longer than all the rest. */
async function protocols(): Promise<readonly Answer[]> {
  const { plugins } = await import("../../../plugins/index.ts");
  return [...plugins.values()].map(({ name, meta }) => ({ text: name, about: meta.description }));
}

/** Each once, with how many devices have it, as somebody would write it. */
function counted(words: readonly string[]): readonly Answer[] {
  const counts = new Map<string, number>();
  for (const word of words) {
    const short = word.replace(/^default\//, "");
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, count]) => ({ text, about: numbered(count, "device") }));
}
