import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { clearSel } from "../../plugins/ipmi/sel/clear.ts";
import { describeEvent, describeRecord } from "../../plugins/ipmi/sel/describe.ts";
import { markSel, readSel, type SelMark } from "../../plugins/ipmi/sel/read.ts";
import { parseSelRecord } from "../../plugins/ipmi/sel/record.ts";
import {
  addSelEntry,
  decodeSelAllocation,
  decodeSelEntry,
  decodeSelInfo,
  deleteSelEntry,
  getSelAllocation,
  getSelInfo,
} from "../../plugins/ipmi/sel/requests.ts";
import {
  clockOffset,
  correctedTime,
  decodeTime,
  decodeUtcOffset,
  eventTime,
  getSelTime,
  getSelUtcOffset,
  setSelTime,
} from "../../plugins/ipmi/sel/time.ts";
import { fails, lost, mockRequester, type MockRequester, silent } from "../support/mock-requester.ts";
import { TestClock } from "../support/test-clock.ts";

interface SelVector {
  readonly hex: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

const vectorFile = new URL("vectors/ipmi-vectors.json", import.meta.url);
const { sel: vectors } = JSON.parse(readFileSync(vectorFile, "utf8")) as {
  readonly sel: readonly SelVector[];
};
const parse = (hex: string, id?: number) => parseSelRecord(Buffer.from(hex, "hex"), id);

/** What a vector expects, out of the record that was read. Values are those of a sensor that counts in whole units. */
function told(hex: string, expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const record = parse(hex);
  const kinds = {
    event: "event",
    "oem-timed": "OEM with time stamp",
    oem: "OEM without time stamp",
    unknown: "?",
  };
  const time = "time" in record && record.time.kind === "clock" ? record.time.instant : NaN;
  const event = record.kind === "event" ? record : undefined;
  const text = event === undefined ? undefined : describeEvent(event, event.generator);
  const all: Record<string, unknown> = {
    kind: kinds[record.kind],
    time: Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(".000", ""),
    manufacturer: record.kind === "oem-timed" ? record.maker : undefined,
    data: "data" in record ? record.data : undefined,
    generator:
      event && `${(event.generator.address | (event.generator.lun << 8)).toString(16).padStart(4, "0")}h`,
    sensorType: event?.sensorType,
    sensor: event?.sensor,
    assert: event?.asserted,
    eventType: event && `${event.eventType.toString(16).padStart(2, "0").toUpperCase()}h`,
    offset: event?.offset,
    meaning: text?.event,
    triggerRaw: text?.trigger?.raw,
    thresholdRaw: text?.threshold?.raw,
    trigger: text?.trigger?.raw,
    threshold: text?.threshold?.raw,
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, all[key]]));
}

for (const { hex, expect } of vectors) {
  test(`the record ${hex} is read as ipmitool and FreeIPMI read it`, () => {
    assert.deepEqual(told(hex, expect), expect);
    assert.equal(parse(hex).raw, hex);
  });
}

test("whatever the bytes, a record is read and described, or refused", () => {
  const types = fc.constantFrom(2, 2, 2, 0xc0, 0xdf, 0xe0, 0xff, 0x03);
  const bytes = fc.tuple(types, fc.uint8Array({ maxLength: 24 })).map(([type, rest]) => {
    if (rest.length > 2) rest[2] = type;
    return rest;
  });
  fc.assert(
    fc.property(bytes, fc.option(fc.nat(0xffff), { nil: undefined }), (data, id) => {
      if (data.length < 16) {
        assert.throws(() => parseSelRecord(data, id), fails("BAD_FRAME"));
        return;
      }
      const record = parseSelRecord(data, id);
      assert.ok(describeRecord(record).length > 0);
      assert.equal(record.id, id ?? Buffer.from(data).readUInt16LE(0));
      assert.equal(record.raw, Buffer.from(data.subarray(0, 16)).toString("hex"));
    }),
    { numRuns: 2000 },
  );
});

test("whatever the answer, it is read or too short", () => {
  const decoders = [decodeSelInfo, decodeSelAllocation, decodeSelEntry, decodeTime, decodeUtcOffset];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(...decoders), (data, decode) => {
      try {
        decode(Buffer.from(data));
      } catch (thrown) {
        assert.ok(fails("SHORT_FRAME")(thrown), String(thrown));
      }
    }),
  );
});

