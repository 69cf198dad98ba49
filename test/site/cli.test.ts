import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../../server/cli/program.ts";
import { ownName } from "../../server/cli/terminal.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const demoConfig = fileURLToPath(new URL("../../examples/demo-site.yaml", import.meta.url));
const timeout = 400_000;

function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    env: { ...process.env, PORT: "", LOG_LEVEL: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const bothy = (t: TestContext, ...args: string[]): Promise<Ended> => bothyWith(t, {}, ...args);

async function bothyWith(t: TestContext, env: Record<string, string>, ...args: string[]): Promise<Ended> {
  const child = start(t, args, env);
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

/** Reads a child's lines until one matches. */
async function until(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  assert.ok(child.stdout !== null);
  for await (const line of createInterface(child.stdout)) {
    const found = pattern.exec(line);
    if (found !== null) return found;
  }
  throw new Error(`${String(pattern)} was not printed`);
}

test(
  "check says good, or every fault with its place, for people and for programs",
  {
    timeout,
  },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, "bmc-password");
    const demo = { BOTHY_BMC_PASSWORD_FILE: secret };
    const missing = await bothyWith(t, demo, "check", demoConfig);
    assert.equal(missing.code, 1);
    assert.match(
      missing.out,
      /^\S*demo-site\.yaml:\d+:\d+ {2}buses\.bmcs\.password {2}\/.*\/bmc-password is not there {2}write .*\n$/,
    );
    writeFileSync(secret, "hunter2\n");
    const good = await bothyWith(t, demo, "check", demoConfig);
    assert.deepEqual([good.code, good.err], [0, ""]);
    assert.match(good.out, /demo-site\.yaml: good; site demo, 4 buses, \d+ devices, and those of 2 BMCs\n/);
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "site: { id: x }\nbuses:\n  a: { transport: tcp, hots: 10.0.0.1 }\n");
    const bad = await bothy(t, "check", file);
    assert.equal(bad.code, 1);
    assert.match(bad.out, /bad\.yaml:3:\d+ {2}buses\.a\.hots {2}unknown key `hots` {2}write `host`/);
    const json = await bothy(t, "check", "--json", file);
    const faults = JSON.parse(json.out) as { line: number; remedy: string }[];
    assert.deepEqual([json.code, faults[0]?.line], [1, 3]);
    assert.equal((await bothy(t, "check", join(folder, "none.yaml"))).code, 2);
    const site = await bothy(t, "site", "--config", file);
    assert.equal(site.code, 1);
    assert.match(site.err, /unknown key/);
  },
);

test("wrong usage is told in a line and ends with 2; help with 0", { timeout }, async (t) => {
  const wrong: readonly (readonly string[])[] = [
    ["dmeo"],
    ["demo", "--port", "99999"],
    ["demo", "--wires", "string"],
    ["demo", "--host", "0.0.0.0"],
    ["check", tmpdir()],
    ["site", "--config", tmpdir()],
    ["bus", "scan", "--units", "9-1"],
    ["bus", "scan", "--rtu"],
    ["bus", "scan", "a", "--server", "http://127.0.0.1:1"],
    ["bus", "watch", "--port", "/dev/null", "--parity", "mark"],
    ["bus", "watch", "line-a", "--baud", "9600"],
    ["sim", "clear", "first"],
  ];
  const written = t.mock.method(process.stderr, "write", () => true);
  for (const args of wrong) {
    written.mock.resetCalls();
    const code = await run(args);
    const err = written.mock.calls.map((call) => String(call.arguments[0])).join("");
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /^(bothy|error): .+\n/, args.join(" "));
    assert.doesNotMatch(err, /\n {4}at /);
  }
  written.mock.restore();
  const help = await bothy(t, "--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /demo/);
});

