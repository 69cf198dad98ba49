import type { Sample } from "../sample.ts";
import { usable } from "./limit.ts";

/** What is left to a limit, K. @param zero the reading at which nothing is left, °C */
export const marginOf = (temperature: number, zero: number): number => zero - temperature;

export interface SensorMargin {
  readonly name: string;
  /** K; undefined: not known. */
  readonly margin: number | undefined;
}

/** The smallest of some margins, which is what a loop holds, and whose it is. Undefined: none is known. */
export function leastMargin(
  margins: readonly SensorMargin[],
): { readonly name: string; readonly margin: number } | undefined {
  let least: { name: string; margin: number } | undefined;
  for (const { name, margin } of margins)
    if (usable(margin) && (least === undefined || margin < least.margin)) least = { name, margin };
  return least;
}

/** Limits a device may say it has, as IPMI abbreviates them: upper and lower, non-critical, critical, non-recoverable. */
export type OwnLimit = "lnr" | "lc" | "lnc" | "unc" | "uc" | "unr";

/** A limit the device itself says its value has, in the value's unit. Undefined: it says none. */
export function ownLimit({ context = {} }: Pick<Sample, "context">, limit: OwnLimit): number | undefined {
  const text = context[limit];
  const value = text === undefined || text.trim() === "" ? NaN : Number(text.trim().split(" ")[0]);
  return usable(value) ? value : undefined;
}

/**
 * A setpoint that follows the limit of the sensor it is held by: each such sensor has a loop of its own.
 * @param offset added to the limit, e.g. -10 K below what is critical
 * @param otherwise when the sensor says no such limit
 */
export const setpointFrom = (
  sample: Pick<Sample, "context">,
  limit: OwnLimit,
  offset: number,
  otherwise: number,
): number => {
  const own = ownLimit(sample, limit);
  return own === undefined ? otherwise : own + offset;
};
