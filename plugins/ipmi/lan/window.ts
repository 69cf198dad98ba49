/** Answers in a row, without a loss, after which a limit that was learnt is put to the test again. */
const trustAfter = 300;

/**
 * How many requests may be under way at once. Begins with 1, grows by 1 each time a whole window was answered, and
 * falls back to 1 when an answer gets lost; what was too many then is not tried again soon.
 */
export class RequestWindow {
  readonly #widest: number;
  #size = 1;
  /** What has not been found too many. */
  #ceiling: number;
  /** Answers since the window last changed. */
  #credit = 0;
  /** Answers since the last loss. */
  #calm = 0;

  /** @param widest 1..16 */
  constructor(widest: number) {
    this.#widest = widest;
    this.#ceiling = widest;
  }

  get size(): number {
    return this.#size;
  }

  /** How far it may grow at present. */
  get ceiling(): number {
    return this.#ceiling;
  }

  /** @param proves whether as many were under way as allowed, and none of them is missed: only that speaks for more */
  answered(proves: boolean): void {
    if (++this.#calm >= trustAfter && this.#ceiling < this.#widest) {
      this.#ceiling++;
      this.#calm = 0;
    }
    if (!proves || this.#size >= this.#ceiling || ++this.#credit < this.#size) return;
    this.#size++;
    this.#credit = 0;
  }

  /**
   * An answer did not come, or said that the BMC is busy.
   * @param among how many were under way when that request was sent, itself among them
   */
  lost(among: number): void {
    this.#calm = 0;
    this.#credit = 0;
    if (among > 1) this.#ceiling = Math.min(this.#ceiling, among - 1);
    this.#size = 1;
  }

  /** A new session: what was learnt stays. */
  restart(): void {
    this.#credit = 0;
    this.#size = 1;
  }
}
