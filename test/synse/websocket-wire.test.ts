import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import type { FastifyInstance } from "fastify";
import { WebSocket } from "ws";
import { openSocket, portOf, socketsOf, until } from "../support/sockets.ts";
import { testDevice } from "../support/device.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";
import { until as untilSeen } from "../support/until.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed] },
];
const values = { "fan-1/rpm": 4200, "fan-1/duty": 40 };

const upgrade = {
  host: "localhost",
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

const bytesOf = (first: string, headers: Readonly<Record<string, string>>, body = ""): string =>
  `${[first, ...Object.entries(headers).map((header) => header.join(": "))].join("\r\n")}\r\n\r\n${body}`;

async function listening(t: TestContext): Promise<FastifyInstance> {
  const { http } = await tableSite(t, devices, values);
  await http.listen({ host: "127.0.0.1", port: 0 });
  return http;
}

/** A connection that says something; what is answered until the other side closes, or `enough` has come. */
async function say(http: FastifyInstance, bytes: string | Buffer, enough?: RegExp): Promise<string> {
  const socket = connect(portOf(http), "127.0.0.1");
  socket.on("error", () => undefined);
  let answer = "";
  const closed = once(socket, "close");
  const came = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      if (enough?.test(answer) === true) resolve();
    });
  });
  socket.write(bytes);
  await Promise.race([closed, came]);
  socket.destroy();
  return answer;
}

/** What asks to become a WebSocket and may not: what is sent, the status, what is said. */
const refused: readonly (readonly [
  first: string,
  headers: Record<string, string>,
  status: number,
  says: RegExp,
])[] = [
  ["GET /v3/connect HTTP/1.1", { host: "localhost", connection: "close" }, 400, /must ask to become one/],
  ["GET /v3/connect/ HTTP/1.1", { host: "localhost", connection: "close" }, 400, /must ask to become one/],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, connection: "close" }, 400, /must ask to become one/],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, upgrade: "h2c", connection: "upgrade, close" }, 400, /must ask/],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, "sec-websocket-key": "x" }, 400, /Sec-WebSocket-Key/],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, "sec-websocket-version": "7" }, 400, /version 13/],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, host: "evil.example" }, 403, /evil\.example/],
  [
    "GET /v3/connect HTTP/1.1",
    { ...upgrade, origin: "https://evil.example" },
    403,
    /pages of https:\/\/evil/,
  ],
  ["GET /v3/connect HTTP/1.1", { ...upgrade, origin: "null" }, 403, /pages of null/],
  [
    "GET /v3/connect HTTP/1.1",
    { ...upgrade, origin: "http://localhost:1" },
    403,
    /pages of http:\/\/localhost:1/,
  ],
  [
    "POST /v3/connect HTTP/1.1",
    { ...upgrade, connection: "upgrade, close", "content-length": "0" },
    405,
    /POST/,
  ],
];

test("what may not become a WebSocket is told so as JSON, and the connection ends", async (t) => {
  const http = await listening(t);
  for (const [first, headers, status, says] of refused) {
    const answer = await say(http, bytesOf(first, headers));
    const what = `${first} ${JSON.stringify(headers)}: ${answer}`;
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), what);
    assert.match(answer, /content-type: application\/json\r\n/i, what);
    const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as Record<string, unknown>;
    assert.equal(body["http_code"], status, what);
    assert.match(String(body["context"]), says, what);
  }
  assert.equal(http.sockets.counts().sockets, 0);
});

test("what asks to become something else is answered as it is", async (t) => {
  const http = await listening(t);
  const h2c = {
    host: "localhost",
    connection: "Upgrade, HTTP2-Settings, close",
    upgrade: "h2c",
    "http2-settings": "AA",
  };
  assert.match(await say(http, bytesOf("GET /v3/read HTTP/1.1", h2c)), /^HTTP\/1\.1 200 .*"value":4200/s);
  const body = '{"action":"none"}';
  const write = bytesOf(
    "POST /v3/write/fan-1 HTTP/1.1",
    { ...h2c, "content-length": String(body.length) },
    body,
  );
  assert.match(await say(http, write), /^HTTP\/1\.1 200 .*"action":"none"/s);
  const elsewhere = bytesOf("GET /test HTTP/1.1", { ...upgrade, connection: "Upgrade, close" });
  assert.match(await say(http, elsewhere), /^HTTP\/1\.1 200 .*"status":"ok"/s);
  const socket = connect(portOf(http), "127.0.0.1");
  t.after(() => socket.destroy());
  for (let i = 0; i < 3; i++) {
    socket.write(bytesOf("GET /test HTTP/1.1", { ...h2c, connection: "Upgrade" }));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 .*"status":"ok"/s);
  }
});

