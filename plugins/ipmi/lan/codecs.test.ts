// Random and truncated bytes, and what goes there and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePong, encodePing } from "./asf.ts";
import { cipherSuites, parseCipherSuites } from "./cipher-suites.ts";
import { flightOf, meaningOf } from "./flight.ts";
import { decodePacket15, encodePacket15, isAuthentic15 } from "./ipmi15.ts";
import { authenticationHash, sessionKeys } from "./keys.ts";
import { checksum, decodeRequest, decodeResponse, encodeRequest } from "./message.ts";
import { pendingOf } from "./pending.ts";
import { decodeHead, decodeOpenSession, decodeRakp2, decodeRakp4 } from "./rakp.ts";
import { decodeHeader, payloadTypes, type Protection, readPayload, sealPacket } from "./rmcp-plus.ts";
import { rmcpClassOf } from "./rmcp.ts";
import { Md5Session, PlusSession } from "./session.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
/** The same, behind a header that lets it in further. */
const likely = fc
  .tuple(
    fc.constantFrom("0600ff07", "0600ff06", "0600ff0706c0a4a3a2a0", "0600ff0706", "0600ff0702", "0600ff0700"),
    bytes,
  )
  .map(([head, rest]) => Buffer.concat([Buffer.from(head, "hex"), rest]));
const packets = fc.oneof(bytes, likely);

const protections: readonly Protection[] = cipherSuites.map((suite) => {
  const hash = authenticationHash(suite);
  return { suite, keys: hash === undefined ? undefined : sessionKeys(hash, Buffer.alloc(20, 7)) };
});
const ids = { consoleId: Buffer.from("a4a3a2a0", "hex"), bmcId: Buffer.from("02000000", "hex") };
const zeros = (size: number): Buffer => Buffer.alloc(size);

/** A packet as the BMC would send it. */
const fromBmc = (protection: Protection, payload: Buffer, sequence: number, iv: Buffer): Buffer =>
  sealPacket(protection, { payload, payloadType: payloadTypes.ipmi, sessionId: 0xa0a2a3a4, sequence }, iv);

test("whatever bytes come, they are read or refused; nothing is thrown", () => {
  fc.assert(
    fc.property(packets, (packet) => {
      rmcpClassOf(packet);
      decodePong(packet);
      parseCipherSuites(packet);
      const response = decodeResponse(packet);
      if (response !== undefined) assert.equal(response.data.length, packet.length - 8);
      const request = decodeRequest(packet);
      if (request !== undefined) assert.equal(request.data?.length, packet.length - 7);
      assert.ok(response === undefined || request === undefined);
      decodeHead(packet);
      decodeOpenSession(packet);
      decodeRakp2(packet);
      decodeRakp4(packet);
      const header = decodeHeader(packet);
      if (header !== undefined) {
        assert.ok(header.end <= packet.length);
        for (const protection of protections) readPayload(protection, packet, header);
      }
      const packet15 = decodePacket15(packet);
      if (packet15 !== undefined) isAuthentic15(packet15, Buffer.from("secret"));
    }),
    { numRuns: 2000 },
  );
});

test("no random packet gets into a session with integrity", () => {
  fc.assert(
    fc.property(packets, (packet) => {
      for (const { keys, suite } of protections) {
        const opened = new PlusSession(ids, suite, keys, zeros).open(packet);
        if (suite.integrity !== 0) assert.equal(typeof opened, "string");
      }
      assert.equal(
        typeof new Md5Session(5, { ours: 1, theirs: 1 }, Buffer.from("secret")).open(packet),
        "string",
      );
    }),
    { numRuns: 500 },
  );
});

test("what is sealed is opened, once; cut or bent anywhere it is not", () => {
  const sequence = fc.integer({ min: 1, max: 0xffffffff });
  fc.assert(
    fc.property(bytes, sequence, fc.nat(), fc.nat(7), fc.nat(), (payload, number, where, bit, cut) => {
      for (const protection of protections) {
        const { keys, suite } = protection;
        const packet = fromBmc(protection, payload, number, Buffer.alloc(16, number));
        const session = new PlusSession(ids, suite, keys, zeros);
        if (suite.integrity !== 0) {
          const bent = Buffer.from(packet);
          // RMCP's own header is not covered.
          const at = 4 + (where % (packet.length - 4));
          bent[at] = bent.readUInt8(at) ^ (1 << bit);
          assert.equal(typeof session.open(bent), "string");
          assert.equal(typeof session.open(packet.subarray(0, cut % packet.length)), "string");
        }
        assert.deepEqual(session.open(packet), payload);
        assert.equal(session.open(packet), "replayed");
      }
    }),
    { numRuns: 100 },
  );
});

