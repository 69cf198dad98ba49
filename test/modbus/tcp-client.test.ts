import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { setImmediate as soon } from "node:timers";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import { type BusConfig, clientOn, openClient, type RequestOptions } from "../../plugins/modbus/client.ts";
import { encodeMessage, MbapReader, type Message } from "../../plugins/modbus/mbap.ts";
import type { Request } from "../../plugins/modbus/pdu.ts";
import { memoryLine } from "../../plugins/transport/memory-line.ts";
import { openTcp } from "../../plugins/transport/tcp.ts";
import { linkMemory } from "../support/link-memory.ts";
import { framed } from "../support/rtu-units.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const options = (over: Partial<RequestOptions> = {}): RequestOptions => ({
  priority: priority.poll,
  deadline: 0,
  signal: new AbortController().signal,
  source: "unit",
  ...over,
});
const read = (address: number, count = 1): Request => ({ kind: "read", table: "holding", address, count });
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "ok",
    (error: unknown) => (error instanceof BothyError ? error.code : error),
  );

/** A client on a memory line; what it sends is kept, and nothing answers by itself. */
function bench(over: Partial<BusConfig> = {}) {
  const clock = new TestClock();
  const sent: Message[] = [];
  const line = memoryLine((bytes) => sent.push(...new MbapReader().push(bytes).messages));
  const config: BusConfig = { name: "gw", transport: "tcp", responseTimeout: 100, retries: 0, ...over };
  const client = clientOn(line, config, { clock, log: silentLog, memory: linkMemory() });
  /** Answers a message with the address it asked for. */
  const answer = (message: Message | undefined, change: Partial<Message> = {}): void => {
    assert.ok(message !== undefined);
    const pdu = Uint8Array.of(3, 2, message.pdu[1] ?? 0, message.pdu[2] ?? 0);
    line.arrive(encodeMessage({ ...message, pdu, ...change }));
  };
  return { clock, line, sent, client, answer };
}

test("a message on the wire is as the specification has it", () => {
  const bytes = encodeMessage({ id: 0x1501, unit: 0xff, pdu: Uint8Array.of(3, 0, 4, 0, 1) });
  assert.equal(Buffer.from(bytes).toString("hex"), "150100000006ff0300040001");
});

test("a stream cut anywhere gives the same messages; any bytes give messages or poison", () => {
  const message = fc
    .record({
      id: fc.integer({ min: 0, max: 65_535 }),
      unit: fc.integer({ min: 0, max: 255 }),
      pdu: fc.uint8Array({ minLength: 2, maxLength: 253 }),
    })
    .map((m) => ({ ...m }));
  fc.assert(
    fc.property(fc.array(message), fc.integer({ min: 1, max: 300 }), (messages, size) => {
      const all = Buffer.concat(messages.map(encodeMessage));
      const reader = new MbapReader();
      const got: Message[] = [];
      for (let at = 0; at < all.length; at += size)
        got.push(...reader.push(all.subarray(at, at + size)).messages);
      assert.deepEqual(got, messages);
      assert.equal(reader.unfinished, 0);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const reader = new MbapReader();
      const { messages, poison } = reader.push(bytes);
      for (const { pdu } of messages) assert.ok(pdu.length >= 2 && pdu.length <= 253);
      assert.ok(poison !== undefined || reader.unfinished < 260);
    }),
  );
});

test("answers in any order go to the requests they are for", async () => {
  const { sent, client, answer } = bench({ maxInFlight: 16 });
  const works = Array.from({ length: 16 }, (_, i) => client.request(1, read(i), options()));
  await settle();
  assert.equal(sent.length, 16);
  for (const message of sent.toReversed()) answer(message);
  const answers = await Promise.all(works);
  assert.deepEqual(
    answers.map((response) => response.kind === "words" && response.words[0]),
    Array.from({ length: 16 }, (_, i) => i),
  );
});

test("no more than maxInFlight are under way, and a write goes next", async () => {
  const { sent, client, answer } = bench({ maxInFlight: 2 });
  const polls = [0, 1, 2, 3].map((address) => client.request(1, read(address), options()));
  const write = client.request(
    1,
    { kind: "write-register", address: 9, word: 1 },
    options({ priority: priority.write }),
  );
  await settle();
  assert.equal(sent.length, 2);
  answer(sent[0]);
  await settle();
  assert.equal(sent[2]!.pdu[0], 6);
  answer(sent[2], { pdu: sent[2]!.pdu });
  await write;
  for (let i = 1; i < 5; i++) {
    await settle();
    if (i !== 2) answer(sent[i]);
  }
  await Promise.all(polls);
});