test("pages of the site itself may open one", async (t) => {
  const http = await listening(t);
  const origin = `http://localhost:${portOf(http)}`;
  const client = await openSocket(t, http, { origin, headers: { host: `localhost:${portOf(http)}` } });
  assert.equal((await client.ask("request/status")).event, "response/status");
});

test("of the subprotocols a client offers only synse is chosen; no compression is agreed to", async (t) => {
  const http = await listening(t);
  const opened = async (header: string): Promise<string> => {
    const headers = { ...upgrade, "sec-websocket-extensions": "permessage-deflate" };
    const offered = header === "" ? headers : { ...headers, "sec-websocket-protocol": header };
    return say(http, bytesOf("GET /v3/connect?x=1 HTTP/1.1", offered), /\r\n\r\n/);
  };
  for (const offered of ["", "chat, soap", ",,;", "bothy.bearer.x"])
    assert.doesNotMatch(await opened(offered), /sec-websocket-(protocol|extensions)/i);
  assert.match(await opened("synse, bothy.bearer.x"), /sec-websocket-protocol: synse\r\n/i);
});

test("requests sent along with the wish to become a WebSocket are answered", async (t) => {
  const http = await listening(t);
  const frame = maskedFrame(0x81, '{"id":5,"event":"request/status"}');
  const asked = Buffer.concat([Buffer.from(bytesOf("GET /v3/connect HTTP/1.1", upgrade)), frame]);
  assert.match(await say(http, asked, /timestamp/), /^HTTP\/1\.1 101 .*\{"id":5,"event":"response\/status"/s);
});

/** A frame as clients send it; masked with zeros. RFC 6455 §5.2. */
function maskedFrame(first: number, text: string): Buffer {
  const body = Buffer.from(text);
  const length =
    body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), body]);
}

test("what is too long, no text or no frame closes its socket, and no other", async (t) => {
  const http = await listening(t);
  const other = await openSocket(t, http);
  const long = await openSocket(t, http);
  long.send(`{"id":1,"event":"request/status","data":{"x":"${"y".repeat(1_048_576)}"}}`);
  assert.equal((await long.closed).code, 1009);
  const limit = await openSocket(t, http);
  const empty = '{"id":1,"event":"request/status","data":{"x":""}}';
  limit.send(empty.replace('""', `"${"y".repeat(1_048_576 - empty.length)}"`));
  assert.equal((await limit.next()).event, "response/status");
  for (const [bytes, code] of [
    [Buffer.from([0x81, 0x01, 0x41]), 1002],
    [maskedFrame(0x83, "x"), 1002],
    [maskedFrame(0xc1, "x"), 1002],
    [Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]), 1007],
  ] as const) {
    const socket = connect(portOf(http), "127.0.0.1");
    socket.write(bytesOf("GET /v3/connect HTTP/1.1", upgrade));
    const head = await once(socket, "data");
    assert.match(String(head[0]), /^HTTP\/1\.1 101 /);
    socket.write(bytes);
    const [frame] = (await once(socket, "data")) as [Buffer];
    assert.deepEqual([frame[0], frame.readUInt16BE(2)], [0x88, code]);
    socket.destroy();
  }
  assert.equal((await other.ask("request/status")).event, "response/status");
  await until(() => http.sockets.counts().sockets === 2);
});

test("whoever does not agree to the end is hung up on", async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect({ port: portOf(http), host: "127.0.0.1", allowHalfOpen: true });
  socket.write(bytesOf("GET /v3/connect HTTP/1.1", upgrade));
  await once(socket, "data");
  socket.write(maskedFrame(0x83, "x"));
  await once(socket, "data");
  assert.equal(http.sockets.counts().sockets, 1);
  const closed = once(socket, "close");
  socket.on("end", () => socket.end());
  socket.resume();
  await clock.advance(2000);
  await closed;
  await until(() => http.sockets.counts().sockets === 0);
});

