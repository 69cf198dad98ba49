/** Completion codes used here. IPMI v2.0 table 5-2. */
export const completion = {
  ok: 0x00,
  busy: 0xc0,
  unknownCommand: 0xc1,
  wrongLun: 0xc2,
  outOfSpace: 0xc4,
  reservationLost: 0xc5,
  wrongLength: 0xc7,
  outOfRange: 0xc9,
  tooMuch: 0xca,
  notPresent: 0xcb,
  invalidField: 0xcc,
  illegalForSensor: 0xcd,
  notNow: 0xd5,
  noPrivilege: 0xd4,
  unspecified: 0xff,
} as const;

/** A request as it stands in a packet, checksums verified. IPMI v2.0 §13.8. */
export interface Message {
  readonly netFn: number;
  readonly command: number;
  readonly data: Buffer;
  /** Responder address and LUN: who is asked. */
  readonly responder: number;
  readonly lun: number;
  readonly requester: number;
  readonly requesterLun: number;
  /** rqSeq, 0..63. */
  readonly sequence: number;
}

/** The byte that makes the sum of all a multiple of 256. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/** @returns undefined for anything that is no request to a BMC, or damaged */
export function parseMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < 7) return undefined;
  if (checksum(bytes.subarray(0, 3)) !== 0 || checksum(bytes.subarray(3)) !== 0) return undefined;
  const at = (i: number): number => bytes[i] ?? 0;
  const netFn = at(1) >> 2;
  if ((netFn & 1) !== 0) return undefined;
  return {
    netFn,
    command: at(5),
    data: bytes.subarray(6, -1),
    responder: at(0),
    lun: at(1) & 3,
    requester: at(3),
    requesterLun: at(4) & 3,
    sequence: at(4) >> 2,
  };
}

/** The answer to a request, checksums included. IPMI v2.0 §13.8. */
export function buildAnswer(request: Message, code: number, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + data.length);
  bytes[0] = request.requester;
  bytes[1] = ((request.netFn | 1) << 2) | request.requesterLun;
  bytes[2] = checksum(bytes.subarray(0, 2));
  bytes[3] = request.responder;
  bytes[4] = (request.sequence << 2) | request.lun;
  bytes[5] = request.command;
  bytes[6] = code;
  bytes.set(data, 7);
  bytes[7 + data.length] = checksum(bytes.subarray(3, 7 + data.length));
  return bytes;
}
