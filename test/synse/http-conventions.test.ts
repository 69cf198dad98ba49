import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Reading } from "../../devices/reading.ts";
import type { CorsSection } from "../../server/cors-section.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { type Answer, converse, exchange, listening } from "../support/exchange.ts";
import { tableSite, type TableSite } from "../support/table-site.ts";
import { devices, values } from "./http-rows.ts";

// Synse v3 §1.1 and what Bothy adds to it: methods, caches, encodings, origins, ids of requests.

type Headers = Readonly<Record<string, string>>;
interface Served extends TableSite {
  readonly get: (path: string, headers?: Headers) => Promise<Answer>;
  readonly send: (method: string, path: string, headers?: Headers, body?: string) => Promise<Answer>;
  readonly port: number;
}

async function served(
  t: TestContext,
  all: readonly TableDevice[] = devices,
  cors?: CorsSection,
): Promise<Served> {
  const site = await tableSite(
    t,
    all,
    values,
    cors === undefined ? {} : { http: { host: "127.0.0.1", port: 0, cors } },
  );
  const port = await listening(site.http);
  const send = (method: string, path: string, headers: Headers = {}, body?: string): Promise<Answer> =>
    exchange(port, method, path, { headers, body });
  return { ...site, port, send, get: (path, headers) => send("GET", path, headers) };
}

/** Enough of them that an answer is worth making smaller. */
const many: readonly TableDevice[] = Array.from({ length: 60 }, (_, i) => ({
  alias: `fan-${i}`,
  type: "fan",
  outputs: [["rpm"], ["duty"]],
  actions: [speed],
}));

test("every path says which methods it takes, in answer to OPTIONS and to all others", async (t) => {
  const { send } = await served(t);
  const taken: Readonly<Record<string, string>> = {
    "/test": "GET, HEAD, OPTIONS",
    "/v3/scan": "GET, HEAD, OPTIONS",
    "/v3/readcache/": "GET, HEAD, OPTIONS",
    "/v3/read/probe": "GET, HEAD, OPTIONS",
    "/v3/write/fan-1": "POST, OPTIONS",
    "/v3/write/wait/fan-1": "POST, OPTIONS",
    "/v3/device/fan-1": "GET, HEAD, POST, OPTIONS",
    "/api/devices/fan-1/writes/speed": "PUT, DELETE, OPTIONS",
  };
  for (const [path, allow] of Object.entries(taken)) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]) {
      const { status, headers, text } = await send(method, path);
      if (method === "OPTIONS") assert.deepEqual([status, headers.get("allow"), text], [204, allow, ""]);
      else if (allow.split(", ").includes(method)) assert.notEqual(status, 405, `${method} ${path}`);
      else {
        assert.deepEqual([status, headers.get("allow")], [405, allow], `${method} ${path}`);
        const told = /^\{"http_code":405,"description":"device action not supported"/;
        if (method !== "HEAD") assert.match(text, told);
      }
    }
  }
});

test("HEAD is GET without the body, wherever there is a GET", async (t) => {
  const { http, send, site } = await served(t);
  const device = site.registry.get("fan-1") ?? assert.fail();
  const openapi = (await http.inject("/openapi.json")).json<{ paths: Record<string, object> }>();
  const paths = Object.entries(openapi.paths).filter(([, operations]) => "get" in operations);
  assert.ok(paths.length > 15);
  for (const [template] of paths) {
    const path = template
      .replace("{device}", "fan-1")
      .replace("{id}", template.includes("plugin") ? device.plugin : "fan-1")
      .replace("{name}", "t");
    // These go on for ever, or ask for another protocol.
    if (/frames$|connect$/.test(path)) continue;
    const [got, head] = [await send("GET", path), await send("HEAD", path)];
    assert.deepEqual([head.status, head.text], [got.status, ""], path);
    assert.equal(head.headers.get("content-type"), got.headers.get("content-type"), path);
    if (path !== "/metrics" && path !== "/api/site")
      assert.equal(head.headers.get("content-length"), got.headers.get("content-length"), path);
    assert.equal(head.headers.get("etag"), got.headers.get("etag"), path);
  }
});

