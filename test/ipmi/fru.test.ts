import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { isFruBlank, readFru, readFruImage } from "../../plugins/ipmi/fru/index.ts";
import { type Fru, parseFru } from "../../plugins/ipmi/fru/parse.ts";
import { writeFru } from "../../plugins/ipmi/fru/write.ts";
import { fails, lost, type MockAnswer, mockRequester, silent } from "../support/mock-requester.ts";
import { TestClock } from "../support/test-clock.ts";

interface FruVector {
  readonly name: string;
  readonly hex: string;
  readonly size: number;
  readonly expect: Readonly<Record<string, unknown>>;
}

const vectorFile = new URL("vectors/ipmi-vectors.json", import.meta.url);
const { fru: vectors } = JSON.parse(readFileSync(vectorFile, "utf8")) as {
  readonly fru: readonly FruVector[];
};
const image = (n: number): Buffer => Buffer.from(vectors[n]!.hex, "hex");

/** What a vector expects, out of what was read: binary fields are marked in the vectors' own way. */
function told(fru: Fru, expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const custom = (
    fields: Fru["chassis"] extends infer C | undefined ? (C extends { custom: infer F } ? F : never) : never,
  ) => fields.map(({ text, encoding }) => (encoding === "binary" ? `${text} (binary)` : text));
  const { chassis, board, product, records } = fru;
  const dcOutput = records.find((record) => record.dcOutput)?.dcOutput;
  const all: Record<string, unknown> = {
    chassisType: chassis?.type,
    chassisPart: chassis?.part,
    chassisSerial: chassis?.serial,
    chassisCustom: custom(chassis?.custom ?? []),
    boardLanguage: board?.language,
    boardMfgMinutesSince1996: ((board?.made ?? 0) - Date.UTC(1996, 0, 1)) / 60_000,
    boardMfgDate: new Date(board?.made ?? 0).toISOString().replace(".000", ""),
    boardManufacturer: board?.maker,
    boardProduct: board?.product,
    boardSerial: board?.serial,
    boardPart: board?.part,
    boardFruFile: board?.fruFile,
    boardCustom: custom(board?.custom ?? []),
    productManufacturer: product?.maker,
    productName: product?.name,
    productPart: product?.part,
    productVersion: product?.version,
    productSerial: product?.serial,
    productAssetTag: product?.assetTag,
    productFruFile: product?.fruFile,
    powerSupply: records.find((record) => record.powerSupply)?.powerSupply,
    dcOutput: dcOutput && {
      number: dcOutput.number,
      nominalmV: dcOutput.nominalmV,
      maxCurrentmA: dcOutput.maxCurrentmA,
    },
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, all[key]]));
}

for (const { name, hex, expect } of vectors) {
  test(`an inventory is read as ipmitool and FreeIPMI read it: ${name}`, () => {
    const fru = parseFru(Buffer.from(hex, "hex"));
    assert.deepEqual(told(fru, expect), expect);
    assert.deepEqual(fru.warnings, []);
  });
}

