import { nonsense } from "../answer.ts";

/** Tags of SNMP v1. RFC 1157, RFC 1155. */
export const tags = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  timeTicks: 0x43,
  trap: 0xa4,
} as const;

const longestOid = 128;

/** Reads basic encoding rules front to back, as much of them as SNMP v1 uses. X.690. Never reads beyond its bytes. */
export class BerReader {
  readonly #bytes: Buffer;
  readonly #source: string;
  #at = 0;

  constructor(bytes: Uint8Array, source: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The contents of the next element, whatever it is. @throws BothyError `BAD_FRAME` */
  next(): { readonly tag: number; readonly contents: Buffer } {
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw this.#fault("a tag of several bytes");
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#fault(`an element of ${length} bytes, beyond the end`);
    const contents = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, contents };
  }

  /** The contents of the next element, which must have this tag. @throws BothyError `BAD_FRAME` */
  contents(tag: number): Buffer {
    const found = this.next();
    if (found.tag !== tag) throw this.#fault(`tag ${found.tag} in place of ${tag}`);
    return found.contents;
  }

  /** @throws BothyError `BAD_FRAME` */
  inside(tag: number): BerReader {
    return new BerReader(this.contents(tag), this.#source);
  }

  /** Up to 48 bits, which is more than SNMP has. @throws BothyError `BAD_FRAME` */
  integer(tag: number = tags.integer): number {
    const contents = this.contents(tag);
    if (contents.length === 0 || contents.length > 6)
      throw this.#fault(`an integer of ${contents.length} bytes`);
    return contents.readIntBE(0, contents.length);
  }

  /** E.g. `1.3.6.1`. @throws BothyError `BAD_FRAME` */
  oid(): string {
    const contents = this.contents(tags.oid);
    const arcs: number[] = [];
    let arc = 0;
    for (const byte of contents) {
      arc = arc * 0x80 + (byte & 0x7f);
      if (arc > 0xffff_ffff || arcs.length > longestOid)
        throw this.#fault("an object identifier that is too long");
      if (byte < 0x80) {
        arcs.push(arc);
        arc = 0;
      }
    }
    const [first, ...rest] = arcs;
    if (first === undefined || (contents.at(-1) ?? 0) >= 0x80)
      throw this.#fault("an object identifier without end");
    const top = Math.min(Math.floor(first / 40), 2);
    return [top, first - top * 40, ...rest].join(".");
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw this.#fault("it ends early");
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw this.#fault(`a length of ${count} bytes`);
    let length = 0;
    for (let n = 0; n < count; n++) length = length * 0x100 + this.#byte();
    return length;
  }

  #fault(fault: string): Error {
    return nonsense(this.#source, fault);
  }
}
