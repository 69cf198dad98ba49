import type { Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Priority } from "../../devices/plugin.ts";

export interface TurnOptions {
  readonly priority: Priority;
  /** On `Clock.monotonic`: among equal priorities the earlier goes first, then the one that asked first. */
  readonly deadline: Millis;
  readonly signal: AbortSignal;
}

export interface BusOptions {
  /** For error texts. */
  readonly name: string;
  /** How many turns may be taken at once; 1 on anything half-duplex. */
  readonly width?: number;
  /**
   * Awaited while somebody waits and before the next is chosen, so that a write that comes during the silence
   * between two frames still goes first. Undefined: the line is ready now.
   */
  readonly ready?: () => Promise<void> | undefined;
}

interface Waiting extends TurnOptions {
  readonly order: number;
  readonly start: () => void;
  readonly reject: (error: BothyError) => void;
}

const before = (a: Waiting, b: Waiting): boolean =>
  a.priority !== b.priority
    ? a.priority < b.priority
    : a.deadline !== b.deadline
      ? a.deadline < b.deadline
      : a.order < b.order;

/** Turn-taking on a line: one conversation at a time, the most urgent first. A turn under way is never cut short. */
export class Bus {
  readonly #options: BusOptions;
  readonly #width: number;
  readonly #waiting = new Set<Waiting>();
  #taken = 0;
  #order = 0;
  #choosing = false;
  #stopped: BothyError | undefined;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#width = options.width ?? 1;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs `work` when its turn has come.
   * @throws BothyError `STOPPED` when aborted before that, or the reason given to `stop`
   */
  turn<T>(options: TurnOptions, work: () => Promise<T>): Promise<T> {
    const { signal } = options;
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    if (signal.aborted) return Promise.reject(this.#aborted());
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(entry);
        signal.removeEventListener("abort", abort);
      };
      const abort = (): void => entry.reject(this.#aborted());
      const entry: Waiting = {
        ...options,
        order: this.#order++,
        start: () => {
          leave();
          work().then(resolve, reject).finally(this.#release);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.add(entry);
      this.#choose();
    });
  }

  /** Whoever waits, and everybody who comes later, is turned away with `reason`. */
  stop(reason: BothyError): void {
    this.#stopped ??= reason;
    for (const entry of [...this.#waiting]) entry.reject(this.#stopped);
  }

  readonly #release = (): void => {
    this.#taken--;
    this.#choose();
  };

  #aborted(): BothyError {
    return new BothyError("STOPPED", { source: this.#options.name });
  }

  #choose(waited = false): void {
    while (!this.#choosing && this.#taken < this.#width && this.#waiting.size > 0) {
      const ready = waited ? undefined : this.#options.ready?.();
      if (ready !== undefined) {
        this.#choosing = true;
        void ready.then(() => {
          this.#choosing = false;
          this.#choose(true);
        });
        return;
      }
      let first: Waiting | undefined;
      for (const entry of this.#waiting) if (first === undefined || before(entry, first)) first = entry;
      this.#taken++;
      first?.start();
    }
  }
}
