import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import { type BusConfig, clientOn, type RequestOptions } from "../../plugins/modbus/client.ts";
import type { Request, Response } from "../../plugins/modbus/pdu.ts";
import { linkMemory } from "../support/link-memory.ts";
import { type Fate, framed, RtuUnits } from "../support/rtu-units.ts";
import { TestClock } from "../support/test-clock.ts";

const config: BusConfig = {
  name: "line",
  transport: "serial",
  baudRate: 9600,
  responseTimeout: 100,
  retries: 1,
  lateAnswers: 3000,
};

function bench(overrides: Partial<BusConfig> = {}) {
  const clock = new TestClock();
  const units = new RtuUnits(clock);
  const memory = linkMemory();
  const settings = { ...config, ...overrides };
  const client = clientOn(units.line, settings, { clock, log: silentLog, memory });
  return { clock, units, memory, settings, client };
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

type Result = { ok: Response } | { error: BothyError };
async function result(work: Promise<Response>): Promise<Result> {
  try {
    return { ok: await work };
  } catch (error) {
    assert.ok(error instanceof BothyError, String(error));
    return { error };
  }
}
/** Lets time pass until `work` has settled. */
async function run(clock: TestClock, work: Promise<Response>, most: Millis = 20_000): Promise<Result> {
  let settled: Result | undefined;
  void result(work).then((value) => (settled = value));
  for (let spent = 0; settled === undefined && spent < most; spent += 5) await clock.advance(5);
  assert.ok(settled !== undefined, "never settled");
  return settled;
}
const words = (value: Result): readonly number[] => {
  assert.ok("ok" in value && value.ok.kind === "words", "error" in value ? value.error.message : "no words");
  return value.ok.words;
};
const code = (value: Result): string => ("error" in value ? value.error.code : "ok");

test("asked for 200, 300, 400, 500 with the first answer late, each gets its own or an error", async () => {
  const { clock, units, client } = bench();
  let asked = 0;
  units.fate = () => ({ delay: asked++ === 0 ? 180 : 5 });
  for (const address of [200, 300, 400, 500]) {
    const value = await run(clock, client.request(1, read(address, 1), options()));
    if ("ok" in value) assert.deepEqual(words(value), [1000 + address]);
    else assert.equal(value.error.code, "LATE_ANSWER");
  }
  assert.deepEqual(words(await run(clock, client.request(1, read(600, 1), options()))), [1600]);
});

test("a retry after a timeout is never the plain request again", async () => {
  const { clock, units, client } = bench();
  let asked = 0;
  units.fate = () => (asked++ === 0 ? { delay: 5, damage: "lost" } : { delay: 5 });
  assert.deepEqual(
    words(await run(clock, client.request(1, read(10, 4), options()))),
    [1010, 1011, 1012, 1013],
  );
  assert.deepEqual(
    units.heard.map(({ hex }) => hex),
    ["0103000a0004", "0103000a0001", "0103000a0004"],
  );
});

test("a late answer is said to be late, a missing one missing", async () => {
  const { clock, units, client } = bench();
  units.fate = () => ({ delay: 130 });
  assert.equal(code(await run(clock, client.request(1, read(10, 4), options()))), "LATE_ANSWER");
  assert.ok((client.stats().units[1]?.lateAnswers ?? 0) >= 1);
  units.fate = () => ({ delay: 5, damage: "lost" });
  assert.equal(code(await run(clock, client.request(2, read(10, 4), options()))), "NO_ANSWER");
});

test("the late answer of one unit, coming in another's turn, is dropped and settles its own unit", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  units.fate = (unit) => ({ delay: unit === 1 ? 150 : 60 });
  const first = result(client.request(1, read(10, 2), options()));
  const second = result(client.request(2, read(10, 2), options()));
  await clock.advance(1000);
  assert.equal(code(await first), "NO_ANSWER");
  assert.deepEqual(words(await second), [2010, 2011]);
  units.fate = () => ({ delay: 5 });
  units.heard.length = 0;
  assert.deepEqual(words(await run(clock, client.request(1, read(20, 2), options()))), [1020, 1021]);
  assert.equal(units.heard.length, 1, "no probe was needed");
});

