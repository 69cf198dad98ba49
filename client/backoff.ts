/** How long to wait before trying again. In ms. */
export interface Backoff {
  /** The longest first pause. */
  readonly least: number;
  /** The longest pause of all. */
  readonly most: number;
}

/**
 * A pause anywhere between nothing and a span that doubles with every attempt: many clients that lost the same server
 * do not come back at the same moment.
 * @param attempt 0 for the first pause
 * @param random 0 ≤ random < 1
 */
export const pauseBefore = ({ least, most }: Backoff, attempt: number, random: number): number =>
  random * Math.min(most, least * 2 ** Math.min(attempt, 30));
