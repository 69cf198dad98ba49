import { status, type ServiceError } from "@grpc/grpc-js";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import { oneLine } from "./text.ts";

/** What a plugin's status means. Synse v3 §5: it knows three; what stands between adds the others. */
const codes: Readonly<Partial<Record<number, ErrorCode>>> = {
  [status.CANCELLED]: "REFUSED",
  [status.UNKNOWN]: "DEVICE_FAILURE",
  [status.INVALID_ARGUMENT]: "REJECTED_VALUE",
  [status.NOT_FOUND]: "NO_SUCH_POINT",
  [status.ALREADY_EXISTS]: "REFUSED",
  [status.PERMISSION_DENIED]: "REFUSED",
  [status.RESOURCE_EXHAUSTED]: "BUSY",
  [status.FAILED_PRECONDITION]: "REFUSED",
  [status.ABORTED]: "BUSY",
  [status.OUT_OF_RANGE]: "REJECTED_VALUE",
  [status.UNIMPLEMENTED]: "UNSUPPORTED",
  [status.INTERNAL]: "DEVICE_FAILURE",
  [status.UNAVAILABLE]: "LINE_DOWN",
  [status.DATA_LOSS]: "BAD_FRAME",
  [status.UNAUTHENTICATED]: "REFUSED",
};

/** What to look at, for failures whose words only say what happened in a library. */
const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/ECONNREFUSED/, "nothing listens there: is the plugin running?"],
  [/ENOENT/, "there is no such socket: is the plugin running?"],
  [/EACCES/, "the socket's permissions do not let us in"],
  [/ENOTFOUND|EAI_AGAIN|Name resolution/, "the name is not known: check `address`"],
  [/wrong version number|packet length too long|EPROTO/, "the plugin does not speak TLS: leave `tls` out"],
  [/unable to (get|verify)|self[- ]signed/, "its certificate is not signed by `tls.ca`"],
  [/altnames|Hostname\/IP/, "its certificate is for another name: set `tls.serverName`"],
  [
    /alert|certificate required|handshake/,
    "the plugin refuses our certificate: check `tls.cert` and `tls.key`",
  ],
];

const remedyFor = (text: string): string => {
  const found = remedies.find(([pattern]) => pattern.test(text));
  return found === undefined ? "" : `; ${found[1]}`;
};

/**
 * A failed call as one of our errors; the plugin's own words are kept.
 * @param source the place: the bus and what was asked
 * @param timeout ms the call was given
 */
export function faultOf(error: ServiceError, source: string, timeout: number): BothyError {
  const { code, details } = error;
  const words = oneLine(details, 400);
  if (code === status.DEADLINE_EXCEEDED)
    return new BothyError("NO_ANSWER", { source, timeout }, { cause: error });
  const fault = `${words === "" ? statusName(code) : words}${remedyFor(words)}`;
  return new BothyError(
    localCode(code, words) ?? codes[code] ?? "DEVICE_FAILURE",
    { source, fault },
    { cause: error },
  );
}

/** What the library on our side found wrong with an answer. */
function localCode(code: status, words: string): ErrorCode | undefined {
  if (code === status.RESOURCE_EXHAUSTED && /larger than max/.test(words)) return "LONG_FRAME";
  if (code === status.INTERNAL && /parsing|deserial|Failed to parse|decompress/i.test(words))
    return "BAD_FRAME";
  // What answers is no gRPC server.
  if (code === status.UNKNOWN && /http/i.test(words)) return "BAD_FRAME";
  return undefined;
}

const statusName = (code: number): string => status[code] ?? `status ${code}`;