test("an event says how bad it is, in one line", () => {
  const event = (sensorType: number, direction: number, ...data: readonly number[]) => {
    const bytes = Buffer.from([1, 0, 2, 0, 0, 0, 0, 0x20, 0, 4, sensorType, 9, direction, ...data]);
    const record = parseSelRecord(bytes);
    assert.ok(record.kind === "event");
    return describeEvent(record, record.generator);
  };
  const cases: readonly (readonly [ReturnType<typeof event>, string, string | undefined])[] = [
    [event(1, 0x01, 0x59, 95, 90), "upper critical going high, at raw 95, threshold raw 90", "critical"],
    [event(1, 0x81, 0x59, 80, 90), "upper critical going high: over, at raw 80, threshold raw 90", "ok"],
    [event(4, 0x01, 0x02, 0xff, 0xff), "lower critical going low", "critical"],
    [event(4, 0x01, 0x05, 0xff, 0xff), "lower non-recoverable going high", "ok"],
    [event(4, 0x01, 0x0b, 0xff, 0xff), "upper non-recoverable going high", "non-recoverable"],
    [event(8, 0x6f, 0x03, 0xff, 0xff), "input lost", "critical"],
    [event(8, 0xef, 0x03, 0xff, 0xff), "input lost: over", "ok"],
    [event(9, 0x0b, 0x41, 0xf0, 0xff), "redundancy lost, before: fully redundant", "critical"],
    [event(0xc5, 0x72, 0xa3, 0x12, 0x34), "state-3, data 1234", undefined],
    [event(1, 0x01, 0x0f, 0xff, 0xff), "state-15", undefined],
  ];
  for (const [text, line, severity] of cases) {
    assert.equal(text.text, line);
    assert.equal(text.severity, severity, line);
  }
  assert.equal(cases[0]![0].sensor, "temperature 09h");
});

test("times: by the controller's clock, since it started, unknown, and as ours would have it", () => {
  const at = Date.parse("2024-03-01T11:46:08Z");
  const time = eventTime(at / 1000);
  assert.deepEqual(time, { kind: "clock", seconds: at / 1000, instant: at });
  assert.deepEqual(eventTime(3590), { kind: "since-start", seconds: 3590, sinceStart: 3_590_000 });
  assert.equal(eventTime(0xffff_ffff).kind, "unknown");

  const behind = clockOffset(eventTime(at / 1000 + 60), at + 3_660_000);
  assert.equal(correctedTime(time, behind), at + 3_600_000);
  assert.equal(correctedTime(eventTime(10), behind), undefined);
  const started = clockOffset(eventTime(100), at);
  assert.equal(correctedTime(eventTime(40), started), at - 60_000);
  assert.equal(clockOffset(eventTime(0xffff_ffff), at), undefined);
  assert.equal(correctedTime(time, undefined), undefined);
});

test("the log's clock is read and set", async () => {
  const bmc = mockRequester((line) => ({ "0a/48": "060e0000", "0a/5c": "3c00", "0a/49 00c3e165": "" })[line]);
  assert.deepEqual(await getSelTime(bmc), eventTime(0x0e06));
  assert.equal(await getSelUtcOffset(bmc), 60);
  await setSelTime(bmc, 0x65e1c300 * 1000 + 400);
  await assert.rejects(setSelTime(bmc, 1000), fails("OUT_OF_RANGE"));
  assert.equal(decodeUtcOffset(Buffer.from("ff07", "hex")), undefined);
});

/** A log that behaves: ids go up and wrap, the oldest makes room. */
class Log {
  records: { readonly id: number; readonly bytes: Buffer }[] = [];
  lastAdd = 1000;
  lastErase = 500;
  nextId = 1;
  capacity = 1000;
  /** Nothing is kept of when. */
  timeless = false;
  /** What is done to requests before the log sees them. */
  before: (line: string, data: Buffer) => string | number | undefined | Error = () => undefined;
  reservation = 7;
  erasing = 0;
  readonly bmc: MockRequester = mockRequester((line, data) => {
    const first = this.before(line, data);
    if (first instanceof Error) throw first;
    return first ?? this.#answer(line, data);
  });

