import { type Static, Type } from "typebox";
import { secondsOf } from "../settings.ts";
import { firstOrder } from "./filter.ts";
import { reached } from "./timing.ts";

/**
 * The end of the last variable compressor: servers and what is near them have stored heat, and once it rests it must rest for
 * minutes. Where the inlet falls slowly there is time to take that away; where what is believed of it falls at once, as when
 * a probe that read too much is well again or the setpoint was raised, there is not.
 */
export const easeSettings = Type.Object({
  easeFor: secondsOf({
    default: 180,
    maximum: 1800,
    description:
      "Variable compressors: so long the last one is at its least, with fans at `restAir`, before it ends, and while the inlet rises; but it ends at once where it may not run, and below `restColdest`. 0: always at once.",
  }),
});
export type EaseSettings = Static<typeof easeSettings>;

export interface EaseInput {
  /** A single one runs, and it can be at less than all it has. */
  readonly variable: boolean;
  /** It is at its least, with the air that goes with its end. */
  readonly least: boolean;
  /** Nothing asks for it any more; then it is brought there. */
  readonly over: boolean;
  /** °C */
  readonly temperature: number;
}

/** JSON. */
export interface EaseState {
  /** s for which it has been at its least. */
  readonly for: number;
  /** The temperature a while behind, °C; null: none yet. */
  readonly behind: number | null;
}
export const initialEase: EaseState = { for: 0, behind: null };

/** K above what it was a while ago, of so many s, at which an inlet rises: what is left is not too much. */
const rises = 0.5;
const behindBy = 120;

/**
 * One step. Pure.
 * @param dt seconds since the step before
 * @returns `goesOn`: it must not end yet; `left`: for so many s at least
 */
export function easeStep(
  before: EaseState,
  { variable, least, over, temperature }: EaseInput,
  { easeFor, restColdest }: EaseSettings & { readonly restColdest: number },
  dt: number,
): { readonly goesOn: boolean; readonly left: number; readonly state: EaseState } {
  if (!variable || easeFor === 0) return { goesOn: false, left: 0, state: initialEase };
  const behind = firstOrder(before.behind, temperature, behindBy, dt) ?? temperature;
  const state = { for: least || over ? Math.min(before.for + dt, easeFor) : 0, behind };
  const waits = !reached(state.for, easeFor) || temperature > behind + rises;
  const goesOn = over && waits && temperature > restColdest;
  return { goesOn, left: easeFor - state.for, state };
}