test("help shows defaults and examples as people write them", { timeout }, async (t) => {
  const [scan, watch, fault] = await Promise.all([
    bothy(t, "bus", "help", "scan"),
    bothy(t, "bus", "watch", "--help"),
    bothy(t, "sim", "fault", "--help"),
  ]);
  assert.match(scan.out, /default: 1-247/);
  for (const { code, out } of [scan, watch, fault]) {
    assert.equal(code, 0);
    assert.doesNotMatch(out, /\{"/);
  }
  assert.match(scan.out, /bothy bus scan --port \/dev\/ttyUSB0/);
  assert.match(watch.out, /bothy bus watch --port \/dev\/ttyUSB0/);
  assert.match(fault.out, /dead-fan <fan> +a fan stops turning/);
});

test("commands are shown as whoever reads them can give them", () => {
  assert.equal(ownName("/usr/local/bin/bothy", "/home"), "bothy");
  assert.equal(ownName("/b/dist/server/main.js", "/b"), "node dist/server/main.js");
  assert.equal(ownName("/b/dist/server/main.js", "/home"), "node /b/dist/server/main.js");
  assert.equal(ownName("/b/server/main.ts", "/b"), "npx tsx server/main.ts");
  assert.equal(ownName("/b/it's here/main.js", "/b"), `node 'it'\\''s here/main.js'`);
});

test("a script that is no YAML is told in a line, with its name", { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "script.yaml");
  writeFileSync(file, "faults: [\n");
  const { code, err } = await bothy(t, "demo", "--port", "0", "--script", file);
  assert.equal(code, 2);
  assert.match(err, /^bothy: .*script\.yaml: .*\n$/);
  assert.doesNotMatch(err, /unexpected/);
});

test(
  "a state folder that cannot be had is one line with its place and what to do",
  { timeout },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const state of [file, join(file, "x"), ...(existsSync("/proc/self") ? ["/proc/bothy"] : [])]) {
      const { code, err } = await bothy(t, "demo", "--port", "0", "--state", state);
      assert.equal(code, 2, err);
      const line = new RegExp(`^bothy: --state ${state}: nothing can be kept there .*: name a folder .*\n$`);
      assert.match(err, line);
    }
  },
);

test("what npm started ends when npm is killed, although npm tells it nothing", { timeout }, async (t) => {
  const parent = new URL("../../scripts/parent.mjs", import.meta.url).href;
  const grandchild = `import(${JSON.stringify(parent)}).then((m) => {
    m.endWithParent(20); setInterval(() => undefined, 1000); console.log("up"); });`;
  const child = spawn(
    process.execPath,
    [
      "-e",
      `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "inherit" })`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  t.after(() => child.kill("SIGKILL"));
  await until(child, /^up$/);
  child.kill("SIGKILL");
  // The pipe is held by the grandchild too, and closes with it.
  child.stdout.resume();
  await once(child, "close");
  assert.equal(child.signalCode, "SIGKILL");
});

test("the schema that is printed is JSON and knows the plugin's keys", { timeout }, async (t) => {
  const { code, out } = await bothy(t, "schema");
  assert.equal(code, 0);
  const { properties } = JSON.parse(out) as { properties: { buses: { additionalProperties: object } } };
  assert.match(JSON.stringify(properties.buses.additionalProperties), /"baudRate":\{/);
});

test("a port that is taken is one clear line and exit code 2", { timeout }, async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const { code, err } = await bothy(t, "demo", "--port", String(port));
  assert.equal(code, 2);
  assert.match(err, new RegExp(`^bothy: .*127\\.0\\.0\\.1:${port}.*another program`));
  assert.equal(err.trim().split("\n").length, 1);
});

test(
  "the demonstration tells its address, is watched, scanned and disturbed, and ends at an interrupt",
  {
    timeout,
  },
  async (t) => {
    const demo = start(t, ["demo"], { PORT: "0" });
    const [, url = ""] = await until(demo, /^Running on (http:\/\/127\.0\.0\.1:\d+)/);
    const watch = start(t, ["bus", "watch", "line-a", "--json", "--server", url]);
    const [frame = ""] = await until(watch, /^\{"at":.*"hex".*$/);
    assert.match((JSON.parse(frame) as { text: string }).text, /^unit \d+ /);
    watch.kill("SIGINT");
    const [scan, fault] = await Promise.all([
      bothy(t, "bus", "scan", "line-a", "--units", "10-12", "--json", "--server", url),
      bothy(t, "sim", "fault", "tray-a silent for 30m", "--server", url),
    ]);
    assert.equal(scan.code, 0);
    const results = scan.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { address: number; answered: boolean });
    assert.deepEqual(
      results.map(({ address, answered }) => [address, answered]),
      [
        [10, false],
        [11, true],
        [12, true],
      ],
    );
    assert.deepEqual([fault.code, fault.err], [0, ""]);
    assert.match(fault.out, /^1 {2}tray-a silent for 30m \(since \d\d:\d\d:\d\d UTC\)\n$/);
    assert.equal((await bothy(t, "sim", "clear", "1", "--server", url)).out, "nothing is failing\n");
    demo.kill("SIGINT");
    const [code] = (await once(demo, "exit")) as [number | null];
    assert.equal(code, 0);
  },
);

test("a reader that goes away ends the program quietly", { timeout }, async (t) => {
  const child = start(t, ["schema"]);
  let err = "";
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdout?.destroy();
  const [code] = (await once(child, "close")) as [number | null];
  assert.deepEqual([code, err], [0, ""]);
});
