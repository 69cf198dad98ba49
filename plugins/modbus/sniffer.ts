import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import type { TappedFrame } from "../../devices/plugin.ts";
import type { Line } from "../transport/line.ts";
import { answerSize } from "./answer.ts";
import { crcFits } from "./crc.ts";
import { describeAnswer, describeRequest } from "./describe.ts";
import { functions } from "./pdu.ts";
import { frameOverhead, longestFrame, wireTiming } from "./rtu.ts";
import type { BusConfig } from "./contract.ts";
import { Taps } from "./tap.ts";

/** A frame overheard on a line, or bytes that are none. */
export interface Overheard {
  readonly kind: "request" | "answer" | "damage";
  readonly bytes: Uint8Array;
}

/** How long the request PDU that begins at `at` is; undefined: more bytes are needed; 0: none begins like this. */
function requestSize(bytes: Uint8Array, at: number): number | undefined {
  const fn = bytes[at];
  if (fn === undefined) return undefined;
  switch (fn) {
    case functions.coil:
    case functions.discrete:
    case functions.holding:
    case functions.input:
    case functions.writeCoil:
    case functions.writeRegister:
    case functions.diagnose:
      return 5;
    case functions.mask:
      return 7;
    case functions.identify:
      return 4;
    case functions.writeCoils:
    case functions.writeRegisters:
      return counted(bytes, at, 5);
    case functions.readWrite:
      return counted(bytes, at, 9);
    default:
      return 0;
  }
}

function counted(bytes: Uint8Array, at: number, head: number): number | undefined {
  const count = bytes[at + head];
  return count === undefined ? undefined : head + 1 + count;
}

/**
 * Splits the bytes of a line where others talk into frames, by length rules and checksum. The same bytes can be a
 * request or an answer (a write is echoed): after a request to a unit, its answer is expected. Damage is skipped
 * byte by byte until a frame fits again.
 */
export class RtuSniffer {
  #bytes: Uint8Array = new Uint8Array(0);
  #noise: number[] = [];
  /** Unit and function of the request an answer is expected to. */
  #asked: number | undefined;

  /** Takes bytes in pieces of any size. */
  push(piece: Uint8Array): Overheard[] {
    this.#bytes = Uint8Array.from([...this.#bytes, ...piece]);
    return this.#split(false);
  }

  /** The line has been silent: what is left is all there is. */
  flush(): Overheard[] {
    const found = [...this.#split(true), ...this.#damage()];
    this.#asked = undefined;
    return found;
  }

  #split(over: boolean): Overheard[] {
    const found: Overheard[] = [];
    while (this.#bytes.length > 0) {
      const next = this.#next();
      if (next === "more" && !over) break;
      if (next === "more" || next === undefined) {
        this.#noise.push(this.#bytes[0] ?? 0);
        this.#bytes = this.#bytes.subarray(1);
        if (this.#noise.length >= longestFrame) found.push(...this.#damage());
        continue;
      }
      found.push(...this.#damage(), next);
      this.#bytes = this.#bytes.subarray(next.bytes.length);
      const first = (next.bytes[0] ?? 0) * 256 + ((next.bytes[1] ?? 0) & 0x7f);
      this.#asked = next.kind === "request" && next.bytes[0] !== 0 ? first : undefined;
    }
    return found;
  }

  /** The frame the bytes begin with; "more" when it cannot be told yet, undefined when they begin with none. */
  #next(): Overheard | "more" | undefined {
    const bytes = this.#bytes;
    const first = (bytes[0] ?? 0) * 256 + ((bytes[1] ?? 0) & 0x7f);
    const sizes = [
      ["request", requestSize(bytes, 1)],
      ["answer", answerSize(bytes, 1)],
    ] as const;
    let more = false;
    for (const [kind, size] of this.#asked === first ? sizes.toReversed() : sizes) {
      if (size === 0) continue;
      const end = (size ?? longestFrame) + frameOverhead;
      if (size === undefined || end > bytes.length) more = true;
      else if (crcFits(bytes, 0, end)) return { kind, bytes: bytes.slice(0, end) };
    }
    return more && bytes.length < longestFrame ? "more" : undefined;
  }

  #damage(): Overheard[] {
    if (this.#noise.length === 0) return [];
    const bytes = Uint8Array.from(this.#noise);
    this.#noise = [];
    return [{ kind: "damage", bytes }];
  }
}

/** Serial adapters hand bytes over in lumps up to 16 ms apart. */
const leastSilence: Millis = 25;

/**
 * Listens to a line without ever sending. `listener` gets every frame, requests as `sent`, answers as `received`.
 * @returns stops listening; the line stays open
 */
export function watchLine(
  line: Line,
  bus: BusConfig,
  clock: Clock,
  listener: (frame: TappedFrame) => void,
): () => void {
  const { character, gap } = wireTiming(bus);
  const silence = Math.max(leastSilence, 2 * gap);
  const sniffer = new RtuSniffer();
  const taps = new Taps(clock);
  taps.add(listener);
  let timer: Cancel = () => undefined;
  let asked: Millis | undefined;
  let heard: Millis = 0;
  const tell = ({ kind, bytes }: Overheard): void => {
    const [unit, pdu] = [bytes[0] ?? 0, bytes.subarray(1, -2)];
    const took = kind === "answer" && asked !== undefined ? heard - asked : undefined;
    if (kind !== "damage") asked = kind === "request" ? heard : undefined;
    taps.saw(() => ({
      direction: kind === "request" ? "sent" : "received",
      bytes,
      text: kind === "damage" ? `${bytes.length} bytes` : textOf(kind, unit, pdu),
      began: heard - bytes.length * character,
      ended: heard,
      took,
      ...(kind === "damage" ? { fault: "no frame" } : {}),
    }));
  };
  line.receive((piece) => {
    heard = clock.monotonic();
    sniffer.push(piece).forEach(tell);
    timer();
    timer = clock.at(heard + silence, () => sniffer.flush().forEach(tell));
  });
  return () => {
    timer();
    line.receive(() => undefined);
  };
}

const textOf = (kind: "request" | "answer", unit: number, pdu: Uint8Array): string =>
  kind === "request" ? describeRequest(unit, pdu) : describeAnswer(unit, pdu);
