import { type Clock, type Millis } from "../../devices/clock.ts";

interface Bucket {
  /** How much may be taken now. */
  left: number;
  /** When that was so, monotonic. */
  at: Millis;
}

/** More are not kept apart; what has not asked for long is forgotten first. */
const mostKeys = 10_000;

/** How often each of many may do something: so many at once, and so many per second in the long run. */
export class Limiter {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond > 0 @param burst how many at once, >= 1 */
  constructor(clock: Pick<Clock, "monotonic">, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
  }

  /** Takes one. @returns 0, or after how many seconds there is one again */
  take(key: string): number {
    const bucket = this.#filled(key);
    if (bucket.left < 1) return (1 - bucket.left) / this.#perSecond;
    bucket.left -= 1;
    return 0;
  }

  /** Whether one could be taken. */
  has(key: string): boolean {
    const known = this.#buckets.get(key);
    return known === undefined || this.#filled(key).left >= 1;
  }

  #filled(key: string): Bucket {
    const now = this.#clock.monotonic();
    const known = this.#buckets.get(key);
    if (known !== undefined) {
      known.left = Math.min(this.#burst, known.left + ((now - known.at) / 1000) * this.#perSecond);
      known.at = now;
      return known;
    }
    if (this.#buckets.size >= mostKeys) this.#forget(now);
    const made = { left: this.#burst, at: now };
    this.#buckets.set(key, made);
    return made;
  }

  /** Those that are full again are as good as new; when none is, the oldest goes. */
  #forget(now: Millis): void {
    const fullAfter = (this.#burst / this.#perSecond) * 1000;
    for (const [key, { at }] of this.#buckets) if (now - at >= fullAfter) this.#buckets.delete(key);
    if (this.#buckets.size >= mostKeys) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
  }
}

/**
 * What counts as one address: of IPv6 the network, for whoever has one has 2^64 addresses.
 * @param address as a socket says it
 */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("%")[0]?.split("::") ?? [];
  const groups = head.split(":").filter((group) => group !== "");
  const after = (tail ?? "").split(":").filter((group) => group !== "");
  const missing = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}
