/** What goes wrong before a server answers, or with its answer. All other codes come from the server. */
export type OwnCode =
  /** Nothing is listening there, or there is no way to it: nothing was asked. Browsers say `DISCONNECTED` instead. */
  | "UNREACHABLE"
  /** No answer within the timeout. */
  | "NO_ANSWER"
  /** The connection broke before the answer came. What was asked may have been done. */
  | "DISCONNECTED"
  /** It answered something that is not what was asked for. */
  | "BAD_ANSWER"
  /** What was asked for cannot be asked. */
  | "BAD_INPUT"
  /** The session was closed. */
  | "CLOSED";

export interface ErrorFields {
  /** The status the server answered with; 0 when it did not. */
  readonly http_code: number;
  /** One of a few fixed texts. */
  readonly description: string;
  /** What is wrong, for people. */
  readonly context: string;
  /** The server's own code where it says one, `HTTP_` and the status where it does not; else an `OwnCode`. */
  readonly code: string;
  readonly timestamp?: string;
}

const descriptions: Readonly<Record<OwnCode, string>> = {
  UNREACHABLE: "the server cannot be reached",
  NO_ANSWER: "the server did not answer in time",
  DISCONNECTED: "no connection to the server",
  BAD_ANSWER: "the answer makes no sense",
  BAD_INPUT: "invalid user input",
  CLOSED: "the session is closed",
};

/** Everything that goes wrong, but for what the caller called off: that rejects with the reason of its signal. */
export class ClientError extends Error implements ErrorFields {
  readonly http_code: number;
  readonly description: string;
  readonly context: string;
  readonly code: string;
  readonly timestamp?: string;

  constructor(fields: ErrorFields, options?: { cause?: unknown }) {
    super(`${fields.description}: ${fields.context}`, options);
    this.name = "ClientError";
    this.http_code = fields.http_code;
    this.description = fields.description;
    this.context = fields.context;
    this.code = fields.code;
    if (fields.timestamp !== undefined) this.timestamp = fields.timestamp;
  }
}

/** @param status the HTTP status of the answer, when there was one */
export const fault = (code: OwnCode, context: string, cause?: unknown, status = 0): ClientError =>
  new ClientError(
    { http_code: status, description: descriptions[code], context, code },
    cause === undefined ? {} : { cause },
  );

const textIn = (body: unknown, key: string): string | undefined => {
  if (typeof body !== "object" || body === null) return undefined;
  const value = (body as Readonly<Record<string, unknown>>)[key];
  return typeof value === "string" ? value : undefined;
};

/**
 * What a server said is wrong. Whatever is missing is filled in: proxies answer pages, and some errors of the original
 * Synse server have no status.
 * @param status of the answer; over WebSocket what the body says
 */
export function serverError(status: number, body: unknown, otherwise: string): ClientError {
  const timestamp = textIn(body, "timestamp");
  return new ClientError({
    http_code: status,
    description: textIn(body, "description") ?? (status < 500 ? "the request failed" : "the server failed"),
    context: textIn(body, "context") ?? otherwise,
    code: textIn(body, "code") ?? (status === 0 ? "BAD_INPUT" : `HTTP_${status}`),
    ...(timestamp === undefined ? {} : { timestamp }),
  });
}

/** What somebody threw, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
