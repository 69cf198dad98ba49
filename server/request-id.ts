import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Where a request's id comes and goes. */
export const requestIdHeader = "x-request-id";

/** What is fit for a log and a header; anything else is not taken over. */
const sane = /^[\w.~:@/+=-]{1,128}$/;

/** Ids of requests: the client's own where it has a sane one, otherwise one no other process makes. */
export function requestIds(): (request: { readonly headers: IncomingHttpHeaders }) => string {
  const process = randomBytes(6).toString("hex");
  let count = 0;
  return ({ headers }) => {
    const given = headers[requestIdHeader];
    return typeof given === "string" && sane.test(given) ? given : `${process}-${(++count).toString(36)}`;
  };
}
