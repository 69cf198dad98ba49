import assert from "node:assert/strict";
import { test } from "node:test";
import type { Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { priority, silentLog, type TappedFrame } from "../../devices/plugin.ts";
import { type BusConfig, clientOn, type RequestOptions } from "../../plugins/modbus/client.ts";
import type { Request, Response } from "../../plugins/modbus/pdu.ts";
import { linkMemory } from "../support/link-memory.ts";
import { type Fate, framed, RtuUnits } from "../support/rtu-units.ts";
import { TestClock } from "../support/test-clock.ts";

function bench(over: Partial<BusConfig> = {}) {
  const clock = new TestClock();
  const units = new RtuUnits(clock);
  const warned: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, text: string) => warned.push(text) };
  const config: BusConfig = {
    name: "line",
    transport: "serial",
    baudRate: 9600,
    responseTimeout: 100,
    ...over,
  };
  return { clock, units, warned, client: clientOn(units.line, config, { clock, log, memory: linkMemory() }) };
}
const options = (over: Partial<RequestOptions> = {}): RequestOptions => ({
  priority: priority.poll,
  deadline: 0,
  signal: new AbortController().signal,
  source: "unit",
  ...over,
});
const read = (address: number, count: number): Request => ({
  kind: "read",
  table: "holding",
  address,
  count,
});
const write = (address: number, word: number): Request => ({ kind: "write-register", address, word });

/** The words read, or the code of the error. */
async function got(clock: TestClock, work: Promise<Response>, most: Millis = 20_000): Promise<unknown> {
  let settled: unknown;
  work.then(
    (answer) => (settled = answer.kind === "words" ? answer.words : answer.kind),
    (error: unknown) => (settled = error instanceof BothyError ? error.code : error),
  );
  for (let spent = 0; settled === undefined && spent < most; spent += 1) await clock.advance(1);
  return settled;
}

const character = 10 / 9.6;
const near = (value: number, wanted: number): void =>
  assert.ok(Math.abs(value - wanted) < 1e-6, `${value} is not ${wanted}`);

test("the next request starts 3.5 characters after the last byte, to the microsecond", async () => {
  const { clock, units, client } = bench();
  const ends: Millis[] = [];
  units.fate = () => ({ delay: 8 * character + 10 });
  const works = [1, 2, 3].map((unit) =>
    client.request(unit, read(0, 1), options()).then(() => ends.push(clock.monotonic())),
  );
  await clock.advance(500);
  await Promise.all(works);
  for (let i = 1; i < 3; i++) near((units.heard[i]?.at ?? 0) - (ends[i - 1] ?? 0), 3.5 * character);
});

test("a unit's own delay comes on top of the gap", async () => {
  const { clock, units, client } = bench();
  let end = 0;
  void client.request(1, read(0, 1), options()).then(() => (end = clock.monotonic()));
  const second = client.request(2, read(0, 1), options({ interFrameDelay: 7 }));
  assert.deepEqual(await got(clock, second), [2000]);
  near((units.heard[1]?.at ?? 0) - end, 3.5 * character + 7);
});

test("an answer may take as long as its request and itself need on the wire, and the timeout", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  const wire = (8 + 5 + 250) * character;
  units.fate = () => ({ delay: 100 + wire - 1 });
  assert.equal(((await got(clock, client.request(1, read(0, 125), options()))) as number[]).length, 125);
  units.fate = () => ({ delay: 100 + wire + 1 });
  assert.equal(await got(clock, client.request(2, read(0, 125), options())), "NO_ANSWER");
});

const damages: readonly (readonly [Fate["damage"], string])[] = [
  ["lost", "NO_ANSWER"],
  ["crc", "BAD_CHECKSUM"],
  ["short", "SHORT_FRAME"],
  ["long", "LONG_FRAME"],
  ["unit", "WRONG_SENDER"],
  ["exception", "DEVICE_FAILURE"],
];
for (const [damage, code] of damages) {
  test(`an answer with fault ${damage ?? ""} is ${code}, is counted, and the next good request succeeds`, async () => {
    const { clock, units, client } = bench({ retries: 0 });
    units.fate = () => ({ delay: 5, damage });
    assert.equal(await got(clock, client.request(1, read(4, 3), options())), code);
    units.fate = () => ({ delay: 5 });
    assert.deepEqual(await got(clock, client.request(1, read(5, 2), options())), [1005, 1006]);
    const { timeouts, checksumErrors, shortFrames, longFrames, wrongSender, exceptions } =
      client.stats().units[1] ?? {};
    const counted = [timeouts, checksumErrors, shortFrames, longFrames, wrongSender, exceptions];
    assert.deepEqual(
      counted.map((n, i) => (n ? damages[i]?.[1] : undefined)).filter(Boolean),
      [code],
      "one counter, its own",
    );
  });
}

test("noise before an answer, and an answer in pieces of one byte, are read all the same", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  for (const damage of ["noise", "pieces"] as const) {
    units.fate = () => ({ delay: 5, damage });
    assert.deepEqual(await got(clock, client.request(1, read(4, 3), options())), [1004, 1005, 1006]);
  }
});

