import { BothyError } from "../../devices/errors.ts";
import type { Value } from "../../devices/reading.ts";
import type { V3Value } from "./messages.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * What a reading's value means here; 64-bit integers stay exact. Synse v3 §1.5.
 * @param source names the reading in errors
 * @returns the reason when it means nothing: `ABSENT`, `NOT_A_NUMBER`, `BAD_FRAME`
 */
export function valueOfMessage(message: V3Value, source: string): Value | BothyError {
  const number = message.float64_value ?? shortFloat(message.float32_value);
  if (number !== undefined)
    return Number.isFinite(number)
      ? number
      : new BothyError("NOT_A_NUMBER", { source, fault: String(number) });
  const long = message.int64_value ?? message.uint64_value;
  if (long !== undefined) return exact(BigInt(long));
  if (message.bytes_value !== undefined) return textOf(message.bytes_value, source);
  return (
    message.string_value ??
    message.bool_value ??
    message.int32_value ??
    message.uint32_value ??
    new BothyError("ABSENT", { source, fault: "the plugin gave a reading without a value" })
  );
}

const exact = (long: bigint): Value => (BigInt.asIntN(54, long) === long ? Number(long) : long);

/** The shortest decimal number that a 32-bit float holds as this one, so that 21.3 does not become 21.299999237. */
export function shortFloat(wide: number | undefined): number | undefined {
  // Zero has no digits to save, and its text would lose the sign.
  if (wide === undefined || wide === 0 || !Number.isFinite(wide)) return wide;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(wide.toPrecision(digits));
    if (Math.fround(short) === wide) return short;
  }
  return Number(wide.toPrecision(9));
}

function textOf(bytes: Uint8Array, source: string): Value | BothyError {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const fault = `${bytes.length} bytes that are no UTF-8 text`;
    return new BothyError("BAD_FRAME", { source, fault }, { cause });
  }
}
