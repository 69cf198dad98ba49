// Sessions against sockets that do what the test says, in time that passes when the test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, type StreamItem } from "../../client/index.ts";
import { settle } from "../support/test-clock.ts";
import { fakes, outcome, reading } from "./fake-socket.ts";

const status = { status: "ok", timestamp: "2031-05-06T07:08:09Z" };

function isError(thrown: unknown, code: string, context: RegExp): void {
  assert.ok(thrown instanceof ClientError, String(thrown));
  assert.equal(thrown.code, code);
  assert.match(thrown.context, context);
}

test("what is asked before it is open waits; answers find their questions in any order", async () => {
  const { client, last } = fakes();
  const session = client.connect();
  await settle();
  assert.equal(session.state, "connecting");
  const [one, two, three] = [
    session.status(),
    session.transactions(),
    session.tags({ ns: ["x"], ids: true }),
  ];
  assert.equal(await outcome(one), "waiting");
  last().open();
  await settle();
  assert.equal(session.state, "open");
  assert.deepEqual(last().sent, [
    { id: 1, event: "request/status", data: {} },
    { id: 2, event: "request/transactions", data: {} },
    { id: 3, event: "request/tags", data: { ns: ["x"], ids: true } },
  ]);
  last().say({ id: 3, event: "response/tags", data: ["x/a"] });
  last().say({ id: 1, event: "response/status", data: status });
  last().say({ id: 2, event: "response/transaction_list", data: [] });
  assert.deepEqual(await Promise.all([one, two, three]), [status, [], ["x/a"]]);
  session.close();
});

test("errors are the server's, whatever it leaves out", async () => {
  const { client, last } = fakes();
  const session = client.connect();
  await settle();
  last().open();
  const info = session.info("nobody");
  await settle();
  last().answer("info", "error", {
    http_code: 404,
    description: "resource not found",
    timestamp: "2031-05-06T07:08:09Z",
    context: "device not found: nobody",
  });
  const error = await outcome(info);
  isError(error, "HTTP_404", /^device not found: nobody$/);
  assert.equal((error as ClientError).http_code, 404);
  const read = session.read();
  await settle();
  last().answer("read", "error", { description: "unsupported event type: x", timestamp: "" });
  isError(await outcome(read), "BAD_INPUT", /does not say more/);
  const wrong = session.version();
  await settle();
  last().answer("version", "status", status);
  isError(await outcome(wrong), "BAD_ANSWER", /request\/version: it was answered by response\/status/);
  const odd = session.version();
  await settle();
  last().answer("version", "version", { version: 3 });
  isError(await outcome(odd), "BAD_ANSWER", /answer\.version is a number, not text/);
  session.close();
});

test("a read in flight when the connection is lost is asked again, a write is not", async () => {
  const { client, clock, sockets, last } = fakes();
  const session = client.connect();
  await settle();
  last().open();
  const read = session.readDevice("probe");
  const write = session.writeAsync("fan-1", { action: "speed", data: 80 });
  const sync = session.writeSync("fan-1", { action: "speed", data: 90 });
  await settle();
  assert.deepEqual(last().events(), ["request/read_device", "request/write_async", "request/write_sync"]);
  assert.deepEqual(last().sent[1]?.data, { device: "fan-1", payload: [{ action: "speed", data: "80" }] });
  last().drop();
  for (const one of [write, sync]) isError(await outcome(one), "DISCONNECTED", /was closed \(1006\)$/);
  assert.equal(session.state, "lost");
  // A write now would be done at a moment nobody chose.
  isError(await outcome(session.writeAsync("fan-1", { action: "speed" })), "UNREACHABLE", /nothing was sent/);
  const late = session.status();
  await clock.advance(500);
  assert.equal(sockets.length, 2);
  last().open();
  await settle();
  assert.deepEqual(last().events(), ["request/read_device", "request/status"]);
  last().answer("read_device", "reading", [reading("a", 21.5)]);
  last().answer("status", "status", status);
  assert.equal((await read)[0]?.value, 21.5);
  assert.deepEqual(await late, status);
  session.close();
});

test("without retries nothing waits for a connection that was lost", async () => {
  const { client, last } = fakes({ retry: false });
  const session = client.connect();
  await settle();
  const early = session.status();
  last().open();
  await settle();
  last().drop();
  isError(await outcome(early), "DISCONNECTED", /closed/);
  isError(await outcome(session.status()), "UNREACHABLE", /nothing was sent/);
  session.close();
});