  add(id = this.nextId): number {
    const bytes = Buffer.from(
      `0000020000000020000401095901${(this.lastAdd & 0xffff).toString(16).padStart(4, "0")}`,
      "hex",
    );
    bytes.writeUInt16LE(id, 0);
    bytes.writeUInt32LE(this.lastAdd, 3);
    this.records.push({ id, bytes });
    if (this.records.length > this.capacity) this.records.shift();
    this.nextId = id >= 0xfffe ? 1 : id + 1;
    this.lastAdd += 1;
    return id;
  }

  clear(): void {
    this.records = [];
    this.nextId = 1;
    this.lastErase += 1;
  }

  #answer(line: string, data: Buffer): string | Buffer | number | undefined {
    switch (line.slice(0, 5)) {
      case "0a/40":
        return this.#info();
      case "0a/42":
        return Buffer.from([++this.reservation, 0]);
      case "0a/43":
        return this.#entry(data.readUInt16LE(2));
      case "0a/47":
        if (data[0] !== this.reservation) return 0xc5;
        if (data[5] === 0xaa) this.erasing = 3;
        else this.erasing -= 1;
        if (this.erasing === 0) this.clear();
        return this.erasing <= 0 ? "01" : "00";
      default:
        return undefined;
    }
  }

  #info(): Buffer {
    const info = Buffer.alloc(14);
    info[0] = 0x51;
    info.writeUInt16LE(this.records.length, 1);
    info.writeUInt32LE(this.timeless ? 0xffff_ffff : this.lastAdd, 5);
    info.writeUInt32LE(this.lastErase, 9);
    info[13] = 0x0a;
    return info;
  }

  #entry(id: number): Buffer | number {
    const at =
      id === 0 ? 0 : id === 0xffff ? this.records.length - 1 : this.records.findIndex((r) => r.id === id);
    const found = this.records[at];
    if (found === undefined) return 0xcb;
    const next = this.records[at + 1]?.id ?? 0xffff;
    return Buffer.from([next & 0xff, next >> 8, ...found.bytes]);
  }
}

const ids = async (log: Log, mark?: SelMark) => {
  const news = await readSel(log.bmc, mark);
  return { ids: news.records.map(({ id }) => id), restarted: news.restarted, mark: news.mark };
};

test("a log is read once, then only what is new; nothing new costs one request", async () => {
  const log = new Log();
  for (let n = 0; n < 5; n++) log.add();
  const all = await ids(log);
  assert.deepEqual(all.ids, [1, 2, 3, 4, 5]);
  log.bmc.sent.length = 0;
  assert.deepEqual(await ids(log, all.mark), { ids: [], restarted: false, mark: all.mark });
  assert.deepEqual(log.bmc.sent, ["0a/40"]);
  log.add();
  log.add();
  const more = await ids(log, JSON.parse(JSON.stringify(all.mark)) as SelMark);
  assert.deepEqual([more.ids, more.restarted], [[6, 7], false]);
  assert.deepEqual(log.bmc.sent.slice(1), [
    ...["0a/40", "0a/43 0000050000ff", "0a/43 0000060000ff", "0a/43 0000070000ff"],
  ]);
});

test("a log that was empty, is cleared, is cleared and filled with the same ids, wraps", async () => {
  const log = new Log();
  const empty = await ids(log);
  assert.deepEqual([empty.ids, empty.restarted], [[], false]);
  log.add();
  log.add();
  const two = await ids(log, empty.mark);
  assert.deepEqual([two.ids, two.restarted], [[1, 2], false]);
  log.clear();
  const cleared = await ids(log, two.mark);
  assert.deepEqual([cleared.ids, cleared.restarted], [[], true]);
  log.add();
  log.add();
  log.add();
  const reused = await ids(log, two.mark);
  assert.deepEqual([reused.ids, reused.restarted], [[1, 2, 3], true]);
  log.nextId = 0xfffd;
  log.capacity = 4;
  for (let n = 0; n < 3; n++) log.add();
  const wrapped = await ids(log, reused.mark);
  assert.deepEqual([wrapped.ids, wrapped.restarted], [[0xfffd, 0xfffe, 1], false]);
  for (let n = 0; n < 6; n++) log.add();
  const overrun = await ids(log, wrapped.mark);
  assert.deepEqual([overrun.ids, overrun.restarted], [[4, 5, 6, 7], true]);
});