test("65,540 requests in a row never use an id that is still awaited", async () => {
  const { clock, sent, client, answer } = bench({ maxInFlight: 2 });
  const lost = codeOf(client.request(1, read(7), options()));
  await clock.advance(100);
  assert.equal(await lost, "NO_ANSWER");
  const [first] = sent;
  for (let i = 0; i < 65_540; i++) {
    const work = client.request(1, read(5), options());
    await Promise.resolve();
    const message = sent.at(-1);
    assert.ok(message !== first && message?.id !== first?.id);
    answer(message);
    await work;
    sent.length = 0;
  }
});

test("a late answer is dropped and counted, also in the middle of the next request", async () => {
  const { clock, sent, client, answer } = bench();
  const lost = codeOf(client.request(1, read(7), options()));
  await clock.advance(100);
  assert.equal(await lost, "NO_ANSWER");
  const next = client.request(1, read(8), options());
  await settle();
  answer(sent[0]);
  answer(sent[1]);
  assert.deepEqual(await next, { kind: "words", words: [8] });
  assert.equal(client.stats().units[1]?.lateAnswers, 1);
});

test("a request that was retried and answered late says so", async () => {
  const { clock, sent, client, answer } = bench({ retries: 1 });
  const work = codeOf(client.request(1, read(7), options()));
  await clock.advance(120);
  answer(sent[0]);
  await clock.advance(100);
  assert.equal(await work, "LATE_ANSWER");
});

test("the wrong unit, function or length is an error of that request alone", async () => {
  const cases: readonly (readonly [Partial<Message>, string])[] = [
    [{ unit: 255 }, "WRONG_SENDER"],
    [{ pdu: Uint8Array.of(4, 2, 0, 0) }, "BAD_FRAME"],
    [{ pdu: Uint8Array.of(3, 4, 0, 0, 0, 0) }, "LONG_FRAME"],
    [{ pdu: Uint8Array.of(3, 2, 0) }, "SHORT_FRAME"],
    [{ pdu: Uint8Array.of(0x83, 11) }, "GATEWAY_NO_ANSWER"],
  ];
  const { sent, client, answer } = bench();
  for (const [change, code] of cases) {
    const work = codeOf(client.request(1, read(7), options()));
    await settle();
    answer(sent.at(-1), change);
    assert.equal(await work, code);
  }
  const good = client.request(1, read(7), options());
  await settle();
  answer(sent.at(-1));
  assert.deepEqual(await good, { kind: "words", words: [7] });
});

const poisons = { protocol: "000100010003010302", length: "00010000ffff0103", short: "000100000001 01" };
for (const [name, poison] of Object.entries(poisons)) {
  test(`a poisoned stream (${name}) ends everything pending at once, and is read again after silence`, async () => {
    const { clock, line, sent, client, answer } = bench({ maxInFlight: 4 });
    const works = [1, 2].map((address) => codeOf(client.request(1, read(address), options())));
    await settle();
    line.arrive(Buffer.from(poison.replace(" ", ""), "hex"));
    assert.deepEqual(await Promise.all(works), ["BAD_FRAME", "BAD_FRAME"]);
    const next = client.request(1, read(3), options());
    await clock.advance(100);
    // Its tail: the same message once more would be good, were it not too early.
    line.arrive(encodeMessage({ id: 3, unit: 1, pdu: Uint8Array.of(3, 2, 0xde, 0xad) }));
    assert.equal(sent.length, 2, "nothing is asked before there was silence");
    await clock.advance(150);
    answer(sent[2]);
    assert.deepEqual(await next, { kind: "words", words: [3] });
  });
}

