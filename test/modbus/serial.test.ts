import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import { type BusConfig, openClient, type RequestOptions } from "../../plugins/modbus/client.ts";
import type { Request } from "../../plugins/modbus/pdu.ts";
import { serialRs485 } from "../../plugins/transport/rs485.ts";
import { openSerial, serialFault, whyClosed } from "../../plugins/transport/serial.ts";
import { cable, folder } from "../support/cable.ts";
import { linkMemory } from "../support/link-memory.ts";
import { framed } from "../support/rtu-units.ts";

const options: RequestOptions = {
  priority: priority.poll,
  deadline: 0,
  signal: new AbortController().signal,
  source: "unit 1",
};
const read: Request = { kind: "read", table: "holding", address: 7, count: 1 };

/** A unit at the far end that answers reads of one register with its address. */
async function unit(t: TestContext, path: string): Promise<void> {
  const line = await openSerial({ path, baudRate: 115_200 }, silentLog);
  t.after(() => line.close());
  line.receive((bytes) => line.write(framed([bytes[0] ?? 0, 3, 2, bytes[2] ?? 0, bytes[3] ?? 0])));
}

const bus = (path: string): BusConfig => ({
  name: "rs485",
  transport: "serial",
  path,
  baudRate: 115_200,
  retries: 0,
});
const fresh = () => ({ clock: systemClock, log: silentLog, memory: linkMemory() });

test("a pulled cable ends the request and the line at once; plugged in again it works again", async (t) => {
  const place = folder(t);
  const first = await cable(t, place);
  await unit(t, first.far);
  const client = await openClient(bus(first.near), fresh());
  t.after(() => client.close());
  assert.deepEqual(await client.request(1, read, options), { kind: "words", words: [7] });
  await first.pull();
  const reason = await client.closed;
  assert.equal(reason?.code, "LINE_DOWN");
  await assert.rejects(client.request(1, read, options), { code: "LINE_DOWN" });
  await assert.rejects(openClient(bus(first.near), fresh()), (error: unknown) => {
    return error instanceof BothyError && error.message.includes("plugged in");
  });
  const second = await cable(t, place);
  await unit(t, second.far);
  const again = await openClient(bus(second.near), fresh());
  assert.deepEqual(await again.request(1, read, options), { kind: "words", words: [7] });
  await again.close();
  await again.close();
});

test("a cable pulled in the middle of a request settles it with LINE_DOWN", async (t) => {
  const { near, far, pull } = await cable(t, folder(t));
  const line = await openSerial({ path: far, baudRate: 9600 }, silentLog);
  t.after(() => line.close());
  const asked = new Promise<void>((resolve) => line.receive(() => resolve()));
  const client = await openClient({ ...bus(near), responseTimeout: 60_000 }, fresh());
  t.after(() => client.close());
  const work = assert.rejects(client.request(1, read, options), { code: "LINE_DOWN" });
  await asked;
  await pull();
  await work;
});

test("a port somebody else has is said to be taken, with a remedy", async (t) => {
  const { near } = await cable(t, folder(t));
  const client = await openClient(bus(near), fresh());
  t.after(() => client.close());
  await assert.rejects(openClient(bus(near), fresh()), /another program has the port/);
});

test("direction control that the kernel does not offer is a warning, and the line works", async (t) => {
  const { near, far } = await cable(t, folder(t));
  await unit(t, far);
  const warned: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => warned.push(fields) };
  const client = await openClient({ ...bus(near), rs485: {} }, { ...fresh(), log });
  t.after(() => client.close());
  assert.equal(warned.length, 1);
  assert.match(JSON.stringify(warned), /ENOTTY|EINVAL|not offered/);
  assert.deepEqual(await client.request(1, read, options), { kind: "words", words: [7] });
});

test("the kernel's structure is eight words: flags, two delays, padding", () => {
  assert.deepEqual([...serialRs485({})], [3, 0, 0, 0, 0, 0, 0, 0]);
  const all = {
    rtsOnSend: false,
    rtsAfterSend: true,
    delayBeforeSend: 2,
    delayAfterSend: 3,
    receiveWhileSending: true,
  };
  assert.deepEqual([...serialRs485(all)], [21, 2, 3, 0, 0, 0, 0, 0]);
});

test("what the system says about a port comes with a remedy", () => {
  assert.match(serialFault("Error: Permission denied, cannot open /dev/ttyUSB0"), /dialout/);
  assert.match(serialFault("Error: No such file or directory, cannot open /dev/x"), /plugged in/);
  assert.match(serialFault("Error Resource temporarily unavailable Cannot lock port"), /another program/);
  assert.equal(serialFault("something new"), "something new");
});

test("a port that ends says why it did, also when nothing told it", () => {
  assert.equal(whyClosed(new Error("bad file descriptor")), "the port is gone: bad file descriptor");
  assert.deepEqual([null, undefined].map(whyClosed), ["the port is closed", "the port is closed"]);
});
