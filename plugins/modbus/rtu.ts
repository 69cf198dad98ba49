import type { Millis } from "../../devices/clock.ts";
import { answerSize } from "./answer.ts";
import type { BusConfig } from "./contract.ts";
import { crc16, crcFits } from "./crc.ts";

/** The longest RTU frame: unit, 253 bytes of PDU, checksum. Modbus over serial line V1.02 §2.5.1. */
export const longestFrame = 256;
/** Unit and checksum. */
export const frameOverhead = 3;

/** A PDU as it goes over the wire: unit, PDU, checksum low byte first. */
export function encodeFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + frameOverhead);
  frame[0] = unit;
  frame.set(pdu, 1);
  const crc = crc16(frame, 0, pdu.length + 1);
  frame[pdu.length + 1] = crc & 0xff;
  frame[pdu.length + 2] = crc >> 8;
  return frame;
}

/** How long one character, and the silence between two frames, take on a line. */
export interface WireTiming {
  readonly character: Millis;
  readonly gap: Millis;
}

const fixedGapAbove = 19_200;
const fixedGap: Millis = 1.75;

/**
 * Modbus over serial line V1.02 §2.5.1.1: 3.5 characters of silence, but 1.75 ms above 19,200 baud. A character is
 * counted with the bits it really has. Without a known speed (a socket) both are 0.
 */
export function wireTiming(
  bus: Pick<BusConfig, "baudRate" | "dataBits" | "parity" | "stopBits" | "transport">,
): WireTiming {
  const { baudRate } = bus;
  if (baudRate === undefined || bus.transport === "tcp") return { character: 0, gap: 0 };
  const bits = 1 + (bus.dataBits ?? 8) + ((bus.parity ?? "none") === "none" ? 0 : 1) + (bus.stopBits ?? 1);
  const character = (bits * 1000) / baudRate;
  return { character, gap: baudRate > fixedGapAbove ? fixedGap : 3.5 * character };
}

/** A frame found in a run of bytes, at `[start, end)`. */
export interface FoundFrame {
  readonly start: number;
  readonly end: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** The answer that begins at `at`, if it is there completely with the right checksum. */
export function answerAt(bytes: Uint8Array, at: number): FoundFrame | undefined {
  const size = answerSize(bytes, at + 1);
  if (size === undefined || size === 0) return undefined;
  const end = at + size + frameOverhead;
  if (end > bytes.length || !crcFits(bytes, at, end)) return undefined;
  return { start: at, end, unit: bytes[at] ?? 0, pdu: bytes.slice(at + 1, end - 2) };
}
