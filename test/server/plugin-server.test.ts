import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Client, type ClientReadableStream, credentials, type ServiceError, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { systemClock } from "../../devices/clock.ts";
import { type Plugin, silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { emulator } from "../../plugins/emulator/index.ts";
import { synse } from "../../plugins/synse/index.ts";
import type { Outgoing } from "../../plugins/synse/messages.ts";
import { loadV3Plugin, type V3Method } from "../../plugins/synse/proto.ts";
import { anybody } from "../../server/access/principal.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { parseListen, targetOf } from "../../server/plugin-server/address.ts";
import { readingMessage } from "../../server/plugin-server/messages.ts";
import { createSite } from "../../server/site.ts";
import { testDevice, valueId } from "../support/device.ts";
import { suiteConfig, suiteIds } from "../support/emulator-site.ts";
import { type PluginSite, servedPlugin, temporaryFolder } from "../support/served-plugin.ts";
import { Table, tablePlugin } from "../support/table-plugin.ts";

const { methods } = loadV3Plugin();
const timeout = 60_000;

/** A client as an original server would have it. */
function clientOf(t: TestContext, target: string) {
  const client = new Client(target, credentials.createInsecure());
  t.after(() => client.close());
  return {
    stream: <Request, Response>(method: V3Method<Request, Response>, request: Outgoing<Request>) =>
      client.makeServerStreamRequest(
        method.path,
        (message: Outgoing<Request>) => method.requestSerialize(message),
        (bytes: Buffer) => method.responseDeserialize(bytes),
        request,
      ),
    test: (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = methods.Test;
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      }),
  };
}

/** How a stream ends. */
const endOf = (stream: ClientReadableStream<unknown>): Promise<number> =>
  new Promise((resolve) => {
    stream.on("data", () => undefined);
    stream.once("error", (error: ServiceError) => resolve(error.code));
    stream.once("end", () => resolve(status.OK));
  });

const tableConfig = JSON.stringify({
  site: { id: "hut" },
  buses: { t: { plugin: "table" } },
  devices: [{ bus: "t", alias: "door", type: "door", outputs: [["state"]] }],
});

/** A plugin whose one value is published by the test. */
async function door(t: TestContext): Promise<PluginSite & { readonly publish: (value: string) => void }> {
  const table = new Table();
  table.values.set("door/state", "closed");
  const served = await servedPlugin(t, tablePlugin(table), tableConfig);
  const id = { device: served.site.registry.get("door")?.id ?? "", output: "state" };
  const publish = (value: string): void => {
    const reading: Reading = { id, at: systemClock.now(), quality: "good", value };
    served.site.store.publish([reading]);
  };
  return { ...served, publish };
}

test(
  "a client that does not read delays nobody, and misses only what is superseded",
  { timeout },
  async (t) => {
    const { served, publish } = await door(t);
    const slow = clientOf(t, served.target).stream(methods.ReadStream, {});
    const quick = clientOf(t, served.target).stream(methods.ReadStream, {});
    slow.on("error", () => undefined);
    quick.on("error", () => undefined);
    let last = "";
    quick.on("data", ({ string_value = "" }: { string_value?: string }) => (last = string_value));
    const slowly = slow[Symbol.asyncIterator]();
    await slowly.next();
    const count = 4000;
    const long = "x".repeat(1000);
    for (let i = 1; i <= count; i++) {
      publish(`${i} ${long}`);
      await turn();
    }
    while (!last.startsWith(`${count} `)) await turn();
    let taken = 0;
    for (let value = ""; !value.startsWith(`${count} `); taken++) {
      const next = await slowly.next();
      assert.ok(next.done !== true);
      value = (next.value as { string_value: string }).string_value;
    }
    assert.ok(taken < count / 4, `${taken} of ${count} were waiting for a client that did not read`);
    slow.cancel();
    quick.cancel();
  },
);

test("streams that are hung up on leave nothing behind", { timeout }, async (t) => {
  const { served, site } = await door(t);
  let count = 0;
  const open = (): number => count;
  const subscribe = site.store.subscribe.bind(site.store);
  site.store.subscribe = (listener) => {
    count++;
    const stop = subscribe(listener);
    return () => {
      count--;
      stop();
    };
  };
  const client = clientOf(t, served.target);
  for (let round = 0; round < 5; round++) {
    const streams = Array.from({ length: 40 }, () => client.stream(methods.ReadStream, {}));
    await Promise.all(streams.map((stream) => once(stream, "data")));
    assert.equal(open(), 40);
    for (const stream of streams) {
      stream.on("error", () => undefined);
      stream.cancel();
    }
    while (open() > 0) await turn();
  }
  assert.deepEqual(await client.test(), { ok: true });
});

test(
  "a plugin that stops ends its streams as one that is gone, however often it is told",
  { timeout },
  async (t) => {
    const { served } = await door(t);
    const client = clientOf(t, served.target);
    const stream = client.stream(methods.ReadStream, {});
    const ended = endOf(stream);
    await once(stream, "data");
    await Promise.all([served.stop(), served.stop()]);
    assert.equal(await ended, status.UNAVAILABLE);
    await assert.rejects(client.test(), { code: status.UNAVAILABLE });
  },
);

