import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import {
  parseRecord,
  readRepository,
  type RepositoryOptions,
  type SdrRepository,
} from "../../plugins/ipmi/sdr/index.ts";
import { linkMemory } from "../support/link-memory.ts";
import {
  fails,
  type MockAnswer,
  mockRequester,
  type MockRequester,
  silent,
} from "../support/mock-requester.ts";
import { mockShelf, type ShelfHabits } from "../support/mock-shelf.ts";
import { TestClock } from "../support/test-clock.ts";
import { bytes, sdrVectors } from "./vectors/sensors.ts";

const recorded = sdrVectors.map(({ hex }) => bytes(hex));
const expected = recorded.map((record) => parseRecord(record));

/** Reads, while time passes as fast as it can. */
async function reading(
  requester: MockRequester,
  options: Omit<RepositoryOptions, "clock"> = {},
): Promise<SdrRepository> {
  const clock = new TestClock();
  const state = { done: false };
  const read = readRepository(requester, { clock, random: () => 0.5, ...options });
  read.then(
    () => (state.done = true),
    () => (state.done = true),
  );
  while (!state.done) await clock.advance(1000);
  return read;
}

const bmc = (habits: ShelfHabits = {}, records = recorded): MockRequester =>
  mockRequester(mockShelf(records, habits));

