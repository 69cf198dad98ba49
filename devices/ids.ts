import { createHash } from "node:crypto";
import type { DeviceId } from "./value-id.ts";

/** RFC 9562 §6.6: the namespace of names that are domain names. Synse hangs its ids below it. */
export const dnsNamespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/** UUID version 5, RFC 9562 §5.5. */
export function uuid5(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** `maintainer/name` as Synse writes it: lower case, `-` to `_`, then space to `-`. Synse v3 §3.4. */
export const pluginTag = (maintainer: string, name: string): string =>
  `${maintainer}/${name}`.toLowerCase().replaceAll("-", "_").replaceAll(" ", "-");

/** The id of a plugin: UUIDv5 of its components joined by dots, its tag first. Synse v3 §3.4. */
export const pluginId = (...components: readonly [string, ...string[]]): string =>
  uuid5(dnsNamespace, components.join("."));

/** The id of a device: UUIDv5, below its plugin's id, of `type.handler.component`. Synse v3 §3.4. */
export const deviceId = (plugin: string, type: string, handler: string, component: string): DeviceId =>
  uuid5(plugin, `${type}.${handler}.${component}`);

/** What may stand in a device's `data`. */
export type DataValue =
  string | number | bigint | boolean | null | readonly DataValue[] | { readonly [key: string]: DataValue };

/**
 * The default component of a device id: the values of `data` in the order of their sorted keys, formatted as Go's
 * default format does, with nothing between; values that are maps are left out. Synse v3 §3.4.
 */
export const dataComponent = (data: Readonly<Record<string, DataValue>>): string =>
  Object.keys(data)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => data[key])
    .filter((value) => !isMap(value))
    .map(goFormat)
    .join("");

const isMap = (value: DataValue | undefined): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function goFormat(value: DataValue | undefined): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return goNumber(value);
  if (Array.isArray(value)) return `[${(value as readonly DataValue[]).map(goFormat).join(" ")}]`;
  if (typeof value === "object")
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => `${k}:${goFormat(v)}`)
      .join(" ")}]`;
  return String(value);
}

/** Shortest form, with an exponent only from 1e21 on and below 1e-4; at least two exponent digits. */
function goNumber(n: number): string {
  const size = Math.abs(n);
  if (size !== 0 && size < 1e-4) {
    return n.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return String(n).replace(/e([+-])(\d)$/, "e$10$2");
}
