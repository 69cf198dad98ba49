// What the test suites of Synse's own clients ask of a live server with the emulator, row by row: Synse v3 §10.4.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emulatorSite, suiteConfig, suiteIds } from "../support/emulator-site.ts";

const [first, second, , fourth] = suiteIds.temperatures;
const path = (base: string, tags: readonly string[]): string =>
  `${base}?${tags.map((group) => `tags=${encodeURIComponent(group)}`).join("&")}`;

interface Device {
  readonly id: string;
  readonly alias: string;
  readonly type: string;
  readonly plugin: string;
  readonly tags: readonly string[];
  readonly metadata: object;
}
interface Reading {
  readonly device: string;
  readonly type: string;
  readonly device_type: string;
  readonly value: unknown;
  readonly unit: unknown;
  readonly context: object;
}
interface Transaction {
  readonly id: string;
  readonly device: string;
  readonly context: object;
  readonly timeout: string;
  readonly status?: string;
  readonly message?: string;
}

test("configuration, version and status", async (t) => {
  const { get } = await emulatorSite(t);
  const config = (await get("/v3/config")).body as {
    logging: unknown;
    plugin: unknown;
    cache: { device: { rebuild_every: number }; transaction: { ttl: number } };
    grpc: { timeout: number };
  };
  assert.ok(config.logging !== undefined && config.plugin !== undefined);
  assert.deepEqual(
    [config.cache.device.rebuild_every, config.cache.transaction.ttl, config.grpc.timeout],
    [180, 300, 3],
  );
  const version = (await get("/version")).body as { version: string; api_version: string };
  assert.ok(version.version !== "");
  assert.equal(version.api_version, "v3");
  const { body, type } = await get("/test");
  assert.equal((body as { status: string }).status, "ok");
  assert.ok(Number.isFinite(Date.parse((body as { timestamp: string }).timestamp)));
  assert.match(type, /^application\/json/);
});

test("one plugin, under the emulator's id, and healthy", async (t) => {
  const { get } = await emulatorSite(t);
  const list = (await get("/v3/plugin")).body as { id: string; name: string; tag: string; active: boolean }[];
  assert.deepEqual(
    list.map(({ id, name, tag, active }) => [id, name, tag, active]),
    [[suiteIds.plugin, "emulator plugin", "vaporio/emulator-plugin", true]],
  );
  const info = (await get(`/v3/plugin/${suiteIds.plugin}`)).body as {
    id: string;
    tag: string;
    health: { status: string; checks: { name: string; status: string }[] };
  };
  assert.deepEqual(
    [info.id, info.tag, info.health.status],
    [suiteIds.plugin, "vaporio/emulator-plugin", "OK"],
  );
  assert.deepEqual(
    info.health.checks.map(({ name, status }) => [name, status]),
    [
      ["read queue health", "OK"],
      ["write queue health", "OK"],
    ],
  );
  const { updated, ...health } = (await get("/v3/plugin/health")).body as { updated: string };
  assert.ok(updated !== "");
  assert.deepEqual(health, {
    status: "healthy",
    healthy: [suiteIds.plugin],
    unhealthy: [],
    active: 1,
    inactive: 0,
  });
});

test("what a device says of itself", async (t) => {
  const { get } = await emulatorSite(t);
  const info = (await get(`/v3/info/${first}`)).body as Device & { info: string; capabilities: object };
  assert.deepEqual(
    [info.id, info.type, info.info, info.plugin],
    [first, "temperature", "Synse Temperature Sensor 1", suiteIds.plugin],
  );
  assert.deepEqual(info.tags, ["foo/bar", `system/id:${first}`, "system/type:temperature"]);
  const led = (await get("/v3/info/emulator-led")).body as {
    id: string;
    capabilities: object;
    outputs: { name: string; precision: number }[];
  };
  assert.equal(led.id, suiteIds.led);
  assert.deepEqual(led.capabilities, { mode: "rw", write: { actions: [] } });
  assert.deepEqual(
    led.outputs.map(({ name, precision }) => [name, precision]),
    [
      ["state", 0],
      ["color", 0],
    ],
  );
});

test("what is not there", async (t) => {
  const { get } = await emulatorSite(t);
  for (const url of ["/v3/info/nobody", "/v3/read/nobody", "/v3/plugin/nobody", "/v3/transaction/nobody"]) {
    const { status, body } = await get(url);
    assert.deepEqual([url, status, (body as { http_code: number }).http_code], [url, 404, 404]);
  }
});

test("readings by tags", async (t) => {
  const { get } = await emulatorSite(t);
  const count = async (...tags: string[]): Promise<number> => {
    const { status, body } = await get(path("/v3/read", tags));
    assert.equal(status, 200);
    return (body as Reading[]).length;
  };
  assert.equal(await count(), 6);
  assert.equal(await count("foo/bar"), 4);
  assert.equal(await count(`system/id:${first}`), 1);
  assert.equal(await count("foo/bar,system/type:temperature"), 2);
  assert.equal(await count("foo/bar,system/type:led"), 2);
  assert.equal(await count("foo/bar", `system/id:${fourth}`), 5);
  assert.equal(await count("foo/none"), 0);
  assert.equal(await count("foo/bar,foo/none"), 0);
  assert.equal(await count("foo/none", "foo/nothing"), 0);
});

