import { BothyError } from "../../../devices/errors.ts";
import {
  type BoardArea,
  type ChassisArea,
  cutArea,
  type ProductArea,
  readBoard,
  readChassis,
  readProduct,
} from "./area.ts";
import { checksumFits } from "./checksum.ts";
import { type MultiRecord, readMultiRecords } from "./multi-record.ts";

/** Where each area begins, in bytes; absent when there is none. Platform Management FRU v1.0 §8. */
export interface FruHeader {
  readonly internal?: number;
  readonly chassis?: number;
  readonly board?: number;
  readonly product?: number;
  readonly multiRecord?: number;
}

/** What an inventory says. */
export interface Fru {
  readonly header: FruHeader;
  readonly chassis?: ChassisArea;
  readonly board?: BoardArea;
  readonly product?: ProductArea;
  readonly records: readonly MultiRecord[];
  /** Wrong checksums, areas cut short: common on good hardware, so what could be read is given all the same. */
  readonly warnings: readonly string[];
}

export const fruHeaderLength = 8;

/** Why there is nothing to be read in memory that there is, among the parameters of the error. */
const blankReason = "blank";

/**
 * Reads the common header. A wrong checksum is left to whoever asks for it.
 * @throws BothyError `ABSENT` when there is no inventory: blank memory (see `isFruBlank`), an unknown format
 */
export function parseFruHeader(image: Uint8Array, source = "FRU"): FruHeader {
  const [format = 0xff, ...offsets] = image.subarray(0, fruHeaderLength);
  if (image.length < fruHeaderLength || (format & 0x0f) !== 1) throw noInventory(image, source);
  const [internal = 0, chassis = 0, board = 0, product = 0, multiRecord = 0] = offsets.map((n) => n * 8);
  return {
    ...(internal === 0 ? {} : { internal }),
    ...(chassis === 0 ? {} : { chassis }),
    ...(board === 0 ? {} : { board }),
    ...(product === 0 ? {} : { product }),
    ...(multiRecord === 0 ? {} : { multiRecord }),
  };
}

function noInventory(image: Uint8Array, source: string): BothyError {
  const { length } = image;
  const [first = 0] = image;
  if (length < fruHeaderLength)
    return new BothyError("ABSENT", { source, fault: `no inventory: ${length} bytes` });
  if ((first !== 0xff && first !== 0) || image.some((byte) => byte !== first))
    return new BothyError("ABSENT", { source, fault: `no inventory: format ${first}` });
  const filled = first === 0 ? "00h" : "FFh";
  const fault = `the inventory area is blank, all bytes are ${filled}: it was never programmed`;
  return new BothyError("ABSENT", { source, fault, reason: blankReason });
}

/** Whether an error says that there is memory for an inventory, but nobody wrote one. */
export const isFruBlank = (thrown: unknown): thrown is BothyError =>
  thrown instanceof BothyError && thrown.code === "ABSENT" && thrown.params["reason"] === blankReason;

/**
 * Reads an inventory. `image` may end early, then what is missing becomes a warning.
 * @throws BothyError `ABSENT` when it is none
 */
export function parseFru(image: Uint8Array, source = "FRU"): Fru {
  const header = parseFruHeader(image, source);
  const warnings: string[] = [];
  if (!checksumFits(image.subarray(0, fruHeaderLength))) warnings.push("header: wrong checksum");
  const area = <T>(
    name: string,
    offset: number | undefined,
    read: (bytes: Uint8Array) => T,
  ): T | undefined => {
    if (offset === undefined) return undefined;
    const cut = cutArea(image, offset, name);
    warnings.push(...(cut?.warnings ?? [`${name}: it is announced, but not there`]));
    return cut === undefined ? undefined : read(cut.bytes);
  };
  const chassis = area("chassis area", header.chassis, readChassis);
  const board = area("board area", header.board, readBoard);
  const product = area("product area", header.product, readProduct);
  const multi = header.multiRecord === undefined ? undefined : readMultiRecords(image, header.multiRecord);
  return {
    header,
    ...(chassis === undefined ? {} : { chassis }),
    ...(board === undefined ? {} : { board }),
    ...(product === undefined ? {} : { product }),
    records: multi?.records ?? [],
    warnings: [...warnings, ...(multi?.warnings ?? [])],
  };
}
