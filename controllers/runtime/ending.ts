import { type Clock, hours, type Instant, type Millis, seconds } from "../../devices/clock.ts";
import { formatDuration } from "../../devices/duration.ts";
import { BothyError } from "../../devices/errors.ts";

/** When something ends that lasts a while. Only the monotonic clock decides; the wall clock is for people. */
export interface Ending {
  readonly mono: Millis;
  readonly wall: Instant;
}

/** As it outlasts the program. JSON. */
export interface KeptEnding {
  readonly until: Instant;
  /** What was left when it was kept: a clock that was set back makes it no longer. Absent in what programs of long ago kept. */
  readonly left?: Millis;
}

/** A wall clock that is further from where it was than this was set. */
const drift: Millis = seconds(5);

export const endingIn = (span: Millis, clock: Clock): Ending => ({
  mono: clock.monotonic() + span,
  wall: clock.now() + span,
});

/** The moment it ends by the wall clock as it is now; the same one as long as that is not set. */
export function wallOf({ mono, wall }: Ending, clock: Clock): Instant {
  const now = clock.now() + mono - clock.monotonic();
  return Math.abs(now - wall) <= drift ? wall : Math.round(now / 1000) * 1000;
}

export const keptEnding = (ending: Ending, clock: Clock): Required<KeptEnding> => ({
  until: wallOf(ending, clock),
  left: ending.mono - clock.monotonic(),
});

/** What is left of one that a program before kept; 0 or less: nothing. */
export const leftOf = ({ until, left = Infinity }: KeptEnding, clock: Clock): Millis =>
  Math.min(until - clock.now(), left);

/**
 * One that a program before kept goes on; at the same moment, as long as the wall clock was not set meanwhile.
 * @param longest it lasts no longer from now on
 * @returns undefined when its time is over
 */
export function resumedEnding(kept: KeptEnding, longest: Millis, clock: Clock): Ending | undefined {
  const left = Math.min(leftOf(kept, clock), longest);
  if (left <= 0) return undefined;
  const { mono, wall } = endingIn(left, clock);
  return { mono, wall: Math.abs(wall - kept.until) <= drift ? kept.until : wall };
}

/** @throws BothyError `BAD_INPUT` for a span that is none or too long */
export function checkSpan(span: Millis, longest: Millis, source: string): void {
  if (span > 0 && span <= longest) return;
  const most = longest > hours(48) ? `${longest / hours(24)} days` : `${longest / hours(1)} h`;
  const told = formatDuration(span);
  const fault = span > 0 ? `${told} is too long: at most ${most}` : `${told}: it has to last longer than 0 s`;
  throw new BothyError("BAD_INPUT", { source, fault });
}