test("it is tried again with pauses that grow to a bound, and shrink when something was heard", async () => {
  const { client, clock, sockets, last } = fakes();
  const session = client.connect({ backoff: { least: 100, most: 1000 } });
  const changes: string[] = [];
  const stop = session.onState(({ state, error }) =>
    changes.push(error === undefined ? state : `${state} ${error.code}`),
  );
  await settle();
  for (const [pause, opened] of [
    [100, 2],
    [200, 3],
    [400, 4],
    [800, 5],
    [1000, 6],
    [1000, 7],
  ] as const) {
    last().fail("connect ECONNREFUSED 127.0.0.1:5000");
    await clock.advance(pause * 0.99);
    assert.equal(sockets.length, opened - 1);
    await clock.advance(pause * 0.01);
    assert.equal(sockets.length, opened);
  }
  last().open();
  last().say({ id: -1, event: "response/status", data: status });
  last().drop(1001);
  await clock.advance(100);
  assert.equal(sockets.length, 8);
  assert.deepEqual(changes.slice(-3), ["lost UNREACHABLE", "open", "lost DISCONNECTED"]);
  stop();
  session.close();
  assert.equal(changes.at(-1), "lost DISCONNECTED");
  assert.equal(clock.waiting, 0);
});

test("whoever waits too long is told why there is no connection", async () => {
  const { client, clock, last } = fakes({ timeout: 3000 });
  const session = client.connect();
  await settle();
  const first = session.status();
  last().fail("connect ECONNREFUSED 127.0.0.1:5000");
  await clock.advance(2999);
  assert.equal(await outcome(first), "waiting");
  await clock.advance(1);
  isError(await outcome(first), "UNREACHABLE", /^ws:\/\/hut\/v3\/connect: connect ECONNREFUSED/);
  session.close();
});

test("a server that does not want us is not waited for, but asked again", async () => {
  const { client, clock, sockets, last } = fakes();
  const session = client.connect();
  const asked = session.status();
  await settle();
  last().fail("Unexpected server response: 401");
  isError(await outcome(asked), "HTTP_401", /answered with 401/);
  await clock.advance(1000);
  assert.equal(sockets.length, 2);
  session.close();
});

test("an opening or an answer that takes too long", async () => {
  const { client, clock, sockets, last } = fakes({ timeout: 2000 });
  const session = client.connect();
  await settle();
  await clock.advance(2500);
  assert.equal(sockets.length, 2, "it was given up and tried again");
  assert.equal(sockets[0]?.readyState, 2);
  last().open();
  const slow = session.status();
  await settle();
  await clock.advance(2000);
  isError(await outcome(slow), "NO_ANSWER", /request\/status took more than 2000 ms/);
  // An answer nobody waits for any more.
  last().answer("status", "status", status);
  assert.equal(session.state, "open");
  const sync = session.writeSync("fan-1", { action: "speed" });
  await clock.advance(59_000);
  assert.equal(await outcome(sync), "waiting");
  session.close();
  isError(await outcome(sync), "CLOSED", /closed here/);
});

test("a call that is called off rejects with the caller's reason, wherever it is", async () => {
  const { client, clock, last } = fakes();
  const session = client.connect();
  await settle();
  const why = new Error("changed my mind");
  await assert.rejects(session.status({ signal: AbortSignal.abort(why) }), why);
  const waiting = new AbortController();
  const early = session.status({ signal: waiting.signal });
  await settle();
  waiting.abort(why);
  assert.equal(await outcome(early), why);
  last().open();
  const flying = new AbortController();
  const late = session.status({ signal: flying.signal });
  await settle();
  flying.abort(why);
  assert.equal(await outcome(late), why);
  await assert.rejects(async () => {
    for await (const item of session.readStream({ signal: flying.signal })) assert.fail(item.kind);
  }, why);
  session.close();
  await assert.rejects(session.status(), { code: "CLOSED" });
  assert.equal(clock.waiting, 0);
});