test("padding of a whole block is taken, wrong padding is not", () => {
  const protection = protections.find(({ suite }) => suite.id === 3);
  assert.ok(protection?.keys !== undefined);
  const { keys, suite } = protection;
  const open = (plain: Buffer): Buffer | undefined => {
    const iv = Buffer.alloc(16, 9);
    // Without padding of its own: the message stands for what is to be encrypted.
    const encrypted = keys.aes.encrypt(Buffer.from(plain), iv);
    const packet = Buffer.concat([Buffer.alloc(16), iv, encrypted]);
    const header = { payloadType: 0, encrypted: true, authenticated: true, sessionId: 1, sequence: 1 };
    return readPayload({ suite, keys }, packet, { ...header, end: packet.length });
  };
  const counted = Buffer.from(Array.from({ length: 16 }, (_, n) => n + 1));
  const message = Buffer.alloc(15, 0xaa);
  assert.deepEqual(open(Buffer.concat([message, counted, Buffer.of(16)])), message);
  assert.equal(open(Buffer.concat([message, counted.fill(3, 4, 5), Buffer.of(16)])), undefined);
  assert.equal(open(Buffer.alloc(16, 17)), undefined);
  assert.deepEqual(open(Buffer.alloc(16)), Buffer.alloc(15));
});

test("messages there and back; their checksums notice every changed byte", () => {
  const request = fc.record({
    netFn: fc.nat(0x1f).map((half) => half * 2),
    command: fc.nat(0xff),
    data: fc.uint8Array({ maxLength: 200 }),
    lun: fc.nat(3),
    sequence: fc.nat(63),
  });
  fc.assert(
    fc.property(request, fc.nat(), fc.integer({ min: 1, max: 255 }), (fields, where, change) => {
      const encoded = encodeRequest(fields);
      assert.equal(checksum(encoded, 0, 3), 0);
      assert.equal(checksum(encoded, 3, encoded.length), 0);
      const decoded = decodeRequest(encoded);
      assert.ok(decoded?.sound);
      assert.deepEqual(
        { ...decoded, data: Buffer.from(decoded.data ?? []) },
        { ...fields, data: Buffer.from(fields.data), responder: 0x20, requester: 0x81, sound: true },
      );
      const at = where % encoded.length;
      encoded[at] = (encoded.readUInt8(at) + change) & 0xff;
      assert.notEqual(decodeRequest(encoded)?.sound, true);
    }),
  );
});

test("packets of IPMI 1.5 there and back, also with bytes behind them", () => {
  const password = Buffer.from("secret");
  const number = fc.nat(0xffffffff);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 255 }),
      number,
      number,
      fc.boolean(),
      (array, sequence, sessionId, coded) => {
        const message = Buffer.from(array);
        const packet = encodePacket15({ message, sequence, sessionId }, coded ? password : undefined);
        const decoded = decodePacket15(Buffer.concat([packet, Buffer.of(0)]));
        assert.ok(decoded !== undefined);
        assert.deepEqual(decoded.message, message);
        assert.equal(decoded.sequence, sequence);
        assert.equal(decoded.sessionId, sessionId);
        assert.equal(isAuthentic15(decoded, password), coded);
        assert.equal(isAuthentic15(decoded, Buffer.from("another")), false);
      },
    ),
  );
});

test("cipher suites: standard, a maker's, several algorithms, and rubbish between them", () => {
  const records = Buffer.from(
    "ff03c0030141 81c011 034481 c1 80 57 01 00 02 42 43 83 c003".replaceAll(" ", ""),
    "hex",
  );
  assert.deepEqual(parseCipherSuites(records), [
    { id: 3, authentication: [1], integrity: [1], confidentiality: [1] },
    { id: 17, authentication: [3], integrity: [4], confidentiality: [1] },
    { id: 0x80, maker: 0x157, authentication: [2], integrity: [2, 3], confidentiality: [3] },
    { id: 3, authentication: [], integrity: [], confidentiality: [] },
  ]);
});

test("a ping is answered by its own pong only", () => {
  assert.equal(decodePong(encodePing(3)), undefined);
  const pong = Buffer.concat([encodePing(3), Buffer.alloc(16)]);
  pong[8] = 0x40;
  pong[11] = 16;
  assert.equal(decodePong(pong)?.tag, 3);
  for (let length = 0; length < pong.length; length++)
    assert.equal(decodePong(pong.subarray(0, length)), undefined);
});

test("what a controller behind the BMC says is told from what the BMC says", () => {
  const request = { netFn: 0x04, command: 0x2d, target: { channel: 6, address: 0x72 } };
  const pending = pendingOf(
    request,
    () => undefined,
    () => undefined,
    0,
    1000,
  );
  const flight = flightOf(pending, { number: 9, now: 0, due: 0, among: 1 });
  assert.equal(flight.message.subarray(0, 7).toString("hex"), "2018c881243446");
  fc.assert(
    fc.property(bytes, (random) => {
      const response = decodeResponse(random);
      if (response === undefined) return;
      const meaning = meaningOf(flight, response);
      if (response.sequence !== 9) assert.equal(meaning.kind, "foreign");
    }),
  );
});
