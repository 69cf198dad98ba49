// The client against a site behind a real port.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Client, ClientError, createClient, type StreamItem } from "../../client/index.ts";
import { until } from "../support/sockets.ts";
import { TestClock } from "../support/test-clock.ts";
import { counted, served } from "./served.ts";

test("over HTTP and over a WebSocket the same is answered", { timeout: 60_000 }, async (t) => {
  const { client: make, clock } = await served(t);
  const client = make();
  const session = client.connect();
  t.after(() => session.close());
  const plugin = (await client.plugins())[0]?.id ?? "";
  const questions: readonly ((from: Client | typeof session) => Promise<unknown>)[] = [
    (from) => from.status(),
    (from) => from.version(),
    (from) => from.config(),
    (from) => from.plugins(),
    (from) => from.plugin(plugin),
    (from) => from.pluginHealth(),
    (from) => from.scan(),
    (from) => from.scan({ tags: ["rack:r1", "x/a"] }),
    (from) => from.scan({ tags: [["a"], ["rack:r1"]], ns: "x" }),
    (from) => from.tags({ ns: ["x", "default"], ids: true }),
    (from) => from.info("fan-1"),
    (from) => from.read(),
    (from) => from.read({ tags: ["x/**"] }),
    (from) => from.readDevice("meter"),
    (from) => collected(from.readCache()),
    (from) => from.transactions(),
  ];
  for (const ask of questions) assert.deepEqual(await ask(session), await ask(client), String(ask));
  const [written] = await session.writeSync("fan-1", { action: "speed", data: 80, transaction: "mine" });
  assert.deepEqual([written?.status, written?.message], ["DONE", "read back 80 %"]);
  const [accepted] = await client.writeAsync("fan-1", [{ action: "speed", data: 70n }]);
  await clock.advance(1000);
  for (const from of [client, session]) {
    assert.equal((await from.transaction("mine")).context.data, "80");
    assert.deepEqual((await from.transaction(accepted?.id ?? "")).message, "read back 70 %");
    assert.equal((await from.transactions()).length, 2);
  }
});

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("readings say how good they are, and integers are exact", async (t) => {
  const { client } = await served(t);
  const readings = await client().readDevice("meter");
  assert.deepEqual(
    readings.map(({ value, quality, context }) => [context["channel"], value, quality]),
    [
      [undefined, counted, "good"],
      ["a", 1, "good"],
      ["b", null, "bad"],
    ],
  );
  const [, , bad] = readings;
  assert.ok(bad?.quality === "bad");
  assert.deepEqual(bad.reason, { code: "NO_ANSWER", text: "the table has no value" });
});

test("slots are filled, seen and relinquished", async (t) => {
  const { client: make, table, clock } = await served(t);
  const client = make();
  const done = await client.fill(
    "fan-1",
    "speed",
    { value: 65, why: "a test", holdFor: "5m" },
    { wait: true },
  );
  assert.deepEqual([done.status, done.slot, done.holdFor], ["DONE", 8, 300_000]);
  assert.equal(table.values.get("fan-1/duty"), 65);
  await client.fill("fan-1", "speed", { value: 30n, slot: 12, why: "the loop" });
  const [array] = await client.writes("fan-1");
  assert.deepEqual(
    array?.entries.map(({ slot, value }) => [slot, value]),
    [
      [8, 65],
      [12, 30],
    ],
  );
  const left = await client.relinquish("fan-1", "speed", { why: "done" });
  assert.equal(left.inForce?.slot, 12);
  await clock.advance(1000);
  assert.equal(table.values.get("fan-1/duty"), 30);
});

test("what cannot be asked is refused here, what the site refuses is told", async (t) => {
  const { client: make } = await served(t);
  const client = make();
  for (const [ask, http_code, code, context] of [
    [() => client.info("nobody"), 404, "HTTP_404", /nobody/],
    [() => client.bus("nobody"), 404, "NOT_FOUND", /nobody/],
    [() => client.scan({ sort: "sort_index" }), 400, "HTTP_400", /sort_index/],
    [() => client.writeSync("probe", { action: "speed" }), 405, "HTTP_405", /probe/],
    [() => client.fill("fan-1", "speed", { value: 500, why: "x" }), 400, "OUT_OF_RANGE", /500/],
    [() => collected(client.readCache({ start: "yesterday" })), 400, "HTTP_400", /yesterday/],
    [() => collected(client.scanBus("none")), 404, "NOT_FOUND", /none/],
    [() => client.info(".."), 0, "BAD_INPUT", /".."/],
    [() => client.readDevice(""), 0, "BAD_INPUT", /""/],
    [() => client.read({ tags: ["a,b"] }), 0, "BAD_INPUT", /comma/],
  ] as const)
    await assert.rejects(ask, (error: unknown) => {
      assert.ok(error instanceof ClientError);
      assert.deepEqual([error.http_code, error.code], [http_code, code]);
      assert.match(error.context, context);
      return true;
    });
  // Every other name finds its way.
  await assert.rejects(client.info("a/b?c#d %e é"), { context: "device not found: a/b?c#d %e é" });
  for (const url of ["", "hut:5000", "ftp://hut", "/v3"])
    assert.throws(() => createClient({ url }), { code: "BAD_INPUT" }, url);
});

