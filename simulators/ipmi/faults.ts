import type { Millis } from "../clock.ts";

/** What a BMC does wrong, to be changed at any time. Shares 0..1. */
export interface BmcFaults {
  /** No answer at all. */
  silent: boolean;
  /** Share of requests that are not answered. */
  unheard: number;
  /** Answers come that much later. */
  slow: Millis;
  /** Share of answers that do. */
  slowShare: number;
  /** Share of packets lost, each way. */
  lossy: number;
  /** Share of answers sent twice. */
  duplicate: number;
  /** Share of answers overtaken by the next. */
  reorder: number;
  /** Reads of more than 16 bytes of a record are not answered. */
  shortSdr: boolean;
  /** Only one session may be open. */
  singleSession: boolean;
  /** Share of answers whose message has a wrong check sum, inside a sound packet. */
  badChecksum: number;
  /** Commands that are never answered: netFn << 8 | command. */
  readonly hang: Set<number>;
  /** Power supplies without input, counted from 1. */
  readonly lostSupplies: Set<number>;
  /** Fans that do not turn, counted from 1. */
  readonly deadFans: Set<number>;
}

export const createFaults = (): BmcFaults => ({
  silent: false,
  unheard: 0,
  slow: 0,
  slowShare: 1,
  lossy: 0,
  duplicate: 0,
  reorder: 0,
  shortSdr: false,
  singleSession: false,
  badChecksum: 0,
  hang: new Set(),
  lostSupplies: new Set(),
  deadFans: new Set(),
});