test("a unit that cannot be asked anything else is left alone, the others go on, and then it is back", async () => {
  const { clock, units, client } = bench();
  units.fate = (unit) => ({ delay: 5, damage: unit === 1 ? "lost" : "none" });
  assert.equal(code(await run(clock, client.request(1, read(10, 1), options()))), "NO_ANSWER");
  const last = clock.monotonic();
  units.fate = () => ({ delay: 5 });
  units.heard.length = 0;
  assert.equal(code(await run(clock, client.request(1, read(10, 1), options()))), "NO_ANSWER");
  assert.deepEqual(words(await run(clock, client.request(2, read(10, 1), options()))), [2010]);
  assert.deepEqual(
    units.heard.map(({ unit }) => unit),
    [2],
  );
  await clock.advance(last + 3000 - clock.monotonic());
  assert.deepEqual(words(await run(clock, client.request(1, read(10, 1), options()))), [1010]);
});

test("a command to a unit that owes an answer goes out at once when its own cannot be mistaken", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  units.fate = (_unit, fn) => (fn === 3 ? { delay: 250 } : { delay: 1 });
  assert.equal(code(await run(clock, client.request(1, read(10, 1), options()))), "NO_ANSWER");
  const command = client.request(1, write(5, 77), options({ priority: priority.write, timeout: 400 }));
  assert.deepEqual(await run(clock, command), { ok: { kind: "written" } });
  assert.deepEqual(
    units.heard.map(({ hex }) => hex),
    ["0103000a0001", "01060005004d"],
  );
});

test("repeating a write that is owed is harmless, but not after a write to all units", async () => {
  const { clock, units, client } = bench({ retries: 0 });
  units.fate = () => ({ delay: 5, damage: "lost" });
  assert.equal(code(await run(clock, client.request(1, write(5, 77), options()))), "NO_ANSWER");
  units.fate = () => ({ delay: 5 });
  assert.equal(code(await run(clock, client.request(1, write(5, 77), options()))), "ok");
  units.fate = () => ({ delay: 5, damage: "lost" });
  assert.equal(code(await run(clock, client.request(2, write(5, 77), options()))), "NO_ANSWER");
  units.fate = () => ({ delay: 5 });
  await run(clock, client.request(0, write(5, 1), options()));
  assert.equal(code(await run(clock, client.request(2, write(5, 77), options()))), "ok");
  assert.deepEqual(
    units.heard.map(({ unit, hex }) => `${unit} ${hex.slice(2, 4)}`),
    ["1 06", "1 06", "2 06", "0 06", "2 08", "2 06"],
  );
});

test("what units owe survives the line being closed and opened again", async () => {
  const { clock, units, client, memory, settings } = bench({ retries: 0 });
  units.fate = () => ({ delay: 150 });
  const lost = run(clock, client.request(1, read(10, 2), options()));
  assert.equal(code(await lost), "NO_ANSWER");
  await client.close();
  const again = new RtuUnits(clock);
  again.fate = () => ({ delay: 5 });
  const next = clientOn(again.line, settings, { clock, log: silentLog, memory });
  // The answer to the old request comes first on the new connection.
  const answer = next.request(1, read(20, 2), options());
  await clock.advance(1);
  again.line.arrive(framed([1, 3, 4, 0xde, 0xad, 0xbe, 0xef]));
  assert.deepEqual(words(await run(clock, answer)), [1020, 1021]);
});

const seed = Number(process.env["SEED"] ?? 20_310_506);
/** From at once to four times the timeout; mostly in time. */
const anyDelay = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 90 }) },
  fc.integer({ min: 0, max: 400 }),
);
const anyFate = (damages: Fate["damage"][]): fc.Arbitrary<Fate> =>
  fc.record({ delay: anyDelay, damage: fc.constantFrom(...damages) });

interface Asked {
  readonly unit: number;
  readonly address: number;
  readonly count: number;
  readonly pause: Millis;
  readonly word: number | undefined;
}
const anyAsked = fc.record({
  unit: fc.integer({ min: 1, max: 3 }),
  address: fc.integer({ min: 0, max: 15 }),
  count: fc.integer({ min: 1, max: 4 }),
  pause: fc.integer({ min: 0, max: 600 }),
  word: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 4 }),
});

