/** Who asked for something, and why. */
export interface AskedBy {
  readonly who: string;
  readonly why: string;
}
