import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodePong, encodePing } from "../../plugins/ipmi/lan/asf.ts";
import { cipherSuite } from "../../plugins/ipmi/lan/cipher-suites.ts";
import {
  decodePacket15,
  encodePacket15,
  isAuthentic15,
  longestPassword15,
} from "../../plugins/ipmi/lan/ipmi15.ts";
import {
  type Agreement,
  authenticationHash,
  integrityKey,
  rakp2Code,
  rakp3Code,
  rakp4Code,
  secretKey,
  sessionKeys,
  type SessionKeys,
} from "../../plugins/ipmi/lan/keys.ts";
import { decodeRequest, decodeResponse, encodeRequest } from "../../plugins/ipmi/lan/message.ts";
import * as rakp from "../../plugins/ipmi/lan/rakp.ts";
import {
  decodeHeader,
  encodeOutside,
  isAuthentic,
  isProtectedAsAgreed,
  payloadOf,
  readPayload,
  sealPacket,
} from "../../plugins/ipmi/lan/rmcp-plus.ts";
import { rmcpClassOf } from "../../plugins/ipmi/lan/rmcp.ts";
import { Md5Session, PlusSession } from "../../plugins/ipmi/lan/session.ts";

interface Recorded {
  readonly dir: "client" | "bmc";
  readonly what: string;
  readonly hex: string;
  readonly plain?: string;
  readonly authType?: number;
  readonly netFn?: string;
  readonly cmd?: string;
  readonly cc?: string;
  readonly data?: string;
  readonly seq?: number;
}
interface RecordedSession {
  readonly name: string;
  readonly suite: number;
  readonly user: string;
  readonly password: string;
  readonly kg: string | null;
  readonly packets: readonly Recorded[];
  readonly remoteConsoleSessionId?: string;
  readonly managedSystemSessionId?: string;
  readonly remoteConsoleRandom?: string;
  readonly managedSystemRandom?: string;
  readonly managedSystemGuid?: string;
  readonly roleByte?: string;
  readonly rakp2AuthCode?: string;
  readonly rakp3AuthCode?: string;
  readonly rakp4IntegrityCheck?: string;
  readonly sik?: string;
  readonly k1?: string;
  readonly k2?: string;
}
interface Vectors {
  readonly sessions: readonly RecordedSession[];
  readonly ipmi15: readonly Pick<RecordedSession, "name" | "user" | "password" | "packets">[];
  readonly asfPing: { readonly request: string; readonly response: string };
  readonly keyDerivation: { readonly notes: readonly string[] };
}
const vectors = JSON.parse(
  readFileSync(new URL("vectors/ipmi-vectors.json", import.meta.url), "utf8"),
) as Vectors;
const bytes = (hex: string | undefined): Buffer => Buffer.from(hex ?? "", "hex");
const packetOf = (session: Pick<RecordedSession, "packets">, what: string): Buffer | undefined => {
  const found = session.packets.find((packet) => packet.what === what);
  return found === undefined ? undefined : bytes(found.hex);
};

/** The payload of a packet of the handshake. */
function handshakeOf(session: RecordedSession, what: string): Buffer | undefined {
  const packet = packetOf(session, what);
  if (packet === undefined) return undefined;
  const header = decodeHeader(packet)!;
  assert.equal(header.sessionId, 0);
  return payloadOf(packet, header);
}

/** What both sides agreed on, from the packets alone. */
function agreementOf(session: RecordedSession): Agreement | undefined {
  const opened = handshakeOf(session, "open session response");
  const rakp1 = handshakeOf(session, "RAKP 1");
  const rakp2 = handshakeOf(session, "RAKP 2");
  if (opened === undefined || rakp1 === undefined || rakp2 === undefined) return undefined;
  if (rakp.decodeHead(rakp2)?.status !== rakp.rakpStatus.ok) return undefined;
  const second = rakp.decodeRakp2(rakp2);
  if (second === undefined) return undefined;
  return {
    consoleId: rakp.decodeHead(opened)!.consoleId!,
    bmcId: rakp.decodeOpenSession(opened)!.bmcId,
    consoleRandom: rakp1.subarray(8, 24),
    bmcRandom: second.bmcRandom,
    guid: second.guid,
    role: rakp1.readUInt8(24),
    user: Buffer.from(session.user),
  };
}

function keysOf(session: RecordedSession, agreement: Agreement): SessionKeys | undefined {
  const hash = authenticationHash(cipherSuite(session.suite)!);
  if (hash === undefined) return undefined;
  const key = secretKey(Buffer.from(session.kg ?? session.password));
  return sessionKeys(hash, integrityKey(hash, key, agreement));
}