test("a quiet connection is asked for a sign of life, and given up without one", async () => {
  const { client, clock, sockets, last } = fakes({ timeout: 5000 });
  const session = client.connect({ idle: 10_000 });
  await settle();
  last().open();
  await clock.advance(9_999);
  assert.deepEqual(last().events(), []);
  await clock.advance(1);
  assert.deepEqual(last().events(), ["request/status"]);
  last().answer("status", "status", status);
  await clock.advance(14_999);
  assert.deepEqual(last().events(), ["request/status", "request/status"]);
  assert.equal(session.state, "open");
  await clock.advance(1);
  assert.equal(session.state, "lost");
  await clock.advance(500);
  assert.equal(sockets.length, 2);
  session.close();
});

test("nonsense ends the connection, not the program", async () => {
  const { client, clock, sockets, last } = fakes();
  const session = client.connect();
  await settle();
  last().open();
  for (const odd of ["null", "[]", "5", '{"id":"x"}', '{"id":99,"event":"response/status"}', "{}"])
    last().say(odd);
  assert.equal(session.state, "open");
  last().say("not json");
  assert.equal(session.state, "lost");
  await clock.advance(500);
  assert.equal(sockets.length, 2);
  session.close();
});

function told(item: StreamItem): string {
  if (item.kind === "lost") return `lost ${item.error.code}`;
  if (item.kind === "resumed") return `resumed ${item.missed}`;
  if (item.kind === "dropped") return `dropped ${item.count}`;
  const { reading: one, superseded } = item;
  return `${one.device} ${String(one.value)}${superseded > 0 ? ` -${superseded}` : ""}`;
}

/** Takes what a stream has, until it waits. */
async function taken(stream: AsyncIterator<StreamItem, void>): Promise<readonly string[]> {
  const items: string[] = [];
  for (;;) {
    const next = stream.next();
    if ((await outcome(next)) === "waiting") return items;
    const { value } = await next;
    if (value === undefined) return items;
    items.push(told(value));
  }
}

/** One that takes everything at once. */
class Consumer {
  readonly #items: string[] = [];
  ended: unknown;

  constructor(stream: AsyncIterable<StreamItem>) {
    void this.#run(stream);
  }

  async #run(stream: AsyncIterable<StreamItem>): Promise<void> {
    try {
      for await (const item of stream) this.#items.push(told(item));
      this.ended = "end";
    } catch (error) {
      this.ended = error;
    }
  }

  async items(): Promise<readonly string[]> {
    await settle();
    return this.#items.splice(0);
  }
}

test("streams go on after a reconnection, and say what they missed", async () => {
  const { client, clock, last } = fakes();
  const session = client.connect();
  await settle();
  const all = new Consumer(session.readStream());
  const some = new Consumer(session.readStream({ ids: ["fan-1"], tags: ["rack:r1", "x/a"], ns: "y" }));
  assert.deepEqual(await all.items(), []);
  last().open();
  assert.deepEqual(last().sent, [
    { id: 1, event: "request/read_stream", data: {} },
    { id: 2, event: "request/read_stream", data: { ids: ["fan-1"], tag_groups: [["y/rack:r1", "x/a"]] } },
  ]);
  last().say({ id: 1, event: "response/reading", data: reading("a", 1) });
  last().say({ id: 2, event: "response/reading", data: reading("b", 2) });
  assert.deepEqual([await all.items(), await some.items()], [["a 1"], ["b 2"]]);
  last().drop();
  await clock.advance(500);
  last().fail("connect ECONNREFUSED");
  await clock.advance(1000);
  last().open();
  assert.deepEqual(last().events(), ["request/read_stream", "request/read_stream"]);
  last().say({ id: 1, event: "response/reading", data: reading("a", 3) });
  assert.deepEqual(await all.items(), ["lost DISCONNECTED", "resumed 1500", "a 3"]);
  session.close();
  assert.deepEqual(await some.items(), ["lost DISCONNECTED", "resumed 1500"]);
  assert.equal(all.ended, "end");
});