test("scan and info are not sent again to whoever has them; a change is", async (t) => {
  const { get, site } = await served(t);
  for (const path of ["/v3/scan", "/v3/scan?tags=rack:r1&sort=alias", "/v3/device", "/v3/info/fan-1"]) {
    const first = await get(path);
    const tag = first.headers.get("etag") ?? "";
    assert.match(tag, /^W\/"[\w-]{27}"$/, path);
    assert.equal(first.headers.get("cache-control"), "no-cache");
    for (const known of [tag, tag.slice(2), `"x", ${tag}`, "*", ` ${tag} ,"y"`]) {
      const again = await get(path, { "if-none-match": known });
      assert.deepEqual([again.status, again.text, again.headers.get("etag")], [304, "", tag], known);
      assert.equal(again.headers.has("content-length"), false);
    }
    for (const other of ['"x"', "W/", "", tag.slice(0, -2)]) {
      assert.equal((await get(path, { "if-none-match": other })).status, 200, other);
    }
    assert.equal((await get(path, { "if-none-match": tag, "accept-encoding": "br" })).status, 304);
  }
  const before = (await get("/v3/scan")).headers.get("etag");
  site.registry.remove("t");
  const after = await get("/v3/scan", { "if-none-match": before ?? "" });
  assert.deepEqual([after.status, after.text], [200, "[]"]);
  assert.equal((await get("/v3/read")).headers.has("etag"), false);
});

test("large answers are made smaller for whoever takes that, and are the same", async (t) => {
  const { get, clock } = await served(t, many);
  await clock.advance(5000);
  const unpacked: Readonly<Record<string, (answer: Answer) => string>> = {
    gzip: ({ body }) => gunzipSync(body).toString(),
    br: ({ body }) => brotliDecompressSync(body).toString(),
    identity: ({ text }) => text,
  };
  const cases: readonly (readonly [accepts: string, encoding: string])[] = [
    ["gzip, deflate", "gzip"],
    ["gzip, deflate, br", "br"],
    ["br;q=0.5, gzip", "gzip"],
    ["BR , GZIP;q=0", "br"],
    ["gzip;q=0, br;q=0.0", "identity"],
    ["gzip;q=x", "identity"],
    ["deflate, *;q=0.1", "identity"],
    ["", "identity"],
  ];
  for (const path of ["/v3/scan", "/v3/read", "/v3/read?tags=system/type:fan"]) {
    const plain = await get(path);
    assert.equal(plain.headers.get("content-encoding"), undefined);
    assert.equal(plain.headers.get("vary"), "accept-encoding");
    for (const [accepts, encoding] of [...cases, ...cases]) {
      const answer = await get(path, { "accept-encoding": accepts });
      assert.equal(answer.headers.get("content-encoding") ?? "identity", encoding, accepts);
      assert.equal(answer.headers.get("vary"), "accept-encoding");
      assert.equal(Number(answer.headers.get("content-length")), answer.body.length);
      assert.equal(unpacked[encoding]?.(answer), plain.text, accepts);
    }
  }
  const kept = await get("/v3/readcache");
  const smaller = await get("/v3/readcache", { "accept-encoding": "gzip, br" });
  assert.deepEqual(
    ["gzip", "accept-encoding"],
    [smaller.headers.get("content-encoding"), kept.headers.get("vary")],
  );
  assert.equal(gunzipSync(smaller.body).toString(), kept.text);
  const small = await get("/v3/read/fan-1", { "accept-encoding": "gzip, br" });
  assert.deepEqual([small.headers.has("content-encoding"), small.headers.has("vary")], [false, false]);
});

