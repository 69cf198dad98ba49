/**
 * Every way things go wrong, in one table. The code is the contract; the text may change. Codes name no protocol:
 * what a protocol says in its own words (an exception, a completion code) goes into `{fault}`.
 * `http` is the status an HTTP client sees, `retry` whether trying the same thing again can help.
 * docs/errors.md lists the same codes; a test compares the two.
 */
export const errorTable = {
  // The other side, or the way to it
  NO_ANSWER: { http: 504, retry: true, text: "{source} did not answer within {timeout} ms" },
  LATE_ANSWER: { http: 504, retry: true, text: "{source} answered only after its {timeout} ms had passed" },
  BAD_CHECKSUM: { http: 502, retry: true, text: "{source}: the answer's checksum is wrong ({fault})" },
  WRONG_SENDER: { http: 502, retry: true, text: "{source}: another unit answered ({fault})" },
  SHORT_FRAME: { http: 502, retry: true, text: "{source}: the answer ended early ({fault})" },
  LONG_FRAME: { http: 502, retry: true, text: "{source}: the answer is longer than allowed ({fault})" },
  BAD_FRAME: { http: 502, retry: true, text: "{source}: the answer makes no sense ({fault})" },
  LINE_DOWN: { http: 503, retry: true, text: "{source}: the line is down ({fault})" },
  // What the other side says
  UNSUPPORTED: { http: 502, retry: false, text: "{source} does not know the function ({fault})" },
  NO_SUCH_POINT: { http: 502, retry: false, text: "{source} has nothing at that address ({fault})" },
  REJECTED_VALUE: { http: 502, retry: false, text: "{source} rejects the value or length ({fault})" },
  DEVICE_FAILURE: { http: 502, retry: true, text: "{source} reports a failure of its own ({fault})" },
  STILL_WORKING: {
    http: 503,
    retry: true,
    text: "{source} has accepted the request but is not done ({fault})",
  },
  BUSY: { http: 503, retry: true, text: "{source} is busy ({fault})" },
  REFUSED: { http: 502, retry: false, text: "{source} refuses the request ({fault})" },
  MEMORY_FAULT: { http: 502, retry: true, text: "{source} reports a memory fault ({fault})" },
  NO_PATH: { http: 502, retry: true, text: "{source}: the gateway has no path to it ({fault})" },
  GATEWAY_NO_ANSWER: {
    http: 504,
    retry: true,
    text: "{source}: the gateway got no answer from it ({fault})",
  },
  // Values
  ABSENT: { http: 404, retry: false, text: "{source} says it has no value here ({fault})" },
  NOT_A_NUMBER: { http: 502, retry: true, text: "{source} gave a value that is no number ({fault})" },
  IMPLAUSIBLE: { http: 502, retry: true, text: "{source}: {value} is outside the plausible {min}..{max}" },
  UNKNOWN_STATE: {
    http: 502,
    retry: true,
    text: "{source} gave {value}, which its description does not name",
  },
  NOT_READ_YET: { http: 503, retry: true, text: "{source} has not been read yet" },
  STALE: { http: 504, retry: true, text: "{source} was last read {age} ms ago; its limit is {limit} ms" },
  // Writes
  NOT_WRITABLE: { http: 405, retry: false, text: "{source} takes no writes" },
  NOT_READABLE: { http: 405, retry: false, text: "{source} cannot be read" },
  UNKNOWN_ACTION: { http: 400, retry: false, text: "{source} has no action {action}; it has: {actions}" },
  BAD_VALUE: { http: 400, retry: false, text: "{source}: {value} is not {expected}" },
  OUT_OF_RANGE: { http: 400, retry: false, text: "{source}: {value} is outside {min}..{max} {unit}" },
  OVERRIDDEN: {
    http: 409,
    retry: false,
    text: "{source}: held in slot {slot}, but slot {by} is in force ({why})",
  },
  SUPERSEDED: {
    http: 409,
    retry: false,
    text: "{source}: a newer write replaced this one before it was done",
  },
  NOT_CONFIRMED: { http: 502, retry: true, text: "{source}: wrote {wanted} but read back {got}" },
  WRITE_TIMEOUT: { http: 504, retry: true, text: "{source}: the write was not done within {timeout} ms" },
  INTERRUPTED: {
    http: 500,
    retry: true,
    text: "{source}: the program ended while the write was under way; read the device to see what it shows",
  },
  OUTCOME_UNKNOWN: {
    http: 504,
    retry: false,
    text: "{source}: whether the write took effect is unknown, and it is not repeated ({fault})",
  },
  DUPLICATE_TRANSACTION: { http: 409, retry: false, text: "transaction {source} exists already" },
  // Look-ups and input
  NOT_FOUND: { http: 404, retry: false, text: "{source} not found" },
  UNKNOWN_CONTROLLER: { http: 404, retry: false, text: "controller {source} not found; there are: {names}" },
  BAD_INPUT: { http: 400, retry: false, text: "{source}: {fault}" },
  BAD_CONFIG: { http: 500, retry: false, text: "{source}: {fault}" },
  // Who asks
  UNAUTHENTICATED: { http: 401, retry: false, text: "{source}: {fault}" },
  FORBIDDEN: { http: 403, retry: false, text: "{source} may not {action} ({fault})" },
  TOO_MANY: { http: 429, retry: true, text: "{source} asks too often ({fault})" },
  UNVERIFIABLE: { http: 503, retry: true, text: "{source} cannot be verified now ({fault})" },
  // Ourselves
  NOT_KEPT: { http: 507, retry: true, text: "{source} cannot be kept in {folder}: {fault}; {remedy}" },
  STOPPED: { http: 503, retry: true, text: "{source} is stopping" },
  INTERNAL: { http: 500, retry: false, text: "{source}: unexpected: {fault}" },
} as const satisfies Record<string, ErrorEntry>;

export interface ErrorEntry {
  readonly http: number;
  readonly retry: boolean;
  readonly text: string;
}

export type ErrorCode = keyof typeof errorTable;

/** What goes into the braces of an error's text. `source` names the place: a device, a unit, a file and line. */
export interface ErrorParams {
  readonly source: string;
  readonly [name: string]: string | number | boolean;
}

/** The only error class: a code of `errorTable`, the place, and the cause when there is one. */
export class BothyError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams, options?: { cause?: unknown }) {
    super(fill(errorTable[code].text, params), options);
    this.name = "BothyError";
    this.code = code;
    this.params = params;
  }

  /** Whether trying the same again can help. */
  get retry(): boolean {
    return errorTable[this.code].retry;
  }

  /** The HTTP status a client sees. */
  get http(): number {
    return errorTable[this.code].http;
  }
}

const fill = (text: string, params: ErrorParams): string =>
  text.replace(/\{(\w+)\}/g, (braces, name: string) => String(params[name] ?? braces)).trimEnd();

/** Turns whatever was thrown into a `BothyError`; foreign errors become `INTERNAL` with the cause kept. */
export function asBothyError(thrown: unknown, source: string): BothyError {
  if (thrown instanceof BothyError) return thrown;
  return new BothyError("INTERNAL", { source, fault: saidBy(thrown) }, { cause: thrown });
}

/** What something thrown says of itself, in one text. It may be anything, even what throws when it is looked at. */
export function saidBy(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "something was thrown that cannot be told";
  }
}
