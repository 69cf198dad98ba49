import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { BerReader, tags } from "../../plugins/ipmi/pet/ber.ts";
import { listenForTraps, type ReceivedTrap } from "../../plugins/ipmi/pet/listen.ts";
import { acknowledgePet, decodePet, parsePet, parseSnmpTrap } from "../../plugins/ipmi/pet/pet.ts";
import { describeEvent } from "../../plugins/ipmi/sel/describe.ts";
import { fails, mockRequester } from "../support/mock-requester.ts";

interface PetVector {
  readonly specific: number;
  readonly octets: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

const vectorFile = new URL("vectors/ipmi-vectors.json", import.meta.url);
const { traps } = (
  JSON.parse(readFileSync(vectorFile, "utf8")) as { readonly pet: { readonly traps: readonly PetVector[] } }
).pet;

/** What `ipmi-pet` reads out of a trap; names of sensors are from SDRs, which a trap does not carry. */
function told({ specific, octets, expect }: PetVector): Record<string, unknown> {
  const pet = decodePet(specific, Buffer.from(octets, "hex"));
  const text = describeEvent(pet.event);
  const all: Record<string, unknown> = {
    time: new Date(pet.time ?? NaN).toISOString().replace(".000", ""),
    sensor: pet.event.sensor,
    name: expect.name,
    severity: pet.severity,
    assert: pet.event.asserted,
    event: text.event,
    reading: text.trigger?.raw,
    threshold: text.threshold?.raw,
  };
  return Object.fromEntries(Object.keys(expect).map((key) => [key, all[key]]));
}

for (const vector of traps) {
  test(`a trap is read as FreeIPMI reads it: ${vector.specific}`, () => {
    assert.deepEqual(told(vector), vector.expect);
  });
}

const ber = (tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const body = Buffer.concat(contents.map((part) => Buffer.from(part)));
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const petOid = [0x2b, 6, 1, 4, 1, 0x98, 0x6f, 1, 1];

/** A datagram as a BMC sends it, written here from RFC 1157. */
function datagram(
  { specific, octets }: PetVector,
  { community = "public", version = 0, oid = petOid } = {},
): Buffer {
  const number = Buffer.alloc(4);
  number.writeInt32BE(specific);
  const variable = ber(0x30, ber(0x06, [...petOid, 1]), ber(0x04, Buffer.from(octets, "hex")));
  const pdu = ber(
    0xa4,
    ber(0x06, oid),
    ber(0x40, [192, 0, 2, 10]),
    ber(0x02, [6]),
    ber(0x02, number),
    ber(0x43, [0, 1]),
    ber(0x30, variable),
  );
  return ber(0x30, ber(0x02, [version]), ber(0x04, Buffer.from(community)), pdu);
}

test("a datagram is read to its trap", () => {
  const { trap, pet } = parsePet(datagram(traps[0]!));
  assert.equal(trap.enterprise, "1.3.6.1.4.1.3183.1.1");
  assert.deepEqual([trap.agent, trap.community, trap.specific], ["192.0.2.10", "public", 65799]);
  assert.deepEqual(pet, decodePet(traps[0]!.specific, Buffer.from(traps[0]!.octets, "hex")));
  assert.deepEqual([pet.maker, pet.systemId, pet.entity, pet.entityInstance], [32473, 0x0e01, 3, 1]);
  assert.equal(pet.guid.network, "a1234567-89ab-cdef-a123-456789abcdef");
});

test("other versions, enterprises and kinds are refused", () => {
  assert.throws(() => parsePet(datagram(traps[0]!, { version: 1 })), /SNMP version 2, not 1/);
  assert.throws(() => parsePet(datagram(traps[0]!, { oid: [0x2b, 6, 1] })), /no platform event/);
  assert.throws(() => decodePet(1, Buffer.alloc(45)), fails("SHORT_FRAME"));
});

test("time in its zone, without a zone, and unknown", () => {
  const octets = Buffer.from(traps[0]!.octets, "hex");
  const at = Date.parse("2024-03-01T11:47:08Z");
  octets.writeInt16BE(60, 22);
  assert.equal(decodePet(65799, octets).time, at - 3_600_000);
  octets.writeUInt16BE(0xffff, 22);
  assert.equal(decodePet(65799, octets).time, at);
  octets.writeUInt32BE(0, 18);
  assert.equal(decodePet(65799, octets).time, undefined);
});

test("object identifiers and lengths as X.690 prints them", () => {
  const oid = (...bytes: number[]): string => new BerReader(ber(0x06, bytes), "x").oid();
  assert.equal(oid(0x88, 0x37, 0x03), "2.999.3");
  assert.equal(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d), "1.2.840.113549");
  for (const bad of [[], [0x2b, 0x80], Array<number>(20).fill(0xff)])
    assert.throws(() => oid(...bad), fails("BAD_FRAME"));
  const wide = Buffer.from([0x04, 0x81, 0x02, 1, 2]);
  assert.deepEqual([...new BerReader(wide, "x").contents(tags.octets)], [1, 2]);
  for (const bad of ["0480", "0485", "04840000", "1f0100", "0405aa", ""])
    assert.throws(() => new BerReader(Buffer.from(bad, "hex"), "x").next(), fails("BAD_FRAME"));
});

test("whatever the bytes, a trap is read or refused", () => {
  const whole = datagram(traps[0]!);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, value, length]) => {
      const copy = Uint8Array.from(whole);
      copy[at] = value;
      return copy.subarray(0, length === 0 ? whole.length : length);
    }),
  );
  const refused = (work: () => unknown): void => {
    try {
      work();
    } catch (thrown) {
      assert.ok(thrown instanceof BothyError, String(thrown));
      assert.match(thrown.code, /^(BAD_FRAME|SHORT_FRAME)$/);
    }
  };
  fc.assert(
    fc.property(bytes, fc.nat(0xffffff), (data, specific) => {
      refused(() => parseSnmpTrap(data));
      refused(() => parsePet(data));
      refused(() => decodePet(specific, data));
    }),
    { numRuns: 3000 },
  );
});

