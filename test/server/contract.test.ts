import assert from "node:assert/strict";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import type { Action } from "../../devices/device.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

// The Synse v3 contract row by row, as bytes on a socket: what clients see, not what the framework says of itself.

const reset: Action = { name: "reset", kind: "pulse", accepts: { kind: "none" }, storage: "ram" };
const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1", "x/a"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1"] },
  { alias: "meter", type: "power", outputs: [["count"]] },
  { alias: "latch", type: "lock", outputs: [], actions: [reset] },
  { alias: "wait", type: "fan", outputs: [["duty"]], actions: [speed] },
];
const values = { "fan-1/rpm": 4200, "probe/temperature": 21.5, "meter/count": 18446744073709551615n };

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** One request on a connection of its own. */
async function exchange(port: number, method: string, path: string, body?: string): Promise<Answer> {
  const length = body === undefined ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${length}\r\n${body ?? ""}`,
  );
  await closed;
  const [head = "", ...rest] = Buffer.concat(chunks).toString("utf8").split("\r\n\r\n");
  const [first = "", ...fields] = head.split("\r\n");
  const headers = fields.map((field): [string, string] => {
    const [name = "", ...value] = field.split(": ");
    return [name.toLowerCase(), value.join(": ")];
  });
  return { status: Number(first.split(" ")[1]), headers: new Map(headers), text: rest.join("\r\n\r\n") };
}

/** Method, path, status and what the body looks like; for errors, what its context says. */
type Case = readonly [method: string, path: string, status: number, says: RegExp, body?: string];

const reads: readonly Case[] = [
  ["GET", "/test", 200, /^\{"status":"ok","timestamp":"[^"]+Z"\}$/],
  ["GET", "/test/", 200, /"ok"/],
  ["GET", "/version/", 200, /^\{"version":"[^"]+","api_version":"v3"\}$/],
  ["GET", "/v3/config", 200, /"logging":"info","pretty_json":/],
  ["GET", "/v3/plugin", 200, /^\[\{"name":"table","maintainer":"bothy","tag":"bothy\/table"/],
  ["GET", "/v3/plugin?refresh=true&refresh=false", 200, /"active":true\}\]$/],
  ["GET", "/v3/plugin/", 404, /^plugin not found: $/],
  ["GET", "/v3/plugin/x", 404, /^plugin not found: x$/],
  ["GET", "/v3/plugin/health", 200, /^\{"status":"healthy","updated":/],
  ["GET", "/v3/plugin/health/", 200, /"inactive":0\}$/],
  ["GET", "/v3/scan", 200, /^\[\{"id":"[^"]+","alias":"[^"]+","info":"[^"]+","type":/],
  ["GET", "/v3/scan/", 200, /^\[\{/],
  ["GET", "/v3/device", 200, /^\[\{/],
  ["GET", "/v3/device/", 404, /^plugin not found for device $/],
  ["GET", "/v3/scan?ns=&tags=&sort=&force=", 200, /^\[\{.*"latch"/],
  ["GET", "/v3/scan?unknown=1&sort=alias", 200, /^\[\{"id":"[^"]+","alias":"fan-1"/],
  ["GET", "/v3/scan?sort=sortIndex%2Ctype", 200, /^\[/],
  ["GET", "/v3/scan?sort=sort_index", 400, /sort_index/],
  ["GET", "/v3/scan?sort=alias%2C", 400, /cannot sort by/],
  ["GET", "/v3/scan?sort=alias&sort=id", 400, /sort/],
  ["GET", "/v3/scan?sort=&sort=id", 200, /^\[/],
  ["GET", "/v3/scan?ns=a&ns=b", 400, /ns/],
  ["GET", "/v3/scan?ns=x&tags=a", 200, /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/],
  ["GET", "/v3/scan?tags=rack:r1,x/a&tags=none", 200, /^\[\{[^[]*"alias":"fan-1"/],
  ["GET", "/v3/scan?tags=rack:r1,", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=x/**", 200, /^\[\{/],
  ["GET", "/v3/scan?tags=type:fan", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=system/type:fan", 200, /"fan-1"/],
  ["GET", "/v3/scan?force=TRUE&force=no", 200, /^\[\{/],
  ["GET", "/v3/tags", 200, /^\["default\/rack:r1","system\/type:fan",.*"x\/a"\]$/],
  ["GET", "/v3/tags?ns=x,default&ns=none", 200, /^\["default\/rack:r1","x\/a"\]$/],
  ["GET", "/v3/tags?ids=TRUE", 200, /system\/id:/],
  ["GET", "/v3/tags?ids=1", 200, /^(?!.*system\/id:)/],
  ["GET", "/v3/info/", 404, /^device not found: $/],
  ["GET", "/v3/info/nobody", 404, /^device not found: nobody$/],
  ["GET", "/v3/info/f%61n-1", 200, /"capabilities":\{"mode":"rw","write":\{"actions":\["speed"\]\}\}/],
  ["GET", "/v3/info/probe/", 200, /"scalingFactor":0,"unit":\{"name":"celsius","symbol":"C"\}\}\]/],
  ["GET", "/v3/info/meter", 200, /"precision":\d+,"scalingFactor":0\}\],"metadata":\{\},"sort_index":0\}$/],
  ["GET", "/v3/read/", 404, /^plugin not found for device $/],
  ["GET", "/v3/read/nobody", 404, /^plugin not found for device nobody$/],
  [
    "GET",
    "/v3/read/probe/",
    200,
    /"unit":\{"name":"celsius","symbol":"C"\},"value":21\.5,"context":\{\}\}\]$/,
  ],
  ["GET", "/v3/device/meter", 200, /"unit":null,"value":18446744073709551615,"context":\{\}\}\]$/],
  ["GET", "/v3/read/latch", 405, /latch/],
  ["GET", "/v3/read?plugin=x", 400, /x/],
  ["GET", "/v3/read?plugin=&tags=&ns=", 200, /^\[\{"device":/],
  ["GET", "/v3/read?ns=a&ns=b", 400, /ns/],
  ["GET", "/v3/read?tags=none", 200, /^\[\]$/],
  ["GET", "/v3/read?tags=x/**", 200, /^\[\{/],
  ["GET", "/v3/read/%zz", 400, /not a valid url/],
  ["GET", "/v3/read/..", 404, /device \.\.$/],
  ["GET", "/v3/read/%2e%2e%2fscan", 404, /device \.\.\/scan$/],
  ["GET", "/v3/info/__proto__", 404, /__proto__$/],
  ["GET", "/api/buses/constructor", 404, /constructor/],
  ["GET", "/v3/scan?sort=__proto__", 400, /__proto__/],
  ["GET", "/v3/transaction", 200, /^\[\]$/],
  ["GET", "/v3/transaction/", 404, /^transaction not found: $/],
  ["GET", "/v3/transaction/x", 404, /^transaction not found: x$/],
  ["GET", "/v3/none", 404, /nothing at GET \/v3\/none/],
  ["GET", "//v3/scan", 404, /nothing/],
  ["GET", "/V3/scan", 404, /nothing/],
];

const good = '{"action":"speed","data":"80"}';
const writes: readonly Case[] = [
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /^\[\{"id":"[^"]+","device":"[0-9a-f-]{36}","context":\{"action":"speed","data":"80"\},"timeout":"30s"\}\]$/,
    good,
  ],
  [
    "POST",
    "/v3/write/wait/fan-1",
    200,
    /"timeout":"30s","status":"DONE","context":\{"action":"speed","data":"80"\},"device":"fan-1"\}\]$/,
    good,
  ],
  ["POST", "/v3/write/wait/fan-1/", 200, /"DONE"/, `[${good},${good}]`],
  ["POST", "/v3/device/fan-1", 200, /"status":"DONE"/, good],
  ["POST", "/v3/write/wait", 200, /"device":"[0-9a-f-]{36}"/, good],
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /"id":"a\/b c\?","device".*"transaction":"a\/b c\?"\}/,
    '{"action":"speed","data":"5","transaction":"a/b c?","more":{"__proto__":1}}',
  ],
  ["GET", "/v3/transaction/a%2Fb%20c%3F", 200, /"id":"a\/b c\?"/],
  ["POST", "/v3/write/fan-1", 409, /a\/b c\?/, '{"action":"speed","data":"5","transaction":"a/b c?"}'],
  [
    "POST",
    "/v3/write/fan-1",
    409,
    /twice/,
    '[{"action":"speed","data":"5","transaction":"twice"},{"action":"speed","transaction":"twice"}]',
  ],
  ["GET", "/v3/transaction/twice", 404, /twice/],
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /"context":\{"action":"speed","data":"5"\}/,
    '{"action":"speed","data":"5","transaction":""}',
  ],
  [
    "POST",
    "/v3/write/wait/latch",
    200,
    /"context":\{"action":"reset","data":""\}/,
    '{"action":"reset","data":null,"transaction":null}',
  ],
  [
    "POST",
    "/v3/write/wait/fan-1",
    200,
    /"message":"fan-1 has no action fly[^"]*".*"status":"ERROR"/,
    '{"action":"fly"}',
  ],
  ["POST", "/v3/write/wait/fan-1", 200, /"status":"ERROR"/, '{"action":"speed","data":"101"}'],
  ["POST", "/v3/write/fan-1", 400, /not JSON/, "not json"],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, ""],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, "null"],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, "5"],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, '"speed"'],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, `[[${good}]]`],
  ["POST", "/v3/write/fan-1", 400, /empty/, "[]"],
  ["POST", "/v3/write/fan-1", 400, /needs an action/, "{}"],
  ["POST", "/v3/write/fan-1", 400, /data must be text, such as "5"/, '{"action":"speed","data":5}'],
  ["POST", "/v3/write/fan-1", 400, /action must be text/, '{"action":{}}'],
  ["POST", "/v3/write/fan-1", 400, /transaction must be text/, '{"action":"speed","transaction":5}'],
  ["POST", "/v3/write/nobody", 404, /^plugin not found for device nobody$/, good],
  ["POST", "/v3/write/", 404, /^plugin not found for device $/, good],
  ["POST", "/v3/write/probe", 405, /probe takes no writes/, good],
];

test("every read is answered as Synse v3 clients know it", async (t) => {
  await play(t, reads);
});

test("every write is answered as Synse v3 clients know it", async (t) => {
  await play(t, writes);
});

async function play(t: Parameters<typeof tableSite>[0], cases: readonly Case[]): Promise<void> {
  const { http } = await tableSite(t, devices, values);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = http.server.address() as AddressInfo;
  for (const [method, path, status, says, body] of cases) {
    const { status: got, headers, text } = await exchange(port, method, path, body);
    const what = `${method} ${path} ${body ?? ""} → ${got} ${text}`;
    assert.equal(got, status, what);
    assert.equal(headers.get("content-type"), "application/json", what);
    assert.equal(Number(headers.get("content-length")), Buffer.byteLength(text), what);
    if (status === 200) assert.match(text, says, what);
    else {
      const error = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(Object.keys(error).slice(0, 4), ["http_code", "description", "timestamp", "context"]);
      assert.equal(error["http_code"], status, what);
      assert.match(String(error["timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, what);
      assert.match(String(error["context"]), says, what);
    }
  }
}

test("every path says which methods it takes", async (t) => {
  const { http } = await tableSite(t, devices, values);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = http.server.address() as AddressInfo;
  const taken: Readonly<Record<string, string>> = {
    "/test": "GET, HEAD, OPTIONS",
    "/v3/scan": "GET, HEAD, OPTIONS",
    "/v3/read/probe": "GET, HEAD, OPTIONS",
    "/v3/write/fan-1": "POST, OPTIONS",
    "/v3/write/wait/fan-1": "POST, OPTIONS",
    "/v3/device/fan-1": "GET, HEAD, POST, OPTIONS",
    "/api/devices/fan-1/writes/speed": "PUT, DELETE, OPTIONS",
  };
  for (const [path, allow] of Object.entries(taken)) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]) {
      const { status, headers, text } = await exchange(port, method, path);
      if (allow.split(", ").includes(method)) {
        assert.notEqual(status, 405, `${method} ${path}`);
        if (method === "OPTIONS") assert.deepEqual([status, headers.get("allow"), text], [204, allow, ""]);
        continue;
      }
      assert.deepEqual([status, headers.get("allow")], [405, allow], `${method} ${path}`);
      if (method !== "HEAD")
        assert.match(text, /^\{"http_code":405,"description":"device action not supported"/);
    }
  }
});