test("property: whatever happens to a log between two readings, each event is reported once and in order", async () => {
  const steps = fc.array(fc.oneof(fc.constant("clear" as const), fc.integer({ min: 0, max: 4 })), {
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, timeless) => {
      const log = new Log();
      log.timeless = timeless;
      log.nextId = 0xfff8;
      log.capacity = 6;
      let mark: SelMark | undefined;
      let expected: string[] = [];
      const got: string[] = [];
      for (const step of all) {
        if (step === "clear") log.clear();
        else for (let n = 0; n < step; n++) log.add();
        const before = new Set(expected);
        expected = [
          ...expected,
          ...log.records.map(({ bytes }) => bytes.toString("hex")).filter((raw) => !before.has(raw)),
        ];
        const news = await readSel(log.bmc, mark);
        mark = news.mark;
        got.push(
          ...news.records.map(({ raw }) => raw).filter((raw) => !news.restarted || !got.includes(raw)),
        );
      }
      assert.deepEqual(got, expected);
    }),
  );
});

test("a controller that does not know when it last added is asked for the last record", async () => {
  const log = new Log();
  log.timeless = true;
  log.capacity = 3;
  for (let n = 0; n < 3; n++) log.add();
  const { mark } = await ids(log);
  assert.deepEqual((await ids(log, mark)).ids, []);
  log.add();
  assert.deepEqual((await ids(log, mark)).ids, [4]);
});

