import { InvalidArgumentError } from "commander";
import { formatDuration, parseDuration } from "../../../devices/duration.ts";

/** An option that takes a duration in a range, in ms, for commander. */
export const duration =
  (min: number, max: number) =>
  (text: string): number => {
    const span = parseDuration(text);
    if (span !== undefined && span >= min && span <= max) return span;
    throw new InvalidArgumentError(
      `It must be a duration from ${formatDuration(min)} to ${formatDuration(max)}, with its unit.`,
    );
  };

/**
 * A byte as people write it: `0x2d`, `2dh`, `45`, for commander.
 * @param digits also bare hexadecimal digits that cannot be decimal, such as `2d`
 */
export function byte(text: string): number {
  const [, prefixed, suffixed, decimal] =
    /^(?:0x([\da-f]{1,2})|([\da-f]{1,2})h|(\d{1,3}))$/i.exec(text) ?? [];
  const hex = prefixed ?? suffixed;
  const value = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (value >= 0 && value <= 0xff) return value;
  throw new InvalidArgumentError(`"${text}" is no byte: write 0x2d, 2dh or 45.`);
}

/** A byte as it is printed: two hexadecimal digits. */
export const hexByte = (value: number): string => value.toString(16).padStart(2, "0");