test("an answer that is shorter than it says is short, and its end is never taken from the next one", async () => {
  const { clock, line, sent, client, answer } = bench({ maxInFlight: 2 });
  const short = codeOf(client.request(1, read(7, 2), options()));
  const next = codeOf(client.request(2, read(8), options()));
  await settle();
  const pdu = Uint8Array.of(3, 4, 0, 7, 0, 8);
  line.arrive(encodeMessage({ id: sent[0]?.id ?? 0, unit: 1, pdu }).subarray(0, -3));
  answer(sent[1]);
  assert.deepEqual(await Promise.all([short, next]), ["LONG_FRAME", "BAD_FRAME"]);
  await clock.advance(200);
  const alone = codeOf(client.request(1, read(7, 2), options()));
  await settle();
  line.arrive(encodeMessage({ id: sent[2]?.id ?? 0, unit: 1, pdu }).subarray(0, -3));
  await clock.advance(100);
  assert.equal(await alone, "SHORT_FRAME");
});

test("an answer whose end is missing and filled up with noise is not believed", async () => {
  const { line, sent, client } = bench();
  const works = codeOf(client.request(1, read(7, 2), options()));
  await settle();
  const whole = encodeMessage({ id: sent[0]?.id ?? 0, unit: 1, pdu: Uint8Array.of(3, 4, 0, 7, 0, 8) });
  line.arrive(Uint8Array.from([...whole.subarray(0, -3), 0x55, 0xaa, 0x0f, 0xf0]));
  assert.equal(await works, "LONG_FRAME");
});

test("an answer with more behind it is too long, and others on the same connection are read", async () => {
  const { clock, line, sent, client, answer } = bench({ responseTimeout: 1000 });
  for (let n = 0; n < 30; n++) {
    const long = codeOf(client.request(1, read(7), options()));
    await clock.advance(200);
    const message = encodeMessage({ id: sent.at(-1)?.id ?? 0, unit: 1, pdu: Uint8Array.of(3, 2, 0, 7) });
    line.arrive(Uint8Array.from([...message, 0x55, 0xaa, 0x0f, 0xf0]));
    assert.equal(await long, "LONG_FRAME");
    const good = client.request(2, read(8), options());
    await clock.advance(200);
    answer(sent.at(-1));
    assert.deepEqual(await good, { kind: "words", words: [8] });
  }
});

test("a connection on which nothing makes sense for long is given up", async () => {
  const { clock, line, client } = bench({ responseTimeout: 1000 });
  const codes: unknown[] = [];
  for (let n = 0; n < 12; n++) {
    const work = codeOf(client.request(1, read(7), options())).then((code) => codes.push(code));
    await clock.advance(200);
    line.arrive(Buffer.from("48545450", "hex"));
    await work;
    await clock.advance(800);
  }
  assert.deepEqual(codes, [...Array<string>(11).fill("BAD_FRAME"), "LINE_DOWN"]);
  assert.equal((await client.closed)?.code, "LINE_DOWN");
});

test("a unit that owes many answers is left alone for a while, but not by commands", async () => {
  const { clock, sent, client } = bench({ lateAnswers: 3000 });
  const codes = new Set<unknown>();
  for (let n = 0; n < 30; n++) {
    void codeOf(client.request(1, read(n), options())).then((code) => codes.add(code));
    await clock.advance(100);
  }
  assert.deepEqual([...codes], ["NO_ANSWER"]);
  assert.ok(sent.length <= 5, `${sent.length} requests in three seconds`);
  const before = sent.length;
  const write = { kind: "write-register", address: 1, word: 2 } as const;
  void codeOf(client.request(1, write, options()));
  void codeOf(client.request(2, read(1), options()));
  await clock.advance(200);
  assert.equal(sent.length, before + 2);
  await clock.advance(3000);
  void codeOf(client.request(1, read(1), options()));
  await clock.advance(1);
  assert.equal(sent.length, before + 3);
});

test("a connection that never stops babbling is given up", async () => {
  const { clock, line, client } = bench();
  const work = codeOf(client.request(1, read(7), options()));
  await settle();
  for (let n = 0; n < 30; n++) {
    line.arrive(Buffer.from("ffffffffffff", "hex"));
    await clock.advance(100);
  }
  assert.equal(await work, "BAD_FRAME");
  assert.equal((await client.closed)?.code, "LINE_DOWN");
});

test("a connection that has said nothing for long is given up", async () => {
  const { clock, client } = bench();
  const codes: unknown[] = [];
  for (let i = 0; i < 40; i++) {
    const work = codeOf(client.request(1, read(1), options())).then((code) => codes.push(code));
    await clock.advance(1000);
    await work;
  }
  assert.equal((await client.closed)?.code, "LINE_DOWN");
  assert.equal(codes.at(0), "NO_ANSWER");
  assert.equal(codes.at(-1), "LINE_DOWN");
});

