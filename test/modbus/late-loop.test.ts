// Timers of a program that was busy or suspended run before its input: what waits to be read must not count as missing.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate as soon } from "node:timers";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../devices/clock.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import { type BusConfig, clientOn, openClient, type RequestOptions } from "../../plugins/modbus/client.ts";
import { encodeMessage, MbapReader, type Message } from "../../plugins/modbus/mbap.ts";
import type { Request } from "../../plugins/modbus/pdu.ts";
import { memoryLine } from "../../plugins/transport/memory-line.ts";
import { cable, folder } from "../support/cable.ts";
import { linkMemory } from "../support/link-memory.ts";
import { framed } from "../support/rtu-units.ts";
import { TestClock } from "../support/test-clock.ts";

const options: RequestOptions = {
  priority: priority.poll,
  deadline: 0,
  signal: new AbortController().signal,
  source: "unit 1",
};
const read: Request = { kind: "read", table: "holding", address: 7, count: 2 };
const words = { kind: "words", words: [7, 8] };
const answer = framed([1, 3, 4, 0, 7, 0, 8]);
const serial: BusConfig = {
  name: "line",
  transport: "serial",
  baudRate: 9600,
  responseTimeout: 100,
  retries: 0,
};
const tcp: BusConfig = { name: "gw", transport: "tcp", responseTimeout: 100, retries: 0 };

test("an answer that came while the program was suspended is no silence", async () => {
  const clock = new TestClock();
  const line = memoryLine(() => undefined);
  const client = clientOn(line, serial, { clock, log: silentLog, memory: linkMemory() });
  const work = client.request(1, read, options);
  await clock.advance(20);
  await clock.suspend(20_000);
  line.arrive(answer);
  assert.deepEqual(await work, words);
});

test("the rest of an answer that came while the program was suspended is not missing", async () => {
  const clock = new TestClock();
  const line = memoryLine(() => undefined);
  const client = clientOn(line, serial, { clock, log: silentLog, memory: linkMemory() });
  const work = client.request(1, read, options);
  await clock.advance(20);
  line.arrive(answer.subarray(0, 5));
  await clock.advance(1);
  await clock.suspend(2000);
  line.arrive(answer.subarray(5));
  assert.deepEqual(await work, words);
});

test("over TCP as well", async () => {
  const clock = new TestClock();
  const sent: Message[] = [];
  const line = memoryLine((bytes) => sent.push(...new MbapReader().push(bytes).messages));
  const client = clientOn(line, tcp, { clock, log: silentLog, memory: linkMemory() });
  const work = client.request(1, read, options);
  await clock.advance(20);
  await clock.suspend(20_000);
  line.arrive(encodeMessage({ id: sent[0]?.id ?? 0, unit: 1, pdu: answer.subarray(1, -2) }));
  assert.deepEqual(await work, words);
});

test("real silence is still noticed after a suspension, and by a program that is never in time", async () => {
  const clock = new TestClock();
  const client = clientOn(
    memoryLine(() => undefined),
    serial,
    { clock, log: silentLog, memory: linkMemory() },
  );
  const suspended = assert.rejects(client.request(1, read, options), { code: "NO_ANSWER" });
  await clock.advance(20);
  await clock.suspend(20_000);
  await clock.advance(100);
  await suspended;
  const never = assert.rejects(client.request(2, read, options), { code: "NO_ANSWER" });
  await clock.advance(20);
  for (let i = 0; i < 10; i++) await clock.suspend(500);
  await never;
});

/** Answers the first request to a socket or a terminal from a thread of its own, and says when it has. */
const elsewhere = `
  const { workerData, parentPort } = require("node:worker_threads");
  const { createServer } = require("node:net");
  const { openSync, readSync, writeSync } = require("node:fs");
  const { answer, done, path } = workerData;
  const answered = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); };
  if (path === undefined) {
    const server = createServer((socket) =>
      socket.once("data", (request) =>
        socket.write(answer(request), answered)));
    server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
  } else {
    const terminal = openSync(path, "r+");
    parentPort.postMessage(0);
    readSync(terminal, Buffer.alloc(256));
    writeSync(terminal, answer());
    answered();
  }`;

/** @param make body of a function from the request to the answer */
async function unitElsewhere(t: TestContext, make: string, path?: string) {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const code = elsewhere.replace(
    "const { answer, done, path } = workerData;",
    `const { bytes, done, path } = workerData; const answer = (request) => { ${make} };`,
  );
  const worker = new Worker(code, { eval: true, workerData: { bytes: answer, done, path } });
  t.after(() => worker.terminate());
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  /** Keeps this thread busy until the answer was given and its time is over. */
  const block = (until: number): void => {
    Atomics.wait(done, 0, 0);
    while (systemClock.monotonic() < until);
  };
  return { port, block };
}

const fresh = () => ({ clock: systemClock, log: silentLog, memory: linkMemory() });

/** Over while the program is busy, and not before the request has left a program that has to wait for its turn. */
const responseTimeout = 400;

async function askWhileBusy(t: TestContext, config: BusConfig, block: (until: number) => void) {
  const client = await openClient(config, fresh());
  t.after(() => client.close());
  const work = client.request(1, read, options);
  const sent = new Promise<void>((resolve) => {
    const stop = client.tap(() => {
      stop();
      resolve();
    });
  });
  await sent;
  // The system takes the bytes when the loop goes on, so that is let go on once.
  await new Promise((resolve) => soon(resolve));
  block(systemClock.monotonic() + responseTimeout + 100);
  assert.deepEqual(await work, words);
}

test("a busy program reads what waits at a socket before it judges", async (t) => {
  const { port, block } = await unitElsewhere(
    t,
    "return Buffer.concat([request.subarray(0, 5), Buffer.of(7), request.subarray(6, 7), bytes.subarray(1, -2)]);",
  );
  await askWhileBusy(t, { ...tcp, host: "127.0.0.1", port, responseTimeout }, block);
});

test("a busy program reads what waits at a serial device server before it judges", async (t) => {
  const { port, block } = await unitElsewhere(t, "return bytes;");
  const config: BusConfig = { ...tcp, transport: "rtu-over-tcp", host: "127.0.0.1", port };
  await askWhileBusy(t, { ...config, responseTimeout }, block);
});

test("a busy program reads what waits at a serial port before it judges", async (t) => {
  const { near, far } = await cable(t, folder(t));
  const { block } = await unitElsewhere(t, "return bytes;", far);
  await askWhileBusy(t, { ...serial, path: near, responseTimeout }, block);
});
