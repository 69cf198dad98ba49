import type { Loop } from "../contract.ts";
import type { Tuning } from "../library/tuning.ts";
import type { Shape } from "../runtime/shape.ts";

/** One setting that a trial proposes. Plain JSON. */
export interface Proposed {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is in force. */
  readonly before: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether a limit of the setting had to cut it. */
  readonly limited: boolean;
}

type Property = {
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
};

/**
 * Gains as settings of a controller, within their limits.
 * @param share what of the loop's output is one % of what was moved
 */
export function proposalOf(
  tuning: Tuning,
  tune: NonNullable<Loop["tune"]>,
  {
    shape,
    settings,
    share = 1,
  }: {
    readonly shape: Pick<Shape, "settings">;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly share?: number;
  },
): readonly Proposed[] {
  const wanted: readonly (readonly [string | undefined, number])[] = [
    [tune.gain, tuning.gain * share],
    [tune.integralTime, tuning.integralTime],
    [tune.derivativeTime, tuning.derivativeTime],
  ];
  const properties = shape.settings.properties as Readonly<Record<string, Property | undefined>>;
  return wanted.flatMap(([name, value]) => {
    if (name === undefined) return [];
    const { unit = "", minimum, maximum } = properties[name] ?? {};
    const rounded = Number(value.toPrecision(3));
    const within = Math.min(Math.max(rounded, minimum ?? -Infinity), maximum ?? Infinity);
    return [
      {
        ...{ name, unit, value: within, before: Number(settings[name]), limited: within !== rounded },
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      },
    ];
  });
}
