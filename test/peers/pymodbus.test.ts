// A server nobody here wrote (Debian python3-pymodbus), read and written by the plugin: Modbus TCP, RTU over TCP, and
// RTU over a pair of pseudo-terminals.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { Link } from "../../devices/link.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { slots } from "../../devices/transaction.ts";
import { Writer } from "../../devices/writer.ts";
import { type BusConfig, openClient } from "../../plugins/modbus/client.ts";
import { modbus } from "../../plugins/modbus/index.ts";
import type { Product } from "../../plugins/modbus/product-schema.ts";
import { spawnBound } from "../support/bound-process.ts";

const script = fileURLToPath(new URL("pymodbus-server.py", import.meta.url));
type Transport = BusConfig["transport"];
type Where = { readonly path: string } | { readonly host: string; readonly port: number };

/** Resolves with what `child` printed once that contains `word`. @throws Error when it ends before */
function printed(child: ChildProcess, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes(word)) resolve(text);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with ${String(code)} before "${word}": ${text}`)));
  });
}

function start(t: TestContext, command: string, args: readonly string[]): ChildProcess {
  const child = spawnBound(command, args);
  t.after(async () => {
    const gone = once(child, "exit");
    if (child.exitCode === null && child.kill()) await gone;
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** Two ends of a serial line made by socat, which is not ours either. */
async function serialPair(t: TestContext): Promise<readonly [string, string]> {
  const folder = mkdtempSync(join(tmpdir(), "bothy-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const ends = [join(folder, "server"), join(folder, "client")] as const;
  const socat = start(t, "socat", ["-d", "-d", ...ends.map((end) => `pty,raw,echo=0,link=${end}`)]);
  await printed(socat, "starting data transfer loop");
  assert.ok(ends.every((end) => existsSync(end)));
  return ends;
}

/** Starts the server; it says so just before it listens, so the first connections may have to be tried again. */
async function serve(t: TestContext, transport: Transport): Promise<Where> {
  if (transport === "serial") {
    const [server, path] = await serialPair(t);
    await printed(start(t, "/usr/bin/python3", [script, "rtu", server]), "ready");
    return { path };
  }
  const port = await freePort();
  await printed(start(t, "/usr/bin/python3", [script, transport, String(port)]), "ready");
  return { host: "127.0.0.1", port };
}

const memory = { get: () => undefined, set: () => undefined };
const { signal } = new AbortController();
const options = { priority: priority.poll, deadline: 0, signal, timeout: seconds(2), source: "pymodbus" };

async function connected(bus: BusConfig): Promise<Awaited<ReturnType<typeof openClient>>> {
  for (let tries = 50; ; tries--) {
    try {
      const client = await openClient(bus, { clock, log: silentLog, memory });
      await client.request(1, { kind: "read", table: "holding", address: 0, count: 1 }, options);
      return client;
    } catch (error) {
      if (tries === 0) throw error;
      await clock.sleepUntil(clock.monotonic() + 100);
    }
  }
}

for (const transport of ["tcp", "rtu-over-tcp", "serial"] as const) {
  test(`every function of the client, ${transport}`, async (t) => {
    const where = await serve(t, transport);
    const client = await connected({ name: "peer", transport, baudRate: 19_200, ...where });
    t.after(() => client.close());
    const ask = (...[request]: [Parameters<typeof client.request>[1]]) => client.request(7, request, options);
    const words = async (table: "input" | "holding", address: number, count: number) => {
      const answer = await ask({ kind: "read", table, address, count });
      assert.equal(answer.kind, "words");
      return [...answer.words];
    };
    const bits = async (table: "coil" | "discrete", address: number, count: number) => {
      const answer = await ask({ kind: "read", table, address, count });
      assert.equal(answer.kind, "bits");
      return [...answer.bits];
    };

    assert.deepEqual(await words("holding", 10, 3), [1010, 1011, 1012]);
    assert.deepEqual(
      await words("input", 0, 125),
      Array.from({ length: 125 }, (_, n) => 2000 + n),
    );
    assert.deepEqual(
      await bits("coil", 0, 11),
      Array.from({ length: 11 }, (_, n) => n % 2 === 1),
    );
    assert.deepEqual(await bits("discrete", 3, 3), [false, true, false]);

    await ask({ kind: "write-register", address: 20, word: 65_535 });
    await ask({ kind: "write-registers", address: 21, words: [1, 2, 3] });
    assert.deepEqual(await words("holding", 20, 5), [65_535, 1, 2, 3, 1024]);
    await ask({ kind: "write-coil", address: 40, on: true });
    await ask({ kind: "write-coils", address: 41, bits: [false, true, true] });
    assert.deepEqual(await bits("coil", 40, 4), [true, false, true, true]);
    await ask({ kind: "mask", address: 20, and: 0xf0f0, or: 0x0105 });
    assert.deepEqual(await words("holding", 20, 1), [0xf1f5]);
    const answer = await ask({
      kind: "read-write",
      read: { address: 21, count: 2 },
      write: { address: 22, words: [77] },
    });
    assert.ok(answer.kind === "words");
    assert.deepEqual([...answer.words], [1, 77]);
    const identity = await ask({ kind: "identify", level: 1, object: 0 });
    assert.ok(identity.kind === "identity");
    assert.deepEqual(
      identity.objects.map(({ text }) => text),
      ["Someone Else", "PM", "3.0"],
    );

    await assert.rejects(ask({ kind: "read", table: "holding", address: 199, count: 2 }), {
      code: "NO_SUCH_POINT",
    });
    assert.deepEqual(await words("holding", 0, 1), [1000], "nothing is owed after an exception");
  });
}

const product: Product = {
  product: "peer",
  title: "A server by others",
  manual: "pymodbus-server.py",
  certainty: "S",
  devices: [
    {
      name: "",
      type: "number",
      info: "Registers of a server by others",
      outputs: [
        { output: "number", channel: "input", table: "input", address: 5, type: "uint16" },
        { output: "number", channel: "held", table: "holding", address: 30, type: "int16", scale: 0.1 },
        { output: "switch", table: "coil", address: 4, type: "bit", states: { "0": "off", "1": "on" } },
      ],
      actions: [
        {
          name: "hold",
          table: "holding",
          address: 30,
          type: "int16",
          scale: 0.1,
          min: -100,
          max: 100,
          shows: { output: "number", channel: "held" },
        },
        {
          name: "switch",
          table: "coil",
          address: 4,
          type: "bit",
          states: { "0": "off", "1": "on" },
          shows: { output: "switch" },
        },
      ],
    },
  ],
};

for (const transport of ["tcp", "rtu-over-tcp", "serial"] as const) {
  test(`a product on the plugin, read and written, ${transport}`, async (t) => {
    const where = await serve(t, transport);
    const line = transport === "tcp" ? where : { ...where, baudRate: 19_200 };
    const plan = modbus.plan({
      site: { id: "peer", tags: [] },
      name: "peer",
      link: {
        path: [],
        config: { transport, ...line, responseTimeout: "2s", poll: { fast: "100ms" } },
      },
      devices: [{ path: [], config: { unit: 7, product: "peer", alias: "peer-7" } }],
      products: [{ path: [], config: product }],
    });
    assert.deepEqual(plan.faults, []);
    const registry = new Registry();
    const store = new ReadingStore({ clock });
    const link = new Link(plan, { clock, log: silentLog, registry, store });
    const writer = new Writer({ clock, log: silentLog, registry, store, links: () => link });
    t.after(async () => {
      writer.stop();
      await link.stop();
      store.stop();
    });
    link.start();
    writer.start();
    const { id } = registry.get("peer-7") ?? assert.fail("no device");
    const values = (): unknown[] =>
      store.latest(id).map((reading) => (reading.quality === "good" ? reading.value : reading.reason.code));
    await new Promise<void>((resolve) => {
      const stop = store.subscribe(() => {
        if (store.latest(id).some(({ quality }) => quality !== "good")) return;
        stop();
        resolve();
      });
    });
    assert.deepEqual(values(), [2005, 103, "off"]);

    const write = async (action: string, data: string): Promise<void> => {
      const { id: transaction } = writer.submit({
        ...{ device: id, action, data, slot: slots.operator, who: "test", why: "test" },
      });
      const done = await writer.wait(transaction);
      assert.equal(done.status, "DONE", done.message);
    };
    await write("hold", "-12.5");
    await write("switch", "on");
    assert.deepEqual(values(), [2005, -12.5, "on"]);
  });
}