test("frames and bus scans come line by line, and end when nobody wants them", async (t) => {
  const { client: make, table, http } = await served(t);
  const client = make();
  const scanned = await collected(client.scanBus("t", { from: 1, to: 3 }));
  assert.deepEqual(
    scanned.map(({ address }) => address),
    [1, 2, 3],
  );
  for await (const line of client.frames("t")) {
    assert.equal(line["state"], "open");
    break;
  }
  const left = new AbortController();
  const why = new Error("enough");
  await assert.rejects(async () => {
    for await (const line of client.frames("t", { signal: left.signal })) {
      assert.equal(line["bus"], "t");
      left.abort(why);
    }
  }, why);
  await until(() => table.taps.size === 0);
  // Whoever has hung up has opened others for what may come, which the site's end would wait for.
  http.server.closeAllConnections();
});

/** A server of the test's own, behind a real port. */
async function server(t: TestContext, listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  t.after(() => {
    made.closeAllConnections();
    made.close();
  });
  made.listen(0, "127.0.0.1");
  await once(made, "listening");
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

const status = '{"status":"ok","timestamp":""}';

test("reads are tried again, writes never; the server's pause is kept", async (t) => {
  const asked: string[] = [];
  const url = await server(t, (request, response) => {
    asked.push(`${String(request.method)} ${String(request.url)}`);
    if (asked.length === 1) request.socket.destroy();
    else if (asked.length === 2) response.writeHead(503, { "retry-after": "3" }).end("<h1>later</h1>");
    else if (asked.length === 3) response.end(status);
    else request.socket.destroy();
  });
  const clock = new TestClock();
  const client = createClient({ url, clock, random: () => 0.5 });
  const answered = client.status();
  await until(() => asked.length === 1 && clock.waiting === 2);
  await clock.advance(100);
  await until(() => asked.length === 2 && clock.waiting === 2);
  await clock.advance(2999);
  assert.equal(asked.length, 2);
  await clock.advance(1);
  assert.equal((await answered).status, "ok");
  assert.equal(clock.waiting, 0);
  for (const write of [
    () => client.writeAsync("a", { action: "x" }),
    () => client.writeSync("a", { action: "x" }),
    () => client.fill("a", "x", { why: "y" }),
    () => client.relinquish("a", "x"),
    () => collected(client.scanBus("t")),
  ])
    await assert.rejects(write, { code: "DISCONNECTED", http_code: 0 });
  assert.deepEqual(asked.slice(3), [
    "POST /v3/write/a",
    "POST /v3/write/wait/a",
    "PUT /api/devices/a/writes/x",
    "DELETE /api/devices/a/writes/x",
    "POST /api/buses/t/scan",
  ]);
});

test("who is not there, who does not answer, who answers half", async (t) => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, "close");
  const nobody = createClient({ url: `http://127.0.0.1:${port}`, retry: false });
  await assert.rejects(nobody.status(), { code: "UNREACHABLE" });
  await assert.rejects(nobody.writeAsync("a", { action: "x" }), { code: "UNREACHABLE" });

  let asked = 0;
  const url = await server(t, (request, response) => {
    asked++;
    if (request.url === "/v3/readcache") response.write(`${line(1)}\n{"device":`);
    else if (request.url === "/v3/tags") response.end("<html><b>502</b> Bad  Gateway");
    else if (request.url === "/version") response.writeHead(418).end();
  });
  const clock = new TestClock();
  const client = createClient({ url, clock, timeout: 4000, retry: false });
  const late = client.status();
  await until(() => asked === 1);
  await clock.advance(4000);
  await assert.rejects(late, { code: "NO_ANSWER", context: "GET /test took more than 4000 ms" });
  const why = new Error("no longer");
  const left = new AbortController();
  const waiting = client.status({ signal: left.signal });
  await until(() => asked === 2);
  left.abort(why);
  await assert.rejects(waiting, why);
  await assert.rejects(client.status({ signal: left.signal }), why);
  await assert.rejects(client.tags(), { code: "BAD_ANSWER" });
  await assert.rejects(client.version(), { http_code: 418, code: "HTTP_418" });
  const cache = client.readCache()[Symbol.asyncIterator]();
  assert.equal((await cache.next()).value?.value, 1);
  const rest = cache.next();
  // The consumer's time does not count, only the server's.
  await until(() => clock.waiting === 1);
  await clock.advance(4000);
  await assert.rejects(rest, { code: "NO_ANSWER" });
  assert.equal(clock.waiting, 0);
});

