/** Modbus messaging on TCP/IP V1.0b §3.1.3: id, protocol 0, length of what follows, unit. */
const headerLength = 7;
/** Unit and PDU: a unit, a function and one byte more at least. */
const shortest = 3;
const longest = 254;

/** A message on a Modbus TCP connection. */
export interface Message {
  readonly id: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

export function encodeMessage({ id, unit, pdu }: Message): Uint8Array {
  const bytes = new Uint8Array(headerLength + pdu.length);
  const length = pdu.length + 1;
  bytes.set([id >> 8, id & 0xff, 0, 0, length >> 8, length & 0xff, unit]);
  bytes.set(pdu, headerLength);
  return bytes;
}

/**
 * What came out of a piece of stream: whole messages, and what made the rest of the stream useless, if anything. Then
 * the last message before it is doubtful too: it may have been too short, and ended in the next one's beginning.
 */
export interface Reading {
  readonly messages: readonly Message[];
  readonly poison?: string;
}

/** Cuts a stream into messages. After poison nothing can be trusted any more, until `reset` at a known beginning. */
export class MbapReader {
  #bytes: Uint8Array = new Uint8Array(0);

  /** Bytes of a message that is not complete. */
  get unfinished(): number {
    return this.#bytes.length;
  }

  /** Whether what is there of a message that is not complete could be the beginning of the one with this id. */
  begins(id: number): boolean {
    const [high = id >> 8, low = id & 0xff] = this.#bytes;
    return high === id >> 8 && low === (id & 0xff);
  }

  /** What comes next is the beginning of a message. */
  reset(): void {
    this.#bytes = new Uint8Array(0);
  }

  push(piece: Uint8Array): Reading {
    // A copy, and no Buffer: the slices below must not be views of somebody else's memory.
    const bytes = new Uint8Array(this.#bytes.length + piece.length);
    bytes.set(this.#bytes);
    bytes.set(piece, this.#bytes.length);
    const messages: Message[] = [];
    let at = 0;
    const word = (offset: number): number => (bytes[at + offset] ?? 0) * 256 + (bytes[at + offset + 1] ?? 0);
    while (bytes.length - at >= 4) {
      const [protocol, length] = [word(2), word(4)];
      if (protocol !== 0) return { messages, poison: `protocol id ${protocol}` };
      if (bytes.length - at < 6) break;
      if (length < shortest || length > longest) return { messages, poison: `length ${length}` };
      if (bytes.length - at < 6 + length) break;
      const end = at + 6 + length;
      messages.push({ id: word(0), unit: bytes[at + 6] ?? 0, pdu: bytes.slice(at + headerLength, end) });
      at = end;
    }
    this.#bytes = bytes.slice(at);
    return { messages };
  }
}