test("a ring ends where it began, also when it is read on from its end", async () => {
  const log = new Log();
  for (let n = 0; n < 4; n++) log.add();
  const ring = mockRequester(async (line, _data, request) => {
    const answer = await log.bmc.request(request);
    if (line.startsWith("0a/43") && answer.readUInt16LE(0) === 0xffff) answer.writeUInt16LE(1, 0);
    return answer;
  });
  const all = await readSel(ring);
  assert.deepEqual(
    all.records.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  log.lastAdd += 1;
  assert.deepEqual((await readSel(ring, all.mark)).records, []);
  log.add();
  assert.deepEqual(
    (await readSel(ring, all.mark)).records.map(({ id }) => id),
    [5],
  );
});

test("a record that cannot be read ends the reading, says so, and is tried again", async () => {
  const log = new Log();
  for (let n = 0; n < 4; n++) log.add();
  log.before = (line) => (line === "0a/43 0000030000ff" ? 0xff : undefined);
  const part = await readSel(log.bmc);
  assert.deepEqual(
    part.records.map(({ id }) => id),
    [1, 2, 3, 4],
    "an FFh may only mean too much at once",
  );
  log.before = (line) => (line.startsWith("0a/43") && line.slice(10, 14) === "0300" ? silent() : undefined);
  const broken = await readSel(log.bmc);
  assert.deepEqual(
    broken.records.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(broken.incomplete?.code, "NO_ANSWER");
  log.before = () => undefined;
  const rest = await readSel(log.bmc, broken.mark);
  assert.deepEqual(
    [rest.records.map(({ id }) => id), rest.restarted, rest.incomplete],
    [[3, 4], false, undefined],
  );
  log.before = () => silent();
  await assert.rejects(readSel(log.bmc), fails("NO_ANSWER"));
});

test("records in parts, when a whole one is too much; a reservation that is taken is made again", async () => {
  const log = new Log();
  for (let n = 0; n < 2; n++) log.add();
  let steals = 3;
  log.before = (line, data) => {
    if (!line.startsWith("0a/43")) return undefined;
    if (data[5] === 0xff) return 0xca;
    if (data[4] !== 0 && data.readUInt16LE(0) === 0) return 0xc5;
    if (steals-- > 0) return 0xc5;
    const id = data.readUInt16LE(2);
    const at = id === 0 ? 0 : id - 1;
    const next = at === 0 ? "0200" : "ffff";
    const { bytes } = log.records[at]!;
    return next + bytes.subarray(data[4], data[4]! + 8).toString("hex");
  };
  const { records } = await readSel(log.bmc);
  assert.deepEqual(
    records.map(({ raw }) => raw),
    log.records.map(({ bytes }) => bytes.toString("hex")),
  );
});

test("more bytes than a record has are cut; another id in the record than asked for does not matter", async () => {
  const log = new Log();
  for (let n = 0; n < 3; n++) log.add();
  const odd = mockRequester(async (line, _data, request) => {
    const answer = await log.bmc.request(request);
    if (!line.startsWith("0a/43")) return answer;
    if (answer.readUInt16LE(2) === 2) answer.writeUInt16LE(0x55, 2);
    return Buffer.concat([answer, Buffer.alloc(6, 0xee)]);
  });
  const { records } = await readSel(odd);
  assert.deepEqual(
    records.map(({ id }) => id),
    [1, 2, 3],
  );
});

test("a mark behind all there is costs three requests", async () => {
  const log = new Log();
  assert.equal((await markSel(log.bmc)).last, undefined);
  for (let n = 0; n < 300; n++) log.add();
  log.bmc.sent.length = 0;
  const mark = await markSel(log.bmc);
  assert.equal(log.bmc.sent.length, 3);
  assert.deepEqual((await ids(log, mark)).ids, []);
  log.add();
  assert.deepEqual((await ids(log, mark)).ids, [301]);
});

const starts = (bmc: MockRequester): number => bmc.sent.filter((line) => /^0a\/47 .*aa$/.test(line)).length;

test("clearing waits until it is done, and reserves again when its reservation is taken", async () => {
  const clock = new TestClock();
  const log = new Log();
  log.add();
  let steals = 1;
  log.before = (line) => {
    if (line.startsWith("0a/47") && line.endsWith("00") && steals-- > 0) log.reservation += 1;
    return undefined;
  };
  const clearing = clearSel(log.bmc, { clock });
  await clock.advance(5000);
  await clearing;
  assert.equal(log.records.length, 0);
  assert.equal(starts(log.bmc), 1);
});

test("after silence the log is looked at, and never cleared a second time", async () => {
  const clock = new TestClock();
  const arrived = new Log();
  arrived.add();
  arrived.before = (line) => {
    if (!/^0a\/47 .*aa$/.test(line)) return undefined;
    arrived.clear();
    return lost();
  };
  await clearSel(arrived.bmc, { clock });
  assert.equal(starts(arrived.bmc), 1);
  const dropped = new Log();
  dropped.add();
  dropped.before = (line) => (/^0a\/47 .*aa$/.test(line) ? lost() : undefined);
  await assert.rejects(clearSel(dropped.bmc, { clock }), fails("OUTCOME_UNKNOWN"));
  assert.equal(starts(dropped.bmc), 1);
});

test("clearing ends at its limit, when it is refused, and when it is called off", async () => {
  const clock = new TestClock();
  const endless = mockRequester(
    (line) =>
      ({ "0a/40": "51010000000000000000000000000b", "0a/42": "0100" })[line] ??
      (line.startsWith("0a/47") ? "00" : undefined),
  );
  const waiting = assert.rejects(clearSel(endless, { clock, limit: 3000 }), fails("WRITE_TIMEOUT"));
  await clock.advance(4000);
  await waiting;
  const off = new AbortController();
  const called = assert.rejects(clearSel(endless, { clock, signal: off.signal }), fails("STOPPED"));
  await clock.advance(500);
  off.abort();
  await clock.advance(0);
  await called;
  const log = new Log();
  log.before = (line) => (line.startsWith("0a/47") ? 0xd4 : undefined);
  await assert.rejects(clearSel(log.bmc, { clock }), fails("REFUSED"));
});

test("info, allocation, adding and deleting as ipmitool does it", async () => {
  const bmc = mockRequester((line) => {
    const answers: Record<string, string | number> = {
      "0a/40": "510700901f2cc1e165801ae1650b",
      "0a/41": "00201000901f901f01",
      "0a/42": "0100",
      "0a/46 01000300": "0300",
      "0a/46 01000400": 0x80,
      "0a/44 0100020000000020000401095901ffff": "0800",
    };
    return answers[line];
  });
  assert.deepEqual(await getSelInfo(bmc), {
    ...{ version: 0x51, entries: 7, free: 8080, lastAdd: 0x65e1c12c, lastErase: 0x65e11a80 },
    ...{ overflow: false, canDelete: true, canReserve: true },
  });
  const allocation = { units: 8192, unitSize: 16, freeUnits: 8080, largestFree: 8080, longestRecord: 1 };
  assert.deepEqual(await getSelAllocation(bmc), allocation);
  await deleteSelEntry(bmc, 3);
  await assert.rejects(deleteSelEntry(bmc, 4), /not possible for this type of record/);
  assert.equal(await addSelEntry(bmc, "0100020000000020000401095901ffff"), 8);
  assert.ok(
    bmc.requests
      .filter(({ command }) => command === 0x46 || command === 0x44)
      .every((r) => r.repeatable === false),
  );
});
