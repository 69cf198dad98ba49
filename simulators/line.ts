import type { Cancel, Clock, Millis } from "./clock.ts";
import { createRandom } from "./random.ts";
import type { Wire } from "./wire.ts";

export interface LineTiming {
  /** bit/s */
  readonly baudRate: number;
  /** Default 8. */
  readonly dataBits?: 7 | 8;
  /** Default none. */
  readonly parity?: "none" | "even" | "odd";
  /** Default 1. */
  readonly stopBits?: 1 | 2;
}

/** How long one character takes on the wire, start, parity and stop bits included. */
export function characterTime(timing: LineTiming): Millis {
  const parityBits = (timing.parity ?? "none") === "none" ? 0 : 1;
  return ((1 + (timing.dataBits ?? 8) + parityBits + (timing.stopBits ?? 1)) * 1000) / timing.baudRate;
}

/** The silence that ends an RTU frame: 3.5 characters, 1.75 ms above 19200 bit/s (Serial Line V1.02 §2.5.1.1). */
export const frameGap = (timing: LineTiming): Millis =>
  timing.baudRate > 19_200 ? 1.75 : 3.5 * characterTime(timing);

/** Bytes a unit is going to send. */
export interface Answer {
  readonly bytes: Uint8Array;
  /** From the end of the frame (gap included) to the first bit of the answer. */
  readonly after: Millis;
  /** Who sends it: a unit never talks over itself, it sends one answer after the other. */
  readonly from: string;
}

export interface LineOptions {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly timing: LineTiming;
  /** Told every frame the units hear; damaged ones too. */
  readonly receive: (frame: Uint8Array) => readonly Answer[];
  /** Bytes handed to the client at once: what an UART's buffer holds, or the whole answer at its end. Default 16. */
  readonly delivery?: number | "single";
  /** Units lose a frame that follows an answer in less than the gap. Default false: only counted. */
  readonly strictGap?: boolean;
  /** The client hears itself, as on a two-wire adapter that never stops listening. Default false. */
  readonly echo?: boolean;
  /** What happens to bytes under way, in either direction; empty: they never arrive. */
  readonly disturb?: (bytes: Uint8Array) => Uint8Array;
  readonly seed?: number;
}

export interface LineStatistics {
  frames: number;
  answers: number;
  /** Times two spoke at once. */
  collisions: number;
  /** Frames that followed an answer in less than the gap. */
  shortGaps: number;
  bytesHeard: number;
  bytesSaid: number;
  /** Time the wire carried characters. */
  busy: Millis;
}

export interface Line {
  readonly statistics: Readonly<LineStatistics>;
  close(): Promise<void>;
}

/** Something on the wire: byte i is there from `start + i * char` on. */
interface Talk {
  readonly from: string;
  readonly start: Millis;
  readonly end: Millis;
  readonly bytes: Uint8Array;
  cancel: Cancel;
}

/**
 * A half-duplex line. A wire in memory or a pseudo-terminal passes bytes at once; here they take the time they
 * would take: a request is heard when its last bit would have arrived and the gap has passed, and the last byte of
 * an answer is handed over at the moment a receiver would have it. Who talks at the same time is damaged.
 */
export function createLine(options: LineOptions): Line {
  const { clock, wire } = options;
  const char = characterTime(options.timing);
  const gap = frameGap(options.timing);
  const random = createRandom(options.seed ?? 1, "collision");
  const disturb = options.disturb ?? ((bytes: Uint8Array): Uint8Array => bytes);
  const statistics: LineStatistics = {
    frames: 0,
    answers: 0,
    collisions: 0,
    shortGaps: 0,
    bytesHeard: 0,
    bytesSaid: 0,
    busy: 0,
  };
  const talks = new Set<Talk>();
  let heard: number[] = [];
  let heardEnd: Millis = -Infinity;
  let lost = false;
  let quietSince: Millis = -Infinity;
  let endOfFrame: Cancel = () => undefined;

  /** Damages the bytes of both where they overlap. */
  const collide = (own: Uint8Array, start: Millis, from: string): void => {
    for (const talk of talks) {
      if (talk.from === from || talk.start >= start + own.length * char || talk.end <= start) continue;
      statistics.collisions++;
      spoil(own, start, talk.start, talk.end);
      spoil(talk.bytes, talk.start, start, start + own.length * char);
    }
  };
  const spoil = (bytes: Uint8Array, start: Millis, from: Millis, to: Millis): void => {
    bytes.forEach((byte, i) => {
      if (start + (i + 1) * char > from && start + i * char < to) bytes[i] = byte ^ (1 + random.integer(255));
    });
  };

  const hear = (raw: Uint8Array): void => {
    const bytes = Uint8Array.from(disturb(raw));
    if (bytes.length === 0) return;
    const now = clock.monotonic();
    const start = Math.max(now, heardEnd);
    if (heard.length === 0) lost = checkGap(start);
    collide(bytes, start, "client");
    heard.push(...bytes);
    heardEnd = start + bytes.length * char;
    statistics.bytesHeard += bytes.length;
    statistics.busy += bytes.length * char;
    if (options.echo === true) say({ bytes, from: "client" }, start);
    endOfFrame();
    endOfFrame = clock.at(heardEnd + gap, () => finish(heardEnd + gap));
  };
  const checkGap = (start: Millis): boolean => {
    const short = start > quietSince && start < quietSince + gap - 1e-6;
    if (short) statistics.shortGaps++;
    return short && options.strictGap === true;
  };

  const finish = (at: Millis): void => {
    const frame = Uint8Array.from(heard);
    heard = [];
    if (lost) return;
    statistics.frames++;
    for (const answer of options.receive(frame)) {
      const mine = [...talks].filter((talk) => talk.from === answer.from);
      const free = Math.max(...mine.map((talk) => talk.end + gap), at);
      const bytes = Uint8Array.from(answer.bytes);
      const start = Math.max(at + answer.after, free);
      statistics.answers++;
      statistics.bytesSaid += bytes.length;
      statistics.busy += bytes.length * char;
      collide(bytes, start, answer.from);
      say({ bytes, from: answer.from }, start);
    }
  };

  const say = ({ bytes, from }: Pick<Answer, "bytes" | "from">, start: Millis): void => {
    const step = options.delivery === "single" ? bytes.length : (options.delivery ?? 16);
    const talk: Talk = { from, start, end: start + bytes.length * char, bytes, cancel: () => undefined };
    if (from !== "client") talks.add(talk);
    const deliver = (begin: number): void => {
      const end = Math.min(begin + step, bytes.length);
      const last = end === bytes.length;
      talk.cancel = clock.at(
        start + end * char,
        () => {
          const arrived = disturb(bytes.slice(begin, end));
          if (arrived.length > 0) wire.write(arrived);
          if (!last) {
            deliver(end);
            return;
          }
          talks.delete(talk);
          if (from !== "client") quietSince = Math.max(quietSince, talk.end);
        },
        { precise: last },
      );
    };
    if (bytes.length > 0) deliver(0);
    else talks.delete(talk);
  };

  wire.onData(hear);
  return {
    statistics,
    close() {
      endOfFrame();
      for (const talk of talks) talk.cancel();
      talks.clear();
      return wire.close();
    },
  };
}
