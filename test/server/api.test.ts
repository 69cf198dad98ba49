import assert from "node:assert/strict";
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Ajv } from "ajv";
import type { InjectOptions } from "fastify";
import type { TSchema } from "typebox";
import { setImmediate as turn } from "node:timers/promises";
import type { BothyError } from "../../devices/errors.ts";
import { isLoopback } from "../../server/loopback.ts";
import { serveSite } from "../../server/serve.ts";
import * as own from "../../server/routes/own-schemas.ts";
import * as schemas from "../../server/routes/schemas.ts";
import { lineStream } from "../../server/line-stream.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { type TableSite, tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]] },
];
const values = { "fan-1/rpm": 4200, "fan-1/duty": 40, "probe/temperature": 21 };
const url = "/api/devices/fan-1/writes/speed";

interface Entry {
  readonly slot: number;
  readonly value: unknown;
  readonly who: string;
  readonly why: string;
  readonly expires?: string;
}
interface Arrays {
  readonly action: string;
  readonly entries: readonly Entry[];
  readonly inForce: Entry | null;
}

test("a slot is filled, seen, expires when told to, and is relinquished", async (t) => {
  const { ask, table, clock } = await tableSite(t, devices, values);
  const arrays = async (): Promise<Arrays | undefined> =>
    ((await ask("/api/devices/fan-1/writes")).body as Arrays[])[0];
  assert.deepEqual((await arrays())?.inForce, null);
  const payload = { value: 70, why: "commissioning", holdFor: "5m" };
  const done = await ask({ method: "PUT", url: `${url}?wait=true`, payload });
  assert.equal(done.status, 200);
  assert.equal((done.body as { status: string }).status, "DONE");
  assert.equal(table.values.get("fan-1/duty"), 70);
  const held = (await arrays())?.inForce;
  assert.deepEqual([held?.slot, held?.value, held?.who, held?.why], [8, 70, "127.0.0.1", "commissioning"]);
  assert.equal(held?.expires, "2031-05-06T07:13:10.500Z");
  await ask({ method: "PUT", url, payload: { value: 55, slot: 12, why: "the loop" } });
  assert.equal((await arrays())?.inForce?.slot, 8);
  const after = await ask({ method: "DELETE", url: `${url}?slot=8&why=done` });
  assert.equal((after.body as Arrays).inForce?.slot, 12);
  await clock.advance(1000);
  assert.equal(table.values.get("fan-1/duty"), 55);
});

