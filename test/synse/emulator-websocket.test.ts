// The same as emulator.test.ts, over the WebSocket: Synse v3 §10.4.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { emulatorSite, suiteIds } from "../support/emulator-site.ts";
import { openSocket } from "../support/sockets.ts";

const [first, second, , fourth] = suiteIds.temperatures;
type Item = Readonly<Record<string, unknown>>;

/** A socket of the site; `ask` takes the event's second half and gives the answer's data. */
async function connected(t: TestContext) {
  const { http, clock } = await emulatorSite(t);
  const socket = await openSocket(t, http);
  const ask = async (event: string, answer: string, data?: object): Promise<unknown> => {
    const got = await socket.ask(`request/${event}`, data);
    assert.equal(got.event, `response/${answer}`, got.text);
    return got.data;
  };
  const list = async (event: string, answer: string, data?: object) =>
    (await ask(event, answer, data)) as readonly Item[];
  return { socket, clock, ask, list };
}

test("who is there", async (t) => {
  const { ask, list } = await connected(t);
  const config = (await ask("config", "config")) as Item;
  assert.ok(["logging", "plugin", "cache"].every((key) => config[key] !== undefined));
  assert.equal(((await ask("version", "version")) as Item)["api_version"], "v3");
  assert.equal(((await ask("status", "status")) as Item)["status"], "ok");
  const plugins = await list("plugins", "plugin_summary");
  assert.deepEqual(
    plugins.map(({ id, name, tag }) => [id, name, tag]),
    [[suiteIds.plugin, "emulator plugin", "vaporio/emulator-plugin"]],
  );
  const plugin = (await ask("plugin", "plugin_info", { plugin: suiteIds.plugin })) as Item;
  assert.equal(plugin["id"], suiteIds.plugin);
  const { healthy, unhealthy, active, inactive, status } = (await ask(
    "plugin_health",
    "plugin_health",
  )) as Item;
  assert.deepEqual([status, healthy, unhealthy, active, inactive], ["healthy", [suiteIds.plugin], [], 1, 0]);
  const info = (await ask("info", "device_info", { device: first })) as Item;
  assert.deepEqual(
    [info["id"], info["type"], info["info"], info["plugin"], info["tags"]],
    [
      ...[first, "temperature", "Synse Temperature Sensor 1", suiteIds.plugin],
      ["foo/bar", `system/id:${first}`, "system/type:temperature"],
    ],
  );
});

test("what is not there", async (t) => {
  const { ask } = await connected(t);
  const asked = [
    ["info", { device: "nobody" }],
    ["read_device", { device: "nobody" }],
    ["plugin", { plugin: "nobody" }],
    ["transaction", { transaction: "nobody" }],
  ] as const;
  for (const [event, data] of asked)
    assert.equal(((await ask(event, "error", data)) as Item)["http_code"], 404, event);
});

test("readings, devices and tags", async (t) => {
  const { ask, list } = await connected(t);
  const count = async (event: string, answer: string, tags?: readonly unknown[]): Promise<number> =>
    (await list(event, answer, tags === undefined ? {} : { tags })).length;
  const read = (tags?: readonly unknown[]): Promise<number> => count("read", "reading", tags);
  assert.equal(await read(), 6);
  assert.equal(await read(["foo/bar"]), 4);
  assert.equal(await read([`system/id:${first}`]), 1);
  assert.equal(await read(["foo/bar", "system/type:temperature"]), 2);
  assert.equal(await read([["foo/bar", "system/type:led"]]), 2);
  assert.equal(await read([["foo/bar"], [`system/id:${fourth}`]]), 5);
  assert.equal(await read(["foo/none"]), 0);
  const scan = (tags?: readonly unknown[]): Promise<number> => count("scan", "device_summary", tags);
  assert.deepEqual(
    [await scan(), await scan(["foo/bar"]), await scan([["foo/bar"], [`system/id:${fourth}`]])],
    [5, 3, 4],
  );
  assert.deepEqual(await ask("tags", "tags"), ["foo/bar", "system/type:led", "system/type:temperature"]);
  assert.equal(((await ask("tags", "tags", { ids: true })) as unknown[]).length, 8);
  const [reading, ...others] = await list("read_device", "reading", { device: second });
  assert.deepEqual(
    [others, reading?.["type"], reading?.["context"], reading?.["unit"]],
    [[], "temperature", {}, { name: "celsius", symbol: "C" }],
  );
  assert.ok((await list("read_cache", "reading")).length >= 6);
});

test("writes and their transactions", async (t) => {
  const { ask, list } = await connected(t);
  const payload = { action: "state", data: "on", transaction: "suite-1" };
  assert.deepEqual(await list("write_async", "transaction_info", { device: suiteIds.led, payload }), [
    { id: "suite-1", device: suiteIds.led, context: payload, timeout: "30s" },
  ]);
  const unknown = { action: "foo", data: "bar" };
  const [refused] = await list("write_async", "transaction_info", { device: suiteIds.led, payload: unknown });
  assert.deepEqual(refused?.["context"], unknown);
  const written = await list("write_sync", "transaction_status", {
    device: suiteIds.led,
    payload: [payload, unknown].map(({ action, data }) => ({ action, data })),
  });
  assert.deepEqual(
    written.map(({ status }) => status),
    ["DONE", "ERROR"],
  );
  const done = (await ask("transaction", "transaction_status", { transaction: "suite-1" })) as Item;
  assert.deepEqual([done["id"], done["status"], done["context"]], ["suite-1", "DONE", payload]);
  const ids = ["suite-1", refused["id"], ...written.map(({ id }) => id)];
  assert.deepEqual(await ask("transactions", "transaction_list"), ids.sort());
});

test("a stream of one device's readings", async (t) => {
  const { socket, clock } = await connected(t);
  socket.send({ id: 7, event: "request/read_stream", data: { ids: [first] } });
  const one = await socket.next();
  await clock.advance(1000);
  const two = await socket.next();
  for (const { id, event, data } of [one, two])
    assert.deepEqual([id, event, (data as Item)["device"]], [7, "response/reading", first]);
  const at = ({ data }: typeof one): number => Date.parse(String((data as Item)["timestamp"]));
  assert.ok(at(two) > at(one));
});