/** A client that is told of pings, and answers them only if asked to. */
async function pinged(
  t: TestContext,
  http: FastifyInstance,
  autoPong: boolean,
): Promise<{ socket: WebSocket; pings: () => number }> {
  const { socket } = await openSocket(t, http, { autoPong });
  let pings = 0;
  socket.on("ping", () => pings++);
  return { socket, pings: () => pings };
}

test("every 20 s a client is asked whether it is there; one that is not is let go after 20 s more", async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  const good = await pinged(t, http, true);
  const dead = await pinged(t, http, false);
  const talking = await pinged(t, http, false);
  const heard = (): Promise<unknown> => {
    const answered = once(talking.socket, "message");
    talking.socket.send('{"id":1,"event":"request/status"}');
    return answered;
  };
  let pongs = 0;
  http.sockets.watch(() => pongs++);
  await clock.advance(19_000);
  assert.equal(good.pings() + dead.pings() + talking.pings(), 0);
  const closed = once(dead.socket, "close");
  for (let round = 1; round <= 4; round++) {
    await clock.advance(round === 1 ? 1000 : 20_000);
    await until(() => good.pings() === round && talking.pings() === round);
    await heard();
    // What the good one answers is read before what it says after it.
    const answered = once(good.socket, "message");
    good.socket.send('{"id":1,"event":"request/status"}');
    await answered;
  }
  await closed;
  assert.equal(dead.pings(), 1);
  assert.equal(http.sockets.counts().sockets, 2);
  assert.equal(pongs, 8);
});

test("a pong alone is a sign of life", async (t) => {
  const { http, clock } = await tableSite(t, devices, values);
  const { socket, pings } = await pinged(t, http, true);
  const dead = await pinged(t, http, false);
  const closed = once(dead.socket, "close");
  for (let round = 1; round <= 3; round++) {
    await clock.advance(20_000);
    await until(() => pings() === round);
    // Read by the other side once what was sent after it is answered.
    const pong = once(socket, "pong");
    socket.ping();
    await pong;
  }
  await closed;
  assert.equal(socket.readyState, socket.OPEN);
});

test("a client that asks and never reads is read no more, held within bounds, and let go", async (t) => {
  const { site, clock } = await tableSite(t, devices, values);
  const http = await socketsOf(t, site, { limits: { atOnce: 8, unsentBytes: 10_000 } });
  let answered = 0;
  http.sockets.watch(() => answered++);
  const many = Array.from({ length: 200 }, (_, i) => testDevice(`many-${i}`));
  site.registry.add(many);
  for (const device of many) site.store.declare(device);
  const client = await openSocket(t, http);
  client.socket.pause();
  client.send('{"id":1,"event":"request/read_stream"}');
  const sent = 2000;
  for (let id = 0; id < sent; id++) client.send({ id, event: "request/read" });
  let [still, seen] = [0, -1];
  // The system may still move what is on its way from one buffer to the next, and make room.
  await untilSeen(() => {
    still = answered === seen ? still + 1 : 0;
    seen = answered;
    return http.sockets.counts().requests > 0 && still === 50;
  }, "no more is answered");
  const closed = client.closed;
  await clock.advance(20_000);
  assert.ok(http.sockets.counts().requests <= 8);
  assert.ok(answered < sent, `${answered} of ${sent} were answered`);
  const before = answered;
  await clock.advance(19_999);
  assert.equal(answered, before);
  await clock.advance(1);
  await until(() => http.sockets.counts().sockets === 0);
  client.socket.resume();
  assert.equal((await closed).code, 1006);
  assert.deepEqual(http.sockets.counts(), { sockets: 0, requests: 0, streams: 0, readings: 0 });
});

