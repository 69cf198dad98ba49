import { BothyError, type ErrorCode } from "../../devices/errors.ts";

const known: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  0xc0: ["BUSY", "node busy"],
  0xc1: ["UNSUPPORTED", "invalid command"],
  0xc2: ["UNSUPPORTED", "command invalid for this LUN"],
  0xc3: ["GATEWAY_NO_ANSWER", "timeout while processing"],
  0xc4: ["BUSY", "out of space"],
  0xc5: ["BUSY", "reservation cancelled"],
  0xc6: ["REJECTED_VALUE", "request data truncated"],
  0xc7: ["REJECTED_VALUE", "request data length invalid"],
  0xc8: ["REJECTED_VALUE", "request data length limit exceeded"],
  0xc9: ["REJECTED_VALUE", "parameter out of range"],
  0xca: ["REJECTED_VALUE", "cannot return the number of bytes asked for"],
  0xcb: ["NO_SUCH_POINT", "sensor, data or record not present"],
  0xcc: ["REJECTED_VALUE", "invalid data field"],
  0xcd: ["UNSUPPORTED", "command illegal for this sensor or record"],
  0xce: ["DEVICE_FAILURE", "no response could be provided"],
  0xcf: ["STILL_WORKING", "duplicate request"],
  0xd0: ["BUSY", "SDR repository in update mode"],
  0xd1: ["BUSY", "firmware update in progress"],
  0xd2: ["BUSY", "controller initialising"],
  0xd3: ["NO_PATH", "destination unavailable"],
  0xd4: ["REFUSED", "insufficient privilege"],
  0xd5: ["REFUSED", "not supported in the present state"],
  0xd6: ["UNSUPPORTED", "sub-function disabled"],
  0xff: ["DEVICE_FAILURE", "unspecified error"],
};

/** What a completion code says, for people. IPMI v2.0 table 5-2. */
export const completionName = (code: number): string =>
  known[code]?.[1] ??
  (code >= 0x80 && code <= 0xbe ? "an answer particular to this command" : "unknown code");

/**
 * A completion code as an error. IPMI v2.0 table 5-2; codes not listed there are `REFUSED`.
 * @param meaning what a code in 80h..BEh means for the command that was sent
 */
export const completionError = (source: string, completion: number, meaning?: string): BothyError =>
  new BothyError(known[completion]?.[0] ?? "REFUSED", {
    source,
    fault: `completion code ${completion.toString(16).toUpperCase().padStart(2, "0")}h, ${meaning ?? completionName(completion)}`,
    completion,
  });

/** The completion code an error came of; undefined for all other errors. */
export function completionOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof BothyError)) return undefined;
  const { completion } = thrown.params;
  return typeof completion === "number" ? completion : undefined;
}