test("a slow consumer has the newest of every output, in order with what it must know", async () => {
  const { client, clock, last } = fakes();
  const session = client.connect();
  const stream = session.readStream()[Symbol.asyncIterator]();
  const first = stream.next();
  await settle();
  last().open();
  const publish = (device: string, value: number): void =>
    last().say({ id: 1, event: "response/reading", data: reading(device, value) });
  publish("a", 0);
  assert.equal((await first).done, false);
  for (let i = 1; i <= 1000; i++) for (const device of ["a", "b"]) publish(device, i);
  last().drop();
  await clock.advance(500);
  last().open();
  publish("a", 2000);
  last().drop();
  await clock.advance(500);
  last().open();
  publish("b", 3000);
  const seen = await taken(stream);
  assert.deepEqual(seen, ["lost DISCONNECTED", "a 2000 -1000", "resumed 1000", "b 3000 -1000"]);
  session.close();
});

test("a consumer too slow for all outputs is told how many readings it lacks", async () => {
  const { client, last } = fakes();
  const session = client.connect();
  const stream = session.readStream({ limit: 3 })[Symbol.asyncIterator]();
  const first = stream.next();
  await settle();
  last().open();
  const publish = (device: string, value: number): void =>
    last().say({ id: 1, event: "response/reading", data: reading(device, value) });
  publish("zero", 0);
  await first;
  for (const device of ["a", "a", "b", "c", "d", "e"]) publish(device, 1);
  assert.deepEqual(await taken(stream), ["dropped 3", "c 1", "d 1", "e 1"]);
  session.close();
});

test("outputs of one device are told apart, qualities are not", async () => {
  const { client, last } = fakes();
  const session = client.connect();
  const stream = session.readStream()[Symbol.asyncIterator]();
  const first = stream.next();
  await settle();
  last().open();
  const bad = { quality: "bad", reason: "NO_ANSWER", reason_text: "none" };
  for (const data of [
    reading("zero", 0),
    reading("a", 1, { context: { channel: "1" } }),
    reading("a", 2, { context: { channel: "2" } }),
    reading("a", 3, { type: "humidity" }),
    reading("a", null, { context: { channel: "1", ...bad } }),
    reading("a", 5, { unit: null }),
  ])
    last().say({ id: 1, event: "response/reading", data });
  await first;
  assert.deepEqual(await taken(stream), ["a null -1", "a 2", "a 3", "a 5"]);
  session.close();
});

test("one stream that ends leaves the others; a refused one says why", async () => {
  const { client, last } = fakes();
  const session = client.connect();
  await settle();
  last().open();
  const stay = new Consumer(session.readStream());
  await settle();
  for await (const item of {
    [Symbol.asyncIterator]: () => {
      const stream = session.readStream({ ids: ["b"] })[Symbol.asyncIterator]();
      void settle().then(() => last().say({ id: 2, event: "response/reading", data: reading("b", 1) }));
      return stream;
    },
  }) {
    assert.equal(item.kind, "reading");
    break;
  }
  assert.deepEqual(last().sent.at(-1), { id: 2, event: "request/read_stream", data: { stop: true } });
  last().say({ id: 2, event: "response/reading", data: reading("b", 2) });
  last().say({ id: 1, event: "response/reading", data: reading("a", 1) });
  assert.deepEqual(await stay.items(), ["a 1"]);
  const refused = new Consumer(session.readStream({ ids: ["nobody"] }));
  await settle();
  last().say({
    id: 3,
    event: "response/error",
    data: { http_code: 404, description: "resource not found", context: "device not found: nobody" },
  });
  await settle();
  isError(refused.ended, "HTTP_404", /nobody/);
  assert.equal(stay.ended, undefined);
  session.close();
});

test("a stream that ran is tried again when a server that was restarted does not know its devices yet", async () => {
  const { client, clock, last } = fakes();
  const session = client.connect();
  const stream = new Consumer(session.readStream({ ids: ["a"] }));
  await settle();
  last().open();
  last().say({ id: 1, event: "response/reading", data: reading("a", 1) });
  assert.deepEqual(await stream.items(), ["a 1"]);
  last().drop(1012);
  await clock.advance(500);
  last().open();
  last().say({ id: 1, event: "response/error", data: { http_code: 404, context: "device not found: a" } });
  assert.deepEqual(await stream.items(), ["lost DISCONNECTED"]);
  await clock.advance(500);
  assert.deepEqual(last().events(), ["request/read_stream", "request/read_stream"]);
  last().say({ id: 1, event: "response/reading", data: reading("a", 2) });
  assert.deepEqual(await stream.items(), ["resumed 1000", "a 2"]);
  session.close();
});
