import { Buffer } from "node:buffer";
import type { Clock, Millis } from "../../devices/clock.ts";
import { type MemoryLine, memoryLine } from "../../plugins/transport/memory-line.ts";

/** What happens to one answer. Frames are made here by hand, apart from the code under test. */
export interface Fate {
  /** From the end of the request, or of the answer before, to the answer. */
  readonly delay: Millis;
  readonly damage?:
    "none" | "lost" | "crc" | "short" | "long" | "noise" | "unit" | "exception" | "pieces" | undefined;
}

export function crc(bytes: readonly number[]): number[] {
  let value = 0xffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1;
  }
  return [value & 0xff, value >>> 8];
}
export const framed = (bytes: readonly number[]): Uint8Array => Uint8Array.from([...bytes, ...crc(bytes)]);

/** Units behind a memory line that answer one request after the other, each as late as its fate says. */
export class RtuUnits {
  readonly line: MemoryLine;
  /** Every frame that was sent to them, in order. */
  readonly heard: { unit: number; hex: string; at: Millis }[] = [];
  readonly registers = new Map<string, number>();
  /** What a register holds when nothing was written. */
  value: (unit: number, address: number) => number = (unit, address) => (unit * 1000 + address) & 0xffff;
  fate: (unit: number, fn: number) => Fate = () => ({ delay: 10 });
  answersEcho = true;
  readonly #clock: Clock;
  readonly #free = new Map<number, Millis>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.line = memoryLine((bytes) => this.#hear([...bytes]));
  }

  register(unit: number, address: number): number {
    return this.registers.get(`${unit}/${address}`) ?? this.value(unit, address);
  }

  #hear(frame: number[]): void {
    const body = frame.slice(0, -2);
    if (crc(body).join() !== frame.slice(-2).join()) throw new Error(`bad frame heard: ${frame.join()}`);
    const [unit = 0, fn = 0] = body;
    this.heard.push({ unit, hex: Buffer.from(body).toString("hex"), at: this.#clock.monotonic() });
    const fate = this.fate(unit, fn);
    if (unit === 0) this.#obey(unit, body);
    if (unit === 0 || fate.damage === "lost") return;
    const due = Math.max(this.#clock.monotonic(), this.#free.get(unit) ?? 0) + fate.delay;
    this.#free.set(unit, due);
    // What it says is what was so when it was asked, however late it says it.
    const answer = this.#answer(unit, body, fate);
    this.#clock.at(due, () => this.#deliver(answer, fate));
  }

  #deliver(frame: Uint8Array, { damage }: Fate): void {
    if (damage === "crc") frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 0x10;
    if (damage === "pieces") for (const byte of frame) this.line.arrive(Uint8Array.of(byte));
    else this.line.arrive(spoilt(frame, damage));
  }

  #answer(unit: number, body: number[], { damage }: Fate): Uint8Array {
    const [, fn = 0, a = 0, b = 0, c = 0, d = 0] = body;
    if (damage === "exception") return framed([unit, fn | 0x80, 4]);
    if (fn === 8) return framed(this.answersEcho ? body : [unit, 0x88, 1]);
    if (fn === 3 || fn === 4) {
      const words = Array.from({ length: c * 256 + d }, (_, i) => this.register(unit, a * 256 + b + i));
      return framed([unit, fn, words.length * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
    }
    this.#obey(unit, body);
    return framed(body.slice(0, 6));
  }

  #obey(unit: number, body: number[]): void {
    const [, fn = 0, a = 0, b = 0, c = 0, d = 0] = body;
    const address = a * 256 + b;
    if (fn === 6) this.registers.set(`${unit}/${address}`, c * 256 + d);
    if (fn !== 16) return;
    for (let i = 0; i < c * 256 + d; i++) {
      this.registers.set(`${unit}/${address + i}`, (body[7 + i * 2] ?? 0) * 256 + (body[8 + i * 2] ?? 0));
    }
  }
}

function spoilt(frame: Uint8Array, damage: Fate["damage"]): Uint8Array {
  if (damage === "short") return frame.slice(0, (frame.length >> 1) + 1);
  if (damage === "long") return Uint8Array.from([...frame.slice(0, -2), 1, 2, 3, 4, 5, 6]);
  if (damage === "noise") return Uint8Array.from([0xff, 0x00, ...frame]);
  if (damage === "unit") return framed([(frame[0] ?? 0) + 100, ...frame.slice(1, -2)]);
  return frame;
}