test("many who ask at once get the same answer, smaller or not", async (t) => {
  const { get } = await served(t, many);
  const plain = await get("/v3/scan?sort=alias");
  const asked = Array.from({ length: 20 }, (_, i) =>
    get(`/v3/scan?sort=alias${",id".repeat(i % 8)}`, { "accept-encoding": "gzip" }),
  );
  for (const { headers, body } of await Promise.all(asked)) {
    const text = headers.get("content-encoding") === "gzip" ? gunzipSync(body) : body;
    assert.equal(text.toString(), plain.text);
  }
});

test("a request's id comes back, its own or a new one; what is fit for no log is not taken", async (t) => {
  const { get, send, port } = await served(t);
  for (const path of ["/v3/read", "/v3/scan", "/test", "/v3/none", "/v3/read/%zz", "/v3/readcache"]) {
    const idOf = async (given?: string): Promise<string | undefined> =>
      (await get(path, given === undefined ? {} : { "x-request-id": given })).headers.get("x-request-id");
    assert.equal(await idOf("Abc-1.2_3:4@x/y=z"), "Abc-1.2_3:4@x/y=z", path);
    const made = await Promise.all([idOf(), idOf(), idOf("a b"), idOf("x".repeat(129)), idOf('"')]);
    assert.equal(new Set(made).size, 5, path);
    for (const id of made) assert.match(id ?? "", /^[0-9a-f]{12}-[0-9a-z]+$/, path);
  }
  assert.equal(
    (await send("POST", "/v3/write/fan-1", { "x-request-id": "w" }, "{")).headers.get("x-request-id"),
    "w",
  );
  const twice = "GET /test HTTP/1.1\r\nhost: x\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  assert.match((await converse(port, twice)).toString("latin1"), /^HTTP\/1\.1 [24]\d\d/);
});

const page = "https://dash.example";
const question = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "content-type",
};
const write = '{"action":"speed","data":"7"}';

test("pages of other origins get nothing unless they are named", async (t) => {
  const { get, send } = await served(t);
  for (const answer of [
    await get("/v3/read", { origin: page }),
    await send("OPTIONS", "/v3/write/fan-1", { origin: page, ...question }),
  ]) {
    assert.equal(
      [...answer.headers.keys()].some((name) => name.startsWith("access-control")),
      false,
    );
  }
  assert.equal((await send("POST", "/v3/write/fan-1", { origin: page }, write)).status, 403);
});

test("pages of named origins read and write", async (t) => {
  const { get, send } = await served(t, devices, { origins: [page, "http://other.example:8080"] });
  const asked = await send("OPTIONS", "/v3/write/fan-1", { origin: page, ...question });
  assert.deepEqual(
    [asked.status, asked.headers.get("access-control-allow-origin"), asked.headers.get("vary")],
    [204, page, "origin"],
  );
  assert.match(asked.headers.get("access-control-allow-methods") ?? "", /\bPOST\b/);
  assert.match(asked.headers.get("access-control-allow-headers") ?? "", /content-type/);
  const written = await send("POST", "/v3/write/fan-1", { origin: page.toUpperCase() }, write);
  assert.equal(written.status, 200);
  for (const path of ["/v3/read", "/v3/scan", "/v3/readcache", "/v3/none", "/test", "/v3/read?plugin=x"]) {
    const { headers } = await get(path, { origin: "http://other.example:8080" });
    assert.equal(headers.get("access-control-allow-origin"), "http://other.example:8080", path);
    assert.match(headers.get("access-control-expose-headers") ?? "", /etag/);
    assert.match(headers.get("vary") ?? "", /^origin\b/, path);
  }
  const other = await get("/v3/read", { origin: "https://evil.example" });
  assert.deepEqual(
    [other.headers.has("access-control-allow-origin"), other.headers.get("vary")],
    [false, "origin"],
  );
  assert.equal(
    (await send("POST", "/v3/write/fan-1", { origin: "https://evil.example" }, write)).status,
    403,
  );
  assert.equal((await get("/v3/read")).headers.get("vary"), "origin");
  assert.equal(
    (await send("OPTIONS", "/v3/read", { origin: page })).headers.get("allow"),
    "GET, HEAD, OPTIONS",
  );
});

