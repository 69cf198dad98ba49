import type { Millis } from "../../devices/clock.ts";
import { seconds } from "../../devices/clock.ts";
import type { Definition, FailSafe } from "../contract.ts";

/** A definition without its functions: plain JSON, so that it can be had from another thread. */
export type Shape = Pick<
  Definition,
  | "name"
  | "version"
  | "summary"
  | "period"
  | "budget"
  | "settings"
  | "inputs"
  | "outputs"
  | "publishes"
  | "terms"
  | "loop"
  | "stateVersion"
> & {
  /** Whether it can make something of older state. */
  readonly migrates?: boolean;
};

/** A set of settings, complete and checked, and what follows from it. */
export interface Configured {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly failSafe: FailSafe;
}

/** @param period in place of the definition's */
export const budgetOf = (shape: Shape, period: Millis = shape.period): Millis =>
  shape.budget ?? Math.min(period / 2, seconds(1));

export const shapeOf = (definition: Definition): Shape => {
  const { name, version, summary, period, settings, inputs, outputs } = definition;
  const { budget, publishes, terms, loop, stateVersion } = definition;
  return {
    ...{ name, version, summary, period, settings, inputs, outputs },
    ...(terms === undefined ? {} : { terms }),
    ...(budget === undefined ? {} : { budget }),
    ...(publishes === undefined ? {} : { publishes }),
    ...(loop === undefined ? {} : { loop }),
    ...(stateVersion === undefined ? {} : { stateVersion }),
    ...(definition.migrate === undefined ? {} : { migrates: true }),
  };
};
