import { type Clock, type Millis, soon } from "../../devices/clock.ts";

/** How long sockets are served at a stretch before anything else has its turn: requests that came in, polls. */
const stretch: Millis = 5;

/**
 * Serves sockets that have much to send, one after the other, each once in a round. The system takes what is sent at
 * once as long as its buffers last, and says so before anything else happens: without rounds, a thousand streams that
 * begin together would send all they have while everybody else waits for seconds.
 */
export class Rounds {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #waiting = new Set<() => void>();
  #running = false;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Has `turn` called when it is its turn; once, however often it asks before. It must not throw. */
  join(turn: () => void): void {
    this.#waiting.add(turn);
    if (this.#running) return;
    this.#running = true;
    soon(() => this.#serve());
  }

  /** Forgets one that has left. */
  leave(turn: () => void): void {
    this.#waiting.delete(turn);
  }

  #serve(): void {
    const until = this.#clock.monotonic() + stretch;
    for (const turn of this.#waiting) {
      // Behind the others, should it ask again.
      this.#waiting.delete(turn);
      turn();
      if (this.#clock.monotonic() >= until) break;
    }
    this.#running = this.#waiting.size > 0;
    if (this.#running) soon(() => this.#serve());
  }
}
