// What `bothy ipmi` says in two places is the same in both, and completion knows its words.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { insecureChoices, privileges } from "../../plugins/ipmi/schema.ts";
import { answersTo } from "../../server/cli/completion/answers.ts";
import { bootWords } from "../../server/cli/ipmi/chassis.ts";
import { mcWords } from "../../server/cli/ipmi/controller.ts";
import { dcmiWords } from "../../server/cli/ipmi/dcmi.ts";
import { userFields } from "../../server/cli/ipmi/network.ts";
import { powerWords } from "../../server/cli/ipmi/power.ts";
import { scanFields } from "../../server/cli/ipmi/presence.ts";
import { sdrFields } from "../../server/cli/ipmi/sdr.ts";
import { selFields } from "../../server/cli/ipmi/sel-rows.ts";
import { selWords } from "../../server/cli/ipmi/sel.ts";
import { sensorFields } from "../../server/cli/ipmi/sensor-rows.ts";
import { createProgram } from "../../server/cli/program.ts";

const program = createProgram(() => undefined);

function command(name: string): Command {
  const found = program.commands
    .find((one) => one.name() === "ipmi")
    ?.commands.find((one) => one.name() === name);
  assert.ok(found !== undefined, name);
  return found;
}

test("the help names the columns there are", () => {
  const all = {
    sensors: sensorFields(true),
    sdr: sdrFields,
    sel: selFields,
    users: userFields,
    scan: scanFields,
  };
  for (const [name, fields] of Object.entries(all)) {
    const about = command(name).options.find(({ long }) => long === "--columns")?.description ?? "";
    assert.equal(about.split(": ")[1], fields.map((field) => field.name.toLowerCase()).join(","), name);
  }
});

test("the words of each command are those it knows", () => {
  const all = { power: powerWords, sel: selWords, boot: bootWords, mc: mcWords, dcmi: dcmiWords };
  for (const [name, words] of Object.entries(all))
    assert.deepEqual(command(name).registeredArguments[0]?.argChoices, [...words], name);
  const choices = (long: string): readonly string[] | undefined =>
    command("power").options.find((option) => option.long === long)?.argChoices;
  assert.deepEqual([...(choices("--insecure") ?? [])].sort(), [...insecureChoices].sort());
  assert.deepEqual(choices("--privilege"), [...privileges]);
});

test("completion offers commands, words, options and their values, and asks no server", async () => {
  const asked = (): Promise<readonly never[]> => Promise.reject(new Error("a server was asked"));
  const live = {
    ...{
      devices: asked,
      actions: asked,
      plugins: asked,
      buses: asked,
      controllers: asked,
      transactions: asked,
    },
    controller: () => Promise.resolve(undefined),
    contexts: () => [],
  };
  const words = async (...typed: string[]): Promise<readonly string[]> =>
    (await answersTo(program, typed, () => live)).map(({ text }) => text);
  assert.deepEqual(await words("ipmi", "s"), ["sensors", "sdr", "sel", "scan"]);
  assert.deepEqual(await words("ipmi", "power", "so"), ["soft"]);
  assert.deepEqual(await words("ipmi", "-H", "10.0.0.1", "boot", "p"), ["pxe"]);
  assert.deepEqual(await words("ipmi", "sensors", "--insecure", "ipmi"), ["ipmi-1.5"]);
  assert.deepEqual(await words("ipmi", "sel", "--privilege=o"), ["--privilege=operator"]);
  assert.deepEqual(await words("ipmi", "mc", "--pass"), ["--password-file"]);
  assert.deepEqual(await words("ipmi", "mc", "--password-file", ""), [":files"]);
});
