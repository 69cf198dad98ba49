import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Action } from "../../devices/device.ts";
import { socketEvents } from "../../server/websocket/events.ts";
import { good, testDevice, valueId } from "../support/device.ts";
import { openSocket, socketsOf, until } from "../support/sockets.ts";
import { speed, type Table, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const reset: Action = { name: "reset", kind: "pulse", accepts: { kind: "none" }, storage: "ram" };
const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1", "x/a"] },
  { alias: "fan-2", type: "fan", outputs: [["duty"]], actions: [speed] },
  {
    alias: "probe",
    type: "temperature",
    outputs: [["temperature"]],
    tags: ["rack:r1"],
    context: { row: "7" },
  },
  { alias: "meter", type: "power", outputs: [["count"]] },
  { alias: "latch", type: "lock", outputs: [], actions: [reset] },
];
const values = {
  "fan-1/rpm": 4200,
  "fan-1/duty": 40,
  "probe/temperature": 21.5,
  "meter/count": 18446744073709551615n,
};

const slowWrite = { device: "fan-2", payload: { action: "speed", data: "50" } };

/** Writes to a device wait until the returned function is called. */
function hold(table: Table, alias: string): () => void {
  let open: () => void = () => undefined;
  table.gates.set(alias, new Promise((resolve) => (open = resolve)));
  return open;
}

/** Event of the request, its data, event of the answer, and what its data look like. */
type Row = readonly [event: string, data: unknown, answer: string, says: RegExp];