test("readings of a device, and those kept", async (t) => {
  const { get } = await emulatorSite(t);
  const [reading, ...others] = (await get(`/v3/read/${second}`)).body as Reading[];
  assert.deepEqual(others, []);
  assert.deepEqual([reading?.type, reading?.device_type], ["temperature", "temperature"]);
  assert.deepEqual(reading?.context, {});
  assert.deepEqual(reading.unit, { name: "celsius", symbol: "C" });
  assert.ok(Number.isInteger(reading.value));
  const led = (await get("/v3/read/emulator-led")).body as Reading[];
  assert.deepEqual(
    led.map(({ type, value, unit }) => [type, value, unit]),
    [
      ["state", "off", null],
      ["color", "000000", null],
    ],
  );
  const lines = (await get("/v3/readcache")).text.split("\n");
  assert.equal(lines.pop(), "");
  assert.ok(lines.length >= 6);
  assert.ok(lines.every((line) => suiteDevices.has((JSON.parse(line) as Reading).device)));
});

const suiteDevices: ReadonlySet<string> = new Set([suiteIds.led, ...suiteIds.temperatures]);

test("devices and tags", async (t) => {
  const { get } = await emulatorSite(t);
  const scan = async (...tags: string[]) => (await get(path("/v3/scan", tags))).body as Device[];
  const all = await scan();
  assert.deepEqual(
    all.map(({ id }) => id),
    [...suiteDevices].sort(),
  );
  assert.deepEqual(
    all.map(({ plugin, metadata }) => [plugin, metadata]),
    all.map(() => [suiteIds.plugin, {}]),
  );
  assert.equal((await scan("foo/bar")).length, 3);
  assert.equal((await scan("foo/bar", `system/id:${fourth}`)).length, 4);
  assert.deepEqual((await get("/v3/tags")).body, ["foo/bar", "system/type:led", "system/type:temperature"]);
  const withIds = (await get("/v3/tags?ids=true")).body as string[];
  assert.equal(withIds.length, 8);
  assert.deepEqual(withIds, [...withIds].sort());
});

test("a context that is configured is metadata, and stands with every reading", async (t) => {
  const { get } = await emulatorSite(
    t,
    suiteConfig.replace("type: temperature", "type: temperature\n        context: { row: 7 }"),
  );
  const [, ...rest] = (await get(path("/v3/scan", ["system/type:temperature"]))).body as Device[];
  assert.deepEqual(
    rest.map(({ metadata }) => metadata),
    rest.map(() => ({ row: "7" })),
  );
  const [reading] = (await get(`/v3/read/${second}`)).body as Reading[];
  assert.deepEqual(reading?.context, { row: "7" });
});

test("writes that are not waited for", async (t) => {
  const { get, post } = await emulatorSite(t);
  const payload = { action: "state", data: "on", transaction: "suite-1" };
  const { status, body } = await post(`/v3/write/${suiteIds.led}`, payload);
  assert.equal(status, 200);
  assert.deepEqual(body, [{ id: "suite-1", device: suiteIds.led, context: payload, timeout: "30s" }]);
  const unknown = { action: "foo", data: "bar", transaction: "suite-2" };
  const refused = await post(`/v3/write/${suiteIds.led}`, unknown);
  assert.equal(refused.status, 200);
  assert.deepEqual(
    (refused.body as Transaction[]).map(({ context }) => context),
    [unknown],
  );
  const done = (await get("/v3/transaction/suite-1")).body as Transaction;
  assert.deepEqual(
    [done.id, done.status, done.device, done.context],
    ["suite-1", "DONE", suiteIds.led, payload],
  );
  assert.deepEqual((await get("/v3/transaction")).body, ["suite-1", "suite-2"]);
  const [state] = (await get(`/v3/read/${suiteIds.led}`)).body as Reading[];
  assert.equal(state?.value, "on");
});

test("writes that are waited for, in order, with ids of our own", async (t) => {
  const { post } = await emulatorSite(t);
  const batch = [
    { action: "state", data: "blink" },
    { action: "color", data: "ff0000" },
  ];
  const { status, body } = await post(`/v3/write/wait/${suiteIds.led}`, batch);
  assert.equal(status, 200);
  const done = body as Transaction[];
  assert.deepEqual(
    done.map((one) => [one.status, one.device, one.context, one.timeout]),
    batch.map((context) => ["DONE", suiteIds.led, context, "30s"]),
  );
  assert.ok(done.every(({ id }) => id !== ""));
  const unknown = { action: "foo", data: "bar", transaction: "suite-3" };
  const refused = await post(`/v3/write/wait/${suiteIds.led}`, unknown);
  assert.equal(refused.status, 200);
  const [error] = refused.body as Transaction[];
  assert.deepEqual(
    [error?.id, error?.status, error?.context],
    ["suite-3", "ERROR", { ...unknown, reason: "UNKNOWN_ACTION" }],
  );
  assert.match(error?.message ?? "", /no action foo/);
  const bad = (await post(`/v3/write/wait/${suiteIds.led}`, { action: "color", data: "red" })).body;
  assert.match((bad as Transaction[])[0]?.message ?? "", /six hexadecimal digits/);
});
