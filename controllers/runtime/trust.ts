export interface TrustOptions {
  /** How long everything stays as it is when a required input is missing, ms. Default 0: fail-safe at once. */
  readonly holdFor?: number;
  /** Steps in a row with everything there, before fail-safe is left. Default 3. */
  readonly recoverAfter?: number;
}

/** What is remembered of it from engine to engine. */
export interface TrustMemory {
  readonly failSafe: boolean;
  readonly goods: number;
  readonly why: string;
}

/**
 * Whether a controller may command what it wants. Not at first and not after a failure: then it is in fail-safe, until
 * enough steps in a row had everything they need. Missing inputs may be waited for before that.
 */
export class Trust {
  readonly #holdFor: number;
  readonly #recoverAfter: number;
  #failSafe = true;
  #why = "it has just begun";
  #begun = true;
  #goods = 0;
  /** Seconds for which required inputs have been missing while everything was held. */
  #missingFor = 0;
  /** Seconds for which missing inputs are held in any case: just after a restart nothing has been read yet. */
  #grace = 0;
  #off = false;

  constructor({ holdFor = 0, recoverAfter = 3 }: TrustOptions) {
    this.#holdFor = holdFor / 1000;
    this.#recoverAfter = recoverAfter;
  }

  get failSafe(): boolean {
    return this.#failSafe;
  }

  /** Whether the next step, when it is good, is not obeyed yet. */
  get recovering(): boolean {
    return this.#failSafe && this.#goods + 1 < this.#recoverAfter;
  }

  /** Whether fail-safe is more than the beginning. */
  get isFault(): boolean {
    return !this.#begun;
  }

  /** Why it is in fail-safe, for people. */
  get reason(): string {
    const count = this.#goods > 0 ? `; ${this.#goods} of ${this.#recoverAfter} good steps` : "";
    return `fail-safe: ${this.#why}${count}`;
  }

  get memory(): TrustMemory {
    return { failSafe: this.#failSafe, goods: this.#goods, why: this.#why };
  }

  /** @param grace seconds, @param anew whether being in fail-safe now is no fault */
  resume({ failSafe, goods, why }: TrustMemory, grace: number, anew: boolean): void {
    this.#failSafe = failSafe;
    this.#goods = goods;
    this.#why = why;
    this.#grace = grace;
    this.#begun = anew;
  }

  /** Into fail-safe. */
  lose(why: string): void {
    this.#failSafe = true;
    this.#begun = false;
    this.#goods = 0;
    this.#why = why;
  }

  switchOff(): void {
    this.#off = true;
  }

  /** Nothing happens unless it was off. */
  switchOn(): void {
    if (!this.#off) return;
    this.#off = false;
    this.lose("it was switched off until now");
    this.#begun = true;
  }

  /**
   * Required inputs are missing.
   * @returns for how many seconds more everything stays as it is; undefined: it is in fail-safe now
   */
  miss(dt: number, why: string): number | undefined {
    this.#goods = 0;
    const limit = Math.max(this.#holdFor, this.#grace);
    if (!this.#failSafe) {
      this.#missingFor += dt;
      if (this.#missingFor <= limit) return limit - this.#missingFor;
    }
    this.complete();
    this.lose(why);
    return undefined;
  }

  /** All required inputs are there. */
  complete(): void {
    this.#missingFor = 0;
    this.#grace = 0;
  }

  /** A step went well. */
  gain(): void {
    if (!this.#failSafe) return;
    this.#goods++;
    if (this.#goods >= this.#recoverAfter) this.#failSafe = false;
  }
}
