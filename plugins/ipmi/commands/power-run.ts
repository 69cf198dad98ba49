import { type Clock, type Millis, sleep } from "../../../devices/clock.ts";
import { asBothyError, BothyError } from "../../../devices/errors.ts";
import type { AskOptions } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { type ChassisAction, chassisControl, type ChassisStatus, getChassisStatus } from "./chassis.ts";

export interface PowerRunOptions extends AskOptions {
  readonly clock: Clock;
  /** Between two looks at the status. Default 500 ms. */
  readonly interval?: Millis;
  /** Told what is being done, for people who wait. */
  readonly onStep?: (step: PowerStep) => void;
}

/** One thing done on the way. */
export interface PowerStep {
  readonly did: ChassisAction | "waited";
  /** How it went, for people. */
  readonly result: string;
}

/** What was seen in the end: the last status, and what went wrong when there is none. */
interface Seen {
  readonly status?: ChassisStatus;
  readonly error?: BothyError;
}

const defaultInterval: Millis = 500;
/** How often a controller that is busy is told again. */
const mostTries = 5;

/** One power action under way: sends, looks, waits. Decides nothing. */
export class PowerRun {
  readonly name: string;
  readonly clock: Clock;
  readonly #requester: Requester;
  readonly #options: PowerRunOptions;

  constructor(requester: Requester, options: PowerRunOptions) {
    this.name = requester.name;
    this.clock = options.clock;
    this.#requester = requester;
    this.#options = options;
  }

  tell(did: PowerStep["did"], result: string): void {
    this.#options.onStep?.({ did, result });
  }

  /**
   * Sends once. A controller that says it is busy (C0h) has not done it, so it is told again.
   * @returns `doubt` when it may or may not have arrived
   * @throws BothyError when it was refused, `STOPPED`
   */
  async send(action: ChassisAction): Promise<{ readonly doubt?: BothyError }> {
    for (let tries = 1; ; tries++) {
      this.#stopIfAborted();
      try {
        await chassisControl(this.#requester, action, this.#options);
        this.tell(action, "accepted");
        return {};
      } catch (thrown) {
        const error = asBothyError(thrown, this.name);
        this.tell(action, error.message);
        if (error.code === "OUTCOME_UNKNOWN") return { doubt: error };
        if (completionOf(error) !== 0xc0 || tries >= mostTries) throw error;
      }
      await this.pause();
    }
  }

  /**
   * Looks at the status until it shows what is wanted, at least once.
   * @returns the last status seen, also when it is another; absent when none could be read
   * @throws BothyError what no repetition can mend, `STOPPED`
   */
  async see(wanted: (status: ChassisStatus) => boolean, deadline: Millis): Promise<Seen> {
    let seen: Seen = {};
    for (;;) {
      this.#stopIfAborted();
      try {
        const status = await getChassisStatus(this.#requester, this.#options);
        seen = { status };
        if (wanted(status)) return seen;
      } catch (thrown) {
        const error = asBothyError(thrown, this.name);
        if (!error.retry || error.code === "STOPPED") throw error;
        seen = { ...seen, error };
      }
      if (this.clock.monotonic() >= deadline) return seen;
      await this.pause();
    }
  }

  /**
   * Waits for the machine to be on, or off.
   * @param doubt thrown in place of `NOT_CONFIRMED`: whether the command arrived at all is not known
   * @throws BothyError `NOT_CONFIRMED`, `OUTCOME_UNKNOWN`
   */
  async until(on: boolean, deadline: Millis, doubt?: BothyError): Promise<ChassisStatus> {
    const { status, error } = await this.see((seen) => seen.on === on, deadline);
    if (status?.on === on) return status;
    if (doubt !== undefined) throw doubt;
    if (status !== undefined) throw this.#notConfirmed(on, status);
    throw this.#unseen(error);
  }

  pause(): Promise<void> {
    return sleep(this.clock, this.#options.interval ?? defaultInterval, this.#options.signal);
  }

  #notConfirmed(on: boolean, status: ChassisStatus): BothyError {
    return new BothyError("NOT_CONFIRMED", {
      source: this.name,
      wanted: word(on),
      got: word(status.on),
    });
  }

  #unseen(cause: BothyError | undefined): BothyError {
    const fault = `the chassis status could not be read: ${cause?.message ?? "no answer"}`;
    return new BothyError("OUTCOME_UNKNOWN", { source: this.name, fault }, { cause });
  }

  #stopIfAborted(): void {
    if (this.#options.signal?.aborted === true) throw new BothyError("STOPPED", { source: this.name });
  }
}

const word = (on: boolean): string => (on ? "on" : "off");