test("no more requests of a socket run at a time than may; the others follow in order", async (t) => {
  const { site, clock, table } = await tableSite(t, devices, values);
  const http = await socketsOf(t, site, { limits: { atOnce: 4 } });
  let open: () => void = () => undefined;
  table.gates.set("fan-1", new Promise((resolve) => (open = resolve)));
  const client = await openSocket(t, http);
  const data = { device: "fan-1", payload: { action: "speed", data: "50" } };
  client.send({ id: 0, event: "request/write_sync", data });
  for (let id = 1; id < 20; id++) client.send({ id, event: "request/version" });
  await until(() => http.sockets.counts().requests === 4);
  // Waiting for something it asked for is no sign of death, though nothing is heard of it.
  await clock.advance(20_000);
  assert.equal(http.sockets.counts().requests, 4);
  assert.equal(client.unread(), 0);
  open();
  await clock.advance(1000);
  for (let id = 0; id < 20; id++) assert.equal((await client.next()).id, id);
});

test("a server takes no more sockets than it may", async (t) => {
  const { site } = await tableSite(t, devices, values);
  const http = await socketsOf(t, site, { limits: { sockets: 2 } });
  const first = await openSocket(t, http);
  await openSocket(t, http);
  const answer = await say(http, bytesOf("GET /v3/connect HTTP/1.1", upgrade));
  assert.match(answer, /^HTTP\/1\.1 503 .*2 WebSockets are open/s);
  first.socket.close();
  await first.closed;
  await until(() => http.sockets.counts().sockets === 1);
  assert.equal((await (await openSocket(t, http)).ask("request/status")).event, "response/status");
});

test("a site that stops says so to everybody", async (t) => {
  const { http, site, clock, table } = await tableSite(t, devices, values);
  table.gates.set("fan-1", new Promise(() => undefined));
  const [streaming, writing] = [await openSocket(t, http), await openSocket(t, http)];
  streaming.send({ id: 1, event: "request/read_stream" });
  await streaming.next();
  writing.send({
    id: 1,
    event: "request/write_sync",
    data: { device: "fan-1", payload: { action: "speed", data: "50" } },
  });
  await until(() => http.sockets.counts().requests === 1);
  const mute = await raw(http);
  const muted = once(mute, "close");
  const stopped = Promise.all([site.stop(), http.close()]);
  for (const client of [streaming, writing]) {
    const { code, reason } = await client.closed;
    assert.deepEqual([code, reason], [1001, "the site is stopping"]);
  }
  await clock.advance(2000);
  mute.resume();
  await muted;
  await stopped;
  await until(() => http.sockets.counts().sockets === 0);
  assert.equal(site.synse.streams.size, 0);
});

/** A WebSocket whose client does nothing. */
async function raw(http: FastifyInstance): Promise<Socket> {
  const socket = connect({ port: portOf(http), host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  socket.write(bytesOf("GET /v3/connect HTTP/1.1", upgrade));
  await once(socket, "data");
  socket.pause();
  return socket;
}

test("the sockets of somebody who may no more are ended", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  http.sockets.dismiss(({ name }) => name === "somebody else", 1008, "not allowed any more");
  assert.equal((await client.ask("request/status")).event, "response/status");
  http.sockets.dismiss(() => true, 1008, "not allowed any more");
  assert.deepEqual(await client.closed, { code: 1008, reason: "not allowed any more" });
});

test("over TLS too: WebSockets, and those who ask for something else", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bothy-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...made, "-keyout", key, "-out", cert], { stdio: "pipe" });
  const { http } = await tableSite(t, devices, values, {
    http: { host: "127.0.0.1", port: 0, tls: { cert, key } },
  });
  await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = new WebSocket(`wss://localhost:${portOf(http)}/v3/connect`, { ca: readFileSync(cert) });
  t.after(() => socket.terminate());
  await once(socket, "open");
  socket.send('{"id":1,"event":"request/read_stream"}');
  const [reading] = (await once(socket, "message")) as [Buffer];
  assert.match(reading.toString(), /"event":"response\/reading"/);
  const plain = connectTls({ port: portOf(http), host: "localhost", ca: readFileSync(cert) });
  t.after(() => plain.destroy());
  const h2c = { host: "localhost", connection: "Upgrade, close", upgrade: "h2c" };
  plain.write(bytesOf("GET /test HTTP/1.1", h2c));
  const [answer] = (await once(plain, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
});