test("what cannot be written is refused with a code", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const cases: readonly (readonly [string, string, unknown, number, string])[] = [
    ["PUT", url, { value: 500, why: "x" }, 400, "OUT_OF_RANGE"],
    ["PUT", url, { value: 50 }, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", slot: 3 }, 400, "BAD_INPUT"],
    // Life safety, fail-safe and the equipment's own protection are not for clients.
    ["PUT", url, { value: 50, why: "x", slot: 1 }, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", slot: 2 }, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", slot: 5 }, 400, "BAD_INPUT"],
    ["DELETE", `${url}?slot=1`, undefined, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", holdFor: "99999999999999h" }, 400, "BAD_INPUT"],
    ["PUT", url, { value: "5".repeat(2000), why: "x" }, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", holdFor: 5 }, 400, "BAD_INPUT"],
    ["PUT", url, { value: 50, why: "x", extra: 5 }, 400, "BAD_INPUT"],
    ["PUT", url, undefined, 400, "BAD_INPUT"],
    ["PUT", "/api/devices/fan-1/writes/fly", { value: 1, why: "x" }, 400, "UNKNOWN_ACTION"],
    ["PUT", "/api/devices/probe/writes/speed", { value: 1, why: "x" }, 405, "NOT_WRITABLE"],
    ["PUT", "/api/devices/none/writes/speed", { value: 1, why: "x" }, 404, "NOT_FOUND"],
    ["DELETE", `${url}?slot=3`, undefined, 400, "BAD_INPUT"],
    ["DELETE", "/api/devices/fan-1/writes/fly", undefined, 400, "UNKNOWN_ACTION"],
    ["GET", "/api/devices/none/writes", undefined, 404, "NOT_FOUND"],
    ["GET", "/api/buses/none/frames", undefined, 404, "NOT_FOUND"],
    ["GET", "/api/nothing", undefined, 404, "NOT_FOUND"],
  ];
  for (const [method, path, payload, status, code] of cases) {
    const answer = await ask({
      method: method as "GET",
      url: path,
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
    const what = `${method} ${path} ${JSON.stringify(payload)} → ${answer.text}`;
    assert.equal(answer.status, status, what);
    assert.equal((answer.body as { code: string }).code, code, what);
  }
});

test("a scan needs no body", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const { status, text } = await ask({ method: "POST", url: "/api/buses/t/scan" });
  assert.equal(status, 200, text);
  assert.equal(text.trim().split("\n").length, 247);
});

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

test("what is wrong with a body is said in words, with what to do", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const told = async (payload: unknown): Promise<string> =>
    ((await ask({ method: "PUT", url, payload: JSON.stringify(payload) })).body as { context: string })
      .context;
  assert.match(await told({ value: 5 }), /^the body: `why` is missing \(add `why: …` /);
  assert.match(
    await told({ value: 5, why: "x", slot: 1 }),
    /`slot`: `1` is not known here \(write one of 8, 10, 12, 15, 16\)/,
  );
  assert.match(
    await told({ value: 5, why: "x", holdfor: "5m" }),
    /unknown key `holdfor` \(write `holdFor`\)/,
  );
  assert.match(
    await told({ value: null, why: "x" }),
    /`value`: nothing is not what is expected here \(A number/,
  );
});

test("buses, the site and the errors are told", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const [bus] = (await ask("/api/buses")).body as [Record<string, unknown>];
  assert.deepEqual(
    [bus["name"], bus["state"], bus["plugin"], bus["report"]],
    ["t", "open", "table", { kind: "table" }],
  );
  assert.deepEqual((await ask("/api/buses/t")).body, bus);
  assert.equal(bus["since"], "2031-05-06T07:08:09.000Z");
  const site = (await ask("/api/site")).body as Record<string, unknown>;
  assert.deepEqual([site["id"], site["devices"]], ["hut", 2]);
  const errors = (await ask("/api/errors")).body as { code: string; http: number }[];
  assert.equal(errors.find(({ code }) => code === "NO_ANSWER")?.http, 504);
});

test("answers are as the interface describes them", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const write = {
    method: "POST",
    url: "/v3/write/wait/fan-1",
    payload: { action: "speed", data: "5" },
  } as const;
  const [done] = (await ask(write)).body as [{ id: string }];
  const accepted = { ...write, url: "/v3/write/fan-1" };
  const filled = { method: "PUT", url, payload: { value: 9, slot: 12, why: "x", holdFor: "5m" } } as const;
  const [plugin] = (await ask("/v3/plugin")).body as [{ id: string }];
  const described: readonly (readonly [InjectOptions | string, TSchema])[] = [
    ["/v3/read", schemas.list(schemas.reading)],
    ["/v3/scan", schemas.list(schemas.device)],
    ["/v3/info/fan-1", schemas.deviceInfo],
    ["/v3/tags", schemas.texts],
    [`/v3/transaction/${done.id}`, schemas.transactionStatus],
    [accepted, schemas.list(schemas.transactionInfo)],
    ["/v3/transaction", schemas.texts],
    ["/test", own.status],
    ["/version", own.version],
    ["/v3/config", own.config],
    ["/v3/plugin", schemas.list(own.pluginSummary)],
    [`/v3/plugin/${plugin.id}`, own.pluginInfo],
    ["/v3/plugin/health", own.pluginHealth],
    ["/api/site", own.site],
    ["/api/buses", schemas.list(own.bus)],
    ["/api/buses/t", own.bus],
    ["/api/errors", schemas.list(own.errorEntry)],
    ["/api/devices/fan-1/readings", schemas.list(own.deviceReading)],
    ["/api/devices/fan-1/writes", schemas.list(own.priorityArray)],
    [filled, own.slotWrite],
    [{ method: "DELETE", url: `${url}?slot=12` }, own.priorityArray],
  ];
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const [asked, schema] of described) {
    const { body } = await ask(asked);
    assert.ok(ajv.validate(schema, body), `${JSON.stringify(asked)}: ${ajv.errorsText()}`);
  }
});