test("pages from everywhere may only read", async (t) => {
  const { get, send } = await served(t, devices, { origins: ["*"] });
  const { headers } = await get("/v3/read", { origin: page });
  assert.deepEqual([headers.get("access-control-allow-origin"), headers.has("vary")], ["*", false]);
  const asked = await send("OPTIONS", "/v3/write/fan-1", { origin: page, ...question });
  assert.equal(asked.headers.get("access-control-allow-methods"), "GET, HEAD");
  assert.equal((await send("POST", "/v3/write/fan-1", { origin: page }, write)).status, 403);
});

test("kept readings: one JSON object per line, within bounds, as far as the cache goes", async (t) => {
  const { get, clock, site } = await served(t);
  const lines = async (query: string): Promise<readonly Record<string, unknown>[]> => {
    const { status, headers, text } = await get(`/v3/readcache${query}`);
    assert.deepEqual([status, headers.get("content-type")], [200, "application/json; charset=utf-8"], query);
    assert.ok(text === "" || text.endsWith("\n"));
    if (text === "") assert.equal(headers.get("content-length"), "0");
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  await clock.advance(2000);
  const all = await lines("");
  const times = [...new Set(all.map(({ timestamp }) => String(timestamp)))];
  assert.ok(times.length >= 3, times.join());
  const [second = "", last = ""] = [times[1], times.at(-1)];
  const within = (from: string, to: string) =>
    all.filter(({ timestamp: at }) => String(at) >= from && String(at) <= to);
  assert.deepEqual(await lines("?start=&end="), all);
  assert.deepEqual(await lines(`?start=${second}`), within(second, last));
  assert.deepEqual(await lines(`?end=${second}`), within("", second));
  assert.deepEqual(await lines(`?start=${second}&end=${second}`), within(second, second));
  assert.deepEqual(await lines("?start=2099-01-01T00:00:00Z"), []);
  const one = all.find(({ value }) => value === 21.5) ?? assert.fail();
  const [latest] = JSON.parse((await get("/v3/read/probe")).text) as [Record<string, unknown>];
  assert.deepEqual({ ...one, timestamp: "" }, { ...latest, timestamp: "" });
  assert.match((await get("/v3/readcache")).text, /"value":18446744073709551615,/);
  site.registry.remove("t");
  assert.deepEqual(await lines(""), []);
});

test("a client that does not take its kept readings holds up nobody, and is dropped with them", async (t) => {
  const { port, site, get, http } = await served(t, many);
  const id = { device: site.registry.get("fan-1")?.id ?? "", output: "rpm" };
  const batch: Reading[] = Array.from({ length: 90_000 }, (_, value) => ({
    id,
    at: 1e12,
    quality: "good",
    value,
  }));
  site.store.publish(batch);
  const rendered = t.mock.method(site.json, "ofReading");
  const connected = new Promise<Socket>((resolve) => http.server.once("connection", resolve));
  const socket = connect(port, "127.0.0.1");
  const accepted = await connected;
  const begun = new Promise((resolve) => socket.once("readable", resolve));
  socket.write("GET /v3/readcache HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await begun;
  for (let i = 0; i < 20; i++) assert.equal((await get("/v3/read/fan-1")).status, 200);
  // 20 MB do not fit on the way to somebody who reads nothing: what did not is not made yet.
  assert.ok(rendered.mock.callCount() > 100 && rendered.mock.callCount() < 80_000, "not held back");
  const left = new Promise((resolve) => accepted.once("close", resolve));
  socket.destroy();
  await left;
  assert.equal((await get("/test")).status, 200);
});
