// The simulated BMC's codec against packets other programs exchanged: it has to find every one of them sound, and every
// one of them damaged when a bit is flipped.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { checksum, parseMessage } from "../../simulators/ipmi/lan/message.ts";
import { buildPong, parsePacket, type RmcpPlusPacket } from "../../simulators/ipmi/lan/packet.ts";
import {
  decrypt,
  deriveKeys,
  encrypt,
  isSigned,
  legacyCode,
  mac,
  sign,
  type Suite,
  suites,
} from "../../simulators/ipmi/lan/suites.ts";
import { createWindow, nextSequence } from "../../simulators/ipmi/lan/window.ts";

interface Vectors {
  readonly sessions: readonly {
    readonly name: string;
    readonly suite: number;
    readonly user: string;
    readonly password: string;
    readonly kg: string | null;
    readonly remoteConsoleSessionId?: string;
    readonly managedSystemSessionId?: string;
    readonly remoteConsoleRandom?: string;
    readonly managedSystemRandom?: string;
    readonly managedSystemGuid?: string;
    readonly roleByte?: string | number;
    readonly sik?: string;
    readonly k1?: string;
    readonly k2?: string;
    readonly packets: readonly { readonly hex: string }[];
  }[];
  readonly ipmi15: readonly {
    readonly password: string;
    readonly packets: readonly { readonly hex: string }[];
  }[];
}

const file = new URL("vectors/ipmi-vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");
const suiteOf = (id: number): Suite => {
  const found = suites.find((suite) => suite.id === id);
  assert.ok(found, `suite ${id}`);
  return found;
};
const rmcpPlus = (packets: readonly { readonly hex: string }[]): readonly RmcpPlusPacket[] =>
  packets
    .map((packet) => parsePacket(hex(packet.hex)))
    .filter((packet): packet is RmcpPlusPacket => packet?.kind === "rmcp+" && packet.sessionId !== 0);

test("keys follow from what both sides said, in every recorded session", () => {
  const recorded = vectors.sessions.filter(({ sik, suite }) => sik !== undefined && suite !== 0);
  assert.ok(recorded.length >= 12);
  for (const one of recorded) {
    const suite = suiteOf(one.suite);
    const [role = 0] = typeof one.roleByte === "number" ? [one.roleByte] : hex(one.roleByte);
    const name = Buffer.from(one.user);
    const key = Buffer.from(one.kg ?? one.password);
    const [rm, rc] = [hex(one.remoteConsoleRandom), hex(one.managedSystemRandom)];
    const sik = mac(suite, key, rm, rc, Uint8Array.of(role, name.length), name);
    assert.equal(sik.toString("hex"), one.sik, one.name);
    const keys = deriveKeys(suite, sik);
    assert.equal(keys.integrity.toString("hex"), one.k1, one.name);
    assert.equal(keys.encryption.toString("hex"), one.k2?.slice(0, 32), one.name);
  }
});

test("every packet of a recorded session is sound, and holds whole messages", () => {
  let checked = 0;
  for (const one of vectors.sessions) {
    const suite = suites.find(({ id }) => id === one.suite);
    if (suite === undefined || one.sik === undefined || suite.confidentiality === 0) continue;
    const keys = deriveKeys(suite, hex(one.sik));
    for (const packet of rmcpPlus(one.packets)) {
      assert.ok(isSigned(suite, keys, packet.covered), one.name);
      const plain = decrypt(keys.encryption, packet.payload);
      assert.ok(plain, one.name);
      if (packet.payloadType !== 0) continue;
      assert.equal(checksum(plain.subarray(0, 3)), 0);
      assert.equal(checksum(plain.subarray(3)), 0);
      checked++;
    }
  }
  assert.ok(checked >= 50, String(checked));
});

test("a packet with any bit flipped is not sound", () => {
  const one = vectors.sessions.find(({ suite, sik }) => suite === 17 && sik !== undefined);
  assert.ok(one);
  const [packet] = rmcpPlus(one.packets);
  assert.ok(packet);
  const suite = suiteOf(17);
  const keys = deriveKeys(suite, hex(one.sik));
  for (let bit = 0; bit < packet.covered.length * 8; bit++) {
    const damaged: Buffer = Buffer.from(packet.covered);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(isSigned(suite, keys, damaged), false, `bit ${bit}`);
  }
});

test("the codes of recorded IPMI v1.5 packets are ours", () => {
  let checked = 0;
  for (const { packets, password } of vectors.ipmi15) {
    for (const { hex: text } of packets) {
      const packet = parsePacket(hex(text));
      if (packet?.kind !== "legacy" || packet.authType !== 2) continue;
      const code = legacyCode(Buffer.from(password), packet.sessionId, packet.sequence, packet.payload);
      assert.deepEqual(code, packet.code);
      checked++;
    }
  }
  assert.ok(checked >= 15);
});

test("the pong is the one others send", () => {
  const ping = parsePacket(hex("0600ff06000011be80000000"));
  assert.deepEqual(ping, { kind: "ping", tag: 0 });
  assert.equal(buildPong(0).toString("hex"), "0600ff06000011be40000010000011be000000008100000000000000");
});

test("what is encrypted and signed is sound again, whatever its length", () => {
  const payload = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
  const suite = suiteOf(17);
  const keys = deriveKeys(suite, Buffer.alloc(32, 7));
  fc.assert(
    fc.property(payload, (plain) => {
      const hidden = encrypt(keys.encryption, plain);
      assert.equal(hidden.length % 16, 0);
      assert.deepEqual(decrypt(keys.encryption, hidden), plain);
      const packet = sign(suite, keys, Buffer.concat([Buffer.alloc(16), plain]));
      assert.equal((packet.length - 4 - suite.cut) % 4, 0);
      assert.ok(isSigned(suite, keys, packet.subarray(4)));
    }),
  );
});

test("any bytes are a packet, a message, or neither", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data));
  const starts = fc.constantFrom("", "0600ff06", "0600ff0700", "0600ff0702", "0600ff0706");
  fc.assert(
    fc.property(starts, bytes, (start, data) => {
      const packet = parsePacket(Buffer.concat([hex(start), data]));
      if (packet !== undefined && packet.kind !== "ping") assert.ok(packet.payload.length <= data.length);
      const message = parseMessage(data);
      if (message !== undefined) assert.equal(message.data.length, data.length - 7);
      decrypt(Buffer.alloc(16), data);
    }),
    { numRuns: 2000 },
  );
});

test("a window hears each number once, and none more than its size away", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 0xffffffff }),
      fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 60 }),
      (start, steps) => {
        const window = createWindow(start, 15, 16);
        const heard = new Set([start]);
        let top = 0;
        for (const step of steps) {
          const number = (start + step) >>> 0;
          const wanted = number !== 0 && step - top <= 15 && top - step <= 16 && !heard.has(number);
          assert.equal(window.accept(number), wanted);
          if (!wanted) continue;
          heard.add(number);
          top = Math.max(top, step);
        }
      },
    ),
  );
  assert.deepEqual([nextSequence(1), nextSequence(0xffffffff)], [2, 1]);
});
