import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { completionOf } from "./completion.ts";
import type { IpmiRequest, Requester } from "./contract.ts";

/** How urgent a request is, and who can call it off: the part of a request that its caller decides. */
export type AskOptions = Pick<IpmiRequest, "priority" | "signal">;

/** Reads the data behind completion code 00h. `source` is for messages. @throws BothyError when it cannot be */
export type Decode<T> = (data: Buffer, source: string) => T;

/** Sends a command and reads its answer. @throws BothyError as `Requester.request` and `decode` do */
export async function ask<T>(
  requester: Requester,
  request: IpmiRequest,
  decode: Decode<T>,
  { priority, signal }: AskOptions = {},
): Promise<T> {
  const asked = {
    ...request,
    ...(priority === undefined ? {} : { priority }),
    ...(signal === undefined ? {} : { signal }),
  };
  return decode(await requester.request(asked), requester.name);
}

/** For commands whose answer has no data, or none that matters. */
export const nothing: Decode<void> = () => undefined;

/**
 * The answer, when it has at least `length` bytes. More is no fault: later revisions append, some controllers pad.
 * @throws BothyError `SHORT_FRAME`
 */
export function atLeast(data: Buffer, length: number, source: string, what: string): Buffer {
  if (data.length >= length) return data;
  throw new BothyError("SHORT_FRAME", {
    source,
    fault: `${what}: ${data.length} bytes, ${length} expected`,
  });
}

/** What an answer that cannot be understood is called. */
export const nonsense = (source: string, fault: string): BothyError =>
  new BothyError("BAD_FRAME", { source, fault });

/** What completion codes 80h..BEh of one command mean: as which error, and in which words. */
export type Meanings = Readonly<Record<number, readonly [ErrorCode, string]>>;

/**
 * Waits for an answer; completion codes particular to the command come out as what they mean for it.
 * @throws BothyError
 */
export async function explained<T>(answer: Promise<T>, meanings: Meanings): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const completion = completionOf(thrown);
    const meaning = completion === undefined ? undefined : meanings[completion];
    if (completion === undefined || meaning === undefined || !(thrown instanceof BothyError)) throw thrown;
    const fault = `completion code ${hex(completion)}, ${meaning[1]}`;
    throw new BothyError(meaning[0], { ...thrown.params, fault }, { cause: thrown });
  }
}

/** Whether a bit of a byte that may be missing is set. */
export const bit = (byte: number | undefined, n: number): boolean => (((byte ?? 0) >> n) & 1) === 1;

/** Two bytes, the least significant first, as IPMI sends numbers. */
export const word = (value: number): readonly [number, number] => [value & 0xff, (value >> 8) & 0xff];

/** A number as hexadecimal digits with an `h` behind, for messages. */
export const hex = (value: number, digits = 2): string =>
  `${value.toString(16).toUpperCase().padStart(digits, "0")}h`;

/**
 * A whole number within its range.
 * @throws BothyError `OUT_OF_RANGE`, `BAD_VALUE`
 */
export function within(source: string, value: number, min: number, max: number, unit = ""): number {
  if (!Number.isInteger(value))
    throw new BothyError("BAD_VALUE", { source, value, expected: "a whole number" });
  if (value < min || value > max) throw new BothyError("OUT_OF_RANGE", { source, value, min, max, unit });
  return value;
}
