import { join } from "node:path";
import { type Party, pick, section } from "./input.ts";
import { freeName, nameFrom } from "./names.ts";
import type { Note } from "./note.ts";

/** What a configuration of the original's IPMI plugin becomes. */
export interface IpmiParts {
  readonly bus: object;
  /** Without the name of the bus. */
  readonly devices: readonly object[];
}

/**
 * BMCs in place of the entries of a plugin. Passwords stood in the old file and stand in files of their own from now on.
 * Synse v3 §9.2.
 * @param folder where those files are
 * @param secrets takes what is to be written: path and content
 */
export function ipmiParts(
  { plugin, path }: Party,
  folder: string,
  secrets: Map<string, string>,
  notes: Note[],
): IpmiParts {
  const entries = pick(section(pick(plugin, "dynamicRegistration")), "config");
  const taken = new Set<string>();
  const devices = (Array.isArray(entries) ? (entries as unknown[]) : []).flatMap((given, i) => {
    const where = `${path} dynamicRegistration.config[${i}]`;
    const entry = section(given);
    const host = pick(entry, "hostname");
    if (typeof host !== "string" || host === "") {
      notes.push({ where, what: "has no hostname", remedy: "name the BMC by hand", lost: true });
      return [];
    }
    const port = Number(pick(entry, "port") ?? 623);
    const alias = freeName(nameFrom(host), taken);
    const file = join(folder, alias);
    const password = textOf(pick(entry, "password"));
    secrets.set(file, password);
    if (password === "")
      notes.push({
        where,
        what: `has no password, so ${file} is empty`,
        remedy: "put the password of the BMC into it, in one line",
        lost: true,
      });
    if (pick(entry, "interface") === "lan")
      notes.push({
        where,
        what: "it was asked over IPMI 1.5, which protects nothing; here it is 2.0",
        remedy: 'if it knows no better: `version: "1.5"` and `insecure: [ipmi-1.5]`',
        lost: false,
      });
    return [
      {
        address: placeOf(host, port),
        alias,
        user: textOf(pick(entry, "username")),
        password: { file },
      },
    ];
  });
  if (devices.length > 0)
    notes.push({
      where: path,
      what: "each BMC had three devices (power, boot target, identify lamp); here it has one for each sensor besides, and all have new ids",
      remedy:
        "change whoever knows the ids or the types `boot_target` and `led`; `reset` and `cycle` are actions of their own",
      lost: true,
    });
  return { bus: { plugin: "ipmi" }, devices };
}

function placeOf(host: string, port: number): string {
  const bare = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port === 623 ? bare : `${bare}:${port}`;
}

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";
