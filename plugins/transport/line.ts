import type { BothyError } from "../../devices/errors.ts";

/** A byte stream to something, open from the start. */
export interface Line {
  /** For messages, e.g. `/dev/ttyUSB0` or `10.0.0.7:502`. */
  readonly name: string;
  /** Hands bytes to the system and returns at once; they may still be leaving long after. Dropped when closed. */
  write(bytes: Uint8Array): void;
  /** Who gets the bytes that arrive, in pieces of any size. One at a time: the last one told. */
  receive(listener: (bytes: Uint8Array) => void): void;
  /** Settles once, when the line is gone: with the reason, or undefined after `close()`. */
  readonly closed: Promise<BothyError | undefined>;
  /** May be called any number of times. */
  close(): Promise<void>;
}

/** A promise and what settles it. */
export interface Settler<T> {
  readonly promise: Promise<T>;
  readonly settle: (value: T) => void;
}

export function settler<T>(): Settler<T> {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, settle };
}