test(
  "a socket nobody listens on is removed; one in use, and a file, are left alone",
  { timeout },
  async (t) => {
    const folder = temporaryFolder(t);
    const at = (name: string) => ({ address: { kind: "unix", path: join(folder, name) } }) as const;
    // What a program that was killed leaves: a socket is only removed under the name it was made with.
    const killed = createServer().listen(join(folder, "made"));
    await once(killed, "listening");
    renameSync(join(folder, "made"), join(folder, "left"));
    killed.close();
    await once(killed, "close");
    assert.ok(statSync(join(folder, "left")).isSocket());
    const { served } = await servedPlugin(t, emulator, suiteConfig, at("left"));
    assert.deepEqual(await clientOf(t, served.target).test(), { ok: true });
    assert.ok(statSync(join(folder, "left")).isSocket());
    await assert.rejects(servedPlugin(t, emulator, suiteConfig, at("left")), /another program listens there/);
    assert.deepEqual(await clientOf(t, served.target).test(), { ok: true });
    writeFileSync(join(folder, "file"), "precious");
    await assert.rejects(servedPlugin(t, emulator, suiteConfig, at("file")), /no socket/);
    await served.stop();
    assert.equal(existsSync(join(folder, "left")), false);
  },
);

test("nobody listens beyond this machine without saying so", async (t) => {
  const everywhere = { address: { kind: "tcp", host: "0.0.0.0", port: 0 } } as const;
  await assert.rejects(servedPlugin(t, emulator, suiteConfig, everywhere), /--allow-insecure/);
  const { served } = await servedPlugin(t, emulator, suiteConfig, { ...everywhere, allowInsecure: true });
  assert.match(served.target, /^0\.0\.0\.0:\d+$/);
  const port = Number(served.target.split(":")[1]);
  const taken = { address: { kind: "tcp", host: "127.0.0.1", port } } as const;
  await assert.rejects(servedPlugin(t, emulator, suiteConfig, taken), { code: "BAD_CONFIG" });
});

test(
  "our own consumer sees the devices a plugin serves, under the same ids, and writes to them",
  { timeout },
  async (t) => {
    const { served, site: far } = await servedPlugin(t, emulator, suiteConfig);
    const text = JSON.stringify({
      site: { id: "near" },
      buses: { far: { plugin: "synse", address: served.target, poll: "500ms" } },
    });
    const all = [synse as Plugin];
    const { config, plans, faults } = readConfig(text, "near.yaml", all, {});
    assert.deepEqual(faults.map(faultText), []);
    assert.ok(config !== undefined);
    const near = createSite(config, plans, { clock: systemClock, log: silentLog, plugins: all });
    t.after(() => near.stop());
    near.start();
    const isGood = ({ quality }: Reading): boolean => quality === "good";
    const complete = (): boolean =>
      near.registry.all().length === 5 &&
      near.registry.all().every(({ id }) => near.store.latest(id).every(isGood));
    while (!complete()) await turn();
    const said = ({ registry }: typeof near) =>
      registry.all().map(({ id, alias, type, info, plugin, tags, context, outputs, sortIndex }) => ({
        ...{ id, alias, type, info, plugin, tags, context, sortIndex },
        outputs: outputs.map(({ output }) => [output.name, output.type, output.unit]),
      }));
    assert.deepEqual(said(near), said(far));
    const [plugin] = near.synse.plugins.list() as { id: string; tag: string; active: boolean }[];
    assert.deepEqual(
      [plugin?.id, plugin?.tag, plugin?.active],
      [suiteIds.plugin, "vaporio/emulator-plugin", true],
    );
    const write = { action: "color", data: "00ff00" };
    const [done] = (await near.synse.writeAndWait(anybody("test"), "emulator-led", write)) as {
      status: string;
    }[];
    assert.equal(done?.status, "DONE");
    assert.ok(
      far.store
        .latest(suiteIds.led)
        .some((reading) => reading.quality === "good" && reading.value === "00ff00"),
    );
    const shown = () => near.store.get({ device: suiteIds.led, output: "color" });
    for (let reading = shown(); reading?.quality !== "good" || reading.value !== "00ff00"; reading = shown())
      await turn();
    const bad = { action: "color", data: "red" };
    const [refused] = (await near.synse.writeAndWait(anybody("test"), "emulator-led", bad)) as {
      status: string;
      message: string;
    }[];
    assert.equal(refused?.status, "ERROR");
    assert.match(refused.message, /six hexadecimal digits/);
  },
);

test("addresses as Synse's plugins write them", () => {
  const parsed = (text: string): string => targetOf(parseListen(text));
  assert.equal(parsed(":5001"), "0.0.0.0:5001");
  assert.equal(parsed("127.0.0.1:0"), "127.0.0.1:0");
  assert.equal(parsed("[::1]:5001"), "[::1]:5001");
  assert.equal(parsed("emulator.example:65535"), "emulator.example:65535");
  for (const text of [
    "",
    "5001",
    "host",
    "host:",
    "host:x",
    ":65536",
    "::1:5001",
    "[::1:5001",
    "[host]:1",
    "a b:1",
  ])
    assert.throws(() => parseListen(text), { code: "BAD_INPUT" }, text);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const address = parseListen(text);
        assert.ok(address.kind === "tcp" && address.host !== "" && address.port <= 65_535);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "BAD_INPUT");
      }
    }),
  );
});

test("every value survives the wire, exactly", () => {
  const device = testDevice("d", ["count"]);
  const { responseSerialize, responseDeserialize } = methods.Read;
  const value = fc.oneof(
    fc.boolean(),
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  );
  fc.assert(
    fc.property(value, (given) => {
      const message = readingMessage(device, {
        id: valueId("d", "count"),
        at: 0,
        quality: "good",
        value: given,
      });
      assert.ok(message !== undefined);
      const { bool_value, string_value, float64_value, int64_value, uint64_value } = responseDeserialize(
        responseSerialize(message),
      );
      const whole = int64_value ?? uint64_value;
      const arrived =
        bool_value ?? string_value ?? float64_value ?? (whole === undefined ? undefined : BigInt(whole));
      const same = typeof given === "number" && typeof arrived === "bigint" ? BigInt(given) : given;
      assert.ok(Object.is(arrived, same) || arrived === same, `${String(given)} became ${String(arrived)}`);
    }),
  );
});