test("the interface describes itself, and the page names the site harmlessly", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const openapi = (await ask("/openapi.json")).body as { openapi: string; paths: Record<string, object> };
  assert.match(openapi.openapi, /^3\./);
  const ids = new Set<string>();
  for (const [path, operations] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      const what = `${method} ${path}`;
      const { operationId, summary, parameters = [], responses } = operation;
      assert.ok(!ids.has(operationId) && /^[a-z]\w+$/.test(operationId), `${what}: ${operationId}`);
      ids.add(operationId);
      assert.notEqual(summary ?? "", "", what);
      const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => `{${name}}`);
      assert.deepEqual(inPath.sort(), (path.match(/\{\w+\}/g) ?? []).sort(), what);
      assert.ok(
        parameters.every(({ description = "" }) => description !== ""),
        what,
      );
      // 101: a WebSocket; 204: nothing to say.
      const good = "101" in responses || "204" in responses || responses["200"]?.content !== undefined;
      assert.ok(good && "4XX" in responses && "5XX" in responses, what);
    }
  }
  for (const path of [
    "/v3/scan",
    "/v3/readcache",
    "/v3/write/wait/{device}",
    "/api/devices/{id}/writes/{action}",
  ]) {
    assert.ok(path in openapi.paths, path);
  }
  assert.equal(
    Object.keys(openapi.paths).some((path) => path.endsWith("/") && path !== "/"),
    false,
  );
  const page = await ask("/");
  assert.match(page.text, /<h1>The hut &#60;1&#62;<\/h1>/);
  assert.doesNotMatch(page.text, /https?:\/\//);
  const docs = await ask("/docs/");
  assert.equal(docs.status, 200);
  assert.match(docs.text, /<title>The hut &#60;1&#62; · HTTP/);
  for (const { headers } of [page, docs]) {
    // Nothing is asked of others, and nobody puts it into a page of theirs.
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /https?:|swagger|upgrade-insecure/);
  }
  assert.match((await ask("/docs/static/swagger-initializer.js")).text, /"validatorUrl":null/);
});

test("a write that a page of another origin makes a browser send is not taken", async (t) => {
  const { ask, table } = await tableSite(t, devices, values);
  const write = (origin: string, host: string) =>
    ask({
      method: "POST",
      url: "/v3/write/wait/fan-1",
      payload: '{"action":"speed","data":"1"}',
      headers: { origin, host, "content-type": "text/plain" },
    });
  assert.equal((await write("https://elsewhere.example", "127.0.0.1:5000")).status, 403);
  assert.equal((await write("null", "127.0.0.1:5000")).status, 403);
  // The other page's name may have been pointed at this machine.
  assert.equal((await write("http://rebound.example:5000", "rebound.example:5000")).status, 403);
  assert.equal(table.commands.length, 0);
  assert.equal((await write("http://127.0.0.1:5000", "127.0.0.1:5000")).status, 200);
  assert.equal((await write("http://localhost:5000", "localhost:5000")).status, 200);
});

async function listening(t: TableSite): Promise<number> {
  await t.http.listen({ host: "127.0.0.1", port: 0 });
  return (t.http.server.address() as AddressInfo).port;
}

async function open(
  port: number,
  path: string,
  method = "GET",
): Promise<{ answer: IncomingMessage; leave: () => void }> {
  const request = http.request({ port, path, method, host: "127.0.0.1" }).end();
  request.on("error", () => undefined);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return { answer, leave: () => request.destroy() };
}

