import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "../../devices/device.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const reset: Action = { name: "reset", kind: "pulse", accepts: { kind: "none" }, storage: "ram" };
const devices: readonly TableDevice[] = [
  {
    alias: "probe",
    type: "temperature",
    outputs: [["temperature"]],
    tags: ["rack:r1", "zone:cold"],
    context: { row: "7" },
  },
  {
    alias: "fan-1",
    type: "fan",
    outputs: [["rpm"], ["duty"]],
    actions: [speed],
    tags: ["rack:r1"],
    sortIndex: 2,
  },
  {
    alias: "meter",
    type: "power",
    outputs: [["voltage", "l1"], ["voltage", "l2"], ["count"]],
    tags: ["x/rack:r2"],
  },
  { alias: "latch", type: "lock", outputs: [], actions: [reset], sortIndex: 1 },
];
const values = {
  "probe/temperature": 21.5,
  "fan-1/rpm": 4200,
  "fan-1/duty": 40,
  "meter/voltage/l1": 230.1,
  "meter/count": 18446744073709551615n,
};
const at = "2031-05-06T07:08:10.000Z";

interface Row {
  readonly device: string;
  readonly alias: string;
  readonly type: string;
  readonly value: unknown;
  readonly context: Record<string, string>;
}
const rows = (body: unknown): readonly Row[] => body as Row[];

test("a reading has Synse's fields, and bad ones say why", async (t) => {
  const { site, ask } = await tableSite(t, devices, values);
  const probe = await ask("/v3/read/probe");
  assert.equal(probe.headers["content-type"], "application/json");
  assert.deepEqual(probe.body, [
    {
      device: site.registry.get("probe")?.id,
      timestamp: at,
      type: "temperature",
      device_type: "temperature",
      device_info: "temperature probe",
      unit: { name: "celsius", symbol: "C" },
      value: 21.5,
      context: { row: "7" },
    },
  ]);
  const meter = await ask(`/v3/read/${site.registry.get("meter")?.id ?? ""}`);
  assert.match(meter.text, /"value":18446744073709551615,/);
  const [l1, l2] = rows(meter.body);
  assert.deepEqual(l1?.context, { channel: "l1" });
  assert.equal(l2?.value, null);
  assert.deepEqual(l2.context, {
    channel: "l2",
    quality: "bad",
    reason: "NO_ANSWER",
    reason_text: "the table has no value",
  });
  assert.match(meter.text, /"unit":null,"value":18446744073709551615/);
});

test("reads select by tags, namespaces and plugin as Synse does", async (t) => {
  const { site, ask } = await tableSite(t, devices, values);
  const aliases = async (url: string): Promise<string[]> => {
    const { body, status } = await ask(url);
    assert.equal(status, 200, url);
    return [...new Set(rows(body).map(({ device }) => site.registry.get(device)?.alias ?? ""))].sort();
  };
  assert.deepEqual(await aliases("/v3/read"), ["fan-1", "meter", "probe"]);
  assert.deepEqual(await aliases("/v3/read?ns=&tags=&plugin="), ["fan-1", "meter", "probe"]);
  assert.deepEqual(await aliases("/v3/read?tags=rack:r1"), ["fan-1", "probe"]);
  assert.deepEqual(await aliases("/v3/read?tags=default/rack:r1,system/type:fan"), ["fan-1"]);
  assert.deepEqual(await aliases("/v3/read?tags=zone:cold&tags=x/rack:r2"), ["meter", "probe"]);
  assert.deepEqual(await aliases("/v3/read?ns=x&tags=rack:r2"), ["meter"]);
  assert.deepEqual(await aliases("/v3/read?tags=x/**"), ["meter"]);
  assert.deepEqual(await aliases("/v3/read?tags=rack:**"), ["fan-1", "probe"]);
  assert.deepEqual(await aliases("/v3/read?tags=type:fan"), []);
  assert.deepEqual(await aliases("/v3/read?tags=rack:r1,"), []);
  const [plugin] = rows((await ask("/v3/plugin")).body) as unknown as { id: string }[];
  assert.deepEqual(await aliases(`/v3/read?plugin=${plugin?.id ?? ""}`), ["fan-1", "meter", "probe"]);
  assert.equal(site.registry.get("probe")?.plugin, plugin?.id);
  assert.equal((await ask("/v3/read?plugin=none")).status, 400);
  assert.equal((await ask("/v3/read?ns=a&ns=b")).status, 400);
});

