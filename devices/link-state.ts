import type { Clock, Instant } from "./clock.ts";
import { BothyError } from "./errors.ts";
import type { PollerStats } from "./poller.ts";

export type LinkState = "idle" | "opening" | "open" | "waiting" | "stopped";

/** Plain JSON, for `GET /api/buses`. */
export interface LinkStatus {
  readonly name: string;
  readonly state: LinkState;
  /** When it entered this state. */
  readonly since: Instant;
  readonly devices: number;
  /** How many times it was open. */
  readonly opened: number;
  /** Why it last closed or failed to open, and when. */
  readonly lastError?: { readonly code: string; readonly text: string; readonly at: Instant };
  readonly poller?: PollerStats;
  /** What the connection says of itself. */
  readonly report?: object;
}

/** Which state a link is in, since when and why. */
export class LinkCondition {
  readonly #name: string;
  readonly #clock: Pick<Clock, "now">;
  #state: LinkState = "idle";
  #since: Instant;
  #opened = 0;
  #lastError: LinkStatus["lastError"];
  #whyDown: BothyError | undefined;

  constructor(name: string, clock: Pick<Clock, "now">) {
    this.#name = name;
    this.#clock = clock;
    this.#since = clock.now();
  }

  get state(): LinkState {
    return this.#state;
  }

  enter(state: LinkState): void {
    this.#state = state;
    this.#since = this.#clock.now();
    if (state === "open") this.#opened++;
  }

  /** Whether it was ever down for a reason. */
  get hasFailed(): boolean {
    return this.#lastError !== undefined;
  }

  /** It is down, for a reason. @returns what its values say from now on */
  fell(reason: BothyError): BothyError {
    const error = asLineDown(reason, this.#name);
    this.#whyDown = error;
    this.#lastError = { code: reason.code, text: error.message, at: this.#clock.now() };
    return error;
  }

  /** What to say to whoever asks for something while it is not open. */
  down(): BothyError {
    if (this.#state === "stopped") return new BothyError("STOPPED", { source: this.#name });
    const fault = `it is ${this.#state}`;
    return this.#whyDown ?? new BothyError("LINE_DOWN", { source: this.#name, fault });
  }

  status(): Pick<LinkStatus, "state" | "since" | "opened" | "lastError"> {
    return {
      state: this.#state,
      since: this.#since,
      opened: this.#opened,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }
}

const asLineDown = (reason: BothyError, source: string): BothyError =>
  reason.code === "LINE_DOWN"
    ? reason
    : new BothyError("LINE_DOWN", { source, fault: reason.message }, { cause: reason });
