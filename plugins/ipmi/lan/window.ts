/** Answers in a row, without a loss, after which a limit that was learnt is put to the test again. */
const trustAfter = 1000;

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

  /** @param full whether as many were under way as allowed: otherwise it says nothing about more */
  answered(full: boolean): void {
    if (++this.#calm >= trustAfter && this.#ceiling < this.#widest) {
      this.#ceiling++;
      this.#calm = 0;
    }
    if (!full || this.#size >= this.#ceiling || ++this.#credit < this.#size) return;
    this.#size++;
    this.#credit = 0;
  }

  /** An answer did not come, or said that the BMC is busy. */
  lost(): void {
    this.#calm = 0;
    this.#credit = 0;
    if (this.#size > 1) this.#ceiling = this.#size - 1;
    this.#size = 1;
  }

  /** A new session: what was learnt stays. */
  restart(): void {
    this.#credit = 0;
    this.#size = 1;
  }
}