test("an answer of another function or length with a right checksum makes no sense or is too long", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  const cases: [number[], string][] = [
    [[1, 4, 2, 0, 1], "BAD_FRAME"],
    [[1, 3, 6, 0, 1, 0, 2, 0, 3], "LONG_FRAME"],
    [[1, 3, 2, 0, 1], "BAD_FRAME"],
  ];
  units.fate = () => ({ delay: 5, damage: "lost" });
  for (const [bytes, code] of cases) {
    const answer = client.request(1, read(4, 2), options());
    await clock.advance(20);
    units.line.arrive(framed(bytes));
    assert.equal(await got(clock, answer), code);
    await clock.advance(61_000);
  }
});

test("two requests at once take turns: each gets its own value, and the line one request at a time", async () => {
  const { clock, client } = bench();
  const works = Array.from({ length: 4 }, (_, i) => client.request(1, read(i * 10, 1), options()));
  const all = Promise.all(works.map((work) => got(clock, work)));
  assert.deepEqual(await all, [[1000], [1010], [1020], [1030]]);
});

test("a write waits for no more than the exchange in progress", async () => {
  const { clock, units, client } = bench();
  units.fate = () => ({ delay: 40 });
  const polls = Array.from({ length: 20 }, (_, i) => client.request(1 + (i % 5), read(0, 10), options()));
  await clock.advance(100);
  const before = units.heard.length;
  const asked = clock.monotonic();
  const done = client.request(9, write(1, 2), options({ priority: priority.write }));
  assert.equal(await got(clock, done), "written");
  const writes = units.heard.slice(before);
  assert.equal(writes[0]!.unit, 9, "it was the next on the line");
  assert.ok(writes[0]!.at - asked <= 40 + 3.5 * character);
  await clock.advance(5000);
  await Promise.all(polls);
});

test("a write goes between a failed request and its retry", async () => {
  const { clock, units, client } = bench();
  units.fate = (unit) => ({ delay: 5, damage: unit === 1 && units.heard.length === 1 ? "lost" : "none" });
  const poll = client.request(1, read(0, 4), options());
  await clock.advance(50);
  const command = client.request(2, write(1, 2), options({ priority: priority.write }));
  assert.deepEqual(await got(clock, poll), [1000, 1001, 1002, 1003]);
  await command;
  assert.deepEqual(
    units.heard.map(({ unit }) => unit),
    [1, 2, 1, 1],
  );
});

test("a mask is never sent twice, a register write is", async () => {
  const { clock, units, client } = bench({ retries: 2 });
  units.fate = () => ({ delay: 5, damage: "lost" });
  const mask: Request = { kind: "mask", address: 1, and: 2, or: 3 };
  assert.equal(await got(clock, client.request(1, mask, options())), "NO_ANSWER");
  assert.equal(units.heard.length, 1);
  assert.equal(await got(clock, client.request(2, write(1, 1), options())), "NO_ANSWER");
  assert.equal(units.heard.length, 4);
});

test("a broadcast is answered by nobody, is obeyed, and gives the units time", async () => {
  const { clock, units, client } = bench({ turnaround: 100 });
  assert.equal(await got(clock, client.request(0, write(7, 5), options())), "written");
  assert.equal(units.registers.get("0/7"), 5);
  assert.deepEqual(await got(clock, client.request(1, read(0, 1), options())), [1000]);
  const [first, second] = units.heard;
  near((second?.at ?? 0) - (first?.at ?? 0), 8 * character + 100 + 3.5 * character);
  await assert.rejects(client.request(0, read(0, 1), options()), { code: "BAD_INPUT" });
  await assert.rejects(client.request(248, read(0, 1), options()), { code: "BAD_INPUT" });
});

test("the echo of a two-wire adapter is taken off exactly once", async () => {
  const { clock, units, client } = bench({ localEcho: true, retries: 0 });
  units.fate = () => ({ delay: 5, damage: "lost" });
  const echo = framed([1, 6, 0, 1, 0, 2]);
  const dead = client.request(1, write(1, 2), options());
  await clock.advance(10);
  units.line.arrive(echo.slice(0, 3));
  units.line.arrive(echo.slice(3));
  assert.equal(await got(clock, dead), "NO_ANSWER");
  const alive = client.request(2, write(1, 2), options());
  await clock.advance(10);
  const own = framed([2, 6, 0, 1, 0, 2]);
  units.line.arrive(own);
  units.line.arrive(own);
  assert.equal(await got(clock, alive), "written");
});

test("an echo nobody configured is said once, and reads work all the same", async () => {
  const { clock, units, client, warned } = bench({ retries: 0 });
  for (let i = 0; i < 2; i++) {
    const answer = client.request(1, read(4, 1), options());
    await clock.advance(8);
    units.line.arrive(framed([1, 3, 0, 4, 0, 1]));
    assert.deepEqual(await got(clock, answer), [1004]);
  }
  assert.equal(warned.length, 1);
});