describe("recorded sessions verify from user, password, K_G and packets alone", () => {
  assert.equal(vectors.sessions.length, 19);
  for (const session of vectors.sessions) {
    test(session.name, () => {
      checkHandshake(session);
      const agreement = agreementOf(session);
      const within = session.packets.filter(({ plain }) => plain !== undefined);
      if (agreement === undefined) {
        assert.equal(within.length, 0);
        return;
      }
      const keys = keysOf(session, agreement);
      checkKeys(session, agreement, keys);
      for (const packet of within) checkPacket(session, packet, keys);
      const suite = cipherSuite(session.suite)!;
      const client = new PlusSession(agreement, suite, keys, () => Buffer.alloc(16));
      for (const { dir, hex, plain } of within) {
        const opened = client.open(bytes(hex));
        assert.equal(
          typeof opened === "string" ? opened : opened.toString("hex"),
          dir === "bmc" ? plain : "foreign",
        );
        if (dir === "bmc") assert.equal(client.open(bytes(hex)), "replayed");
      }
    });
  }
});

/** What we would send in the handshake is what they sent; what they got is understood. */
function checkHandshake(session: RecordedSession): void {
  const suite = cipherSuite(session.suite)!;
  const request = handshakeOf(session, "open session request")!;
  const consoleId = request.subarray(4, 8);
  const ours = rakp.encodeOpenSession(request.readUInt8(0), request.readUInt8(1), consoleId, suite);
  const sent = packetOf(session, "open session request")?.toString("hex");
  assert.equal(encodeOutside(0x10, ours).toString("hex"), sent);
  const response = handshakeOf(session, "open session response")!;
  const head = rakp.decodeHead(response)!;
  assert.equal(head.tag, request.readUInt8(0));
  if (session.name === "suite 17 against a BMC without it") {
    assert.equal(head.status, 0x04);
    return;
  }
  assert.equal(head.status, 0);
  assert.deepEqual(head.consoleId, consoleId);
  const opened = rakp.decodeOpenSession(response)!;
  const { id, ...algorithms } = suite;
  assert.equal(id, session.suite);
  assert.deepEqual(opened.algorithms, algorithms);
  assert.equal(opened.bmcId.toString("hex"), session.managedSystemSessionId);
  const rakp1 = handshakeOf(session, "RAKP 1")!;
  const again = rakp.encodeRakp1({
    ...{ tag: rakp1.readUInt8(0), bmcId: opened.bmcId, role: rakp1.readUInt8(24) },
    ...{ consoleRandom: bytes(session.remoteConsoleRandom), user: Buffer.from(session.user) },
  });
  assert.equal(again.toString("hex"), rakp1.toString("hex"));
  if (session.name === "suite 3, unknown user") {
    assert.equal(rakp.decodeHead(handshakeOf(session, "RAKP 2")!)?.status, rakp.rakpStatus.unknownName);
  }
}

function checkKeys(session: RecordedSession, agreement: Agreement, keys: SessionKeys | undefined): void {
  assert.equal(agreement.consoleId.toString("hex"), session.remoteConsoleSessionId);
  assert.equal(agreement.bmcRandom.toString("hex"), session.managedSystemRandom);
  assert.equal(agreement.guid.toString("hex"), session.managedSystemGuid);
  assert.equal(agreement.role, Number.parseInt(session.roleByte!, 16));
  const hash = authenticationHash(cipherSuite(session.suite)!);
  if (hash === undefined || keys === undefined) {
    assert.equal(session.suite, 0);
    return;
  }
  const password = secretKey(Buffer.from(session.password));
  const code2 = rakp.decodeRakp2(handshakeOf(session, "RAKP 2")!)!.code;
  assert.equal(rakp2Code(hash, password, agreement).toString("hex"), session.rakp2AuthCode);
  assert.equal(code2.toString("hex"), session.rakp2AuthCode);
  assert.equal(keys.sik.toString("hex"), session.sik);
  assert.equal(keys.k1.export().toString("hex"), session.k1);
  assert.equal(keys.cipher.export().toString("hex"), session.k2?.slice(0, 32));
  const rakp3 = handshakeOf(session, "RAKP 3");
  if (rakp3 === undefined) return;
  const code3 = rakp3Code(hash, password, agreement);
  assert.equal(code3.toString("hex"), session.rakp3AuthCode);
  const again = rakp.encodeRakp3(rakp3.readUInt8(0), agreement.bmcId, code3);
  assert.equal(again.toString("hex"), rakp3.toString("hex"));
  const code4 = rakp4Code(hash, keys.sik, agreement).toString("hex");
  assert.equal(code4, session.rakp4IntegrityCheck);
  assert.equal(rakp.decodeRakp4(handshakeOf(session, "RAKP 4")!).toString("hex"), code4);
}