test("reads follow changes of readings", async (t) => {
  const { ask, table, clock } = await tableSite(t, devices, values);
  const before = await ask("/v3/read");
  assert.equal((await ask("/v3/read")).text, before.text);
  table.values.set("probe/temperature", 30);
  await clock.advance(1000);
  const after = rows((await ask("/v3/read")).body).find(({ context }) => context["row"] === "7");
  assert.equal(after?.value, 30);
  assert.equal(rows((await ask("/v3/read/probe")).body)[0]?.value, 30);
});

test("scan lists devices by plugin, sort index and id, or as asked", async (t) => {
  const { site, ask } = await tableSite(t, devices, values);
  const aliases = async (url: string): Promise<string[]> =>
    rows((await ask(url)).body).map(({ alias }) => alias);
  const ordered = [...site.registry.all()].map(({ alias }) => alias);
  assert.deepEqual(await aliases("/v3/scan"), ordered);
  assert.deepEqual(ordered.slice(2), ["latch", "fan-1"]);
  assert.deepEqual(await aliases("/v3/scan/?sort=alias"), ["fan-1", "latch", "meter", "probe"]);
  assert.deepEqual(await aliases("/v3/device?sort=type,alias&tags=rack:r1&force=true"), ["fan-1", "probe"]);
  assert.deepEqual(await aliases("/v3/scan?tags=rack:**"), ["probe", "fan-1"]);
  for (const bad of ["sort_index", "id,", "constructor", "id&sort=type"]) {
    assert.equal((await ask(`/v3/scan?sort=${bad}`)).status, 400, bad);
  }
  const [first] = rows((await ask("/v3/scan?sort=alias")).body);
  const id = site.registry.get("fan-1")?.id ?? "";
  assert.deepEqual(first, {
    id,
    alias: "fan-1",
    info: "fan fan-1",
    type: "fan",
    plugin: site.registry.get("fan-1")?.plugin,
    tags: ["default/rack:r1", `system/id:${id}`, "system/type:fan"],
    metadata: {},
  });
});

test("info has Synse's mixed case, and units only where there are some", async (t) => {
  const { site, ask } = await tableSite(t, devices, values);
  const fan = site.registry.get("fan-1");
  assert.deepEqual((await ask("/v3/info/fan-1")).body, {
    timestamp: "2031-05-06T07:08:10.500Z",
    id: fan?.id,
    type: "fan",
    plugin: fan?.plugin,
    info: "fan fan-1",
    alias: "fan-1",
    capabilities: { mode: "rw", write: { actions: ["speed"] } },
    tags: fan?.tags,
    outputs: [
      {
        name: "rpm",
        type: "frequency",
        precision: 2,
        scalingFactor: 0,
        unit: { name: "revolutions per minute", symbol: "RPM" },
      },
      { name: "duty", type: "duty", precision: 1, scalingFactor: 0, unit: { name: "percent", symbol: "%" } },
    ],
    metadata: {},
    sort_index: 2,
  });
  const meter = (await ask("/v3/info/meter")).body as { outputs: object[]; capabilities: { mode: string } };
  assert.equal("unit" in (meter.outputs[2] ?? {}), false);
  assert.equal(meter.capabilities.mode, "r");
});

test("tags are sorted; namespaces and ids on request", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  assert.deepEqual((await ask("/v3/tags")).body, [
    "default/rack:r1",
    "default/zone:cold",
    "system/type:fan",
    "system/type:lock",
    "system/type:power",
    "system/type:temperature",
    "x/rack:r2",
  ]);
  assert.deepEqual((await ask("/v3/tags?ns=x,default")).body, [
    "default/rack:r1",
    "default/zone:cold",
    "x/rack:r2",
  ]);
  assert.deepEqual((await ask("/v3/tags?ns=x&ns=")).body, ["x/rack:r2"]);
  assert.equal(((await ask("/v3/tags?ids=TRUE")).body as string[]).length, 11);
});