test("a unit that is busy is asked again after a pause, in a turn of its own", async () => {
  const { clock, units, client } = bench();
  units.fate = () => ({ delay: 5, damage: "lost" });
  const answer = client.request(1, read(4, 1), options());
  await clock.advance(10);
  units.fate = () => ({ delay: 5 });
  units.line.arrive(framed([1, 0x83, 6]));
  assert.deepEqual(await got(clock, answer), [1004]);
  assert.ok((units.heard[1]?.at ?? 0) >= 60);
});

test("everything pending settles at once when the line goes or is closed", async () => {
  for (const end of ["cut", "close"] as const) {
    const { clock, units, client } = bench();
    units.fate = () => ({ delay: 5, damage: "lost" });
    const works = [1, 2, 3].map((unit) =>
      client.request(unit, read(0, 1), options()).catch((e: unknown) => e),
    );
    await clock.advance(5);
    if (end === "cut") units.line.cut();
    else await client.close();
    const code = end === "cut" ? "LINE_DOWN" : "STOPPED";
    for (const error of await Promise.all(works))
      assert.equal(error instanceof BothyError && error.code, code);
    assert.equal((await client.closed)?.code, end === "cut" ? "LINE_DOWN" : undefined);
    await assert.rejects(client.request(1, read(0, 1), options()), { code });
    await client.close();
    assert.equal(clock.waiting, 0, "nothing is left ticking");
  }
});

test("aborting rejects at once; the exchange under way ends by itself and the line stays usable", async () => {
  const { clock, client } = bench();
  const abort = new AbortController();
  const first = client.request(1, read(0, 1), options({ signal: abort.signal })).catch((e: unknown) => e);
  await clock.advance(1);
  abort.abort();
  const error = await first;
  assert.equal(error instanceof BothyError && error.code, "STOPPED");
  assert.deepEqual(await got(clock, client.request(1, read(5, 2), options())), [1005, 1006]);
});

test("a line that is never silent is an error, not a wait for ever", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  const abort = new AbortController();
  const babble = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      units.line.arrive(Uint8Array.of(0x55));
      await clock.sleepUntil(clock.monotonic() + 2);
    }
  };
  void babble();
  assert.equal(await got(clock, client.request(1, read(0, 1), options())), "BAD_FRAME");
  abort.abort();
  await clock.advance(100);
  assert.deepEqual(await got(clock, client.request(1, read(0, 1), options())), [1000]);
});

test("an identification is followed up to its end", async () => {
  const { clock, units, client } = bench();
  units.fate = () => ({ delay: 5, damage: "lost" });
  const answer = client.request(1, { kind: "identify", level: 1, object: 0 }, options());
  let parts: unknown;
  void answer.then((value) => (parts = value));
  await clock.advance(20);
  units.line.arrive(framed([1, 0x2b, 0x0e, 1, 1, 0xff, 1, 1, 0, 2, 0x41, 0x42]));
  await clock.advance(20);
  units.line.arrive(framed([1, 0x2b, 0x0e, 1, 1, 0, 0, 1, 1, 1, 0x43]));
  await clock.advance(20);
  const objects = [
    { id: 0, text: "AB" },
    { id: 1, text: "C" },
  ];
  assert.deepEqual(parts, { kind: "identity", conformity: 1, objects });
  assert.deepEqual(
    units.heard.map(({ hex }) => hex),
    ["012b0e0100", "012b0e0101"],
  );
});

test("a tap sees what was asked and answered, with gaps and times; nobody watching costs nothing", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  const frames: TappedFrame[] = [];
  const stop = client.tap((frame) => frames.push(frame));
  units.fate = () => ({ delay: 8 * character + 10 });
  await got(clock, client.request(1, read(4, 1), options()));
  units.fate = () => ({ delay: 20, damage: "crc" });
  await got(clock, client.request(1, read(4, 1), options()));
  stop();
  await got(clock, client.request(2, read(4, 1), options()));
  assert.deepEqual(
    frames.map(({ direction, text, fault }) => [direction, text, fault !== undefined]),
    [
      ["sent", "unit 1 read holding 0x0004 ×1", false],
      ["received", "unit 1 read holding: 1004", false],
      ["sent", "unit 1 read holding 0x0004 ×1", false],
      ["received", "7 damaged bytes", true],
    ],
  );
  assert.ok(Math.abs((frames[1]?.took ?? 0) - (8 * character + 10)) < 0.01);
  assert.equal(frames[0]?.hex.length, 16);
});

test("the share of time the line is taken is counted, and turnaround measured", async () => {
  const { clock, units, client } = bench();
  units.fate = () => ({ delay: 50 });
  const abort = new AbortController();
  const poll = async (): Promise<void> => {
    while (!abort.signal.aborted) await client.request(1, read(0, 1), options());
  };
  const polling = poll();
  await clock.advance(10_000);
  const busy = client.stats();
  abort.abort();
  await clock.advance(100);
  await polling;
  assert.ok(busy.utilisation > 95 && busy.utilisation <= 100, `${busy.utilisation} %`);
  await clock.advance(120_000);
  assert.equal(client.stats().utilisation, 0);
  near(busy.units[1]?.turnaround ?? 0, 50 - 8 * character - 7 * character);
});
