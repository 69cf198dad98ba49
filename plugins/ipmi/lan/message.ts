/** Who speaks. IPMI v2.0 table 5-4. */
export const addresses = { bmc: 0x20, remoteConsole: 0x81 } as const;

const requestOverhead = 7;
const responseOverhead = 8;

/** rqSeq has six bits. */
export const sequenceCount = 64;

/** A request as it stands in a packet. IPMI v2.0 table 13-8. */
export interface RequestMessage {
  /** Even, 00h..3Eh. */
  readonly netFn: number;
  readonly command: number;
  readonly data?: Uint8Array | undefined;
  /** Of whoever answers, 0..3. */
  readonly lun?: number | undefined;
  /** rqSeq, 0..63: tells answers apart. */
  readonly sequence: number;
  /** Whoever answers. Default: the BMC. */
  readonly responder?: number;
  /** Whoever asks. Default: remote console software. */
  readonly requester?: number;
}

/** An answer as it stood in a packet. */
export interface ResponseMessage {
  /** Odd: the request's plus one. */
  readonly netFn: number;
  readonly command: number;
  readonly sequence: number;
  readonly responder: number;
  readonly requester: number;
  /** Of whoever answered. */
  readonly lun: number;
  readonly completion: number;
  /** A view of what was decoded, not a copy. */
  readonly data: Buffer;
  /** Whether both checksums are right. Some firmware gets them wrong in packets that are good by their code. */
  readonly sound: boolean;
}

/** Two's complement of the sum of bytes `from` up to `to`: together they add up to 0 modulo 256. IPMI v2.0 §13.8. */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += bytes[at] ?? 0;
  return -sum & 0xff;
}

/** A request with its checksums. IPMI v2.0 §13.8. */
export function encodeRequest(request: RequestMessage): Buffer {
  const { data } = request;
  const size = requestOverhead + (data?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = request.responder ?? addresses.bmc;
  bytes[1] = (request.netFn << 2) | (request.lun ?? 0);
  bytes[2] = checksum(bytes, 0, 2);
  bytes[3] = request.requester ?? addresses.remoteConsole;
  bytes[4] = request.sequence << 2;
  bytes[5] = request.command;
  if (data !== undefined) bytes.set(data, 6);
  bytes[size - 1] = checksum(bytes, 3, size - 1);
  return bytes;
}

/** @returns undefined for what is no answer: too short, or with the network function of a request */
export function decodeResponse(bytes: Buffer): ResponseMessage | undefined {
  const size = bytes.length;
  if (size < responseOverhead) return undefined;
  const netFn = bytes.readUInt8(1) >> 2;
  if ((netFn & 1) === 0) return undefined;
  return {
    netFn,
    command: bytes.readUInt8(5),
    sequence: bytes.readUInt8(4) >> 2,
    requester: bytes.readUInt8(0),
    responder: bytes.readUInt8(3),
    lun: bytes.readUInt8(4) & 3,
    completion: bytes.readUInt8(6),
    data: bytes.subarray(7, size - 1),
    sound: checksum(bytes, 0, 3) === 0 && checksum(bytes, 3, size) === 0,
  };
}

/** The rqSeq and command of a request, e.g. of one that was recorded; undefined for what is too short to be one. */
export function decodeRequest(bytes: Buffer): (RequestMessage & { readonly sound: boolean }) | undefined {
  const size = bytes.length;
  if (size < requestOverhead) return undefined;
  const netFn = bytes.readUInt8(1) >> 2;
  if ((netFn & 1) === 1) return undefined;
  return {
    netFn,
    command: bytes.readUInt8(5),
    data: bytes.subarray(6, size - 1),
    lun: bytes.readUInt8(1) & 3,
    sequence: bytes.readUInt8(4) >> 2,
    responder: bytes.readUInt8(0),
    requester: bytes.readUInt8(3),
    sound: checksum(bytes, 0, 3) === 0 && checksum(bytes, 3, size) === 0,
  };
}

/** Whether `response` is the answer to `request`. IPMI v2.0 §5.3. */
export const answers = (response: ResponseMessage, request: RequestMessage): boolean =>
  response.sequence === request.sequence &&
  response.netFn === request.netFn + 1 &&
  response.command === request.command &&
  response.responder === (request.responder ?? addresses.bmc) &&
  response.requester === (request.requester ?? addresses.remoteConsole);
