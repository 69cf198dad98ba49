// A gRPC client nobody here wrote (Debian python3-grpcio, generated from the .proto) plays Synse's server against
// `bothy plugin serve`: over TCP, a unix socket and TLS; values compared.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { emulator } from "../../plugins/emulator/index.ts";
import { protoFile } from "../../plugins/synse/proto.ts";
import { suiteConfig, suiteIds } from "../support/emulator-site.ts";
import { certificates, servedPlugin, serverTls, temporaryFolder } from "../support/served-plugin.ts";
import { speed, Table, tablePlugin } from "../support/table-plugin.ts";

const script = fileURLToPath(new URL("synse-server.py", import.meta.url));
const run = promisify(execFile);

interface Call {
  readonly call: string;
  readonly request?: object;
  /** How many messages of a stream to wait for. */
  readonly take?: number;
  /** Whether to wait for a server that cannot be reached. */
  readonly wait?: boolean;
}

interface Outcome {
  readonly answer?: unknown;
  readonly code?: string;
  readonly details?: string;
}

/** Makes calls one after the other. @param tls paths: of the authority, of a client's certificate and key */
async function ask(
  target: string,
  calls: readonly Call[],
  tls: readonly string[] = [],
): Promise<readonly Outcome[]> {
  const { stdout } = await run(
    "/usr/bin/python3",
    [script, protoFile, target, JSON.stringify(calls), ...tls],
    {
      maxBuffer: 10_000_000,
    },
  );
  return JSON.parse(stdout) as readonly Outcome[];
}

interface Reading {
  readonly id: string;
  readonly type: string;
  readonly deviceType: string;
  readonly deviceInfo: string;
  readonly timestamp: string;
  readonly unit: object;
  readonly context?: Readonly<Record<string, string>>;
  readonly [value: `${string}_value`]: unknown;
}

const text = (data: string): string => Buffer.from(data).toString("base64");
const tag = (namespace: string, label: string, annotation = "") => ({ namespace, label, annotation });
const timeout = 120_000;

const conversation: readonly Call[] = [
  { call: "Test" },
  { call: "Version" },
  { call: "Metadata" },
  { call: "Health" },
  { call: "Devices" },
  { call: "ReadStream", take: 12 },
  { call: "Read" },
  {
    call: "WriteSync",
    request: { selector: { id: suiteIds.led }, data: [{ action: "state", data: text("on") }] },
  },
  {
    call: "WriteAsync",
    request: {
      selector: { id: suiteIds.led },
      data: [
        { action: "color", data: text("00ff00"), transaction: "mine" },
        { action: "state", data: text("dim") },
      ],
    },
  },
  { call: "Read", request: { selector: { id: "emulator-led" } } },
  { call: "Transaction", request: { id: "mine" } },
];

/** What the original plugin says, said by ours. */
async function converse(target: string, tls: readonly string[] = []): Promise<void> {
  const answers = (await ask(target, conversation, tls)).map(({ answer, details }) => {
    assert.equal(details, undefined);
    return answer;
  });
  const [tested, version, metadata, health, devices, streamed, read, written, queued, led, mine] = answers;
  assert.deepEqual(tested, { ok: true });
  const { arch, os, ...versions } = version as Record<string, string>;
  assert.deepEqual([arch, os], [process.arch, process.platform]);
  assert.ok(Object.values(versions).every((part) => part !== ""));
  assert.deepEqual(metadata, {
    name: "emulator plugin",
    maintainer: "vaporio",
    tag: "vaporio/emulator-plugin",
    description: "A plugin with emulated devices and data",
    vcs: "github.com/vapor-ware/synse-emulator-plugin",
    id: suiteIds.plugin,
  });
  const { status, checks } = health as { status: string; checks: { name: string; status: string }[] };
  assert.deepEqual(
    [status, checks.map((check) => [check.name, check.status])],
    [
      "OK",
      [
        ["read queue health", "OK"],
        ["write queue health", "OK"],
      ],
    ],
  );
  checkDevices(devices as Readonly<Record<string, unknown>>[]);
  checkReadings(read as Reading[]);
  const ids = new Set([suiteIds.led, ...suiteIds.temperatures] as string[]);
  assert.ok((streamed as Reading[]).every(({ id }) => ids.has(id)));
  assert.deepEqual(
    (written as Record<string, unknown>[]).map((one) => [one["status"], one["timeout"], one["context"]]),
    [["DONE", "30s", { action: "state", data: text("on") }]],
  );
  const accepted = queued as Record<string, unknown>[];
  assert.deepEqual(
    accepted.map((one) => [one["device"], one["timeout"], one["context"]]),
    [
      [suiteIds.led, "30s", { action: "color", data: text("00ff00"), transaction: "mine" }],
      [suiteIds.led, "30s", { action: "state", data: text("dim") }],
    ],
  );
  assert.deepEqual(
    (led as Reading[]).map((reading) => [reading.type, reading.string_value]),
    [
      ["state", "on"],
      ["color", "00ff00"],
    ],
  );
  const { status: ended, id } = mine as Record<string, unknown>;
  assert.deepEqual([id, ended], ["mine", "DONE"]);
}

