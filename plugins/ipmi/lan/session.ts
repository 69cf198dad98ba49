import type { CipherSuite } from "./cipher-suites.ts";
import type { SessionKeys } from "./keys.ts";
import { authenticationTypes, decodePacket15, encodePacket15, isAuthentic15 } from "./ipmi15.ts";
import type { Random } from "./options.ts";
import {
  decodeHeader,
  isAuthentic,
  isProtectedAsAgreed,
  payloadTypes,
  type Protection,
  readPayload,
  sealPacket,
} from "./rmcp-plus.ts";
import { rmcpClassOf } from "./rmcp.ts";
import { nextSequence, SequenceWindow } from "./sequence-window.ts";

/** Why a packet was not looked at any further. */
export type DropReason =
  /** No packet of this format, or cut short; not counted by a client but by the socket, as nobody's. */
  | "malformed"
  /** Of another session, or of none; not counted either. */
  | "foreign"
  /** Protected in another way than agreed. */
  | "unprotected"
  /** Its code is wrong. */
  | "forged"
  /** Its session sequence number was there already, or is too far off. */
  | "replayed"
  /** Its padding is wrong, or it is no IPMI message. */
  | "garbled"
  /** The answer to nothing that is waited for: late, or a second one. */
  | "unmatched";

/** A session as it was agreed on: turns messages into packets and back. Sends nothing itself. */
export interface Session {
  readonly version: "2.0" | "1.5";
  /** Absent for version 1.5. */
  readonly suite?: number;
  /** The level it was given; see `privilegeLevels`. */
  readonly level: number;
  /** The BMC's id of it, as Close Session wants it. */
  readonly bmcId: number;
  /** Whether good packets prove that nobody touched them. */
  readonly hasIntegrity: boolean;
  /** A packet with the next session sequence number. */
  seal(message: Buffer, payloadType?: number): Buffer;
  /** The message in a packet of this session, or why there is none. */
  open(packet: Buffer): Buffer | DropReason;
}

/** A session of IPMI v2.0. Checks what comes in the order of IPMI v2.0 §13.28.4: nothing is read before its code. */
export class PlusSession implements Session {
  readonly version = "2.0";
  readonly suite: number;
  readonly bmcId: number;
  readonly hasIntegrity: boolean;
  level = 0;
  readonly #protection: Protection;
  readonly #consoleId: number;
  readonly #random: Random;
  readonly #window = new SequenceWindow();
  #sequence = 0;

  constructor(
    ids: { readonly consoleId: Buffer; readonly bmcId: Buffer },
    suite: CipherSuite,
    keys: SessionKeys | undefined,
    random: Random,
  ) {
    this.suite = suite.id;
    this.bmcId = ids.bmcId.readUInt32LE(0);
    this.hasIntegrity = suite.integrity !== 0;
    this.#consoleId = ids.consoleId.readUInt32LE(0);
    this.#protection = { suite, keys };
    this.#random = random;
  }

  seal(payload: Buffer, payloadType: number = payloadTypes.ipmi): Buffer {
    this.#sequence = nextSequence(this.#sequence);
    const content = { payload, payloadType, sessionId: this.bmcId, sequence: this.#sequence };
    return sealPacket(this.#protection, content, this.#random(16));
  }

  open(packet: Buffer): Buffer | DropReason {
    if (rmcpClassOf(packet) !== "ipmi") return "malformed";
    const header = decodeHeader(packet);
    if (header === undefined) return "malformed";
    if (header.sessionId !== this.#consoleId) return "foreign";
    if (header.payloadType !== payloadTypes.ipmi) return "unmatched";
    if (!isProtectedAsAgreed(this.#protection, header)) return "unprotected";
    if (!isAuthentic(this.#protection, packet, header)) return "forged";
    if (!this.#window.accept(header.sequence)) return "replayed";
    return readPayload(this.#protection, packet, header) ?? "garbled";
  }
}

/** A session of IPMI v1.5 with MD5. Nothing in it is secret. */
export class Md5Session implements Session {
  readonly version = "1.5";
  readonly bmcId: number;
  readonly hasIntegrity: boolean;
  level = 0;
  readonly #password: Buffer;
  readonly #window: SequenceWindow;
  #sequence: number;

  /**
   * @param sequences the first number we use, as the BMC wants it, and the first it was asked to use
   * @param password undefined when packets have no codes once the session is active ("per-message authentication off")
   */
  constructor(
    bmcId: number,
    sequences: { readonly ours: number; readonly theirs: number },
    password: Buffer | undefined,
  ) {
    this.bmcId = bmcId;
    this.hasIntegrity = password !== undefined;
    this.#password = password ?? Buffer.alloc(0);
    // The id is the same both ways: only the numbers tell our own packets, thrown back at us, from the BMC's.
    this.#window = new SequenceWindow(sequences.theirs - 1);
    this.#sequence = sequences.ours;
  }

  seal(message: Buffer): Buffer {
    const sequence = this.#sequence;
    this.#sequence = nextSequence(sequence);
    const fields = { message, sequence, sessionId: this.bmcId };
    return encodePacket15(fields, this.hasIntegrity ? this.#password : undefined);
  }

  open(packet: Buffer): Buffer | DropReason {
    const decoded = rmcpClassOf(packet) === "ipmi" ? decodePacket15(packet) : undefined;
    if (decoded === undefined) return "malformed";
    if (decoded.sessionId !== this.bmcId) return "foreign";
    if (!this.hasIntegrity) {
      if (decoded.authenticationType !== authenticationTypes.none) return "unprotected";
    } else {
      if (decoded.authenticationType !== authenticationTypes.md5) return "unprotected";
      if (!isAuthentic15(decoded, this.#password)) return "forged";
    }
    return this.#window.accept(decoded.sequence) ? decoded.message : "replayed";
  }
}
