import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Action } from "../../devices/device.ts";
import { exchange, listening } from "../support/exchange.ts";
import type { TableDevice } from "../support/table-plugin.ts";
import { tableSite, type TableSite } from "../support/table-site.ts";

/*
 * What the integration suites of Synse's Python and Go clients expect of a live server, asked the way those clients
 * ask: every option sent even when it is empty, flags as `True`, JSON content types. Synse v3 §10.2 to §10.4.
 */

const state: Action = {
  name: "state",
  kind: "level",
  accepts: { kind: "choice", choices: ["on", "off", "blink"] },
  shows: { output: "state" },
  storage: "ram",
};
const color: Action = {
  ...state,
  name: "color",
  accepts: { kind: "text", maxLength: 6 },
  shows: { output: "color" },
};
const fixture: readonly TableDevice[] = [
  {
    alias: "emulator-led",
    type: "led",
    outputs: [["state"], ["color"]],
    actions: [state, color],
    tags: ["foo/bar"],
  },
  ...[1, 2, 3, 4].map((n) => ({
    alias: `temperature-${n}`,
    type: "temperature",
    outputs: [["temperature"]] as const,
    ...(n < 3 ? { tags: ["foo/bar"] } : {}),
    ...(n === 3 ? { context: { model: "emul8-temp" } } : {}),
  })),
];
const temperatures = Object.fromEntries([1, 2, 3, 4].map((n) => [`temperature-${n}/temperature`, 20 + n]));

type Item = Record<string, unknown>;
interface Client extends TableSite {
  readonly get: (path: string) => Promise<unknown>;
  readonly list: (path: string) => Promise<readonly Item[]>;
  readonly post: (path: string, body: unknown) => Promise<readonly Item[]>;
  readonly id: (alias: string) => string;
  readonly fails: (path: string, status: number) => Promise<void>;
}

