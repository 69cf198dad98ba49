import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { test, type TestContext } from "node:test";
import { WebSocket } from "ws";
import { type GuardedSite, guardedSite } from "../support/guarded-site.ts";
import { portOf } from "../support/sockets.ts";

/** Opens a WebSocket as a page does, which can give names of subprotocols and nothing else. */
function opened(t: TestContext, { http }: GuardedSite, protocols: readonly string[]): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(http)}/v3/connect`, [...protocols]);
  // One that was refused is given up before it is open.
  socket.on("error", () => undefined);
  t.after(() => socket.terminate());
  return socket;
}

async function answered(socket: WebSocket, request: object): Promise<unknown> {
  socket.send(JSON.stringify(request));
  const [data] = (await once(socket, "message")) as [Buffer];
  return JSON.parse(data.toString());
}

test("a page shows its token as a subprotocol; role and scope hold as ever", async (t) => {
  const site = await guardedSite(t);
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const token = site.token("viewer", ["rack:r1"], "page");
  const socket = opened(t, site, ["synse", `bothy.bearer.${token}`]);
  await once(socket, "open");
  assert.equal(socket.protocol, "synse", "the token is not said back");
  const scan = (await answered(socket, { id: 1, event: "request/scan", data: {} })) as {
    data: { alias: string }[];
  };
  assert.deepEqual(
    scan.data.map(({ alias }) => alias),
    ["fan-near"],
  );
  const write = { device: "fan-near", payload: { action: "speed", data: "50" } };
  const refused = (await answered(socket, { id: 2, event: "request/write_async", data: write })) as {
    event: string;
    data: { http_code: number };
  };
  assert.deepEqual([refused.event, refused.data.http_code], ["response/error", 403]);
  const entries = await site.audit();
  assert.ok(entries.some(({ who, code }) => who === "token page" && code === "FORBIDDEN"));
  assert.ok(!JSON.stringify(entries).includes(token), "nor is it written down");
});

test("a bad token as a subprotocol, or none, opens nothing", async (t) => {
  const site = await guardedSite(t);
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const bad = `bothy_aaaaaaaa_${"A".repeat(43)}`;
  for (const protocols of [["synse", `bothy.bearer.${bad}`], ["synse", "bothy.bearer.x"], ["synse"], []]) {
    const socket = opened(t, site, protocols);
    const [, answer] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    assert.equal(answer.statusCode, 401, protocols.join());
    answer.resume();
  }
  assert.equal(site.http.sockets.counts().sockets, 0);
});
