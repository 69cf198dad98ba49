// Server-side framing: Modbus over Serial Line V1.02 §2.5.1 (RTU) and Modbus Messaging on TCP/IP V1.0b §3.1.3 (MBAP).

/** A PDU is a function code and at most 252 bytes of data. */
export const maxPdu = 253;
const maxRtu = 256;
const minRtu = 4;
const mbapHeader = 7;

/** The check sum of RTU frames: CRC-16, polynomial 0xA001 (reflected), start 0xFFFF. Sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

export interface Addressed {
  /** 0 broadcast, 1..247 a unit. */
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** Takes an RTU frame apart. Undefined: too short, too long or damaged; a unit stays silent then. */
export function parseRtu(frame: Uint8Array): Addressed | undefined {
  if (frame.length < minRtu || frame.length > maxRtu) return undefined;
  const end = frame.length - 2;
  const sum = (frame[end] ?? 0) | ((frame[end + 1] ?? 0) << 8);
  if (crc16(frame.subarray(0, end)) !== sum) return undefined;
  return { unit: frame[0] ?? 0, pdu: frame.slice(1, end) };
}

/** Unit, PDU and check sum. */
export function buildRtu({ unit, pdu }: Addressed): Uint8Array {
  const frame = new Uint8Array(pdu.length + 3);
  frame[0] = unit;
  frame.set(pdu, 1);
  const sum = crc16(frame.subarray(0, pdu.length + 1));
  frame[pdu.length + 1] = sum & 0xff;
  frame[pdu.length + 2] = sum >>> 8;
  return frame;
}

export interface MbapFrame extends Addressed {
  /** The client's transaction identifier, returned as it came. */
  readonly mbapId: number;
}

/** Header and PDU. */
export function buildMbap({ mbapId, unit, pdu }: MbapFrame): Uint8Array {
  const frame = new Uint8Array(mbapHeader + pdu.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, mbapId);
  view.setUint16(4, pdu.length + 1);
  frame[6] = unit;
  frame.set(pdu, mbapHeader);
  return frame;
}

export interface MbapReader {
  /**
   * Takes bytes as they come, in any pieces.
   * @returns the frames completed by them; `broken` once the stream can no longer be followed (protocol
   * identifier not 0, or a length no frame has): the connection is of no use after that
   */
  feed(bytes: Uint8Array): { readonly frames: readonly MbapFrame[]; readonly broken: boolean };
}

export function createMbapReader(): MbapReader {
  let held: Uint8Array = new Uint8Array(0);
  let broken = false;
  return {
    feed(bytes) {
      const frames: MbapFrame[] = [];
      if (!broken) held = joined(held, bytes);
      while (!broken && held.length >= mbapHeader) {
        const view = new DataView(held.buffer, held.byteOffset, held.length);
        const length = view.getUint16(4);
        broken = view.getUint16(2) !== 0 || length < 2 || length > maxPdu + 1;
        if (broken || held.length < 6 + length) break;
        frames.push({ mbapId: view.getUint16(0), unit: held[6] ?? 0, pdu: held.slice(7, 6 + length) });
        held = held.slice(6 + length);
      }
      return { frames, broken };
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