test("whatever the bytes, an inventory is read or refused, and nothing is invented", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(1, 0, 1, 2, 3, 4, 0, 0, ...rest)),
    fc.tuple(fc.constantFrom(0, 1), fc.nat(200), fc.nat(255), fc.nat(300)).map(([n, at, value, length]) => {
      const copy = Uint8Array.from(image(n));
      copy[at % copy.length] = value;
      return copy.subarray(0, length);
    }),
  );
  fc.assert(
    fc.property(bytes, (data) => {
      try {
        const { chassis, board, product, records } = parseFru(data);
        const fields = [...(chassis?.custom ?? []), ...(board?.custom ?? []), ...(product?.custom ?? [])];
        assert.ok(fields.length <= data.length);
        assert.ok(records.length <= data.length);
      } catch (thrown) {
        assert.ok(fails("ABSENT")(thrown), String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});

test("wrong checksums and missing ends are warnings; what is there is read", () => {
  const wrong = image(0);
  wrong[0x10] = 0x42;
  const fru = parseFru(wrong);
  assert.deepEqual(fru.warnings, ["chassis area: wrong checksum"]);
  assert.equal(fru.product?.serial, "SN00012345");

  const cut = parseFru(image(0).subarray(0, 0xa0));
  assert.match(cut.warnings.join(), /^product area: \d+ bytes are missing at its end$/);
  assert.equal(cut.product?.name, "EdgeBox 2000");

  const header = image(1);
  header[7] = 0;
  assert.deepEqual(parseFru(header).warnings, ["header: wrong checksum"]);

  const record = image(1);
  record[64 + 5] = 0;
  assert.deepEqual(parseFru(record).warnings, ["record 0 (power supply): wrong checksum"]);
});

test("UTF-16 where the language is not English; a text of one letter ends the list", () => {
  const area = (language: number, ...fields: number[]): Buffer => {
    const bytes = Buffer.alloc(40);
    Buffer.from([1, 0, 0, 0, 1, 0, 0, 0xfe]).copy(bytes);
    Buffer.from([1, 4, language, ...fields]).copy(bytes, 8);
    return bytes;
  };
  const danish = parseFru(area(5, 0xc4, 0xe6, 0, 0x42, 0, 0xc1));
  assert.equal(danish.product?.maker, "æB");
  const single = parseFru(area(25, 0xc1, 0x41, 0xc2, 0x42, 0x43));
  assert.equal(single.product?.maker, "");
  assert.deepEqual(single.product.custom, []);
});

test("blank memory is no inventory, and said to be blank", () => {
  const isBlank = (image: Buffer): boolean => {
    try {
      parseFru(image);
    } catch (thrown) {
      assert.ok(fails("ABSENT")(thrown));
      assert.equal(isFruBlank(thrown), /is blank, all bytes are (FFh|00h)/.test(String(thrown)));
      return isFruBlank(thrown);
    }
    return assert.fail("it was read");
  };
  assert.deepEqual([Buffer.alloc(64, 0xff), Buffer.alloc(64)].map(isBlank), [true, true]);
  const others = [Buffer.alloc(0), Buffer.alloc(4, 0xff), Buffer.from("0100", "hex")];
  assert.deepEqual([...others, Buffer.alloc(64, 0x42), half()].map(isBlank), Array(5).fill(false));
});

const half = (): Buffer => Buffer.concat([Buffer.alloc(32, 0xff), Buffer.alloc(32)]);

interface MemoryOptions {
  readonly words?: boolean;
  /** The most bytes it gives; beyond, it answers `refusal`. */
  readonly most?: number;
  readonly refusal?: MockAnswer;
  readonly size?: number;
}

/** A controller with one inventory. */
const holding = (memory: Buffer, { words = false, most = 255, refusal = 0xca, size }: MemoryOptions = {}) =>
  mockRequester((line, data) => {
    const scale = words ? 2 : 1;
    if (line === "0a/10 00") {
      const info = Buffer.from([0, 0, Number(words)]);
      info.writeUInt16LE(size ?? memory.length);
      return info;
    }
    if (line.startsWith("0a/11 00")) {
      const count = data.readUInt8(3);
      if (count * scale > most) return refusal;
      const offset = data.readUInt16LE(1) * scale;
      const part = memory.subarray(offset, offset + count * scale);
      return Buffer.from([part.length / scale, ...part]);
    }
    if (line.startsWith("0a/12 00")) {
      data.copy(memory, data.readUInt16LE(1) * scale, 3);
      return Buffer.from([(data.length - 3) / scale]);
    }
    return undefined;
  });

const padded = (n: number, length = 512): Buffer => Buffer.concat([image(n)], length);

test("only what belongs to areas is read, in as few requests as the chunk allows", async () => {
  const clock = new TestClock();
  const bmc = holding(padded(0, 4096));
  const { fru } = await readFru(bmc, 0, { clock });
  assert.equal(fru.product?.assetTag, "asset-42");
  assert.deepEqual(bmc.sent, [
    ...["0a/10 00", "0a/11 00000020", "0a/11 00200020", "0a/11 00400020", "0a/11 00600020"],
    ...["0a/11 00800020", "0a/11 00a00020", "0a/11 00c00020"],
  ]);
});

for (const words of [false, true]) {
  for (const most of [4, 10, 16, 31, 255]) {
    test(`${words ? "words" : "bytes"}, at most ${most} bytes at once: the chunk is learnt`, async () => {
      const clock = new TestClock();
      for (const n of [0, 1]) {
        const bmc = holding(padded(n), { words, most });
        const { fru, chunk, image: got } = await readFru(bmc, 0, { clock, chunk: 64 });
        assert.deepEqual(fru, parseFru(image(n)));
        assert.ok(chunk <= most || most === 255);
        assert.deepEqual(got.subarray(0, image(n).length), image(n));
        const again = holding(padded(n), { words, most });
        await readFru(again, 0, { clock, chunk });
        for (const request of again.requests.slice(1))
          assert.ok((request.data?.[3] ?? 0) * (words ? 2 : 1) <= most, "what was learnt is kept to");
      }
    });
  }
}

test("silence to a large read is taken for too much, once", async () => {
  const bmc = holding(padded(1), { most: 16, refusal: silent() });
  const { fru, chunk } = await readFru(bmc, 0, { clock: new TestClock() });
  assert.equal(fru.product?.part, "PS-750-AC");
  assert.equal(chunk, 16);
  const dead = holding(padded(1), { most: 2, refusal: silent() });
  await assert.rejects(readFru(dead, 0, { clock: new TestClock() }), fails("NO_ANSWER"));
  let left = 3;
  const memory = holding(padded(1));
  const dying = mockRequester((_line, _data, request) => (left-- > 0 ? memory.request(request) : silent()));
  await assert.rejects(readFru(dying, 0, { clock: new TestClock() }), fails("NO_ANSWER"));
  assert.equal(dying.sent.length, 4, "what it gave before was not too much");
});

test("a busy inventory is waited for, but not for ever", async () => {
  const clock = new TestClock();
  let busy = 3;
  const memory = holding(padded(1));
  const bmc = mockRequester((line, _data, request) =>
    line.startsWith("0a/11") && busy-- > 0 ? 0x81 : memory.request(request),
  );
  const reading = readFru(bmc, 0, { clock });
  await clock.advance(1000);
  assert.equal((await reading).fru.product?.serial, "PSU0001");

  const always = mockRequester((line, _data, request) =>
    line.startsWith("0a/11") ? 0x81 : memory.request(request),
  );
  const waiting = assert.rejects(readFru(always, 0, { clock }), fails("BUSY"));
  await clock.advance(60_000);
  await waiting;
});

test("no inventory, in every maker's words, is ABSENT", async () => {
  const clock = new TestClock();
  for (const code of [0xc0, 0xc1, 0xc3, 0xcb, 0xcc, 0xce, 0xff])
    await assert.rejects(
      readFru(
        mockRequester(() => code),
        3,
        { clock },
      ),
      fails("ABSENT"),
    );
  await assert.rejects(readFru(holding(Buffer.alloc(0)), 0, { clock }), fails("ABSENT"));
  await assert.rejects(
    readFru(
      mockRequester(() => silent()),
      3,
      { clock },
    ),
    fails("NO_ANSWER"),
  );
});

test("what the controller does not give of an inventory is missing, with the reason, and the rest is read", async () => {
  const clock = new TestClock();
  const memory = padded(0);
  const whole = holding(memory);
  const bmc = mockRequester((line, data, request) =>
    line.startsWith("0a/11") && data.readUInt16LE(1) >= 0x78 ? 0xcb : whole.request(request),
  );
  const { fru } = await readFru(bmc, 0, { clock, chunk: 8 });
  assert.equal(fru.board?.serial, "BRD12345");
  assert.equal(fru.product, undefined);
  assert.match(fru.warnings.join("; "), /^at 120: .*CBh.*; product area: it is announced, but not there$/);
});

test("an inventory smaller than it says, and one that gives fewer bytes than asked", async () => {
  const clock = new TestClock();
  const short = holding(image(1), { size: 4096 });
  assert.deepEqual((await readFru(short, 0, { clock })).fru, parseFru(image(1)));
  assert.deepEqual(await readFruImage(short, 0, { clock }), image(1));
  const stingy = mockRequester((line, data, request) => {
    if (!line.startsWith("0a/11")) return short.request(request);
    data[3] = Math.min(data.readUInt8(3), 5);
    return short.request({ ...request, data });
  });
  assert.deepEqual((await readFru(stingy, 0, { clock })).fru, parseFru(image(1)));
});

test("a record list without an end is read to where the memory ends", async () => {
  const memory = Buffer.alloc(512);
  Buffer.from([1, 0, 0, 0, 0, 1, 0, 0xfe]).copy(memory);
  const { fru } = await readFru(holding(memory), 0, { clock: new TestClock() });
  assert.deepEqual(fru.warnings.at(-1), "multi-record area: it ends without a last record");
  assert.ok(fru.records.length > 10);
});

test("bytes are written as they are and read back; after silence the place is looked at first", async () => {
  const clock = new TestClock();
  for (const words of [false, true]) {
    const memory = padded(0);
    await writeFru(holding(memory, { words }), 0, 0x100, Buffer.alloc(40, 7), { clock });
    assert.deepEqual(memory.subarray(0x100, 0x128), Buffer.alloc(40, 7));
  }

  const memory = padded(0);
  const whole = holding(memory);
  let silences = 1;
  const arrived = mockRequester(async (line, _data, request) => {
    const answer = await whole.request(request);
    return line.startsWith("0a/12") && silences-- > 0 ? lost() : answer;
  });
  await writeFru(arrived, 0, 0x100, Buffer.alloc(16, 9), { clock });
  assert.equal(arrived.sent.filter((line) => line.startsWith("0a/12")).length, 1);

  let losses = 1;
  const dropped = mockRequester((line, _data, request) =>
    line.startsWith("0a/12") && losses-- > 0 ? lost() : whole.request(request),
  );
  await writeFru(dropped, 0, 0x100, Buffer.alloc(16, 8), { clock });
  assert.equal(dropped.sent.filter((line) => line.startsWith("0a/12")).length, 2);
});

test("a write that does not stick, is protected, or does not fit fails", async () => {
  const clock = new TestClock();
  const whole = holding(padded(0));
  const written = (answer: MockAnswer) =>
    mockRequester((line, _data, request) => (line.startsWith("0a/12") ? answer : whole.request(request)));
  await assert.rejects(writeFru(written("04"), 0, 0, Buffer.alloc(4, 9), { clock }), fails("NOT_CONFIRMED"));
  await assert.rejects(writeFru(written("00"), 0, 0, Buffer.alloc(4, 9), { clock }), fails("BAD_FRAME"));
  await assert.rejects(writeFru(written(0x80), 0, 0, Buffer.alloc(4, 9), { clock }), (thrown) => {
    assert.ok(thrown instanceof BothyError);
    assert.match(thrown.message, /80h, write-protected offset/);
    return thrown.code === "REFUSED";
  });
  await assert.rejects(writeFru(whole, 0, 510, Buffer.alloc(4), { clock }), fails("OUT_OF_RANGE"));
  const words = holding(padded(0), { words: true });
  await assert.rejects(writeFru(words, 0, 3, Buffer.alloc(4), { clock }), fails("BAD_VALUE"));
});
