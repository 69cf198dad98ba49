// What docs/controllers.md shows is what the program takes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Command } from "commander";
import { InlineHost } from "../controllers/runtime/inline-host.ts";
import { loadText } from "../controllers/runtime/load.ts";
import { openInThreads } from "../controllers/runtime/hosts.ts";
import { fanZone } from "../controllers/shipped/fan-zone.ts";
import { systemClock } from "../devices/clock.ts";
import { silentLog } from "../devices/plugin.ts";
import { plugins } from "../plugins/index.ts";
import { createProgram } from "../server/cli/program.ts";
import { faultText, readConfig } from "../server/config.ts";
import { speed } from "./support/table-plugin.ts";
import { tableSite } from "./support/table-site.ts";

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

test("the loop of the page is one a controller of somebody's own may declare", async (t) => {
  const [loop = ""] = blocks("ts");
  const text = `import { defineController, seconds, select, numberOf, Type } from "bothy/controllers";
export default defineController({
  name: "mine", version: "1.0.0", summary: "for tests", period: seconds(5),
  settings: Type.Object({
    gain: numberOf("%/K", { default: 4, description: "Gain." }),
    integralTime: numberOf("s", { default: 240, description: "Integral time." }),
  }),
  inputs: { inlet: select("type:temperature").max() },
  outputs: { fans: select("type:fan").action("speed") },
  failSafe: { fans: 75 },
  ${loop}
  init: () => ({}),
  step: ({ inputs }) => ({ outputs: { fans: 50 }, state: {}, reason: "so", terms: { pv: inputs.inlet.value } }),
});`;
  const open = openInThreads([], { clock: systemClock, log: silentLog });
  const host = await open(await loadText("mine.ts", text), { name: "mine" });
  t.after(() => host.close());
  const tune = { output: "fans", action: "direct", gain: "gain", integralTime: "integralTime" };
  assert.deepEqual(host.shape.loop, { pv: "pv", unit: "°C", tune });
});

test("what the page does with curl is done, and what it shows as refused is", async (t) => {
  const host = () => Promise.resolve(new InlineHost(fanZone));
  const { site, clock, ask } = await tableSite(
    t,
    [
      { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
      { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["point:inlet"] },
    ],
    { "probe/temperature": 25, "fan-1/duty": 40 },
    { controllers: { "rack-inlet": { use: "fan-zone" } } },
    {},
    {
      controllers: {
        shipped: [fanZone],
        loader: {
          bundle: () => assert.fail("no files here"),
          bundleText: () => assert.fail("nor texts"),
          open: host,
        },
      },
    },
  );
  await site.controllers.started();
  await clock.advance(30_000);
  const curl = /^\$ curl (?:-X (\w+) )?localhost:5000(\/\S+)(?: -H '([^:]+): ([^']+)' -d '([^']+)')?$/;
  const lines = blocks("console").flatMap((body) => body.split("\n").filter((line) => /\bcurl\b/.test(line)));
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const [, method = "GET", url = "", header, value, payload] = curl.exec(line) ?? assert.fail(line);
    const body = payload === undefined ? {} : { payload, headers: { [String(header)]: value } };
    const { status, text } = await ask({ method: method as "GET" | "PATCH", url, ...body });
    assert.equal(status, 200, `${line}\n${text}`);
  }
  const settings = () => site.controllers.runtime.get("rack-inlet")?.settings;
  assert.equal(settings()?.["setpoint"], 25);
  const [, said = "", wanted = ""] = /^`((?:\w+): (\d+) .* is above its .*)`\.$/m.exec(page) ?? [];
  const { status, body } = await ask({
    ...{ method: "PATCH", url: "/api/controllers/rack-inlet/settings" },
    payload: { settings: { setpoint: Number(wanted) } },
  });
  assert.equal(status, 400);
  assert.match((body as { context: string }).context, new RegExp(said));
  assert.equal(settings()?.["setpoint"], 25, "and changes nothing");
});