/** Unit, address and the time of asking, in one register. */
const stamp = (clock: TestClock) => (unit: number, address: number) =>
  (unit << 14) | (address << 9) | (Math.floor(clock.monotonic() / 50) & 0x1ff);

async function soak(
  asked: readonly Asked[],
  fates: readonly Fate[],
  over: Partial<BusConfig> = {},
): Promise<number> {
  const { clock, units, client } = bench({ ...over, lateAnswers: 8000 });
  units.value = stamp(clock);
  let turn = 0;
  units.fate = () => fates[turn++ % fates.length] ?? { delay: 0 };
  let right = 0;
  const works: Promise<void>[] = [];
  for (const { unit, address, count, pause, word } of asked) {
    const from = clock.monotonic();
    const request = word === undefined ? read(address, count) : write(100 + address, word);
    works.push(
      result(client.request(unit, request, options())).then((value) => {
        if (!("ok" in value) || value.ok.kind !== "words") return;
        right++;
        value.ok.words.forEach((got, i) => {
          assert.equal(
            got >> 9,
            (unit << 5) | (address + i),
            `unit ${unit} address ${address + i}: got ${got}`,
          );
          assert.ok((got & 0x1ff) >= Math.floor(from / 50), "a value from before it was asked for");
        });
      }),
    );
    await clock.advance(pause);
  }
  for (let i = 0; i < 20 && clock.waiting > 0; i++) await clock.advance(1000);
  await clock.advance(10_000);
  await Promise.all(works);
  units.fate = () => ({ delay: 1 });
  for (const unit of [1, 2, 3]) {
    const value = await run(clock, client.request(unit, read(3, 2), options()));
    assert.ok("ok" in value, `unit ${unit} has not recovered`);
  }
  await client.close();
  return right;
}

test(`whatever the delays, a value read is the right one or there is none (seed ${seed})`, async () => {
  let right = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyAsked, { minLength: 1, maxLength: 12 }),
      fc.array(anyFate(["none"]), { minLength: 1, maxLength: 8 }),
      async (asked, fates) => {
        right += await soak(asked, fates);
      },
    ),
    { numRuns: 300, seed },
  );
  assert.ok(right > 300, `only ${right} values came through`);
});

const anyTry = fc.record({
  address: fc.integer({ min: 0, max: 1 }),
  count: fc.constantFrom(2, 3),
  pause: fc.integer({ min: 2000, max: 12_000 }),
});

test(`a unit slower than any answer was thought to be is not believed one answer late (seed ${seed})`, async () => {
  let right = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyTry, { minLength: 2, maxLength: 12 }),
      fc.array(fc.integer({ min: 3000, max: 9000 }), { minLength: 1, maxLength: 4 }),
      async (tries, delays) => {
        const { clock, units, client } = bench();
        units.value = () => Math.floor(clock.monotonic() / 100);
        let turn = 0;
        units.fate = () => ({ delay: turn < delays.length ? (delays[turn++] ?? 0) : 5 });
        for (const { address, count, pause } of tries) {
          const from = Math.floor(clock.monotonic() / 100);
          const value = await run(clock, client.request(1, read(address, count), options()));
          if ("ok" in value) {
            right++;
            const [first = 0] = words(value);
            assert.ok(first >= from, `asked at ${from}, got what was so at ${first}`);
          }
          await clock.advance(pause);
        }
      },
    ),
    { numRuns: 300, seed },
  );
  assert.ok(right > 300, `only ${right} values came through`);
});

test(`the same under every kind of damage (seed ${seed})`, async () => {
  const harm: Fate["damage"][] = ["lost", "crc", "short", "long", "noise", "unit", "exception", "pieces"];
  const damages = [...Array<Fate["damage"]>(16).fill("none"), ...harm];
  let right = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyAsked, { minLength: 1, maxLength: 12 }),
      fc.array(anyFate(damages), { minLength: 1, maxLength: 8 }),
      async (asked, fates) => {
        right += await soak(asked, fates);
      },
    ),
    { numRuns: 300, seed },
  );
  assert.ok(right > 200, `only ${right} values came through`);
});
