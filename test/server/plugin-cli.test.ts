import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client, credentials } from "@grpc/grpc-js";
import { plugins } from "../../plugins/index.ts";
import { loadV3Plugin } from "../../plugins/synse/proto.ts";
import { run } from "../../server/cli/program.ts";
import { readConfig } from "../../server/config.ts";
import { temporaryFolder } from "../support/served-plugin.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const timeout = 120_000;

/** Runs a command as a program of its own. */
const bothy = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ["--import", "tsx", main, ...args])).stdout;

/** Runs a command that complains in this process. */
async function complaint(t: TestContext, ...args: string[]): Promise<{ code: number; err: string }> {
  let err = "";
  const mock = t.mock.method(process.stderr, "write", (chunk: string | Uint8Array) => {
    err += String(chunk);
    return true;
  });
  try {
    return { code: await run(args), err };
  } finally {
    mock.mock.restore();
  }
}

test("which plugins there are, for people and for programs", { timeout }, async () => {
  const [people, programs] = await Promise.all([bothy("plugin", "list"), bothy("plugin", "list", "--json")]);
  for (const { name, meta } of plugins.values())
    assert.ok(
      people.split("\n").some((line) => line.startsWith(`${name} `) && line.endsWith(meta.description)),
      name,
    );
  const listed = JSON.parse(programs) as { name: string; tag: string }[];
  assert.deepEqual(
    listed.map(({ name }) => name),
    [...plugins.keys()],
  );
  assert.equal(listed.find(({ name }) => name === "emulator")?.tag, "vaporio/emulator-plugin");
});

test("help shows how it is used", { timeout }, async () => {
  const help = await bothy("plugin", "serve", "--help");
  assert.match(help, /\$ bothy plugin serve emulator\n/);
  assert.match(help, /--tls-client-ca/);
});

test("what cannot be served is said in one line, with what to do", async (t) => {
  const folder = temporaryFolder(t);
  const site = join(folder, "site.yaml");
  writeFileSync(site, "site: { id: hut }\nbuses: { emu: { plugin: emulator } }\n");
  const cases: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [["emulater"], /there is no plugin emulater; write emulator/],
    [["emulator", "--listen", "nowhere"], /write HOST:PORT/],
    [["emulator", "--listen", ":0"], /--allow-insecure/],
    [["emulator", "--listen", ":0", "--socket", "s"], /not both/],
    [["emulator", "--tls-cert", "cert.pem"], /both --tls-cert and --tls-key/],
    [["emulator", "--tls-cert", join(folder, "no.pem"), "--tls-key", "key.pem"], /no\.pem/],
    [["emulator", "--config", join(folder, "no.yaml")], /there is no file/],
    [["modbus", "--config", site], /no bus of the plugin modbus/],
    [["modbus"], /give --config/],
  ];
  for (const [args, text] of cases) {
    const { code, err } = await complaint(t, "plugin", "serve", ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, text);
    assert.equal(err.trimEnd().split("\n").length, 1, err);
  }
});

test("it is served until it is told to stop, and leaves no socket behind", { timeout }, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "emulator.sock");
  const site = join(folder, "site.yaml");
  const state = join(folder, "state");
  writeFileSync(
    site,
    `site: { id: hut }\nstate: { folder: ${state} }\nbuses: { emu: { plugin: emulator } }\n`,
  );
  const args = ["--import", "tsx", main, "plugin", "serve", "emulator", "--config", site, "--socket", path];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const [target] = (await once(createInterface(child.stdout), "line")) as [string];
  assert.equal(target, `unix:${path}`);
  const { Metadata } = loadV3Plugin().methods;
  const client = new Client(target, credentials.createInsecure());
  t.after(() => client.close());
  const id = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      Metadata.path,
      Metadata.requestSerialize,
      Metadata.responseDeserialize,
      {},
      (error, answer) => {
        if (error === null) resolve(answer?.id);
        else reject(error);
      },
    );
  });
  assert.equal(id, "4032ffbe-80db-5aa5-b794-f35c88dff85c");
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  assert.equal(existsSync(path), false);
  // What is kept is its own: a site of the same configuration keeps elsewhere.
  assert.deepEqual(readdirSync(state), ["plugin-emulator"]);
});

test("the example of a site without equipment has the emulator's 29 devices", () => {
  const file = new URL("../../examples/emulator-site.yaml", import.meta.url);
  const { plans, faults } = readConfig(
    readFileSync(file, "utf8"),
    "emulator-site.yaml",
    [...plugins.values()],
    {},
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(
    plans.map(({ devices }) => devices.length),
    [29],
  );
});