test(
  "frames stream over a re-opened line, and nothing listens once the client has left",
  {
    timeout: 20_000,
  },
  async (t) => {
    const site = await tableSite(t, devices, values);
    const port = await listening(site);
    const { answer, leave } = await open(port, "/api/buses/t/frames");
    const lines = createInterface(answer)[Symbol.asyncIterator]();
    const next = async (): Promise<Record<string, unknown>> =>
      JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
    assert.equal((await next())["state"], "open");
    const frame = { at: 1, direction: "sent", hex: "0103", text: "hello", gap: 5 } as const;
    for (const listener of site.table.taps) listener(frame);
    assert.deepEqual(await next(), frame);
    site.table.cut();
    assert.equal((await next())["state"], "closed");
    await site.clock.advance(2000);
    assert.equal((await next())["state"], "open");
    answer.on("error", () => undefined);
    leave();
    while (site.table.taps.size > 0) await turn();
    assert.equal(site.table.taps.size, 0);
  },
);

test("asking only for the head of a stream leaves nothing behind", { timeout: 20_000 }, async (t) => {
  const site = await tableSite(t, devices, values);
  const port = await listening(site);
  const { answer } = await open(port, "/api/buses/t/frames", "HEAD");
  assert.equal(answer.statusCode, 200);
  while (site.table.taps.size > 0) await turn();
  assert.equal(site.table.taps.size, 0);
});

test("a scan streams its results, and says what is wrong with its range", async (t) => {
  const site = await tableSite(t, devices, values);
  const { text, headers } = await site.ask({
    method: "POST",
    url: "/api/buses/t/scan",
    payload: { from: 1, to: 3 },
  });
  assert.equal(headers["content-type"], "application/x-ndjson");
  assert.deepEqual(
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    [1, 2, 3].map((address) => ({ address, answered: address % 2 === 0 })),
  );
  for (const payload of ['{"from":-1}', '{"from":9,"to":1}', '{"form":1}', "[]"]) {
    assert.equal(
      (await site.ask({ method: "POST", url: "/api/buses/t/scan", payload })).status,
      400,
      payload,
    );
  }
});

test("streams end when the site stops", { timeout: 20_000 }, async (t) => {
  const site = await tableSite(t, devices, values);
  const port = await listening(site);
  const { answer } = await open(port, "/api/buses/t/frames");
  answer.resume();
  await Promise.all([once(answer, "end"), site.site.stop()]);
  assert.equal(site.table.taps.size, 0);
});

test("a client that does not read loses the oldest lines, and is told how many", async () => {
  let gone = 0;
  const lines = lineStream(3, () => gone++);
  for (let n = 0; n < 10; n++) lines.write({ n });
  lines.end();
  const read: unknown[] = [];
  for await (const chunk of lines.stream) {
    for (const line of String(chunk).trim().split("\n")) read.push(JSON.parse(line));
  }
  assert.deepEqual(read, [{ dropped: 7 }, { n: 7 }, { n: 8 }, { n: 9 }]);
  assert.equal(gone, 1);
});

test("only loopback is listened on without leave, and a taken port is said plainly", async (t) => {
  const { site } = await tableSite(t, devices, values);
  const at = (host: string, port: number) => ({
    ...site,
    config: { ...site.config, http: { host, port } },
  });
  await assert.rejects(serveSite(at("0.0.0.0", 0)), (error: BothyError) => /behindProxy/.test(error.message));
  const taken = http.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(serveSite(at("127.0.0.1", port)), (error: BothyError) => {
    assert.equal(error.code, "BAD_CONFIG");
    return error.message.includes(`127.0.0.1:${port}: another program listens there`);
  });
  taken.close();
  assert.deepEqual(
    ["127.0.0.1", "127.8.0.1", "::1", "localhost", "0.0.0.0", "::", "10.0.0.1", "hut.example"].map(
      isLoopback,
    ),
    [true, true, true, true, false, false, false, false],
  );
});