/** How often each command was sent. */
function counted({ requests }: MockRequester): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { command } of requests) {
    const name = { 0x20: "info", 0x22: "reserve", 0x21: "get", 0x23: "get" }[command] ?? "other";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("a BMC as it should be: one request for each record, no reservation", async () => {
  const requester = bmc();
  const repository = await reading(requester);
  assert.deepEqual(repository.records, expected);
  assert.equal(repository.source, "repository");
  assert.equal(repository.fromCache, false);
  assert.deepEqual(repository.warnings, []);
  assert.deepEqual(counted(requester), { info: 1, get: recorded.length });
  assert.equal(repository.requests, recorded.length + 1);
});

test("the second start costs one request", async () => {
  const cache = linkMemory();
  await reading(bmc(), { cache, identity: "guid 1" });
  const requester = bmc();
  const repository = await reading(requester, { cache, identity: "guid 1" });
  assert.deepEqual(repository.records, expected);
  assert.equal(repository.fromCache, true);
  assert.deepEqual(requester.sent, ["0a/20"]);
});

test("records are read again when anything is not the same", async () => {
  const kept = async (): Promise<ReturnType<typeof linkMemory>> => {
    const cache = linkMemory();
    await reading(bmc(), { cache, identity: "guid 1" });
    return cache;
  };
  const again = async (habits: ShelfHabits, options: object): Promise<boolean> =>
    (await reading(bmc(habits), { cache: await kept(), identity: "guid 1", ...options })).fromCache;
  assert.equal(await again({}, {}), true);
  assert.equal(await again({ added: 0x5f00_0001 }, {}), false);
  assert.equal(await again({ count: 34 }, {}), false);
  assert.equal(await again({}, { identity: "guid 2" }), false);
  assert.equal(await again({}, { cacheKey: "another BMC" }), false);
  assert.equal(await again({ source: "device" }, {}), false);
});

test("a damaged cache is read past", async () => {
  const cache = linkMemory();
  await reading(bmc(), { cache });
  const good = cache.get("sdr") as Record<string, unknown>;
  const damages: unknown[] = [
    ...[undefined, null, 7, "text", [], {}],
    ...Object.keys(good).flatMap((key) =>
      [undefined, null, 7, [], {}, [[]], [[1]], [[1, "0"]], [[1, "xy"]], [[-1, "00"]]]
        .filter((value) => JSON.stringify(value) !== JSON.stringify(good[key]))
        .map((value) => ({ ...good, [key]: value })),
    ),
  ];
  for (const damage of damages) {
    const held = { get: () => damage, set: () => undefined };
    const repository = await reading(bmc(), { cache: held });
    const text = JSON.stringify(damage);
    assert.equal(repository.fromCache, false, text);
    assert.deepEqual(repository.records, expected, text);
  }
});

test("the size that worked is kept: a changed repository is read without another refusal", async () => {
  const cache = linkMemory();
  const habits = { most: 33 };
  const first = bmc(habits);
  assert.deepEqual((await reading(first, { cache })).records, expected);
  const second = bmc({ ...habits, added: 0x6000_0000 });
  assert.deepEqual((await reading(second, { cache })).records, expected);
  const parts = recorded.map(({ length }) => Math.ceil(length / 32)).reduce((sum, n) => sum + n, 0);
  assert.deepEqual(counted(second), { info: 1, reserve: 1, get: parts });
  assert.ok(first.sent.length > second.sent.length);
  assert.ok(first.sent.length <= second.sent.length + 6, `${first.sent.length} requests`);
});

for (const code of [0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xce, 0xff]) {
  test(`too much is answered with ${code.toString(16)}: smaller parts`, async () => {
    for (const most of [64, 40, 32, 20, 16, 10, 8]) {
      const repository = await reading(bmc({ most, tooMuch: code }));
      assert.deepEqual(repository.records, expected);
      assert.deepEqual(repository.warnings, []);
    }
  });
}

test("too much is not answered at all: small parts at once", async () => {
  const requester = bmc({ most: 20, tooMuch: "silence" });
  assert.deepEqual((await reading(requester)).records, expected);
  const large = requester.requests.filter(({ command, data }) => command === 0x23 && (data?.[5] ?? 0) > 20);
  assert.equal(large.filter(({ data }) => (data?.[3] ?? 0) > 0).length <= 1, true);
});

test("reading beyond the end of a record is refused: heads first, and that is kept", async () => {
  const cache = linkMemory();
  const habits = { most: 64, beyondEnd: 0xc9, tooMuch: 0xca };
  // Whole records it does not give either.
  const refusing = (): MockRequester => {
    const shelf = mockShelf(recorded, habits);
    return mockRequester((line, data, request) =>
      request.command === 0x23 && data[5] === 0xff ? 0xca : shelf(line, data, request),
    );
  };
  const first = await reading(refusing(), { cache });
  assert.deepEqual(first.records, expected);
  assert.deepEqual(first.warnings, []);
  const { headFirst, size } = cache.get("sdr") as { headFirst: boolean; size: number };
  assert.deepEqual([headFirst, size], [true, 64]);
});

test("more bytes than asked for are cut, fewer are completed", async () => {
  assert.deepEqual((await reading(bmc({ extra: 6 }))).records, expected);
  assert.deepEqual((await reading(bmc({ extra: 6, most: 33 }))).records, expected);
  assert.deepEqual((await reading(bmc({ stingy: 22 }))).records, expected, "a whole record was asked for");
  assert.deepEqual((await reading(bmc({ stingy: 3 }))).records, expected, "less than a head");
  assert.deepEqual((await reading(bmc({ stingy: 1, noReservations: true }))).records, expected);
});

test("no bytes at all: the record is missing, and that is said", async () => {
  const repository = await reading(bmc({ stingy: 0 }));
  assert.deepEqual(repository.records, []);
  assert.match(repository.warnings.join("\n"), /no bytes at all/);
});

test("reservations unknown, wanted always, or taken by somebody else again and again", async () => {
  assert.deepEqual((await reading(bmc({ noReservations: true, most: 33 }))).records, expected);
  assert.deepEqual((await reading(bmc({ strict: true }))).records, expected);
  let turn = 0;
  const third = (): number => (++turn % 3 === 0 ? 0 : 1);
  const requester = bmc({ most: 33, thief: 0.5, random: third });
  assert.deepEqual((await reading(requester)).records, expected);
  assert.ok((counted(requester).reserve ?? 0) > 10);
});

test("a reservation that is never good ends the reading", async () => {
  await assert.rejects(reading(bmc({ strict: true, thief: 1, random: () => 0 })), (thrown) => {
    assert.equal(completionOf(thrown), 0xc5);
    return thrown instanceof BothyError && thrown.retry;
  });
});

test("a busy BMC is asked again", async () => {
  let turn = 0;
  const requester = bmc({ busy: 0.5, random: () => (turn++ % 4 < 2 ? 0 : 1) });
  assert.deepEqual((await reading(requester)).records, expected);
  await assert.rejects(reading(mockRequester(() => 0xd0)), fails("BUSY"));
});

test("a chain that leads back ends there", async () => {
  for (const lastNext of [0, 1, 17, 33]) {
    const repository = await reading(bmc({ lastNext }));
    assert.deepEqual(repository.records, expected);
    assert.deepEqual(repository.warnings, [`record 33 leads back to record ${lastNext}`]);
  }
});

test("a chain that leads back is complete when the BMC's own count says so", async () => {
  const cache = linkMemory();
  const habits = { lastNext: 0 };
  await reading(bmc(habits), { cache });
  assert.equal((await reading(bmc(habits), { cache })).fromCache, true);
  const other = linkMemory();
  await reading(bmc({ ...habits, count: 40 }), { cache: other });
  assert.equal((await reading(bmc({ ...habits, count: 40 }), { cache: other })).fromCache, false);
});

test("records that call themselves otherwise are who they were asked for", async () => {
  const repository = await reading(bmc({ otherIds: true }));
  assert.deepEqual(
    repository.records.map(({ recordId }) => recordId),
    [0x7777, ...expected.slice(1).map(({ recordId }) => recordId)],
    "the first has no other name",
  );
  assert.equal(repository.warnings.length, 32);
  assert.equal(repository.warnings[0], "record 2 calls itself 30583");
});

test("a record that cannot be read is left out, not the others, and not for ever", async () => {
  const cache = linkMemory();
  const broken = new Map([[9, { code: 0xce, from: 20 }]]);
  const repository = await reading(bmc({ broken }), { cache });
  const kinds = repository.records.map(({ recordId, kind }) => [recordId, kind]);
  assert.deepEqual(
    kinds,
    expected.map(({ recordId, kind }) => [recordId, recordId === 9 ? "faulty" : kind]),
  );
  assert.match(repository.warnings.join("\n"), /^record 9: .*CEh/);
  const requester = bmc();
  assert.deepEqual((await reading(requester, { cache })).records, expected);
  assert.equal(counted(requester).get, recorded.length, "still as large parts as before");
});

test("the last record cannot be read: the rest stays", async () => {
  const broken = new Map([[33, { code: 0xc3, from: 0 }]]);
  const repository = await reading(bmc({ broken }));
  assert.deepEqual(repository.records, expected.slice(0, -1));
  assert.match(repository.warnings.join("\n"), /record 33: .*C3h[^]*nothing behind record 33/);
});

test("no repository: the controller's own records, of each logical unit", async () => {
  const [first, second] = [recorded.slice(0, 20), recorded.slice(20)];
  const shelves = [first, second].map((records) => mockShelf(records, { source: "device", luns: 5 }));
  const requester = mockRequester((line, data, request) =>
    shelves[(request.lun ?? 0) / 2]?.(line, data, request),
  );
  const cache = linkMemory();
  const repository = await reading(requester, { cache });
  assert.equal(repository.source, "device");
  assert.deepEqual(repository.records, expected);
  requester.sent.length = 0;
  assert.equal((await reading(requester, { cache })).fromCache, true);
  assert.deepEqual(requester.sent, ["04/20"]);
  requester.sent.length = 0;
  assert.equal((await reading(requester, { source: "device" })).source, "device");
  assert.equal(requester.sent[0], "04/20");
});

test("an empty repository, or none: no records, and that is said", async () => {
  for (const answer of [mockShelf([]), (): MockAnswer => undefined]) {
    const repository = await reading(mockRequester(answer));
    assert.deepEqual(repository.records, []);
    assert.match(repository.warnings.at(-1) ?? "", /has no sensor data records$/);
  }
});

test("silence, refusal and a lost session are errors of the whole", async () => {
  await assert.rejects(reading(mockRequester(() => silent())), fails("NO_ANSWER"));
  await assert.rejects(reading(mockRequester(() => 0xd4)), fails("REFUSED"));
  const down = new BothyError("LINE_DOWN", { source: "bmc", fault: "gone" });
  const shelf = mockShelf(recorded);
  let left = 10;
  const dying = mockRequester((line, data, request) => (left-- > 0 ? shelf(line, data, request) : down));
  await assert.rejects(reading(dying), fails("LINE_DOWN"));
  left = 10;
  const mute = mockRequester((line, data, request) => (left-- > 0 ? shelf(line, data, request) : silent()));
  await assert.rejects(reading(mute), fails("NO_ANSWER"));
  assert.ok(mute.sent.length <= 13, "it is not asked over and over");
});

/** Reads from a BMC that answers `left` times and then never again; a request is given up after 20 s. */
async function readingFromDying(left: number, habits: ShelfHabits = {}) {
  const clock = new TestClock();
  const shelf = mockShelf(recorded, habits);
  const dying = mockRequester((line, data, request) => {
    if (left-- > 0) return shelf(line, data, request);
    const { signal } = request;
    return clock.sleepUntil(clock.monotonic() + 20_000, signal).then(() => silent());
  });
  const ended: unknown[] = [];
  readRepository(dying, { clock, random: () => 0.5 }).then(
    (read) => ended.push(read),
    (thrown: unknown) => ended.push(thrown),
  );
  while (ended.length === 0) await clock.advance(500);
  return { took: clock.monotonic(), ended: ended[0], asked: dying.sent.length };
}

test("a BMC that dies meanwhile is not waited for twice", async () => {
  const whole = await readingFromDying(10);
  assert.ok(fails("NO_ANSWER")(whole.ended));
  assert.ok(whole.took <= 25_000, `${whole.took} ms: once, and a short question`);
  // Information, heads refused, a reservation: then parts of 32 bytes, which were given before.
  const parts = await readingFromDying(25, { most: 33 });
  assert.ok(fails("NO_ANSWER")(parts.ended));
  assert.equal(parts.asked, 26, "what it gave before it is not asked for in smaller parts");
});

const record = fc
  .tuple(fc.constantFrom(1, 2, 3, 8, 0x11, 0xc0), fc.uint8Array({ maxLength: 70 }))
  .map(([type, body]) => Buffer.from([0, 0, 0x51, type, body.length, ...body]));
const repository = fc
  .tuple(
    fc.array(record, { minLength: 1, maxLength: 12 }),
    fc.uniqueArray(fc.integer({ min: 1, max: 0xfffe }), { minLength: 12, maxLength: 12 }),
  )
  .map(([records, ids]) => {
    records.forEach((one, position) => one.writeUInt16LE(ids[position]!, 0));
    return records.map((one) => Buffer.from(one));
  });
const habit = fc.record({
  most: fc.integer({ min: 8, max: 255 }),
  tooMuch: fc.constantFrom(0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcc, 0xce, 0xff),
  beyondEnd: fc.constantFrom(undefined, 0xc9, 0xca, 0xff),
  // Not both: then nobody could tell which bytes are the record's.
  amount: fc.oneof(
    fc.nat(8).map((extra) => ({ extra })),
    fc.integer({ min: 1, max: 255 }).map((stingy) => ({ stingy })),
  ),
  noReservations: fc.boolean(),
  strict: fc.boolean(),
  thief: fc.constantFrom(0, 0.1, 0.3),
  busy: fc.constantFrom(0, 0.1, 0.3),
  count: fc.nat(20),
});

/** Numbers of 0..999 as 0..1, but after three small ones none for a while: nobody is that unlucky. */
function forbearing(next: () => number): () => number {
  let calls = 0;
  let small = 0;
  return () => {
    const n = next() / 1000;
    if (calls++ % 40 === 0) small = 0;
    if (n >= 0.3) return n;
    return small++ < 3 ? n : 1;
  };
}

test("whatever its habits, every record comes whole, and the second time from the cache", async () => {
  const seeded = fc.tuple(repository, habit, fc.infiniteStream(fc.nat(999)));
  await fc.assert(
    fc.asyncProperty(seeded, async ([records, { beyondEnd, amount, ...rest }, stream]) => {
      const random = forbearing(() => stream.next().value as number);
      const habits = { ...rest, ...amount, random, ...(beyondEnd === undefined ? {} : { beyondEnd }) };
      const cache = linkMemory();
      const read = await reading(bmc(habits, records), { cache });
      assert.deepEqual(
        read.records,
        records.map((one) => parseRecord(one)),
      );
      assert.deepEqual((await reading(bmc(habits, records), { cache })).fromCache, true);
    }),
    { numRuns: 150 },
  );
});

test("whatever the answers, it ends, with records or with an error of ours", async () => {
  const answer = fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...recorded.map((one) => Buffer.concat([one.subarray(0, 2), one]))),
    },
    { weight: 1, arbitrary: fc.integer({ min: 0xc0, max: 0xff }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { maxLength: 60 }), async (answers) => {
      let turn = 0;
      const requester = mockRequester(() => answers[turn++]);
      try {
        const { records, warnings } = await reading(requester);
        assert.ok(records.length <= requester.sent.length);
        assert.ok(records.length > 0 || warnings.length > 0);
      } catch (thrown) {
        assert.ok(thrown instanceof BothyError);
      }
    }),
    { numRuns: 300 },
  );
});

test("a record that goes on where no request reaches costs that one, not the rest", async () => {
  const endless = Buffer.concat([recorded[0]!.subarray(0, 4), Buffer.alloc(256, 0xff)]);
  const others = recorded.slice(1);
  const { records, warnings } = await reading(bmc({ stingy: 1 }, [endless, ...others]));
  assert.deepEqual(
    records.slice(1),
    others.map((record) => parseRecord(record)),
  );
  assert.equal(warnings.length, 1);
});