test("errors are JSON with four fields, whatever was asked", async (t) => {
  const { ask, site } = await tableSite(t, devices, values);
  const cases: readonly (readonly [
    method: string,
    url: string,
    status: number,
    context?: string | undefined,
    allow?: string,
  ])[] = [
    ["GET", "/v3/info/none", 404, "device not found: none"],
    ["GET", "/v3/read/none", 404, "plugin not found for device none"],
    ["GET", "/v3/plugin/none", 404, "plugin not found: none"],
    ["GET", "/v3/transaction/none", 404, "transaction not found: none"],
    ["GET", "/nothing", 404],
    ["GET", "/v3//scan", 404],
    ["GET", "/V3/scan", 404],
    ["GET", "/v3/read/", 404],
    ["GET", "/v3/device/", 404],
    ["GET", "/v3/plugin/", 404],
    ["GET", "/v3/transaction/", 404],
    ["GET", "/v3/info/%zz", 400],
    ["POST", "/v3/scan", 405, undefined, "GET, HEAD, OPTIONS"],
    ["GET", "/v3/write/fan-1", 405, undefined, "POST, OPTIONS"],
    ["DELETE", "/v3/device/fan-1", 405, undefined, "GET, HEAD, POST, OPTIONS"],
    ["GET", "/v3/read/latch", 405],
    ["POST", "/v3/write/probe", 405],
  ];
  for (const [method, url, status, context, allow] of cases) {
    const payload = method === "POST" ? '{"action":"x"}' : undefined;
    const answer = await ask({ method: method as "GET", url, ...(payload === undefined ? {} : { payload }) });
    const body = answer.body as Record<string, unknown>;
    const what = `${method} ${url}`;
    assert.equal(answer.status, status, what);
    assert.equal(answer.headers["content-type"], "application/json", what);
    assert.deepEqual(Object.keys(body), ["http_code", "description", "timestamp", "context"], what);
    assert.equal(body["http_code"], status);
    assert.match(String(body["timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const texts = new Map([
      [400, "invalid user input"],
      [404, "resource not found"],
      [405, "device action not supported"],
    ]);
    assert.equal(body["description"], texts.get(status), what);
    if (context !== undefined) assert.equal(body["context"], context);
    if (allow !== undefined) assert.equal(answer.headers["allow"], allow, what);
  }
  assert.equal((await ask({ method: "HEAD", url: "/v3/scan" })).status, 200);
  assert.equal(
    (await ask(`/v3/read/${encodeURIComponent(site.registry.get("probe")?.id ?? "")}/`)).status,
    200,
  );
});

test("a synchronous write is done when read back, under the name it was asked for", async (t) => {
  const { ask, table, site } = await tableSite(t, devices, values);
  const payload = '{"action":"speed","data":"80","transaction":"mine"}';
  const answer = await ask({ method: "POST", url: "/v3/write/wait/fan-1", payload });
  const [done] = answer.body as [Record<string, unknown>];
  assert.equal(answer.status, 200);
  assert.deepEqual(
    { ...done, created: "", updated: "", message: "" },
    {
      id: "mine",
      created: "",
      updated: "",
      message: "",
      timeout: "30s",
      status: "DONE",
      context: { action: "speed", data: "80", transaction: "mine" },
      device: "fan-1",
    },
  );
  assert.equal(table.values.get("fan-1/duty"), 80);
  assert.deepEqual((await ask("/v3/transaction/mine")).body, done);
  assert.deepEqual((await ask("/v3/transaction")).body, ["mine"]);
  const [inForce] = site.writer.array("fan-1");
  assert.equal(inForce?.inForce?.slot, 8);
  assert.equal(inForce.inForce.why, "Synse write");
});

test("several writes run in order, and an asynchronous one is looked up later", async (t) => {
  const { ask, table, clock, site } = await tableSite(t, devices, values);
  const payload = '[{"action":"speed","data":"10"},{"action":"speed","data":"20"}]';
  const both = await ask({
    method: "POST",
    url: "/v3/device/fan-1",
    payload,
    headers: { "content-type": "text/plain" },
  });
  assert.deepEqual(
    rows(both.body).map((row) => (row as unknown as { status: string }).status),
    ["DONE", "DONE"],
  );
  assert.deepEqual(
    table.commands.map(({ value }) => value),
    [10, 20],
  );
  const accepted = await ask({
    method: "POST",
    url: "/v3/write/fan-1",
    payload: '{"action":"speed","data":"30"}',
  });
  const [info] = accepted.body as [{ id: string; device: string; context: object; timeout: string }];
  assert.equal(info.device, site.registry.get("fan-1")?.id);
  assert.deepEqual(info.context, { action: "speed", data: "30" });
  assert.deepEqual(Object.keys(info), ["id", "device", "context", "timeout"]);
  await clock.advance(1000);
  assert.equal(((await ask(`/v3/transaction/${info.id}`)).body as { status: string }).status, "DONE");
});

test("what a device cannot do ends its transaction in ERROR, as Synse clients expect", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  for (const payload of [
    '{"action":"fly"}',
    '{"action":"speed","data":"800"}',
    '{"action":"speed","data":"x"}',
  ]) {
    const answer = await ask({ method: "POST", url: "/v3/write/wait/fan-1", payload });
    const [status] = answer.body as [{ id: string; status: string; message: string }];
    assert.equal(answer.status, 200);
    assert.equal(status.status, "ERROR");
    assert.match(status.message, /^fan-1/);
    assert.deepEqual((await ask(`/v3/transaction/${status.id}`)).body, status);
    assert.ok(((await ask("/v3/transaction")).body as string[]).includes(status.id));
  }
});