function checkDevices(devices: readonly Readonly<Record<string, unknown>>[]): void {
  assert.deepEqual(devices.map(({ id }) => id).sort(), [suiteIds.led, ...suiteIds.temperatures].sort());
  const { timestamp, ...led } = devices.find(({ id }) => id === suiteIds.led) ?? {};
  assert.ok(Number.isFinite(Date.parse(String(timestamp))));
  assert.deepEqual(led, {
    id: suiteIds.led,
    type: "led",
    plugin: suiteIds.plugin,
    info: "Synse LED",
    alias: "emulator-led",
    capabilities: { mode: "rw", write: {} },
    tags: [
      { namespace: "foo", label: "bar" },
      { namespace: "system", annotation: "id", label: suiteIds.led },
      { namespace: "system", annotation: "type", label: "led" },
    ],
    outputs: [
      { name: "state", type: "state" },
      { name: "color", type: "color" },
    ],
  });
}

function checkReadings(readings: readonly Reading[]): void {
  assert.equal(readings.length, 6);
  for (const reading of readings.filter(({ deviceType }) => deviceType === "temperature")) {
    assert.deepEqual([reading.type, reading.unit], ["temperature", { name: "celsius", symbol: "C" }]);
    assert.match(String(reading["int64_value"]), /^\d+$/);
    assert.match(reading.deviceInfo, /^Synse Temperature Sensor [1-4]$/);
  }
  const [state] = readings.filter(({ id }) => id === suiteIds.led);
  assert.deepEqual([state?.type, state?.string_value, state?.unit], ["state", "off", {}]);
}

test("a Synse server over TCP", { timeout }, async (t) => {
  const { served } = await servedPlugin(t, emulator, suiteConfig);
  await converse(served.target);
});

test("a Synse server over a unix socket", { timeout }, async (t) => {
  const path = join(temporaryFolder(t), "below", "emulator.sock");
  const { served } = await servedPlugin(t, emulator, suiteConfig, { address: { kind: "unix", path } });
  assert.equal(served.target, `unix:${path}`);
  await converse(served.target);
  await served.stop();
  assert.equal(existsSync(path), false);
});

test("a Synse server over TLS, and one that must show a certificate", { timeout }, async (t) => {
  const files = certificates(temporaryFolder(t));
  const at = async (clients: boolean): Promise<string> => {
    const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    const options = { address, tls: serverTls(files, clients) };
    return (await servedPlugin(t, emulator, suiteConfig, options)).served.target;
  };
  await converse(await at(false), [files.ca]);
  const strict = await at(true);
  await converse(strict, [files.ca, files.client.cert, files.client.key]);
  const hello: Call = { call: "Test", wait: false };
  for (const stranger of [[files.ca], []]) {
    const [refused] = await ask(strict, [hello], stranger);
    assert.equal(refused?.code, "UNAVAILABLE");
  }
});