async function client(t: TestContext): Promise<Client> {
  const made = await tableSite(t, fixture, {
    ...temperatures,
    "emulator-led/state": "off",
    "emulator-led/color": "000000",
  });
  const port = await listening(made.http);
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const sent = { "content-type": "application/json", accept: "*/*", "accept-encoding": "gzip, deflate" };
    const answer = exchange(port, method, path, {
      headers: sent,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [{ status, headers, text }] = await Promise.all([answer, made.clock.advance(3000)]);
    assert.equal(status, 200, `${method} ${path}: ${text}`);
    assert.equal(headers.get("content-type"), "application/json");
    return JSON.parse(text);
  };
  return {
    ...made,
    get: (path) => ask("GET", path),
    list: async (path) => (await ask("GET", path)) as Item[],
    post: async (path, body) => (await ask("POST", path, body)) as Item[],
    id: (alias) => made.site.registry.get(alias)?.id ?? assert.fail(alias),
    fails: async (path, status) => {
      const answer = await exchange(port, "GET", path);
      const error = JSON.parse(answer.text) as Item;
      assert.deepEqual([answer.status, error["http_code"]], [status, status], path);
      assert.notEqual(error["context"], "");
    },
  };
}

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

test("status, version, configuration", async (t) => {
  const { get } = await client(t);
  const status = (await get("/test")) as Item;
  assert.equal(status["status"], "ok");
  assert.match(String(status["timestamp"]), iso);
  const version = (await get("/version")) as Item;
  assert.equal(version["api_version"], "v3");
  assert.notEqual(version["version"], "");
  const config = (await get("/v3/config")) as {
    logging: string;
    pretty_json: boolean;
    plugin: { tcp: string[]; unix: string[] };
    cache: { device: Item; plugin: Item; transaction: Item };
    grpc: Item;
    metrics: Item;
  };
  assert.ok(["debug", "info", "warning", "error", "critical"].includes(config.logging));
  assert.deepEqual(config.plugin, { tcp: [], unix: [] });
  assert.deepEqual(config.cache, {
    device: { rebuild_every: 180 },
    plugin: { refresh_every: 120 },
    transaction: { ttl: 300 },
  });
  assert.equal(config.grpc["timeout"], 3);
  assert.equal(typeof config.metrics["enabled"], "boolean");
  assert.equal(typeof config.pretty_json, "boolean");
});

test("plugins and their health", async (t) => {
  const { get, list, fails } = await client(t);
  const all = await list("/v3/plugin?refresh=false");
  const [plugin] = all;
  assert.equal(all.length, 1);
  const id = String(plugin?.["id"]);
  const info = (await get(`/v3/plugin/${id}`)) as Item & { health: Item & { checks: Item[] } };
  for (const key of ["name", "maintainer", "tag", "description", "id", "active"])
    assert.equal(info[key], plugin?.[key], key);
  for (const key of ["vcs", "network", "version"]) assert.ok(key in info, key);
  assert.equal(info.health["status"], "OK");
  assert.match(String(info.health["timestamp"]), iso);
  for (const check of info.health.checks)
    assert.deepEqual(Object.keys(check), ["name", "status", "message", "timestamp", "type"]);
  const health = (await get("/v3/plugin/health")) as Item;
  assert.match(String(health["updated"]), iso);
  assert.deepEqual(
    { ...health, updated: "" },
    { status: "healthy", updated: "", healthy: [id], unhealthy: [], active: 1, inactive: 0 },
  );
  await fails("/v3/plugin/unknown", 404);
});

test("scan, tags and info", async (t) => {
  const { get, list, id, fails } = await client(t);
  const ids = async (query: string): Promise<unknown[]> =>
    (await list(`/v3/scan?${query}`)).map((device) => device["id"]);
  const everything = await ids("ns=&tags=&sort=&force=false");
  assert.equal(everything.length, 5);
  assert.deepEqual(everything, [...everything].sort());
  assert.equal((await ids("ns=&force=True")).length, 5);
  assert.equal((await ids("ns=&tags=foo%2Fbar&force=False")).length, 3);
  assert.equal((await ids(`ns=&tags=foo/bar&tags=system/id:${id("temperature-4")}`)).length, 4);
  assert.deepEqual(await get("/v3/tags?ns=&ids=false"), [
    "foo/bar",
    "system/type:led",
    "system/type:temperature",
  ]);
  const withIds = await list("/v3/tags?ns=&ids=true");
  assert.deepEqual([withIds.length, withIds], [8, [...withIds].sort()]);
  const info = (await get(`/v3/info/${id("temperature-1")}`)) as Item;
  const [one] = await list(`/v3/scan?tags=system/id:${id("temperature-1")}`);
  for (const key of ["id", "type", "plugin", "info", "alias"]) assert.equal(info[key], one?.[key], key);
  assert.deepEqual(info["tags"], ["foo/bar", `system/id:${id("temperature-1")}`, "system/type:temperature"]);
  assert.deepEqual(info["metadata"], {});
  assert.deepEqual(((await get("/v3/info/temperature-3")) as Item)["metadata"], { model: "emul8-temp" });
  const led = (await get("/v3/info/emulator-led")) as { outputs: Item[]; capabilities: Item };
  assert.deepEqual(
    led.outputs.map(({ name, precision, unit }) => [name, precision, unit]),
    [
      ["state", 0, undefined],
      ["color", 0, undefined],
    ],
  );
  assert.equal(led.capabilities["mode"], "rw");
  await fails("/v3/info/unknown", 404);
});

test("reads, all and by tags, of one device and of the cache", async (t) => {
  const { list, id, site, http } = await client(t);
  const count = async (query: string): Promise<number> => (await list(`/v3/read?${query}`)).length;
  assert.equal(await count("ns=&plugin="), 6);
  assert.equal(await count("ns=&tags=foo/bar"), 4);
  assert.equal(await count(`tags=system/id:${id("temperature-1")}`), 1);
  assert.equal(await count("ns=&tags=foo/bar,system/type:temperature"), 2);
  assert.equal(await count("ns=&tags=foo/bar,system/type:led"), 2);
  assert.equal(await count(`tags=foo/bar&tags=system/id:${id("temperature-4")}`), 5);
  for (const none of ["tags=none/such", "tags=foo/bar,none/such", "tags=none/such&tags=a/b"])
    assert.equal(await count(none), 0, none);
  const [reading, more] = await list(`/v3/read/${id("temperature-2")}`);
  assert.equal(more, undefined);
  assert.match(String(reading?.["timestamp"]), iso);
  assert.deepEqual(
    { ...reading, timestamp: "" },
    {
      device: id("temperature-2"),
      timestamp: "",
      type: "temperature",
      device_type: "temperature",
      device_info: "temperature temperature-2",
      unit: { name: "celsius", symbol: "C" },
      value: 22,
      context: {},
    },
  );
  const led = await list("/v3/read/emulator-led");
  assert.deepEqual(
    led.map(({ type, value, unit }) => [type, value, unit]),
    [
      ["state", "off", null],
      ["color", "000000", null],
    ],
  );
  const { body } = await http.inject("/v3/readcache?start=&end=");
  const kept = body.trimEnd().split("\n");
  assert.ok(kept.length >= 1);
  for (const line of kept) assert.ok(site.registry.get(String((JSON.parse(line) as Item)["device"])));
});

test("writes, waited for and not, and their transactions", async (t) => {
  const { get, list, post, id, fails } = await client(t);
  const led = id("emulator-led");
  assert.deepEqual(await list("/v3/transaction"), []);
  const payload = { action: "state", data: "on", transaction: "abc-123" };
  const [written, second] = await post(`/v3/write/${led}`, payload);
  assert.equal(second, undefined);
  assert.deepEqual(written, { id: "abc-123", device: led, context: payload, timeout: "30s" });
  const [unknown] = await post(`/v3/write/${led}`, { action: "unknown", data: "foo" });
  assert.deepEqual(unknown?.["context"], { action: "unknown", data: "foo" });
  const [waited] = await post(`/v3/write/wait/${led}`, { action: "color", data: "ffffff" });
  assert.equal(waited?.["status"], "DONE");
  assert.deepEqual(waited["context"], { action: "color", data: "ffffff" });
  for (const key of ["created", "updated"]) assert.match(String(waited[key]), iso);
  const [refused] = await post(`/v3/device/${led}`, { action: "unknown", data: "foo" });
  assert.equal(refused?.["status"], "ERROR");
  assert.notEqual(refused["message"], "");
  const batch = await post(`/v3/write/${led}`, [
    { action: "color", data: "00ff00" },
    { action: "state", data: "blink" },
  ]);
  assert.deepEqual(
    batch.map(({ context }) => context),
    [
      { action: "color", data: "00ff00" },
      { action: "state", data: "blink" },
    ],
  );
  const status = (await get("/v3/transaction/abc-123")) as Item;
  assert.deepEqual([status["status"], status["context"], status["device"]], ["DONE", payload, led]);
  const used = [written, unknown, waited, refused, ...batch].map((one) => String(one["id"]));
  assert.ok(used.every((one) => one !== ""));
  assert.deepEqual(await list("/v3/transaction"), [...used].sort());
  await fails("/v3/transaction/unknown", 404);
});
