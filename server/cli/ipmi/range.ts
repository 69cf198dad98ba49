import { isIPv4, isIPv6 } from "node:net";
import { InvalidArgumentError } from "commander";

const most = 65_536n;

/** The first and last address of a range, as numbers, and how they are written. */
interface Bounds {
  readonly from: bigint;
  readonly to: bigint;
  readonly text: (number: bigint) => string;
}

/**
 * The addresses of a range: `10.0.0.0/24`, `10.0.0.1-50`, `10.0.0.1-10.0.1.50`, or one; `2001:db8::/120`,
 * `2001:db8::10-2f`, `2001:db8::10-2001:db8::2f`, or one, with a zone where it needs one (`fe80::1%eth0`). Of an IPv4
 * network of more than two addresses without its own and that for all of them. For commander.
 */
export function addressRange(text: string): readonly string[] {
  const trimmed = text.trim();
  const bounds = trimmed.includes(":") ? bounds6(trimmed) : bounds4(trimmed);
  if (bounds === undefined || bounds.from > bounds.to)
    throw new InvalidArgumentError(
      "It must be 10.0.0.0/24, 10.0.0.1-50, 10.0.0.1-10.0.1.50, 2001:db8::/120, 2001:db8::10-2f, or one address.",
    );
  const count = bounds.to - bounds.from + 1n;
  if (count > most) throw new InvalidArgumentError(`It has ${count} addresses; ${most} is the most.`);
  return Array.from({ length: Number(count) }, (_, i) => bounds.text(bounds.from + BigInt(i)));
}

const number4 = (address: string): bigint =>
  address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);

const text4 = (number: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 0xffn)).join(".");

function bounds4(text: string): Bounds | undefined {
  const [, first = "", network, last] = /^([\d.]+)(?:\/(\d{1,2})|-([\d.]+))?$/.exec(text) ?? [];
  if (!isIPv4(first)) return undefined;
  const from = number4(first);
  const written = { text: text4 };
  if (network !== undefined) return ofNetwork4(from, Number(network));
  if (last === undefined) return { from, to: from, ...written };
  if (isIPv4(last)) return { from, to: number4(last), ...written };
  return /^\d{1,3}$/.test(last) && Number(last) <= 255
    ? { from, to: from - (from % 256n) + BigInt(last), ...written }
    : undefined;
}

function ofNetwork4(address: bigint, bits: number): Bounds | undefined {
  if (bits > 32) return undefined;
  const size = 1n << BigInt(32 - bits);
  const from = address - (address % size);
  return size <= 2n
    ? { from, to: from + size - 1n, text: text4 }
    : { from: from + 1n, to: from + size - 2n, text: text4 };
}

/** An IPv6 address as it is usually written, with `::` for zeros. */
const usual6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

function number6(address: string): bigint {
  const [head = "", tail] = usual6(address).split("::");
  const groups = (text: string | undefined): readonly string[] =>
    text === undefined || text === "" ? [] : text.split(":");
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

const text6 = (number: bigint): string =>
  usual6(
    Array.from({ length: 8 }, (_, i) => ((number >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":"),
  );

function bounds6(text: string): Bounds | undefined {
  const [, first = "", zone = "", network, last] =
    /^([\da-f:.]+)(%[\w.-]+?)?(?:\/(\d{1,3})|-([\da-f:.]+))?$/i.exec(text) ?? [];
  if (!isIPv6(first)) return undefined;
  const from = number6(first);
  const written = { text: (number: bigint) => text6(number) + zone };
  if (network !== undefined) {
    if (Number(network) > 128) return undefined;
    const size = 1n << BigInt(128 - Number(network));
    const start = from - (from % size);
    return { from: start, to: start + size - 1n, ...written };
  }
  if (last === undefined) return { from, to: from, ...written };
  if (isIPv6(last)) return { from, to: number6(last), ...written };
  return /^[\da-f]{1,4}$/i.test(last)
    ? { from, to: from - (from % 65_536n) + BigInt(`0x${last}`), ...written }
    : undefined;
}