/** A packet of the session, in either direction: verified, read, and sealed again to the same bytes. */
function checkPacket(session: RecordedSession, recorded: Recorded, keys: SessionKeys | undefined): void {
  const protection = { suite: cipherSuite(session.suite)!, keys };
  const packet = bytes(recorded.hex);
  const header = decodeHeader(packet)!;
  assert.equal(header.sequence, recorded.seq);
  assert.ok(isProtectedAsAgreed(protection, header));
  assert.ok(isAuthentic(protection, packet, header));
  const payload = readPayload(protection, packet, header)!;
  assert.equal(payload.toString("hex"), recorded.plain);
  const iv = packet.subarray(16, 32);
  assert.equal(sealPacket(protection, { ...header, payload }, iv).toString("hex"), recorded.hex);
  checkMessage(recorded, payload);
  if (protection.suite.integrity === 0) return;
  // One bit anywhere in what is covered, or in the code itself.
  for (const at of [5, 10, 16, packet.length - 1]) {
    const bent = Buffer.from(packet);
    bent[at] = bent.readUInt8(at) ^ 0x01;
    const bentHeader = decodeHeader(bent);
    if (bentHeader !== undefined) assert.ok(!isAuthentic(protection, bent, bentHeader));
  }
}

function checkMessage(recorded: Recorded, message: Buffer): void {
  if (recorded.dir === "client") {
    const request = decodeRequest(message)!;
    assert.equal(request.netFn, Number.parseInt(recorded.netFn!, 16));
    assert.equal(request.command, Number.parseInt(recorded.cmd!, 16));
    assert.equal(Buffer.from(request.data!).toString("hex"), recorded.data);
    assert.ok(request.sound);
    assert.equal(encodeRequest(request).toString("hex"), message.toString("hex"));
  } else {
    const response = decodeResponse(message)!;
    assert.equal(response.netFn, Number.parseInt(recorded.netFn!, 16));
    assert.equal(response.completion, Number.parseInt(recorded.cc!, 16));
    assert.equal(response.data.toString("hex"), recorded.data);
    assert.ok(response.sound);
  }
}

test("what went before the sessions is read, and would be sent the same", () => {
  const before = vectors.sessions.flatMap(({ packets }) => packets.filter(({ what }) => what === "IPMI 1.5"));
  assert.ok(before.length > 30);
  for (const recorded of before) {
    const packet = decodePacket15(bytes(recorded.hex))!;
    assert.equal(packet.sessionId, 0);
    checkMessage(recorded, packet.message);
    assert.equal(encodePacket15(packet).toString("hex"), recorded.hex);
  }
});

describe("recorded sessions of IPMI 1.5", () => {
  for (const { name, packets, password } of vectors.ipmi15) {
    test(name, () => {
      const secret = Buffer.from(password);
      const sealed = Buffer.alloc(longestPassword15);
      secret.copy(sealed);
      let client: Md5Session | undefined;
      for (const recorded of packets.filter(({ what }) => what === "IPMI 1.5")) {
        const packet = decodePacket15(bytes(recorded.hex))!;
        checkMessage(recorded, packet.message);
        assert.equal(packet.authenticationType, recorded.authType);
        const coded = packet.authenticationType === 2;
        assert.equal(isAuthentic15(packet, secret), coded);
        assert.equal(encodePacket15(packet, coded ? secret : undefined).toString("hex"), recorded.hex);
        if (client !== undefined) {
          if (recorded.dir === "client") {
            assert.equal(client.seal(packet.message).toString("hex"), recorded.hex);
            assert.equal(client.open(bytes(recorded.hex)), "replayed", "thrown back at us");
          } else {
            assert.deepEqual(client.open(bytes(recorded.hex)), packet.message);
            assert.equal(client.open(bytes(recorded.hex)), "replayed");
          }
        }
        if (recorded.cmd === "3a" && recorded.dir === "bmc") {
          const { data } = decodeResponse(packet.message)!;
          const sequences = { ours: data.readUInt32LE(5), theirs: packet.sequence };
          client = new Md5Session(data.readUInt32LE(1), sequences, secret);
        }
      }
      assert.ok(client !== undefined);
    });
  }
});

test("a presence ping and its answer", () => {
  assert.equal(encodePing(0).toString("hex"), vectors.asfPing.request);
  assert.deepEqual(decodePong(bytes(vectors.asfPing.response)), {
    tag: 0,
    enterprise: 4542,
    supportsIpmi: true,
  });
  assert.equal(decodePong(bytes(vectors.asfPing.request)), undefined);
  assert.equal(rmcpClassOf(bytes(vectors.asfPing.request)), "asf");
});

test("zeros behind a password change nothing: keys are padded with them anyway", () => {
  const session = vectors.sessions[0]!;
  const agreement = agreementOf(session)!;
  const hash = authenticationHash(cipherSuite(session.suite)!)!;
  const padded = Buffer.alloc(20);
  padded.write(session.password);
  assert.equal(rakp2Code(hash, secretKey(padded), agreement).toString("hex"), session.rakp2AuthCode);
  assert.equal(vectors.keyDerivation.notes.length, 5);
});