test("every kind of value, what is missing, and what is refused", { timeout }, async (t) => {
  const { target, table, ids } = await tableSite(t);
  const meter = { selector: { id: "meter" } };
  const answers = await ask(target, [
    { call: "Read", request: meter },
    { call: "Devices", request: { id: "fan-1" } },
    { call: "Devices", request: { tags: [tag("rack", "**")] } },
    { call: "Devices", request: { tags: [tag("default", "hot"), tag("system", "fan", "type")] } },
    { call: "Devices", request: { tags: [tag("default", "cold")] } },
    {
      call: "WriteSync",
      request: { selector: { id: "fan-1" }, data: [{ action: "speed", data: text("40") }] },
    },
    {
      call: "WriteSync",
      request: { selector: { id: "fan-1" }, data: [{ action: "speed", data: text("400") }] },
    },
    { call: "ReadCache", request: { start: "not a time" } },
    { call: "ReadCache", request: { end: "2031-01-01T00:00:00Z" }, take: 1 },
    { call: "Transactions" },
    // From here on all are refused.
    { call: "Devices", request: { id: "nobody" } },
    { call: "Read", request: { selector: { id: "nobody" } } },
    { call: "ReadStream", request: { selectors: [{ id: "nobody" }] } },
    { call: "ReadStream", request: { selectors: [{ tags: [tag("no", "such")] }] } },
    { call: "WriteAsync", request: { selector: {}, data: [{ action: "speed" }] } },
    { call: "WriteAsync", request: { selector: { id: "nobody" }, data: [{ action: "speed" }] } },
    { call: "WriteAsync", request: { selector: { id: "meter" }, data: [{ action: "speed" }] } },
    { call: "WriteAsync", request: { selector: { id: "fan-1" }, data: [] } },
    { call: "Transaction", request: { id: "nobody" } },
  ]);
  const [read, fan, rack, both, none, done, refused, never, cached, transactions] = answers.map(
    ({ answer }) => answer,
  );
  assert.deepEqual((read as Reading[]).map(valueOf), [
    ["power", { float64_value: 21.5 }],
    ["energy", { int64_value: "9007199254740993" }],
    ["count", { uint64_value: "18446744073709551615" }],
    ["state", { string_value: "on" }],
    ["state", { bool_value: true }],
    ["temperature", {}],
  ]);
  const missing = (read as Reading[]).at(-1)?.context;
  assert.deepEqual(missing, {
    row: "7",
    quality: "bad",
    reason: "NO_ANSWER",
    reason_text: "the table has no value",
  });
  const idsOf = (devices: unknown) => (devices as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(idsOf(fan), [ids.fan]);
  const [first] = fan as { capabilities: object; metadata: object }[];
  assert.deepEqual(first?.capabilities, { mode: "rw", write: { actions: ["speed"] } });
  assert.deepEqual(idsOf(rack).sort(), [ids.fan, ids.meter].sort());
  assert.deepEqual([idsOf(both), idsOf(none)], [[ids.fan], []]);
  const statuses = (list: unknown) =>
    (list as { status: string; message: string }[]).map(({ status }) => status);
  assert.deepEqual([statuses(done), statuses(refused)], [["DONE"], ["ERROR"]]);
  assert.equal(table.values.get("fan-1/duty"), 40);
  assert.deepEqual([never, (cached as Reading[]).length], [[], 1]);
  assert.deepEqual(statuses(transactions).sort(), ["DONE", "ERROR"]);
  assert.deepEqual(
    answers.slice(10).map(({ code }) => code),
    [
      ...[
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "UNKNOWN",
        "UNKNOWN",
      ],
      "NOT_FOUND",
    ],
  );
  assert.ok(answers.slice(10).every(({ details }) => details !== ""));
});

const valueOf = (reading: Reading) => [
  reading.type,
  Object.fromEntries(Object.entries(reading).filter(([key]) => key.endsWith("_value"))),
];

/** A plugin with values of every kind, read once. */
async function tableSite(t: TestContext) {
  const table = new Table();
  const values = {
    "meter/watt": 21.5,
    "meter/kilowatt-hour": 9_007_199_254_740_993n,
    "meter/count": 18_446_744_073_709_551_615n,
    "meter/state": "on",
    "meter/switch": true,
    "fan-1/duty": 10,
  };
  for (const [key, value] of Object.entries(values)) table.values.set(key, value);
  const outputs = ["watt", "kilowatt-hour", "count", "state", "switch", "temperature"].map((name) => [name]);
  const devices = [
    { bus: "t", alias: "meter", type: "meter", outputs, tags: ["rack/r1"], context: { row: "7" } },
    {
      bus: "t",
      alias: "fan-1",
      type: "fan",
      outputs: [["duty"]],
      actions: [speed],
      tags: ["rack/r1", "hot"],
    },
    { bus: "t", alias: "fan-2", type: "fan", outputs: [["duty"]] },
  ];
  const config = JSON.stringify({ site: { id: "hut" }, buses: { t: { plugin: "table" } }, devices });
  const { served, site } = await servedPlugin(t, tablePlugin(table), config);
  const id = (alias: string): string => site.registry.get(alias)?.id ?? "";
  return { target: served.target, table, ids: { meter: id("meter"), fan: id("fan-1") } };
}
