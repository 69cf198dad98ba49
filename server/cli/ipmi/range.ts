import { isIPv4 } from "node:net";
import { InvalidArgumentError } from "commander";

const most = 65_536;

const numberOf = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const textOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/**
 * The addresses of a range: `10.0.0.0/24`, `10.0.0.1-50`, `10.0.0.1-10.0.1.50`, or one. Of a network of more than two
 * addresses without its own and that for all of them. For commander.
 */
export function addressRange(text: string): readonly string[] {
  const { from, to } = bounds(text.trim()) ?? { from: 1, to: 0 };
  if (from > to)
    throw new InvalidArgumentError(
      "It must be 10.0.0.0/24, 10.0.0.1-50, 10.0.0.1-10.0.1.50, or one IPv4 address.",
    );
  if (to - from >= most)
    throw new InvalidArgumentError(`It has ${to - from + 1} addresses; ${most} is the most.`);
  return Array.from({ length: to - from + 1 }, (_, i) => textOf(from + i));
}

function bounds(text: string): { readonly from: number; readonly to: number } | undefined {
  const [, first = "", network, last] = /^([\d.]+)(?:\/(\d{1,2})|-([\d.]+))?$/.exec(text) ?? [];
  if (!isIPv4(first)) return undefined;
  const from = numberOf(first);
  if (network !== undefined) return ofNetwork(from, Number(network));
  if (last === undefined) return { from, to: from };
  if (isIPv4(last)) return { from, to: numberOf(last) };
  return /^\d{1,3}$/.test(last) && Number(last) <= 255
    ? { from, to: from - (from % 256) + Number(last) }
    : undefined;
}

function ofNetwork(
  address: number,
  bits: number,
): { readonly from: number; readonly to: number } | undefined {
  if (bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const from = address - (address % size);
  return size <= 2 ? { from, to: from + size - 1 } : { from: from + 1, to: from + size - 2 };
}
