import { ClientError } from "../../client/index.ts";
import type { Target } from "./target.ts";
import { CannotRun } from "./terminal.ts";

/** A server's answer that says no. */
export class Refused extends CannotRun {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refused";
    this.status = status;
  }
}

/** The server and who chose it: a wrong one is the most frequent fault. */
export const place = ({ url, chosenBy }: Target): string => `${url} (${chosenBy})`;

/** What went wrong with asking a server, as one line with its remedy. What has nothing to do with it stays as it is. */
export function explained(target: Target, thrown: unknown): unknown {
  if (thrown instanceof CannotRun || !(thrown instanceof Error)) return thrown;
  if (thrown instanceof ClientError) return fromClient(target, thrown);
  const { code } = thrown as NodeJS.ErrnoException;
  if (typeof code === "string") return new CannotRun(unreachable(target, thrown));
  return thrown instanceof SyntaxError ? new CannotRun(noSynse(target, thrown.message)) : thrown;
}

function fromClient(target: Target, error: ClientError): CannotRun {
  const { http_code: status, code, context } = error;
  if (code === "UNREACHABLE" || code === "DISCONNECTED") return new CannotRun(unreachable(target, error));
  if (code === "NO_ANSWER") return new CannotRun(`${place(target)} does not answer (${context})`);
  if (code === "BAD_ANSWER" || (status === 404 && / was answered with /.test(context)))
    return new CannotRun(noSynse(target, context));
  if (status === 401) return new Refused(status, wantsToken(target));
  if (status === 403) return new Refused(status, `not allowed: ${context}`);
  return new Refused(status, status >= 500 ? `${place(target)}: ${context}` : context);
}

function wantsToken(target: Target): string {
  return target.tokenFrom === undefined
    ? `${place(target)} wants to know who asks: put a token in $BOTHY_TOKEN, or save it with \`bothy context add NAME URL --token-file FILE\``
    : `${place(target)} does not accept the token of ${target.tokenFrom}; it may have expired, been revoked, or be another server's`;
}

function noSynse(target: Target, context: string): string {
  const short = context.replace(/\s+/g, " ").slice(0, 120);
  return `${place(target)} is no Synse v3 server, or not at this address and port: ${short}`;
}

/** What to do about an error of a socket or of TLS. */
function unreachable(target: Target, error: Error): string {
  const cause = causeWithCode(error);
  const code = cause?.code ?? "";
  const known = Object.hasOwn(remedies, code) ? remedies[code] : undefined;
  if (known !== undefined) return `${place(target)}: ${known}`;
  if (code.startsWith("HPE_")) return `${place(target)}: ${noHttp}`;
  if (/WRONG_VERSION|PACKET_LENGTH|SSL_/.test(code)) return `${place(target)}: ${noTls}`;
  if (/CERT|SIGN|ISSUER/.test(code)) return `${place(target)}: ${unknownCa} (${code})`;
  const why = cause?.message ?? error.message;
  return `${place(target)} cannot be reached (${why === "" ? code : why})`;
}

function causeWithCode(error: Error): NodeJS.ErrnoException | undefined {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if (one instanceof ClientError) continue;
    // Where a name has several addresses, all of them failed.
    const all = one instanceof AggregateError ? (one.errors as readonly unknown[])[0] : one;
    if (all instanceof Error && typeof (all as NodeJS.ErrnoException).code === "string") return all;
  }
  return undefined;
}

const unknownCa =
  "its certificate is signed by nobody this machine knows; if it is yours, name its CA: --ca FILE, or `bothy context add NAME URL --ca FILE`";
const noTls = "it speaks no TLS; write http://";
const noHttp = "what answers there is no HTTP server; check the port, and whether it should be https://";

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    "no site answers there; start one (`bothy site`), or name another with --host or `bothy context use`",
  ENOTFOUND: "there is no such host; check the name",
  EAI_AGAIN: "the name cannot be looked up now; is there a network?",
  ETIMEDOUT: "the host does not answer; is it on, and is there a way to it?",
  EHOSTUNREACH: "there is no way to that host; check the network or the VPN",
  ENETUNREACH: "there is no way to that network; check the network or the VPN",
  ECONNRESET: "it ended the connection; if it speaks TLS, write https://",
  EPIPE: "it ended the connection; if it speaks TLS, write https://",
  EPROTO: noTls,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name; use the name it is made for",
  CERT_HAS_EXPIRED: "its certificate has expired; renew it, or set this machine's clock",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is this machine's clock right?",
};