test("a body that is no write is refused before anything is written", async (t) => {
  const { ask, table } = await tableSite(t, devices, values);
  const bodies = [
    "",
    " ",
    "null",
    "5",
    '"action"',
    "{",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"data":"1"}',
    '{"action":5}',
    '{"action":"speed","data":5}',
    '{"action":"speed","data":{}}',
    '[{"action":"speed","data":"1"},{"data":"2"}]',
  ];
  for (const payload of bodies) {
    for (const url of ["/v3/write/fan-1", "/v3/write/wait/fan-1/", "/v3/device/fan-1"]) {
      assert.equal((await ask({ method: "POST", url, payload })).status, 400, payload);
    }
  }
  const twice =
    '[{"action":"speed","data":"1","transaction":"a"},{"action":"speed","data":"2","transaction":"a"}]';
  assert.equal((await ask({ method: "POST", url: "/v3/write/fan-1", payload: twice })).status, 409);
  assert.equal(
    (await ask({ method: "POST", url: "/v3/write/none", payload: '{"action":"speed"}' })).status,
    404,
  );
  const large = `{"action":"speed","data":"${"1".repeat(2_000_000)}"}`;
  assert.equal((await ask({ method: "POST", url: "/v3/write/fan-1", payload: large })).status, 413);
  assert.deepEqual(table.commands, []);
});

test("plugins, their health, the version and the configuration", async (t) => {
  const { ask, table, clock } = await tableSite(t, devices, values);
  const [plugin] = (await ask("/v3/plugin")).body as [{ id: string; tag: string; active: boolean }];
  assert.deepEqual([plugin.tag, plugin.active], ["bothy/table", true]);
  const health = async (): Promise<unknown> => {
    const { status, healthy } = (await ask("/v3/plugin/health")).body as {
      status: string;
      healthy: string[];
    };
    return [status, healthy];
  };
  assert.deepEqual(await health(), ["healthy", [plugin.id]]);
  table.cut();
  await clock.advance(10);
  assert.deepEqual(await health(), ["unhealthy", []]);
  const info = (await ask(`/v3/plugin/${plugin.id}`)).body as {
    health: { status: string; checks: { message: string }[] };
  };
  assert.equal(info.health.status, "FAILING");
  assert.match(info.health.checks[0]?.message ?? "", /it was cut/);
  assert.equal(((await ask("/version/")).body as { api_version: string }).api_version, "v3");
  assert.equal(((await ask("/test")).body as { status: string }).status, "ok");
  const config = await ask("/v3/config");
  assert.equal((config.body as { logging: string }).logging, "info");
  assert.doesNotMatch(config.text, /hush/);
});

test("the configuration says what holds, in Synse's words and in our own, without secrets", async (t) => {
  const synse = (settings: object) => ({ plugin: "synse", settings });
  const { ask, clock } = await tableSite(t, devices, values, {
    log: { level: "warn" },
    cache: { transactions: { keepFor: "90s" } },
    metrics: { enabled: false },
    buses: {
      t: { plugin: "table", settings: { password: "hush" } },
      a: synse({ address: "10.0.0.1:5001" }),
      b: synse({ socket: "/run/p.sock" }),
    },
  });
  const { site, http, buses, ...shared } = (await ask("/v3/config")).body as Record<string, unknown>;
  assert.deepEqual(shared, {
    logging: "warning",
    pretty_json: false,
    plugin: { tcp: ["10.0.0.1:5001"], unix: ["/run/p.sock"] },
    cache: {
      device: { rebuild_every: 180 },
      plugin: { refresh_every: 120 },
      transaction: { ttl: 90 },
    },
    grpc: { timeout: 3 },
    metrics: { enabled: false },
  });
  assert.deepEqual([(site as { id: string }).id, (http as { port: number }).port], ["hut", 0]);
  assert.deepEqual((buses as Record<string, unknown>)["t"], {
    plugin: "table",
    settings: { password: "***" },
  });
  const payload = '{"action":"speed","data":"30","transaction":"mine"}';
  await ask({ method: "POST", url: "/v3/write/wait/fan-1", payload });
  await clock.advance(89_000);
  assert.equal((await ask("/v3/transaction/mine")).status, 200);
  await clock.advance(2000);
  assert.equal((await ask("/v3/transaction/mine")).status, 404);
  assert.deepEqual((await ask("/v3/transaction")).body, []);
  assert.equal((await ask({ method: "POST", url: "/v3/write/wait/fan-1", payload })).status, 200);
});
