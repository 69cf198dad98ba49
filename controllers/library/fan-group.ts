import { compensation, type FanCurveSettings } from "./fan-speed.ts";
import type { FanStatus } from "./fans.ts";

export interface FanGroup {
  /** Fans that move air as they should, or nearly; of how many. */
  readonly remaining: number;
  readonly all: number;
  /** What their duty is to be multiplied with; never below 1. */
  readonly factor: number;
  /** The largest factor that can be had at the wanted duty is not enough: the flow of all cannot be restored. */
  readonly insufficient: boolean;
}

/**
 * What the fans of a group that have failed or are silent mean for the others: a floor, so that loops stay in charge. Where
 * all are silent it is their line, and nobody is to make up for anybody.
 * @param wanted duty all fans together would run at, %
 */
export function compensate(
  statuses: readonly FanStatus[],
  wanted: number,
  settings: FanCurveSettings,
): FanGroup {
  const all = statuses.length;
  const left = statuses.filter((one) => one !== "failed");
  const heard = left.filter((one) => one !== "silent").length;
  const remaining = heard === 0 ? left.length : heard;
  const factor = remaining === all ? 1 : Math.max(1, compensation(all, remaining, settings));
  return { all, remaining, factor, insufficient: remaining < all && wanted * factor > 100 };
}
