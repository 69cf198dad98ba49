import type { Millis } from "../../devices/clock.ts";
import type { RequestCost } from "./batch.ts";
import type { BusConfig } from "./contract.ts";
import { isBitTable } from "./field.ts";
import type { Table } from "./product-schema.ts";

/** Unit id, function, address, count, checksum. */
const requestBytes = 8;
/** Unit id, function, byte count, checksum. */
const answerBytes = 5;
/** What one more request over TCP costs compared to one more byte: packets, not bytes, are dear. */
const tcpRequest: Millis = 1;
const tcpByte: Millis = 0.0001;

/** How long a unit is thought to take to turn round until that has been measured. */
export const usualTurnaround: Millis = 5;

/** How long one character takes on a line: start bit, 8 data bits, parity, stop bits. */
export const characterTime = (bus: Pick<BusConfig, "baudRate" | "parity" | "stopBits">): Millis =>
  ((1 + 8 + (bus.parity === undefined || bus.parity === "none" ? 0 : 1) + (bus.stopBits ?? 1)) * 1000) /
  (bus.baudRate ?? 9600);

/** The silence between frames: 3.5 characters, above 19,200 baud 1.75 ms. Modbus over serial line V1.02 §2.5.1.1. */
export const frameGap = (bus: Pick<BusConfig, "baudRate" | "parity" | "stopBits">): Millis =>
  (bus.baudRate ?? 9600) > 19_200 ? 1.75 : 3.5 * characterTime(bus);

/**
 * What reading so many registers or bits of a table costs on a bus: wire time of request and answer, the silence after
 * each, and the time the unit takes to turn round.
 * @param turnaround of the unit, in ms
 * @param pause kept before each request on top of the frame gap, in ms
 */
export function readCost(bus: BusConfig, table: Table, turnaround: Millis, pause: Millis): RequestCost {
  const bytes = (count: number): number => (isBitTable(table) ? Math.ceil(count / 8) : count * 2);
  if (bus.transport === "tcp") return (count) => tcpRequest + turnaround + pause + bytes(count) * tcpByte;
  const character = characterTime(bus);
  const fixed = (requestBytes + answerBytes) * character + 2 * frameGap(bus) + turnaround + pause;
  return (count) => fixed + bytes(count) * character;
}