const line = (value: number): string =>
  JSON.stringify({
    ...{ device: "a", timestamp: "", type: "", device_type: "", device_info: "", unit: null },
    ...{ value, context: {} },
  });

test("lines are read wherever they are cut", async (t) => {
  const lines = `${line(1)}\n\n${line(2).replace('"a"', '"\u00e9\u{1f525}"')}\n${line(3)}`;
  for (const size of [1, 2, 3, 7, 1000]) {
    const url = await server(t, (_request, response) => {
      const bytes = Buffer.from(lines);
      for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
      response.end();
    });
    const readings = await collected(createClient({ url }).readCache());
    assert.deepEqual(
      readings.map(({ value, device }) => [value, device]),
      [
        [1, "a"],
        [2, "\u00e9\u{1f525}"],
        [3, "a"],
      ],
    );
  }
});

test("the token goes with every request, and is asked for anew", async (t) => {
  const seen: (string | undefined)[] = [];
  const url = await server(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.end(status);
  });
  let n = 0;
  await createClient({ url: `${url}/` }).status();
  await createClient({ url, token: "abc" }).status();
  const client = createClient({ url: `${url}/below/`, token: () => Promise.resolve(`jwt-${++n}`) });
  await client.status();
  await client.status();
  assert.deepEqual(seen, [undefined, "Bearer abc", "Bearer jwt-1", "Bearer jwt-2"]);
});

test("a stream over a real socket goes on when the server was away", { timeout: 60_000 }, async (t) => {
  const first = await served(t);
  const session = first.client().connect({ backoff: { least: 5, most: 20 } });
  t.after(() => session.close());
  const stream = session.readStream({ tags: ["rack:r1"] })[Symbol.asyncIterator]();
  const next = async (): Promise<StreamItem> => {
    const { value } = await stream.next();
    assert.ok(value !== undefined);
    return value;
  };
  const values = async (count: number): Promise<unknown[]> => {
    const list: unknown[] = [];
    while (list.length < count) {
      const item = await next();
      list.push(item.kind === "reading" ? item.reading.value : item.kind);
    }
    return list;
  };
  assert.deepEqual((await values(3)).sort(), [21.5, 40, 4200]);
  first.table.values.set("probe/temperature", 22);
  await first.clock.advance(1000);
  assert.ok((await values(3)).includes(22));
  const port = Number(new URL(first.url).port);
  await first.http.close();
  // Without readings: they were on their way when it went.
  for (;;) if ((await next()).kind === "lost") break;
  assert.equal(session.state, "lost");
  const asked = session.readDevice("probe");
  const second = await served(t, port);
  assert.equal((await asked)[0]?.value, 21.5);
  assert.equal((await next()).kind, "resumed");
  assert.deepEqual((await values(3)).sort(), [21.5, 40, 4200]);
  second.table.values.set("probe/temperature", 23);
  await second.clock.advance(1000);
  assert.ok((await values(3)).includes(23));
});

test("a session may be closed at any moment of its opening", { timeout: 60_000 }, async (t) => {
  const { client, http } = await served(t);
  for (let turns = 0; turns < 30; turns++) {
    const session = client().connect();
    const answer = session.status().then(
      () => "answered",
      (error: unknown) => (error instanceof ClientError ? error.code : String(error)),
    );
    for (let n = 0; n < turns; n++) await turn();
    session.close();
    assert.match(await answer, /^(answered|CLOSED)$/);
    assert.equal(session.state, "closed");
  }
  await http.close();
});

test("a consumer that does nothing for long has the newest readings", { timeout: 60_000 }, async (t) => {
  const { client, clock, table } = await served(t);
  const session = client().connect();
  t.after(() => session.close());
  const stream = session.readStream({ ids: ["probe"] })[Symbol.asyncIterator]();
  const { value: first } = await stream.next();
  assert.ok(first?.kind === "reading" && first.reading.value === 21.5);
  for (let i = 1; i <= 200; i++) {
    table.values.set("probe/temperature", i / 10);
    await clock.advance(1000);
  }
  // Whatever was sent before the answer to a question is here when the answer is.
  await session.status();
  const { value } = await stream.next();
  assert.ok(value?.kind === "reading");
  assert.equal(value.reading.value, 20);
  await stream.return?.();
  session.close();
});
