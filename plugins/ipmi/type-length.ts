/**
 * Texts behind a type/length byte, as in SDR names and FRU fields. IPMI v2.0 §43.15; Platform Management FRU v1.0 §13.
 */

/** How the bytes of a text are to be read. `8-bit` is Latin-1, of which ASCII is the lower half. */
export type TextEncoding = "binary" | "utf-16" | "bcd-plus" | "6-bit" | "8-bit";

/** What a type/length byte announces. */
export interface TypeLength {
  readonly encoding: TextEncoding;
  /** Bytes that follow. */
  readonly length: number;
}

const bcdPlus = "0123456789 -.:,_";

/** The type/length byte of an SDR name. IPMI v2.0 §43.15. */
export const sdrTypeLength = (byte: number): TypeLength => ({
  encoding: (["utf-16", "bcd-plus", "6-bit", "8-bit"] as const)[(byte >> 6) & 3] ?? "8-bit",
  length: byte & 0x1f,
});

/**
 * The type/length byte of a FRU field. Platform Management FRU v1.0 §13.
 * @param english whether the area's language code is 0 or 25; in all others text is UTF-16
 * @returns undefined for C1h, which ends the list of fields
 */
export function fruTypeLength(byte: number, english = true): TypeLength | undefined {
  if (byte === 0xc1) return undefined;
  const text = english ? "8-bit" : "utf-16";
  return {
    encoding: (["binary", "bcd-plus", "6-bit", text] as const)[(byte >> 6) & 3] ?? text,
    length: byte & 0x3f,
  };
}

/**
 * Bytes as text for people: cut at the first NUL, without space around it, each character that could upset a terminal
 * or a page replaced. Binary becomes lower-case hexadecimal. Never throws, whatever the bytes.
 */
export function decodeText(encoding: TextEncoding, bytes: Uint8Array): string {
  switch (encoding) {
    case "binary":
      return Buffer.from(bytes).toString("hex");
    case "bcd-plus":
      return Array.from(bytes, (byte) => bcdPlus.charAt(byte >> 4) + bcdPlus.charAt(byte & 15))
        .join("")
        .trim();
    case "6-bit":
      return sixBit(bytes).trim();
    case "utf-16":
      return clean(utf16(bytes));
    case "8-bit":
      return clean(Buffer.from(bytes).toString("latin1"));
  }
}

/**
 * The name that an SDR carries from `offset` on, where its type/length byte stands, to the end of the record. A length
 * beyond the record is cut: OpenIPMI's compiler counts characters instead of bytes in packed names.
 * @returns an empty text when there is none
 */
export function sdrText(record: Uint8Array, offset: number): string {
  const byte = record[offset];
  if (byte === undefined) return "";
  const { encoding, length } = sdrTypeLength(byte);
  return decodeText(encoding, record.subarray(offset + 1, offset + 1 + length));
}

/** Four characters in three bytes, the least significant bits first. */
function sixBit(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held |= byte << bits;
    for (bits += 8; bits >= 6; bits -= 6) {
      text += String.fromCharCode(0x20 + (held & 0x3f));
      held >>= 6;
    }
  }
  return text;
}

/** The low byte first, unless the zeros stand where only the other order puts them. An odd byte at the end is dropped. */
function utf16(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const zeros = (from: number): number => whole.filter((byte, i) => byte === 0 && i % 2 === from).length;
  if (zeros(0) > zeros(1)) whole.swap16();
  return new TextDecoder("utf-16le").decode(whole);
}

const clean = (text: string): string =>
  text
    .replace(/\0.*$/su, "")
    .trim()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
