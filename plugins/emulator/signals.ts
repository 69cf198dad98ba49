import type { Random } from "./random.ts";

/** What a number may be, and how fast it moves. Whole numbers. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** A walk moves by less than this at a time. */
  readonly step: number;
}

/** A number that moves by itself, one move per reading. Synse v3 §8. */
export interface Signal {
  readonly value: number;
  move(): void;
  setMin(min: number): void;
  setMax(max: number): void;
  setCurrent(value: number): void;
}

/** Goes up or down at random by 0..step-1, and is thrown back at its bounds. Begins in the middle. */
export class Walk implements Signal {
  value: number;
  #min: number;
  #max: number;
  readonly #step: number;
  readonly #random: Random;

  constructor({ min, max, step }: Range, random: Random) {
    this.#min = min;
    this.#max = max;
    this.#step = step;
    this.#random = random;
    this.value = Math.trunc((min + max) / 2);
  }

  move(): void {
    // While a new range is being set, its bounds may stand the wrong way round.
    const low = Math.min(this.#min, this.#max);
    const high = Math.max(this.#min, this.#max);
    const clamp = (value: number): number => Math.min(high, Math.max(low, value));
    const size = Math.floor(this.#random() * this.#step);
    const moved = clamp(this.value) + (this.#random() < 0.5 ? -size : size);
    const back = moved > high ? 2 * high - moved : moved < low ? 2 * low - moved : moved;
    this.value = clamp(back);
  }

  setMin(min: number): void {
    this.#min = min;
  }
  setMax(max: number): void {
    this.#max = max;
  }
  setCurrent(value: number): void {
    this.value = value;
  }
}

/** Goes up by one at a time and begins again at its lower bound. */
export class Counter implements Signal {
  value: number;
  #min: number;
  #max: number;

  constructor({ min, max }: Range) {
    this.#min = min;
    this.#max = max;
    this.value = min;
  }

  move(): void {
    this.value = this.value + 1 > this.#max ? this.#min : this.value + 1;
  }

  setMin(min: number): void {
    this.#min = min;
  }
  setMax(max: number): void {
    this.#max = max;
  }
  setCurrent(value: number): void {
    this.value = value;
  }
}
