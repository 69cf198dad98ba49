// `bothy sim unit`: a register map tried on a unit made of a golden case.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { slots } from "../../devices/transaction.ts";
import { plugins } from "../../plugins/index.ts";
import { readConfig } from "../../server/config.ts";
import { createSite } from "../../server/site.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const timeout = 400_000;

function start(t: TestContext, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "server/main.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

test(
  "a case's registers are read and written over Modbus TCP, and writes are shown",
  { timeout },
  async (t) => {
    const file = join(root, "plugins/modbus/cases/probe/registers.yaml");
    const child = start(t, "sim", "unit", file, "--unit", "7", "--tcp-port", "0");
    assert.ok(child.stdout !== null);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = String((await lines.next()).value);
    const [, port] = /^unit 7 .*: Modbus TCP on 127\.0\.0\.1:(\d+); Ctrl-C ends it$/.exec(first) ?? [];
    assert.ok(port !== undefined, first);
    const text = `
site: { id: s }
buses: { line: { transport: tcp, host: 127.0.0.1, port: ${port}, responseTimeout: 10s, poll: { fast: 100ms } } }
devices: [{ bus: line, unit: 7, product: xy-md02, alias: probe }]`;
    const all = [...plugins.values()];
    const { config, plans } = readConfig(text, "text", all, {});
    assert.ok(config !== undefined);
    const site = createSite(config, plans, { clock: systemClock, log: silentLog, plugins: all });
    t.after(() => site.stop());
    site.start();
    const device = site.registry.get("probe.temperature");
    const wanted = site.store.stream(
      (id) => id.device === device?.id && id.output === "temperature",
      site.signal,
    );
    for await (const reading of wanted) {
      if (reading.quality === "bad") continue;
      assert.equal(reading.value, -5);
      break;
    }
    const found: number[] = [];
    for await (const { address, answered } of site.links[0]?.connection?.scan?.(
      { from: 5, to: 9 },
      site.signal,
    ) ?? [])
      if (answered) found.push(address);
    assert.deepEqual(found, [7], "a gateway's refusal for an absent unit is no unit");
    const write = {
      device: "probe.temperature",
      action: "correction",
      slot: slots.operator,
      who: "t",
      why: "t",
    };
    const done = await site.writer.wait(site.writer.submit({ ...write, data: "1.5" }).id);
    assert.equal(done.message, "read back 1.5 K");
    assert.equal((await lines.next()).value, "holding 0x0103 is now 15 (0x000f)");
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  },
);

test("a file that holds no registers is told in a line", { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "registers.yaml");
  writeFileSync(file, "input: { 1: [99999] }\n");
  const child = start(t, "sim", "unit", file);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  assert.deepEqual(await once(child, "close"), [2, null]);
  assert.match(said, /registers\.yaml: input 1: 99999 is not 0\.\.65535/);
});
