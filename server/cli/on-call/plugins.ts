import type { Command } from "commander";
import type { Client, HealthCheck, PluginInfo, PluginSummary } from "../../../client/index.ts";
import { onServer, type Server } from "../client.ts";
import type { Style } from "../show/table.ts";
import { plain } from "../show/width.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { candidates } from "./look-up.ts";
import { type Field, listLines, type OutputOptions, printList, screenOf, withOutput } from "./output.ts";
import { ageOf } from "./texts.ts";

interface Options extends TargetOptions, OutputOptions {}

type Health = "healthy" | "unhealthy" | "inactive";

interface Listed {
  readonly plugin: PluginSummary;
  readonly health: Health;
}

const healthStyle = ({ health }: Listed): Style => (health === "healthy" ? "good" : "bad");

const fields: readonly Field<Listed>[] = [
  { name: "PLUGIN", narrow: "wrap", importance: 9, min: 12, text: ({ plugin }) => plugin.tag },
  { name: "HEALTH", narrow: "cut", importance: 8, text: ({ health }) => health, style: healthStyle },
  { name: "NAME", narrow: "cut", importance: 3, text: ({ plugin }) => plugin.name },
  { name: "DESCRIPTION", narrow: "wrap", importance: 4, min: 16, text: ({ plugin }) => plugin.description },
  { name: "ID", narrow: "drop", importance: 2, text: ({ plugin }) => plugin.id },
];

/** `bothy plugins`: who talks to the equipment, and whether all is well with them. */
export function addPluginsCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("plugins")
    .description("list plugins and their health, or show one with its checks")
    .argument("[plugin]", "id, tag or name, or the beginning of one");
  withTarget(withOutput(command, fields)).addHelpText("after", "\nEnds with 1 when a plugin is not healthy.");
  command.action(async (word: string | undefined, options: Options) => {
    ended(
      await onServer(options, (server) =>
        word === undefined ? list(server.client, options) : detail(server, word, options),
      ),
    );
  });
}

async function list(client: Client, options: Options): Promise<ExitCode> {
  const [plugins, health] = await Promise.all([client.plugins(), client.pluginHealth()]);
  const listed = plugins.map((plugin): Listed => {
    const state = health.healthy.includes(plugin.id) ? "healthy" : plugin.active ? "unhealthy" : "inactive";
    return { plugin, health: state };
  });
  printList(fields, listed, options, ({ plugin, health: state }) => ({ ...plugin, health: state }));
  return listed.every((one) => one.health === "healthy") ? exit.good : exit.fault;
}

async function detail(server: Server, word: string, options: Options): Promise<ExitCode> {
  const { client } = server;
  const plugin = await client.plugin(pluginMeant(await client.plugins(), word).id);
  if (options.json === true) printJson(plugin);
  else for (const line of pluginLines(plugin, server.now())) print(line);
  return plugin.health.status === "OK" ? exit.good : exit.fault;
}

/** @throws CannotRun when it means none, or several */
function pluginMeant(plugins: readonly PluginSummary[], word: string): PluginSummary {
  const named = plugins.flatMap((plugin) => [
    { id: plugin.id, alias: plugin.tag, plugin },
    { id: plugin.id, alias: plugin.name, plugin },
  ]);
  const [first, ...others] = [...new Set(candidates(named, word).map(({ plugin }) => plugin))];
  const tags = (some: readonly PluginSummary[]): string => some.map(({ tag }) => tag).join(", ");
  if (first === undefined) throw new CannotRun(`there is no plugin ${word}; there are ${tags(plugins)}`);
  if (others.length > 0) throw new CannotRun(`${word} may be any of ${tags([first, ...others])}`);
  return first;
}

const checkFields = (now: number): readonly Field<HealthCheck>[] => [
  { name: "CHECK", narrow: "wrap", importance: 9, text: ({ name }) => name },
  {
    name: "STATUS",
    narrow: "cut",
    importance: 8,
    text: ({ status }) => status,
    style: ({ status }) => (status === "OK" ? "good" : "bad"),
  },
  {
    name: "SINCE",
    narrow: "drop",
    importance: 2,
    shown: "terminal",
    align: "right",
    text: ({ timestamp }) => ageOf(timestamp, now),
  },
  { name: "TIMESTAMP", narrow: "drop", importance: 2, shown: "pipe", text: ({ timestamp }) => timestamp },
  { name: "MESSAGE", narrow: "wrap", importance: 5, min: 14, text: ({ message }) => message },
];

function pluginLines(plugin: PluginInfo, now: number): readonly string[] {
  const { network, version, health } = plugin;
  const release = version["plugin_version"];
  const facts: readonly (readonly [string, string])[] = [
    ["plugin", plugin.tag],
    ["name", plugin.name],
    ["id", plugin.id],
    ["maintainer", plugin.maintainer],
    ["description", plugin.description],
    ["active", plugin.active ? "yes" : "no"],
    ["health", health.status],
    ["address", `${network.protocol} ${network.address}`],
    ["version", typeof release === "string" ? release : ""],
    ["source", plugin.vcs],
  ];
  const lines = facts
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${name.padEnd(13)}${plain(text)}`);
  const checks = listLines(checkFields(now), health.checks, {}, screenOf()).map((line) => line.trimEnd());
  return checks.length === 0 ? lines : [...lines, "", ...checks];
}
