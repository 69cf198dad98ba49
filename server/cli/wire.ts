import { request as plainRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";

/** What `fetch` is given here: no more than a command line needs. */
export interface WireRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

const withoutBody = new Set([101, 204, 205, 304]);

/**
 * Asks over HTTP or HTTPS. As `fetch`, which cannot be told to trust a certificate.
 * @param ca certificates to be trusted besides the well-known ones, as PEM
 * @throws what the socket or TLS says, with its `code`; the reason of the signal
 */
export function askOverWire(url: string, init: WireRequest, ca?: string): Promise<Response> {
  const { method = "GET", headers = {}, body, signal } = init;
  const secure = url.startsWith("https:");
  const options: RequestOptions & { ca?: string[] } = {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) },
    ...(signal === undefined ? {} : { signal }),
    ...(secure && ca !== undefined ? { ca: [...rootCertificates, ca] } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? secureRequest : plainRequest)(url, options, (answer) =>
      resolve(toResponse(answer)),
    );
    request.on("error", (error) => reject(signal?.aborted === true ? asError(signal.reason) : error));
    request.end(body);
  });
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function toResponse(answer: IncomingMessage): Response {
  const { statusCode: status = 500, headers } = answer;
  const list = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as [string, string]],
  );
  if (withoutBody.has(status)) answer.resume();
  const body = withoutBody.has(status) ? null : (Readable.toWeb(answer) as ReadableStream);
  return new Response(body, { status, headers: list });
}