test("an acknowledgement names the trap, with the other byte order", async () => {
  const bmc = mockRequester(() => "");
  await acknowledgePet(bmc, decodePet(65799, Buffer.from(traps[0]!.octets, "hex")));
  assert.deepEqual(bmc.sent, ["04/17 0100bce33631202002575250"]);
});

test("traps come in over UDP: each event once, the rest told with its reason", async (t) => {
  const got: ReceivedTrap[] = [];
  const ignored: string[] = [];
  let told: () => void = () => undefined;
  const listener = await listenForTraps({
    port: 0,
    community: "rack7",
    onEvent: (trap) => {
      got.push(trap);
      told();
    },
    onIgnored: (_from, { message }) => {
      ignored.push(message);
      told();
    },
  });
  t.after(() => listener.close());
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  const send = async (bytes: Buffer): Promise<void> => {
    const heard = new Promise<void>((resolve) => (told = resolve));
    socket.send(bytes, listener.port, "127.0.0.1");
    await heard;
  };
  await send(datagram(traps[0]!, { community: "rack7" }));
  socket.send(datagram(traps[0]!, { community: "rack7" }), listener.port, "127.0.0.1");
  await send(datagram(traps[1]!, { community: "rack7" }));
  await send(datagram(traps[2]!, { community: "guess" }));
  await send(Buffer.from("nonsense"));
  assert.deepEqual(
    got.map(({ pet }) => pet.event.asserted),
    [true, false],
  );
  assert.equal(got[0]?.from, "127.0.0.1");
  assert.deepEqual(listener.counts, { received: 2, ignored: 2, repeated: 1 });
  assert.match(ignored[0] ?? "", /another community/);
  assert.ok(
    !ignored.join().includes("guess") && !ignored.join().includes("rack7"),
    "communities are secrets",
  );
  await listener.close();
  await listener.close();
});

test("a port that cannot be had is LINE_DOWN", async (t) => {
  const taken = createSocket("udp4");
  t.after(() => taken.close());
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  await assert.rejects(listenForTraps({ port, onEvent: () => undefined }), fails("LINE_DOWN"));
});
