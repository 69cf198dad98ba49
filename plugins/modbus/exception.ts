import { BothyError, type ErrorCode } from "../../devices/errors.ts";

const known: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ["UNSUPPORTED", "illegal function"],
  2: ["NO_SUCH_POINT", "illegal data address"],
  3: ["REJECTED_VALUE", "illegal data value"],
  4: ["DEVICE_FAILURE", "device failure"],
  5: ["STILL_WORKING", "acknowledge"],
  6: ["BUSY", "device busy"],
  7: ["REFUSED", "negative acknowledge"],
  8: ["MEMORY_FAULT", "memory parity error"],
  10: ["NO_PATH", "gateway path unavailable"],
  11: ["GATEWAY_NO_ANSWER", "gateway target failed to respond"],
};

/** The name of an exception code, for people. */
export const exceptionName = (code: number): string => known[code]?.[1] ?? "unknown exception";

/** An exception answer as an error. Modbus application protocol V1.1b3 §7; codes not listed there are `REFUSED`. */
export const exceptionError = (source: string, code: number): BothyError =>
  new BothyError(known[code]?.[0] ?? "REFUSED", {
    source,
    fault: `exception ${code}, ${exceptionName(code)}`,
    exception: code,
  });
