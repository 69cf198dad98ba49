import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { strangeName } from "../../server/routes/origin.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed] },
];
const values = { "fan-1/rpm": 4200, "fan-1/duty": 40 };
const write = {
  method: "POST",
  url: "/v3/write/wait/fan-1",
  payload: '{"action":"speed","data":"70"}',
} as const;

test("a site answers to addresses, to localhost, and to the names it was given; to no others", () => {
  const strange = strangeName({ host: "127.0.0.1", port: 0, names: ["Hut17.example"] }, undefined);
  for (const host of [
    "localhost",
    "LOCALHOST:5000",
    "127.0.0.1:5000",
    "10.1.2.3",
    "[::1]:5000",
    "hut17.example:80",
    "",
    undefined,
  ]) {
    assert.equal(strange(host), undefined, host);
  }
  for (const host of [
    "evil.example",
    "evil.example:5000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
  ]) {
    assert.match(strange(host)?.message ?? "", /http\.names/, host);
    assert.equal(strange("localhost"), undefined);
  }
  const http = { host: "0.0.0.0", port: 0 };
  assert.equal(strangeName(http, {})("hut17.local:5000"), undefined);
  for (const access of [{ loopback: true }, { anonymous: "viewer" as const }])
    assert.match(strangeName(http, access)("hut17.local:5000")?.message ?? "", /http\.names/);
});

test("a page whose name resolves to this machine reads nothing and writes nothing", async (t) => {
  const { ask, table } = await tableSite(t, devices, values);
  const headers = { host: "evil.example:5000" };
  for (const url of ["/", "/v3/read", "/v3/config", "/api/site", "/docs/json", "/nothing"]) {
    const { status, body } = await ask({ url, headers });
    assert.equal(status, 403, url);
    assert.equal((body as { http_code: number }).http_code, 403);
  }
  assert.equal((await ask({ ...write, headers })).status, 403);
  const own = { ...headers, origin: "http://evil.example:5000" };
  assert.equal((await ask({ ...write, headers: own })).status, 403);
  assert.equal(table.values.get("fan-1/duty"), 40);
});

test("a write is taken under whatever content type, even what is none", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "garbage;;;", "", "a/b/c"]) {
    const { status, text } = await ask({ ...write, headers: { "content-type": type } });
    assert.equal(status, 200, `${type}: ${text}`);
  }
});

test("what would be kept for minutes is short", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  const long = "x".repeat(1001);
  const post = (payload: unknown) =>
    ask({ method: "POST", url: "/v3/write/fan-1", payload: JSON.stringify(payload) });
  for (const payload of [
    { action: long },
    { action: "speed", data: long },
    { action: "speed", data: "5", transaction: long },
    Array(1001).fill({ action: "speed", data: "5" }),
  ]) {
    assert.equal((await post(payload)).status, 400);
  }
  assert.deepEqual((await ask("/v3/transaction")).body, []);
});

test("whoever is told that a request is none, and does not hang up, is hung up on", async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect({
    host: "127.0.0.1",
    port: (http.server.address() as AddressInfo).port,
    allowHalfOpen: true,
  });
  t.after(() => socket.destroy());
  socket.write("no request\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
  const connections = promisify(http.server.getConnections.bind(http.server));
  assert.equal(await connections(), 1);
  await clock.advance(3000);
  assert.equal(await connections(), 0);
});

test("whoever says nothing, or says it very slowly, is not waited for", async (t) => {
  const { http } = await tableSite(t, devices, values);
  assert.ok(http.server.headersTimeout > 0 && http.server.headersTimeout <= 10_000);
  assert.ok(http.server.requestTimeout > 0 && http.server.requestTimeout <= 30_000);
});
