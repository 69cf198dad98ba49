import { InvalidArgumentError } from "commander";
import { isNetwork } from "../access/check.ts";

/** An option that takes a whole number in a range, for commander. */
export const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

export const portNumber = whole(0, 65_535);

/** A number above 0, for commander. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** Addresses and networks, comma-joined, for commander. */
export function networks(text: string): readonly string[] {
  const list = text.split(",").map((one) => one.trim());
  if (list.every(isNetwork)) return list;
  throw new InvalidArgumentError("It must be addresses or networks such as 127.0.0.1,10.0.3.0/24.");
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** `7` or `1-247`, for commander. */
export function unitRange(text: string): Range {
  const [, first, last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last) };
  if (range.from <= range.to && range.to <= 255) return range;
  throw new InvalidArgumentError("It must be a unit id or a range such as 1-247.");
}

/**
 * The port to listen on: the option, else PORT, else what the configuration says.
 * @throws InvalidArgumentError when PORT is no port
 */
export function chosenPort(
  option: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const set = env["PORT"];
  if (option !== undefined || set === undefined || set === "") return option;
  try {
    return portNumber(set);
  } catch {
    throw new InvalidArgumentError(`PORT is "${set}"; it must be a whole number from 0 to 65535.`);
  }
}
