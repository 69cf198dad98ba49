import { isIPv6 } from "node:net";
import { withoutCredentials } from "../../credentials.ts";
import type { Env } from "../contexts.ts";
import { CannotRun } from "../terminal.ts";

/** Where a BMC is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export const ipmiPort = 623;
export const hostVariable = "BOTHY_IPMI_HOST";

/** The BMC that was named. @throws CannotRun when none was */
export function hostOf({ host }: { readonly host?: string }, env: Env): string {
  const named = host ?? env[hostVariable];
  if (named !== undefined && named !== "") return named;
  throw new CannotRun(`say which BMC: -H ADDRESS, or $${hostVariable}`);
}

/**
 * What `host`, `host:port`, `[v6]:port` or an IPv6 address means.
 * @throws CannotRun when it is none of them
 */
export function addressOf(text: string): Address {
  if (isIPv6(text.replace(/%.*$/, ""))) return { host: text, port: ipmiPort };
  const [, v6, name, digits] = /^(?:\[([\da-f:.]+(?:%\w+)?)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? ipmiPort : Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new CannotRun(
    text.includes("@")
      ? `"${withoutCredentials(text)}" is no address of a BMC: who logs in is said with -U, and the password by --password-file`
      : `"${text}" is no address of a BMC: write HOST, or HOST:PORT, IPv6 with a port as [V6]:PORT`,
  );
}

/** As it is written, without the usual port. */
export const addressText = ({ host, port }: Address): string =>
  port === ipmiPort ? host : `${isIPv6(host.replace(/%.*$/, "")) ? `[${host}]` : host}:${port}`;
