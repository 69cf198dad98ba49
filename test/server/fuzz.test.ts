import assert from "node:assert/strict";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

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

/** Sends bytes, says that no more come, and collects what is answered until the other side closes. */
async function exchange(port: number, bytes: Buffer): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  socket.end(bytes);
  await closed;
  return Buffer.concat(chunks).toString("latin1");
}

test(
  "bytes that are no request are answered or dropped, and the next client is served",
  {
    timeout: 120_000,
  },
  async (t) => {
    const { http } = await tableSite(t, devices, values);
    await http.listen({ host: "127.0.0.1", port: 0 });
    const { port } = http.server.address() as AddressInfo;
    await fc.assert(
      fc.asyncProperty(raw, async (bytes) => {
        assert.doesNotMatch(await exchange(port, bytes), /^HTTP\/1\.1 500/);
        const good = await exchange(
          port,
          Buffer.from("GET /test HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        );
        assert.match(good, /^HTTP\/1\.1 200/);
      }),
      { numRuns: 100 },
    );
  },
);
