import { isIP } from "node:net";
import { resolve } from "node:path";
import { BothyError } from "../../devices/errors.ts";
import { isLoopback } from "../loopback.ts";

/** Where a plugin is reached. */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** `path` is absolute. */
  | { readonly kind: "unix"; readonly path: string };

/**
 * Reads `host:port`, `[address]:port`, or `:port` for every address of this machine, as Synse's plugins are told where
 * to listen.
 * @throws BothyError `BAD_INPUT`
 */
export function parseListen(text: string): Address {
  const [, bracketed, plain = "", digits = ""] = /^(?:\[([^\]]*)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const fault = "write HOST:PORT, [ADDRESS]:PORT, or :PORT for every address of this machine";
  if (digits === "" || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new BothyError("BAD_INPUT", { source: `the address ${text}`, fault });
  const host = bracketed ?? plain;
  return { kind: "tcp", host: host === "" ? "0.0.0.0" : host, port };
}

export const socketAt = (path: string): Address => ({ kind: "unix", path: resolve(path) });

/** Whether others than this machine reach it. */
export const isOpen = (address: Address): boolean => address.kind === "tcp" && !isLoopback(address.host);

/** As grpc wants it. @param port in place of the address's own */
export function targetOf(address: Address, port?: number): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = isIP(address.host) === 6 ? `[${address.host}]` : address.host;
  return `${host}:${port ?? address.port}`;
}
