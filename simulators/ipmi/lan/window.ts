/** Which sequence numbers of a session were heard. IPMI v2.0 §6.12.13. */
export interface SequenceWindow {
  /** Whether a packet of that number is to be heard: each once, and none too far away. */
  accept(sequence: number): boolean;
}

/**
 * @param highest the number before the first one expected
 * @param ahead how far in front of the highest a number may be
 * @param behind how far back one may be that was not heard yet
 */
export function createWindow(highest: number, ahead: number, behind: number): SequenceWindow {
  let top = highest;
  /** Bit i: number `top - i` was heard. */
  let heard = 1;
  return {
    accept(sequence) {
      if (sequence === 0) return false;
      // The numbers are a ring of 32 bits without 0.
      const distance = (sequence - top) | 0;
      if (distance > ahead || distance < -behind) return false;
      if (distance > 0) {
        heard = distance > 31 ? 1 : (heard << distance) | 1;
        top = sequence;
        return true;
      }
      const bit = 1 << -distance;
      if ((heard & bit) !== 0) return false;
      heard |= bit;
      return true;
    },
  };
}

/** What comes after a sequence number; never 0. */
export const nextSequence = (sequence: number): number => (sequence >= 0xffffffff ? 1 : sequence + 1);
