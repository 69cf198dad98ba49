import type { Millis } from "../../devices/clock.ts";

/** Addresses `from` up to, not including, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What goes into one request: the range it reads, and which of the given ranges it answers for. */
export interface Block extends Range {
  /** Positions in the list given to `planBlocks`. */
  readonly covers: readonly number[];
}

/** What a unit puts up with in one table. */
export interface BlockLimits {
  /** Most registers or bits in one request; a single value may still be longer. */
  readonly max: number;
  /** Whether addresses nobody asked for may be read for the sake of a cheaper request. */
  readonly bridge: boolean;
  /** Places no request may reach across: from the end of the value before to the beginning of the one after. */
  readonly cuts: readonly Range[];
}

/** What reading `count` registers or bits costs, in any measure; more must never cost less. */
export type RequestCost = (count: number) => Millis;

interface Best {
  readonly cost: number;
  /** Where the last block begins, in sorted order. */
  readonly from: number;
}

/**
 * Finds the requests with the least total cost that read all `ranges`, no range split over two requests (a value read
 * in two halves can be torn). Exact, by dynamic programming over the ranges in order of address: because cost only
 * grows with length, some cheapest plan has blocks that are runs of that order. O(n × longest run).
 */
export function planBlocks(
  ranges: readonly Range[],
  limits: BlockLimits,
  cost: RequestCost,
): readonly Block[] {
  const order = ranges.map((_, at) => at).sort((a, b) => compare(rangeAt(ranges, a), rangeAt(ranges, b)));
  const sorted = order.map((at) => rangeAt(ranges, at));
  const longest = Math.max(limits.max, ...sorted.map(({ from, to }) => to - from));
  const best: Best[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= sorted.length; end += 1)
    best.push(bestEnding(sorted, end, best, limits, longest, cost));
  const blocks: Block[] = [];
  for (let end = sorted.length; end > 0;) {
    const from = best[end]?.from ?? 0;
    blocks.unshift({ ...hull(sorted.slice(from, end)), covers: order.slice(from, end) });
    end = from;
  }
  return blocks;
}

const rangeAt = (ranges: readonly Range[], at: number): Range => ranges[at] ?? { from: 0, to: 0 };

const compare = (a: Range, b: Range): number => a.from - b.from || a.to - b.to;

const hull = (ranges: readonly Range[]): Range => ({
  from: Math.min(...ranges.map(({ from }) => from)),
  to: Math.max(...ranges.map(({ to }) => to)),
});

/** The cheapest way to read the first `end` ranges, by where the last of its blocks begins. */
function bestEnding(
  sorted: readonly Range[],
  end: number,
  best: readonly Best[],
  limits: BlockLimits,
  longest: number,
  cost: RequestCost,
): Best {
  let found: Best = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
  let reach = 0;
  for (let from = end - 1; from >= 0; from -= 1) {
    const first = rangeAt(sorted, from);
    reach = Math.max(reach, first.to);
    const block = { from: first.from, to: reach };
    const inside = sorted.slice(from, end);
    // What is not allowed may become so with ranges from before it, which fill a gap or hold it all; but not for ever.
    if (block.to - block.from > longest) break;
    if (!allowed(block, inside, limits)) continue;
    const total = (best[from]?.cost ?? 0) + cost(block.to - block.from);
    if (total < found.cost) found = { cost: total, from };
  }
  return found;
}

/** Whether ranges in order of address may share a request. What one value needs anyway is always allowed. */
export function allowed(block: Range, inside: readonly Range[], limits: BlockLimits): boolean {
  if (inside.some(({ from, to }) => from === block.from && to === block.to)) return true;
  if (block.to - block.from > limits.max) return false;
  if (limits.cuts.some((cut) => block.from < cut.from && block.to > cut.to)) return false;
  return limits.bridge || gapsOf(inside).length === 0;
}

/** The addresses between ranges, which are in order of address. */
export function gapsOf(sorted: readonly Range[]): readonly Range[] {
  const gaps: Range[] = [];
  let reach = sorted[0]?.from ?? 0;
  for (const { from, to } of sorted) {
    if (from > reach) gaps.push({ from: reach, to: from });
    reach = Math.max(reach, to);
  }
  return gaps;
}