const rows: readonly Row[] = [
  ["request/status", undefined, "status", /^\{"status":"ok","timestamp":"[^"]+Z"\}$/],
  ["request/status", null, "status", /"ok"/],
  ["request/status", { unknown: 1 }, "status", /"ok"/],
  ["request_status", {}, "status", /"ok"/],
  ["request/version", {}, "version", /^\{"version":"[^"]+","api_version":"v3"\}$/],
  ["request/config", {}, "config", /"logging":"info"/],
  ["request/plugins", {}, "plugin_summary", /^\[\{"name":"table","maintainer":"bothy"/],
  ["request/plugins", { refresh: true }, "plugin_summary", /"active":true/],
  ["request/plugins", { refresh: null }, "plugin_summary", /"active":true/],
  ["request/plugin_health", {}, "plugin_health", /^\{"status":"healthy"/],
  ["request_plugin_health", {}, "plugin_health", /^\{"status":"healthy"/],
  ["request/scan", {}, "device_summary", /^\[\{"id":"[^"]+","alias":/],
  ["request/scan", { ns: "", tags: null, force: false, sort: "" }, "device_summary", /"latch"/],
  ["request/scan", { ns: "default", tags: [], force: true }, "device_summary", /"latch"/],
  [
    "request/scan",
    { tags: ["rack:r1", "x/a"] },
    "device_summary",
    /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/,
  ],
  [
    "request/scan",
    { tags: [["x/a"], ["none"]] },
    "device_summary",
    /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/,
  ],
  [
    "request/scan",
    { tags: "rack:r1,x/a" },
    "device_summary",
    /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/,
  ],
  ["request/scan", { ns: "x", tags: ["a"] }, "device_summary", /"fan-1"/],
  ["request/scan", { tags: ["type:fan"] }, "device_summary", /^\[\]$/],
  ["request/scan", { sort: "alias" }, "device_summary", /^\[\{"id":"[^"]+","alias":"fan-1"/],
  ["request/scan", { sort: ["type", "alias"] }, "device_summary", /^\[\{"id":"[^"]+","alias":"fan-1"/],
  ["request/tags", {}, "tags", /^\["default\/rack:r1","system\/type:fan",.*"x\/a"\]$/],
  ["request/tags", { ns: ["x", "default"], ids: false }, "tags", /^\["default\/rack:r1","x\/a"\]$/],
  ["request/tags", { ns: "x" }, "tags", /^\["x\/a"\]$/],
  ["request/tags", { ns: "x,default" }, "tags", /^\["default\/rack:r1","x\/a"\]$/],
  ["request/tags", { ns: [], ids: true }, "tags", /"system\/id:/],
  ["request/tags", { ids: "True" }, "tags", /"system\/id:/],
  ["request/tags", { ids: "false" }, "tags", /^\["default\/rack:r1","system\/type:fan"/],
  [
    "request/info",
    { device: "probe" },
    "device_info",
    /"alias":"probe".*"metadata":\{"row":"7"\},"sort_index":0\}$/,
  ],
  ["request/read", {}, "reading", /"value":18446744073709551615,/],
  ["request/read", { tags: [["rack:r1"]], ns: "default" }, "reading", /^\[\{"device":.*"value":4200,/],
  ["request/read", { tags: ["none"] }, "reading", /^\[\]$/],
  ["request/read", { tags: ["x/**"] }, "reading", /"value":4200,/],
  [
    "request/read_device",
    { device: "meter" },
    "reading",
    /^\[\{"device":[^[]*"value":18446744073709551615,[^[]*\}\]$/,
  ],
  ["request/read_cache", {}, "reading", /^\[\{"device":.*"value":18446744073709551615,/],
  ["request/read_cache", { start: "2031-05-06T07:08:09Z", end: "" }, "reading", /^\[\{"device":/],
  ["request/read_cache", { start: "2041-05-06T07:08:09Z" }, "reading", /^\[\]$/],
  [
    "request/write_async",
    { device: "latch", payload: { action: "reset", transaction: "t-1" } },
    "transaction_info",
    /^\[\{"id":"t-1","device":"[^"]+","context":\{"action":"reset","data":"","transaction":"t-1"\},"timeout":"30s"\}\]$/,
  ],
  [
    "request/write_async",
    { device: "latch", payload: [{ action: "reset" }, { action: "reset", data: null }] },
    "transaction_info",
    /^\[\{"id":"[^"]+","device":[^[]*\},\{"id":/,
  ],
  [
    "request/write_sync",
    { device: "latch", payload: { action: "reset", transaction: "t-2" } },
    "transaction_status",
    /^\[\{"id":"t-2",.*"status":"DONE".*"device":"latch"\}\]$/,
  ],
  [
    "request/write_sync",
    { device: "latch", payload: { action: "none" } },
    "transaction_status",
    /"status":"ERROR"/,
  ],
  ["request/transaction", { transaction: "t-2" }, "transaction_status", /^\{"id":"t-2",.*"status":"DONE"/],
  ["request/transactions", {}, "transaction_list", /"t-1","t-2"\]$/],
];

test("every event answers as its row says", async (t) => {
  const { http, site, clock } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  const plugin = site.registry.get("fan-1")?.plugin ?? "";
  const all: readonly Row[] = [
    ...rows,
    ["request/plugin", { plugin }, "plugin_info", /^\{"name":"table".*"vcs":"none","network":/],
    ["request/read", { plugin }, "reading", /"value":4200,/],
    ["request/read_stream", { ids: ["probe"] }, "reading", /^\{"device":[^[]*"value":21.5,[^[]*\}$/],
  ];
  for (const [event, data, answer, says] of all) {
    let answered = false;
    const asked = client.ask(event, data).finally(() => (answered = true));
    await until(() => answered || http.sockets.counts().requests > 0);
    await clock.advance(1000);
    const got = await asked;
    const what = `${event} ${JSON.stringify(data)}: ${got.text}`;
    assert.equal(got.event, `response/${answer}`, what);
    const [head = ""] = /^\{"id":\d+,"event":"[^"]+","data":/.exec(got.text) ?? [];
    assert.match(got.text.slice(head.length, -1), says, what);
  }
  const walked = new Set(all.map(([event]) => event));
  assert.deepEqual(
    Object.keys(socketEvents).filter((event) => !walked.has(event)),
    [],
  );
});

test("a WebSocket says what HTTP says", async (t) => {
  const { http, ask, site, clock } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  const plugin = site.registry.get("fan-1")?.plugin ?? "";
  await ask({ method: "POST", url: "/v3/write/latch", payload: '{"action":"reset","transaction":"t"}' });
  await clock.advance(1000);
  const same: readonly (readonly [url: string, event: string, data?: object])[] = [
    ["/test", "request/status"],
    ["/version", "request/version"],
    ["/v3/config", "request/config"],
    ["/v3/plugin", "request/plugins"],
    [`/v3/plugin/${plugin}`, "request/plugin", { plugin }],
    ["/v3/plugin/health", "request/plugin_health"],
    ["/v3/scan?tags=rack:r1", "request/scan", { tags: ["rack:r1"] }],
    ["/v3/scan?sort=alias", "request/scan", { sort: "alias" }],
    ["/v3/tags?ids=true", "request/tags", { ids: true }],
    ["/v3/info/fan-1", "request/info", { device: "fan-1" }],
    ["/v3/read", "request/read"],
    ["/v3/read?tags=x/a&tags=none", "request/read", { tags: [["x/a"], ["none"]] }],
    ["/v3/read/meter", "request/read_device", { device: "meter" }],
    ["/v3/transaction", "request/transactions"],
    ["/v3/transaction/t", "request/transaction", { transaction: "t" }],
    ["/v3/info/none", "request/info", { device: "none" }],
    ["/v3/read/none", "request/read_device", { device: "none" }],
    ["/v3/read/latch", "request/read_device", { device: "latch" }],
    ["/v3/plugin/none", "request/plugin", { plugin: "none" }],
    ["/v3/transaction/none", "request/transaction", { transaction: "none" }],
    ["/v3/scan?sort=x", "request/scan", { sort: "x" }],
    ["/v3/readcache?start=x", "request/read_cache", { start: "x" }],
  ];
  for (const [url, event, data] of same) {
    const [over, { text }] = [await client.ask(event, data), await ask(url)];
    assert.ok(over.text.endsWith(`"data":${text}}`), `${url}: ${text} but ${over.text}`);
  }
});

/** What is sent, the id of the answer, its code, and what its context says. */
const errors: readonly (readonly [sent: string, id: string, code: number, says: RegExp])[] = [
  ["", "-1", 400, /not JSON/],
  ["rubbish", "-1", 400, /not JSON/],
  ['{"id":1,', "-1", 400, /not JSON/],
  ["null", "-1", 400, /must be an object/],
  ["[]", "-1", 400, /must be an object/],
  ['"request/status"', "-1", 400, /must be an object/],
  ["7", "-1", 400, /must be an object/],
  ["{}", "-1", 400, /no id/],
  ['{"event":"request/status"}', "-1", 400, /no id/],
  [`{"id":"${"x".repeat(1000)}","event":"request/status"}`, "-1", 400, /longer than 1000/],
  ['{"id":3}', "3", 400, /no event/],
  ['{"id":3,"event":null}', "3", 400, /event must be text/],
  ['{"id":3,"event":7}', "3", 400, /event must be text/],
  ['{"id":3,"event":["request/status"]}', "3", 400, /event must be text/],
  ['{"id":3,"event":"request/nothing"}', "3", 400, /no event request\/nothing/],
  ['{"id":3,"event":""}', "3", 400, /no event/],
  ['{"id":3,"event":"__proto__"}', "3", 400, /no event/],
  ['{"id":3,"event":"constructor"}', "3", 400, /no event/],
  [`{"id":3,"event":"${"y".repeat(5000)}"}`, "3", 400, /^there is no event y{100}…;/],
  ['{"id":3,"event":"request/status","data":7}', "3", 400, /data must be an object/],
  ['{"id":3,"event":"request/status","data":"x"}', "3", 400, /data must be an object/],
  ['{"id":3,"event":"request/status","data":[]}', "3", 400, /data must be an object/],
  ['{"id":3,"event":"request/plugin"}', "3", 400, /`plugin` is missing/],
  ['{"id":3,"event":"request/plugin","data":{"plugin":""}}', "3", 400, /`plugin` is missing/],
  ['{"id":3,"event":"request/plugin","data":{"plugin":"x"}}', "3", 404, /^plugin not found: x$/],
  ['{"id":3,"event":"request/info"}', "3", 400, /`device` is missing/],
  ['{"id":3,"event":"request/info","data":{"device":null}}', "3", 400, /`device` is missing/],
  ['{"id":3,"event":"request/info","data":{"device":5}}', "3", 400, /data\.device: /],
  ['{"id":3,"event":"request/info","data":{"device":"x"}}', "3", 404, /^device not found: x$/],
  ['{"id":3,"event":"request/read_device"}', "3", 400, /`device` is missing/],
  [
    '{"id":3,"event":"request/read_device","data":{"device":"x"}}',
    "3",
    404,
    /^plugin not found for device x$/,
  ],
  ['{"id":3,"event":"request/read_device","data":{"device":"latch"}}', "3", 405, /cannot be read/],
  ['{"id":3,"event":"request/scan","data":{"tags":5}}', "3", 400, /data\.tags: /],
  ['{"id":3,"event":"request/scan","data":{"tags":["a",["b"]]}}', "3", 400, /data\.tags/],
  ['{"id":3,"event":"request/scan","data":{"tags":[[5]]}}', "3", 400, /data\.tags/],
  ['{"id":3,"event":"request/scan","data":{"ns":["a","b"]}}', "3", 400, /data\.ns: /],
  ['{"id":3,"event":"request/scan","data":{"sort":"sort_index"}}', "3", 400, /sort_index/],
  [
    `{"id":3,"event":"request/scan","data":{"tags":${JSON.stringify(Array(9000).fill("a"))}}}`,
    "3",
    400,
    /too many/,
  ],
  [
    `{"id":3,"event":"request/read","data":{"tags":${JSON.stringify(Array(20_000).fill([]))}}}`,
    "3",
    400,
    /too many/,
  ],
  ['{"id":3,"event":"request/read","data":{"plugin":"x"}}', "3", 400, /no plugin x/],
  ['{"id":3,"event":"request/tags","data":{"ids":[]}}', "3", 400, /data\.ids: /],
  ['{"id":3,"event":"request/read_cache","data":{"start":"soon"}}', "3", 400, /start/],
  ['{"id":3,"event":"request/read_stream","data":{"ids":["fan-1","x"]}}', "3", 404, /^device not found: x$/],
  ['{"id":3,"event":"request/read_stream","data":{"ids":5}}', "3", 400, /data\.ids: /],
  ['{"id":3,"event":"request/read_stream","data":{"stop":[]}}', "3", 400, /data\.stop: /],
  ['{"id":3,"event":"request/write_async"}', "3", 400, /`device` is missing.*`payload` is missing/],
  ['{"id":3,"event":"request/write_async","data":{"device":"fan-1"}}', "3", 400, /`payload` is missing/],
  [
    '{"id":3,"event":"request/write_async","data":{"device":"x","payload":{"action":"a"}}}',
    "3",
    404,
    /^plugin not found for device x$/,
  ],
  [
    '{"id":3,"event":"request/write_async","data":{"device":"fan-1","payload":{}}}',
    "3",
    400,
    /needs an action/,
  ],
  ['{"id":3,"event":"request/write_async","data":{"device":"fan-1","payload":[]}}', "3", 400, /empty/],
  ['{"id":3,"event":"request/write_async","data":{"device":"fan-1","payload":7}}', "3", 400, /is an object/],
  [
    '{"id":3,"event":"request/write_async","data":{"device":"fan-1","payload":{"action":5}}}',
    "3",
    400,
    /must be text/,
  ],
  [
    '{"id":3,"event":"request/write_async","data":{"device":"probe","payload":{"action":"a"}}}',
    "3",
    405,
    /no writes/,
  ],
  [
    '{"id":3,"event":"request/write_sync","data":{"payload":{"action":"a"}}}',
    "3",
    400,
    /`device` is missing/,
  ],
  ['{"id":3,"event":"request/write_sync","data":{"device":"x","payload":{"action":"a"}}}', "3", 404, /x$/],
  [
    '{"id":3,"event":"request/write_sync","data":{"device":"fan-1","payload":{}}}',
    "3",
    400,
    /needs an action/,
  ],
  ['{"id":3,"event":"request/transaction"}', "3", 400, /`transaction` is missing/],
  [
    '{"id":3,"event":"request/transaction","data":{"transaction":"x"}}',
    "3",
    404,
    /^transaction not found: x$/,
  ],
];

const descriptions: Readonly<Record<number, string>> = {
  400: "invalid user input",
  404: "resource not found",
  405: "device action not supported",
};

test("what is wrong is answered, in the shape of HTTP's errors", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  for (const [sent, id, code, says] of errors) {
    client.send(sent);
    const answer = await client.next();
    assert.equal(answer.event, "response/error", `${sent}: ${answer.text}`);
    assert.ok(answer.text.startsWith(`{"id":${id},"event"`), `${sent}: ${answer.text}`);
    const { http_code, description, timestamp, context } = answer.data as Record<string, unknown>;
    assert.equal(http_code, code, `${sent}: ${answer.text}`);
    assert.match(String(context), says, sent);
    assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const unsupported = /^there is no event ([^;]*);/.exec(String(context))?.[1];
    assert.equal(
      description,
      unsupported === undefined ? descriptions[code] : `unsupported event type: ${unsupported}`,
      sent,
    );
  }
  assert.equal((await client.ask("request/status")).event, "response/status");
});

test("an id comes back as it went, whatever it is", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  const ids = [
    ...["0", "-0", "1", "1.0", "1e3", "-1", "9007199254740993", "18446744073709551615", "0.1000"],
    ...['""', '"a"', '"\\u0041\\n\\"}"', "null", "true", "false", "[]", "{}"],
    ...['{"id":2,"n":[18446744073709551615,"]}"]}', '[ 1 , {"event":"}"} ]', `"${"x".repeat(998)}"`],
  ];
  for (const id of ids) {
    for (const message of [
      `{"id":${id},"event":"request/status"}`,
      ` \n{ "event" : "request/status" , "data" : {"id": 5, "x": "}\\"{"} , "\\u0069d" :\t${id} } `,
      `{"id":"first","event":"request/status","id":${id}}`,
    ]) {
      client.send(message);
      const { text } = await client.next();
      assert.ok(text.startsWith(`{"id":${id},"event":"response/status",`), `${message}: ${text}`);
    }
    client.send(`{"id":${id},"event":"none"}`);
    const { text } = await client.next();
    assert.ok(text.startsWith(`{"id":${id},"event":"response/error",`), text);
  }
});

test("binary frames and fragments are read; answers are text", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  client.socket.send(Buffer.from('{"id":"ü","event":"request/status"}'), { binary: true });
  assert.equal((await client.next()).id, "ü");
  client.socket.send('{"id":7,"event":', { fin: false });
  client.socket.send('"request/status"}', { fin: true });
  assert.equal((await client.next()).id, 7);
});

test("requests are carried out side by side and answered in order", async (t) => {
  const { http, clock, table } = await tableSite(t, devices, values);
  const open = hold(table, "fan-2");
  const client = await openSocket(t, http);
  client.send({ id: 0, event: "request/write_sync", data: slowWrite });
  client.send({ id: 1, event: "request/status" });
  client.send({
    id: 2,
    event: "request/write_async",
    data: { device: "latch", payload: { action: "reset" } },
  });
  client.send({ id: 3, event: "request/nothing" });
  client.send({ id: 4, event: "request/read" });
  await until(() => http.sockets.counts().requests === 5);
  await clock.advance(1000);
  // The write behind the slow one has gone out while that one still waits.
  assert.deepEqual(
    table.commands.map(({ action }) => action.name),
    ["speed", "reset"],
  );
  assert.equal(client.unread(), 0);
  open();
  await clock.advance(1000);
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await client.next());
  assert.deepEqual(
    answers.map(({ id, event }) => [id, event]),
    [
      [0, "response/transaction_status"],
      [1, "response/status"],
      [2, "response/transaction_info"],
      [3, "response/error"],
      [4, "response/reading"],
    ],
  );
  assert.match(answers[0]?.text ?? "", /"status":"DONE"/);
});

test("sockets do not wait for each other", async (t) => {
  const { http, clock, table } = await tableSite(t, devices, values);
  const open = hold(table, "fan-2");
  const [one, other] = [await openSocket(t, http), await openSocket(t, http)];
  const answer = one.ask("request/write_sync", slowWrite);
  await until(() => http.sockets.counts().requests === 1);
  assert.equal((await other.ask("request/status")).event, "response/status");
  assert.equal(one.unread(), 0);
  open();
  await clock.advance(1000);
  assert.match((await answer).text, /"DONE"/);
});

test("whoever may only read is refused writes, and sees only what is in their scope", async (t) => {
  const { site, table } = await tableSite(t, devices, values);
  const by = { name: "token guest", role: "viewer", scope: [["default/rack:r1"]] } as const;
  const client = await openSocket(t, await socketsOf(t, site, { by }));
  for (const event of Object.keys(socketEvents).filter((name) => socketEvents[name]?.needs !== "read")) {
    const { data } = await client.ask(event, { device: "fan-1", payload: { action: "speed", data: "5" } });
    const { http_code, description, context } = data as Record<string, unknown>;
    assert.deepEqual([http_code, description], [403, "not allowed"], event);
    assert.match(String(context), /token guest .*may not write/, event);
  }
  assert.equal(table.commands.length, 0);
  const aliases = ((await client.ask("request/scan")).data as { alias: string }[]).map(({ alias }) => alias);
  assert.deepEqual(aliases.sort(), ["fan-1", "probe"]);
  for (const event of ["request/info", "request/read_device"]) {
    const { data } = await client.ask(event, { device: "meter" });
    assert.equal((data as { http_code: number }).http_code, 404, event);
  }
  const { data } = await client.ask("request/read_stream", { ids: ["meter"] });
  assert.equal((data as { http_code: number }).http_code, 404);
  assert.doesNotMatch((await client.ask("request/read")).text, /18446744073709551615/);
  assert.doesNotMatch((await client.ask("request/read_cache")).text, /18446744073709551615/);
});

test("every answer is told to whoever counts them", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  const told: unknown[] = [];
  const stop = http.sockets.watch(({ event, status, asked, answered }) =>
    told.push([event, status, asked, answered]),
  );
  const good = await client.ask("request/status");
  const bad = await client.ask("request/info", { device: "x" });
  const none = await client.ask("request/none");
  stop();
  await client.ask("request/status");
  assert.deepEqual(told, [
    ["request/status", 200, '{"id":0,"event":"request/status"}'.length, good.text.length],
    ["request/info", 404, '{"id":1,"event":"request/info","data":{"device":"x"}}'.length, bad.text.length],
    [undefined, 400, '{"id":2,"event":"request/none"}'.length, none.text.length],
  ]);
});

test("what is long goes out in parts, as it is taken, as one message", async (t) => {
  const { http, site } = await tableSite(t, devices, values);
  const device = testDevice("busy");
  site.registry.add([device]);
  site.store.declare(device);
  const count = 3000;
  for (let i = 0; i < count; i++) site.store.publish([good(valueId("busy"), site.clock.now(), i)]);
  const client = await openSocket(t, http);
  client.send({ id: 1, event: "request/read_stream", data: { ids: ["busy"] } });
  client.send({ id: 2, event: "request/read_cache" });
  client.send({ id: 3, event: "request/status" });
  const [streamed, cached, status] = [await client.next(), await client.next(), await client.next()];
  const answers = [streamed, cached].sort((a, b) => Number(a.id) - Number(b.id));
  assert.deepEqual(
    [...answers, status].map(({ id }) => id),
    [1, 2, 3],
  );
  const found = (answers[1]?.data as { device: string; value: number }[]).filter(
    ({ device }) => device === "busy",
  );
  assert.deepEqual(
    found.map(({ value }) => value),
    Array.from({ length: count }, (_, i) => i),
  );
});

test("the document lists every event, its parameters, who may ask and what is answered", () => {
  const text = readFileSync(new URL("../../docs/websocket.md", import.meta.url), "utf8");
  const listed = [...text.matchAll(/^\| `(request\/\w+)` +\|([^|]*)\| (\w+) +\| `([^`]+)`/gm)];
  const told = listed.map(([, event, parameters = "", needs, answer]) => [
    event,
    [...parameters.matchAll(/(\*\*)?`(\w+)`/g)]
      .map(([, bold, name]) => `${name ?? ""}${bold === undefined ? "" : "!"}`)
      .sort(),
    needs,
    answer,
  ]);
  const known = Object.entries(socketEvents).map(([event, { data, needs, answer }]) => {
    const { properties, required = [] } = data as { properties: object; required?: string[] };
    const parameters = Object.keys(properties).map((name) => (required.includes(name) ? `${name}!` : name));
    return [event, parameters.sort(), needs, answer];
  });
  assert.deepEqual(told, known);
});
