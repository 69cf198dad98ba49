import type { RawRecord, RecordReader } from "./chunks.ts";

/** A record as it was read. */
export interface Found {
  /** The id by which it was asked for. */
  readonly id: number;
  readonly bytes: Buffer;
}

export interface Walk {
  readonly found: readonly Found[];
  /** All there are were seen, and whole. */
  readonly complete: boolean;
  /** For people. */
  readonly warnings: readonly string[];
}

const noMore = 0xffff;

/**
 * All records, from the first on, each naming the next. Ends at FFFFh, at an id that was there before, and where the chain
 * breaks.
 * @param count how many the BMC says there are; not relied upon
 * @throws BothyError when nobody answers
 */
export async function walk(reader: RecordReader, count: number | undefined): Promise<Walk> {
  const found: Found[] = [];
  const warnings: string[] = [];
  const seen = new Set<number>();
  let whole = true;
  const ends = (warning: string): Walk => ({
    found,
    complete: whole && count !== undefined && count > 0 && found.length >= count,
    warnings: [...warnings, warning],
  });
  for (let asked = 0; ;) {
    const record = await reader.read(asked);
    const id = idOf(asked, record);
    seen.add(asked).add(id);
    warnings.push(...faultsOf(asked, record));
    whole &&= record.fault === undefined;
    if (record.bytes.length > 0) found.push({ id, bytes: record.bytes });
    const { next } = record;
    if (next === noMore) return { found, complete: whole, warnings };
    if (next === undefined) return ends(`nothing behind record ${id} could be read`);
    if (seen.has(next)) return ends(`record ${id} leads back to record ${next}`);
    asked = next;
  }
}

/** The first record is asked for as 0, whatever its id. All others are who they were asked for. */
const idOf = (asked: number, { bytes }: RawRecord): number =>
  asked === 0 && bytes.length >= 2 ? bytes.readUInt16LE(0) : asked;

function faultsOf(asked: number, { bytes, fault }: RawRecord): readonly string[] {
  const warnings: string[] = [];
  if (fault !== undefined) warnings.push(`record ${asked}: ${fault.message}`);
  const own = bytes.length >= 2 ? bytes.readUInt16LE(0) : asked;
  if (asked !== 0 && own !== asked) warnings.push(`record ${asked} calls itself ${own}`);
  return warnings;
}
