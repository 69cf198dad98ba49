// What docs/controllers.md shows is what the program takes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Command } from "commander";
import { plugins } from "../plugins/index.ts";
import { createProgram } from "../server/cli/program.ts";
import { faultText, readConfig } from "../server/config.ts";

const page = readFileSync(new URL("../docs/controllers.md", import.meta.url), "utf8");
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, kind, body = ""]) =>
    kind === language ? [body] : [],
  );

/** The command a line names, which takes its options and arguments and does nothing. */
async function taken(words: readonly string[]): Promise<string> {
  let found = "";
  const still = (command: Command, path: string): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => void (found = path));
    for (const one of command.commands) still(one, `${path} ${one.name()}`.trim());
  };
  const program = createProgram(() => undefined);
  still(program, "");
  await program.parseAsync([...words], { from: "user" });
  return found;
}

test("every command of the page is one of the program's, with its options", async () => {
  const shown = blocks("console").flatMap((body) => [...body.matchAll(/^\$ bothy (.*)$/gm)]);
  const named = [...page.matchAll(/`bothy (controller [^`]+)`/g)];
  const lines = [...shown, ...named].map(([, line = ""]) => line.replaceAll("…", ""));
  assert.ok(lines.length >= 15, `${lines.length} commands`);
  for (const line of lines) {
    const words = line.split(" ");
    // Named without its arguments.
    if (line === "controller restart") words.push("rack-inlet");
    assert.equal(await taken(words), words.slice(0, 2).join(" "), line);
  }
});

test("the configuration of the page has no fault", () => {
  const [config = ""] = blocks("yaml");
  const site = `site: { id: hut }\nbuses:\n  line: { plugin: modbus, transport: tcp, host: 127.0.0.1 }\n`;
  const devices = `devices:
  - { bus: line, unit: 1, product: generic-fantray-v1, alias: tray-a, tags: ["zone:cold", "point:inlet"] }\n`;
  const { faults } = readConfig(site + devices + config, "site.yaml", [...plugins.values()], {});
  assert.deepEqual(faults.map(faultText), []);
});
