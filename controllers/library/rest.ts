import { type Static, Type } from "typebox";
import { celsius, secondsOf } from "../settings.ts";
import { within } from "./timing.ts";

/**
 * How far down a compressor that is only on or off is to run before it rests. It must rest for minutes however warm it
 * gets; what the servers have stored by then decides how warm, and that is learnt from one rest after the other.
 */
export const restSettings = Type.Object({
  restPeak: celsius({
    default: 30,
    minimum: 0,
    maximum: 50,
    description:
      "Inlet temperature a rest of all compressors may bring about. Where the last one was warmer, they run on to colder air, with full fans, before the next one. For units that are only on or off. 0: any.",
  }),
  restColdest: celsius({
    default: 16,
    minimum: 5,
    maximum: 35,
    description: "How cold the inlet may get for that.",
  }),
  restLooked: secondsOf({
    default: 900,
    minimum: 60,
    maximum: 7200,
    description: "So much of a rest counts: what comes later is another day's heat.",
  }),
});
export type RestSettings = Static<typeof restSettings>;

/** JSON. */
export interface RestState {
  /** K further down than otherwise; null: no rest was seen yet, and they run on as far as they may. */
  readonly deeper: number | null;
  /** Something ran in the step before, or its rest is being looked at. */
  readonly ran: boolean;
  /** Hottest inlet of the rest there is, °C, and how long it lasts; absent while something runs. */
  readonly rest?: { readonly peak: number; readonly for: number };
}

export const initialRest: RestState = { deeper: null, ran: false };

/** Part of what a rest was cooler than it might be that is given back: heat comes sooner than it goes. */
const relax = 0.25;

export interface RestInput {
  /** °C */
  readonly temperature: number;
  /** Units that run. */
  readonly running: number;
  /** Where the last stage ends otherwise, °C. */
  readonly ends: number;
  /** Nothing may run: what happens now is not a compressor's rest. */
  readonly forbidden: boolean;
}

/**
 * One step.
 * @param dt seconds since the step before
 * @returns `deeper`: K further down than `ends` that the last stage is to end
 */
export function restStep(
  before: RestState,
  { temperature, running, ends, forbidden }: RestInput,
  s: RestSettings,
  dt: number,
): { readonly deeper: number; readonly state: RestState } {
  const most = s.restPeak === 0 ? 0 : Math.max(0, ends - s.restColdest);
  const known = within(before.deeper ?? most, 0, most);
  const { rest } = before;
  if (forbidden || (running === 0 && !before.ran))
    return { deeper: known, state: { deeper: before.deeper, ran: false } };
  if (running === 0) return { deeper: known, state: { ...before, rest: looked(rest, temperature, s, dt) } };
  if (rest === undefined) return { deeper: known, state: { deeper: before.deeper, ran: true } };
  const over = rest.peak - s.restPeak;
  const deeper = within(known + (over > 0 ? over : relax * over), 0, most);
  return { deeper, state: { deeper, ran: true } };
}

function looked(
  before: RestState["rest"],
  temperature: number,
  { restLooked }: RestSettings,
  dt: number,
): NonNullable<RestState["rest"]> {
  const { peak, for: lasted } = before ?? { peak: temperature, for: 0 };
  return { peak: lasted > restLooked ? peak : Math.max(peak, temperature), for: lasted + dt };
}