/** A real server; `talk` gets each connection. */
async function serve(t: TestContext, talk: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
    talk(socket);
  });
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
const patient: Partial<BusConfig> = { responseTimeout: 60_000, retries: 0 };
const open = (port: number, over: Partial<BusConfig> = {}) =>
  openClient(
    { name: "peer", transport: "tcp", host: "127.0.0.1", port, ...patient, ...over },
    { clock: systemClock, log: silentLog, memory: linkMemory() },
  );

const endings: Record<string, (socket: Socket) => void> = {
  FIN: (socket) => socket.end(),
  RST: (socket) => socket.resetAndDestroy(),
  "half a frame, then FIN": (socket) => socket.end(Buffer.from("0001000000", "hex")),
};
for (const [name, end] of Object.entries(endings)) {
  for (const transport of ["tcp", "rtu-over-tcp"] as const) {
    test(`${name} on a real ${transport} socket settles what is pending at once`, async (t) => {
      const port = await serve(t, (socket) => socket.once("data", () => end(socket)));
      const client = await open(port, { transport, maxInFlight: 4 });
      t.after(() => client.close());
      const works = [1, 2, 3].map((address) => codeOf(client.request(1, read(address), options())));
      assert.deepEqual(await Promise.all(works), ["LINE_DOWN", "LINE_DOWN", "LINE_DOWN"]);
      assert.equal((await client.closed)?.code, "LINE_DOWN");
    });
  }
}

test("a poisoned length on a real socket ends the request, and the next one is answered", async (t) => {
  const port = await serve(t, (socket) =>
    socket.once("data", () => {
      socket.write(Buffer.from("00010000ffff01", "hex"));
      socket.once("data", (bytes) =>
        socket.write(encodeMessage({ id: bytes.readUInt16BE(0), unit: 1, pdu: Uint8Array.of(3, 2, 0, 9) })),
      );
    }),
  );
  const client = await open(port);
  t.after(() => client.close());
  assert.equal(await codeOf(client.request(1, read(1), options())), "BAD_FRAME");
  assert.deepEqual(await client.request(1, read(1), options()), { kind: "words", words: [9] });
});

test("RTU over a real socket reads an answer that comes in two packets", async (t) => {
  const port = await serve(t, (socket) =>
    socket.on("data", () => {
      const frame = framed([1, 3, 2, 0x12, 0x34]);
      socket.write(frame.slice(0, 3), () => soon(() => socket.write(frame.slice(3))));
    }),
  );
  const client = await open(port, { transport: "rtu-over-tcp" });
  t.after(() => client.close());
  assert.deepEqual(await client.request(1, read(1), options()), { kind: "words", words: [0x1234] });
});

test("closing settles what is pending with STOPPED, and may be done twice", async (t) => {
  const port = await serve(t, () => undefined);
  const client = await open(port);
  const work = codeOf(client.request(1, read(1), options()));
  await client.close();
  await client.close();
  assert.equal(await work, "STOPPED");
  assert.equal(await client.closed, undefined);
});

test("closing resets the connection, so that nothing is delivered afterwards", async (t) => {
  const ended: Promise<unknown>[] = [];
  const port = await serve(t, (socket) => {
    socket.resume();
    ended.push(
      new Promise((resolve) => {
        socket.once("error", (error: Error & { code?: string }) => resolve(error.code));
        socket.once("end", () => resolve("end"));
      }),
    );
    socket.write("x");
  });
  const line = await openTcp({ host: "127.0.0.1", port }, systemClock);
  await new Promise<void>((resolve) => line.receive(() => resolve()));
  await line.close();
  assert.equal(await ended[0], "ECONNRESET");
});

test("a refused connection says what to look at; an attempt without reply ends and leaves no socket", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  await assert.rejects(open(address.port), (error: unknown) => {
    assert.ok(error instanceof BothyError);
    return error.code === "LINE_DOWN" && error.message.includes("check the port");
  });
  const clock = new TestClock();
  const attempt = codeOf(openTcp({ host: "192.0.2.1", port: 502 }, clock));
  await clock.advance(5000);
  assert.equal(await attempt, "LINE_DOWN");
  assert.equal(clock.waiting, 0);
});
