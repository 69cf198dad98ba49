import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, within } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** Any command, as numbers. */
export interface RawCommand {
  /** Even, 0..3Eh. */
  readonly netFn: number;
  readonly command: number;
  readonly data?: readonly number[];
  /** 0..3. Default 0. */
  readonly lun?: number;
  readonly target?: NonNullable<IpmiRequest["target"]>;
  /** Whether doing it twice is the same as once. Default false, as only its caller can know. */
  readonly repeatable?: boolean;
}

/** @throws BothyError `OUT_OF_RANGE`, `BAD_VALUE` */
export function encodeRaw({
  netFn,
  command,
  data = [],
  lun,
  target,
  repeatable = false,
}: RawCommand): IpmiRequest {
  const source = "raw command";
  within(`${source}: network function`, netFn, 0, 0x3e);
  if (netFn % 2 === 1)
    throw new BothyError("BAD_VALUE", {
      source,
      value: netFn,
      expected: "an even network function, as of requests",
    });
  return {
    netFn,
    command: within(`${source}: command`, command, 0, 0xff),
    data: Uint8Array.from(data, (byte) => within(`${source}: data`, byte, 0, 0xff)),
    ...(lun === undefined ? {} : { lun: within(`${source}: LUN`, lun, 0, 3) }),
    ...(target === undefined ? {} : { target }),
    repeatable,
  };
}

/** @returns the data behind completion code 00h; all other codes are errors that name them */
export const raw = async (requester: Requester, command: RawCommand, options?: AskOptions): Promise<Buffer> =>
  ask(requester, encodeRaw(command), (data) => data, options);

/**
 * A command as people type it: network function, command, data; each decimal, or hexadecimal with 0x.
 * @throws BothyError `BAD_INPUT` that says which word is wrong
 */
export function parseRaw(words: readonly string[]): RawCommand {
  const numbers = words.map((text) => {
    const number = /^(0x[\da-f]{1,2}|\d{1,3})$/i.test(text) ? Number(text) : NaN;
    if (number <= 255) return number;
    throw new BothyError("BAD_INPUT", {
      source: "raw command",
      fault: `${text} is no byte: 0..255 or 0x00..0xff`,
    });
  });
  const [netFn, command, ...data] = numbers;
  if (netFn === undefined || command === undefined)
    throw new BothyError("BAD_INPUT", {
      source: "raw command",
      fault: "network function and command are needed",
    });
  return { netFn, command, data };
}
