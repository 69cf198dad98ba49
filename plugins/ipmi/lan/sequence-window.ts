const ahead = 15;
const behind = 16;

/**
 * The session sequence numbers that are still let in: each once, up to 15 ahead of the highest seen and 16 behind it.
 * IPMI v2.0 §6.12.13. Numbers go from 1 to FFFFFFFFh, then on with 1.
 */
export class SequenceWindow {
  #highest: number | undefined;
  /** Bit n: number `highest - n` was seen. */
  #seen = 0;

  /** @param highest the number before the first that is expected; absent: the first to come says where they start */
  constructor(highest?: number) {
    this.#highest = highest;
    this.#seen = 1;
  }

  /** Takes note of a number. @returns whether it is new and near enough; 0 never is */
  accept(sequence: number): boolean {
    if (sequence === 0) return false;
    if (this.#highest === undefined) {
      this.#highest = sequence;
      return true;
    }
    const step = distance(this.#highest, sequence);
    if (step > ahead || step < -behind) return false;
    if (step > 0) {
      this.#seen = (this.#seen << step) | 1;
      this.#highest = sequence;
      return true;
    }
    const bit = 1 << -step;
    if ((this.#seen & bit) !== 0) return false;
    this.#seen |= bit;
    return true;
  }
}

/** How far `to` is ahead of `from`; negative: behind. There is no 0 between FFFFFFFFh and 1. */
function distance(from: number, to: number): number {
  const raw = to - from;
  if (raw > 0x7fffffff) return raw - 0xffffffff;
  return raw < -0x7fffffff ? raw + 0xffffffff : raw;
}

/** The session sequence number after this one. */
export const nextSequence = (sequence: number): number => (sequence >= 0xffffffff ? 1 : sequence + 1);
