import assert from "node:assert/strict";
import { test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { systemClock } from "../../devices/clock.ts";
import { converse, exchange, listening } from "../support/exchange.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";
import type { TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]] },
];
const values = { "fan-1/rpm": 4200, "fan-1/duty": 40, "probe/temperature": 21 };

const name = fc.oneof(
  fc.constantFrom(
    "fan-1",
    "probe",
    "t",
    "speed",
    "",
    "..",
    "%00",
    "%",
    "%2e%2e%2f",
    "__proto__",
    "constructor",
    "**",
  ),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => encodeURI(text).replace(/[?#]/g, "")),
);
const path = fc.oneof(
  fc.constantFrom("/", "/test", "/version", "/v3/scan", "/v3/device", "/v3/tags", "/v3/read", "/v3/plugin"),
  fc.constantFrom(
    "/v3/transaction",
    "/v3/plugin/health",
    "/v3/config",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/api/site",
  ),
  fc.constantFrom("/api/buses", "/api/errors", "/api/buses/t", "/api/devices/fan-1/writes/speed"),
  fc
    .tuple(
      fc.constantFrom(
        "/v3/info",
        "/v3/read",
        "/v3/device",
        "/v3/write",
        "/v3/write/wait",
        "/v3/transaction",
        "/v3/plugin",
        "/docs/static",
        "/docs",
        "/api/buses",
        "/api",
        "",
      ),
      name,
    )
    .map((parts) => parts.join("/")),
  fc
    .tuple(name, fc.constantFrom("", "/writes", "/writes/speed"))
    .map(([id, rest]) => `/api/devices/${id}${rest}`),
  fc.tuple(name, fc.constantFrom("/scan", "/frame", "/")).map(([id, rest]) => `/api/buses/${id}${rest}`),
);
const key = fc.oneof(
  fc.constantFrom(
    "ns",
    "tags",
    "sort",
    "plugin",
    "ids",
    "force",
    "slot",
    "why",
    "wait",
    "__proto__",
    "tags[]",
  ),
  fc.string({ maxLength: 6 }).map(encodeURIComponent),
);
const setting = fc.oneof(
  fc.constantFrom(
    "",
    "true",
    "default",
    "rack:r1",
    "default/rack:r1",
    "**",
    "/**",
    "x/**",
    ",",
    "id,type",
    "tags,outputs",
    "%zz",
    "8",
    "-1",
    "+",
  ),
  fc.string({ maxLength: 16 }).map(encodeURIComponent),
);
const query = fc
  .array(fc.tuple(key, setting), { maxLength: 5 })
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.join("=")).join("&")}`));
const item = fc.record(
  {
    action: fc.oneof(fc.constantFrom("speed", "", "constructor"), fc.jsonValue()),
    data: fc.oneof(fc.constantFrom("50", "1e400", "NaN", "-0", ""), fc.jsonValue()),
    transaction: fc.oneof(fc.constantFrom("a", ""), fc.jsonValue()),
    value: fc.jsonValue(),
    why: fc.jsonValue(),
    slot: fc.jsonValue(),
    holdFor: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const payload = fc.oneof(
  fc.constant(undefined),
  fc.string({ maxLength: 30 }),
  fc.json({ maxDepth: 3 }),
  item.map((one) => JSON.stringify(one)),
  fc.array(item, { maxLength: 3 }).map((list) => JSON.stringify(list)),
);
const headers = fc.dictionary(
  fc.constantFrom(
    "content-type",
    "accept",
    "origin",
    "host",
    "accept-encoding",
    "if-none-match",
    "range",
    "x-y",
  ),
  fc.oneof(
    fc.constantFrom(
      "application/json",
      "text/plain",
      ";",
      'a/b; charset="',
      "*",
      "",
      "https://x.example",
      "bytes=0-",
    ),
    fc.string({ maxLength: 10 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
  ),
  { maxKeys: 3 },
);
const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

test("no request makes a 500, and every refusal has the error's shape", { timeout: 120_000 }, async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  const asked = fc.record({ method, path, query, payload, headers });
  await fc.assert(
    fc.asyncProperty(asked, async ({ method, path, query, payload, headers }) => {
      const hasBody = method !== "GET" && method !== "HEAD" && payload !== undefined;
      const options = { method, url: `${path}${query}`, headers, ...(hasBody ? { payload } : {}) };
      const pending = http.inject(options as InjectOptions);
      const [answer] = await Promise.all([pending, clock.advance(40_000)]);
      assert.notEqual(answer.statusCode, 500, `${method} ${path}${query}: ${answer.body}`);
      const isOurs = String(answer.headers["content-type"]) === "application/json";
      if (answer.statusCode < 400 || method === "HEAD" || !isOurs) return;
      const body = JSON.parse(answer.body) as Record<string, unknown>;
      assert.equal(body["http_code"], answer.statusCode);
      assert.equal(typeof body["context"], "string");
    }),
    { numRuns: 500 },
  );
});

/** What fills the parts of a path. */
const filler = fc.oneof(name, fc.constantFrom("fan-1", "probe", "t", "speed"));
const rawQuery = fc.oneof(
  query,
  fc.constantFrom(
    "?",
    "?&&",
    "?=",
    "?start=x",
    "?end=2031-05-06T07:08:09Z&start=2031-05-06T07:08:10Z",
    "?tags[a]=1",
  ),
  fc.string({ maxLength: 20 }).map((text) => `?${encodeURI(text)}`),
);
const rawHeaders = fc.dictionary(
  fc.constantFrom(
    "origin",
    "accept-encoding",
    "if-none-match",
    "x-request-id",
    "content-type",
    "expect",
    "range",
  ),
  fc.oneof(
    fc.constantFrom(
      "*",
      "gzip;q=9, br;;q=",
      'W/"',
      "null",
      "100-continue",
      "https://x.example",
      "a\u00e9\u0001",
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, "")),
  ),
  { maxKeys: 3 },
);

test("every described route takes anything over a socket, and answers", { timeout: 120_000 }, async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  const described = (await http.inject("/openapi.json")).json<{ paths: Record<string, object> }>();
  // These answer for as long as somebody listens.
  const templates = Object.keys(described.paths).filter((path) => !/\/(frames|connect)$/.test(path));
  assert.ok(templates.length > 20, templates.join());
  const port = await listening(http);
  const target = fc
    .tuple(fc.constantFrom(...templates), fc.array(filler, { minLength: 2, maxLength: 2 }), rawQuery)
    .map(([template, parts, query]) => {
      const left = [...parts];
      return template.replace(/\{\w+\}/g, () => left.shift() ?? "x") + query;
    });
  const asked = fc.record({ method, target, payload, headers: rawHeaders });
  await fc.assert(
    fc.asyncProperty(asked, async ({ method, target, payload, headers }) => {
      const pending = exchange(port, method, target, { body: payload, headers });
      const { status, headers: got, text } = await inTime(pending, clock);
      const what = `${method} ${target} → ${status} ${text.slice(0, 300)}`;
      assert.ok(status >= 200 && status !== 500, what);
      if (status < 400 || method === "HEAD" || got.get("content-type") !== "application/json") return;
      const body = JSON.parse(text) as Record<string, unknown>;
      assert.equal(body["http_code"], status, what);
      assert.equal(typeof body["context"], "string", what);
    }),
    { numRuns: 400 },
  );
  const connections = promisify(http.server.getConnections.bind(http.server));
  // Of the last one the server may have to hear yet that it is closed.
  await until(async () => (await connections()) === 0, "no connection is left");
});

/** Lets the site's time pass until something has happened. */
async function inTime<T>(pending: Promise<T>, clock: TestClock): Promise<T> {
  const state: { ended: boolean } = { ended: false };
  const ended = pending.finally(() => {
    state.ended = true;
  });
  while (!state.ended) {
    await clock.advance(1000);
    await systemClock.sleepUntil(systemClock.monotonic() + 1);
  }
  return ended;
}

const raw = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }))
    .map(([a, b]) => Buffer.from(`GET /${a} HTTP/1.1\r\nhost: ${b}\r\n\r\n`)),
  fc
    .nat({ max: 40_000 })
    .map((length) =>
      Buffer.from(`GET /test HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(length)}\r\n\r\n`),
    ),
  fc
    .constantFrom(
      "POST /v3/write/fan-1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
      "POST /v3/write/fan-1 HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      "GET /v3/read HTTP/9.9\r\n\r\n",
      "GET /v3/read HTTP/1.1\r\n\r\n",
    )
    .map((text) => Buffer.from(text)),
);

test(
  "bytes that are no request are answered or dropped, and the next client is served",
  {
    timeout: 120_000,
  },
  async (t) => {
    const { http } = await tableSite(t, devices, values);
    const port = await listening(http);
    await fc.assert(
      fc.asyncProperty(raw, async (bytes) => {
        assert.doesNotMatch((await converse(port, bytes, true)).toString("latin1"), /^HTTP\/1\.1 500/);
        assert.equal((await exchange(port, "GET", "/test")).status, 200);
      }),
      { numRuns: 100 },
    );
  },
);
