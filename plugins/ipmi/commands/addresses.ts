import { BothyError } from "../../../devices/errors.ts";

/** Four bytes, or the sixteen of IPv6 in its short form, as people write them. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length !== 16) return Array.from(bytes).join(".");
  const groups = Array.from({ length: 8 }, (_, n) => ((bytes[2 * n] ?? 0) << 8) | (bytes[2 * n + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(":");
  const zeros = [...text.matchAll(/(?<![\da-f])0(?::0)+(?![\da-f])/g)].map(([run]) => run);
  const longest = zeros.reduce((one, other) => (other.length > one.length ? other : one), "");
  return longest === "" ? text : text.replace(new RegExp(`(^|:)${longest}(:|$)`), "::");
}

export const macText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");

/** @throws BothyError `BAD_VALUE` */
export function ipBytes(text: string, source: string): readonly number[] {
  const bytes = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split(".").map(Number) : [];
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255))
    throw new BothyError("BAD_VALUE", { source, value: text, expected: "an IPv4 address, e.g. 192.0.2.10" });
  return bytes;
}

/** @throws BothyError `BAD_VALUE` */
export function macBytes(text: string, source: string): readonly number[] {
  if (!/^[\da-f]{2}([:-][\da-f]{2}){5}$/i.test(text))
    throw new BothyError("BAD_VALUE", {
      source,
      value: text,
      expected: "a MAC address, e.g. 02:00:00:00:00:10",
    });
  return text.split(/[:-]/).map((byte) => parseInt(byte, 16));
}
