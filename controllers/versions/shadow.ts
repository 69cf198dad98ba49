import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { By } from "../runtime/api.ts";
import type { EngineOptions } from "../runtime/engine.ts";
import type { Failure, Frame, StepTrace } from "../runtime/frame.ts";
import type { Host } from "../runtime/host.ts";
import { Comparing, type Comparison } from "./difference.ts";
import { type Beginning, openSecond, type Second } from "./second.ts";
import type { VersionId } from "./store.ts";

/** How a version in shadow does. Plain JSON. */
export interface ShadowStatus {
  readonly id: VersionId;
  readonly name: string;
  readonly version: string;
  readonly since: Instant;
  readonly by: By;
  /** For so long it must compute before it can be promoted. */
  readonly wanted: Millis;
  /** For how long it has. */
  readonly elapsed: Millis;
  readonly steps: number;
  /** Steps that came while it still computed the one before. */
  readonly missed: number;
  readonly failures: number;
  readonly lastFailure?: Failure & { readonly at: Instant };
  readonly comparison: Comparison;
  /** The latest step of both, for people. */
  readonly last?: { readonly wanted: StepTrace["outputs"]; readonly reason: string };
  /** Why it cannot be promoted now; absent: it can. */
  readonly notYet?: string;
}

/** The settings in force, and the version of the state of the version in force. */
export type ShadowBeginning = Pick<Beginning, "settings" | "stateVersion">;

export interface ShadowOptions {
  readonly clock: Clock;
  readonly id: VersionId;
  readonly by: By;
  readonly wanted: Millis;
  readonly engine?: EngineOptions;
}

/**
 * A second version beside the one in force: it computes on the same inputs, commands nothing, and both are compared. It
 * can neither delay nor disturb the one in force: while it is busy, steps pass it by and are counted.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #host: Host;
  readonly #stateVersion: number;
  #second: Second | undefined;
  readonly #since: Instant;
  /** When it began to compute. */
  #begun: Millis | undefined;
  readonly #comparing = new Comparing();
  #settings: Readonly<Record<string, unknown>>;
  #busy = false;
  #closed = false;
  #steps = 0;
  #missed = 0;
  #failures = 0;
  #lastFailure: ShadowStatus["lastFailure"];
  #last: ShadowStatus["last"];

  private constructor(host: Host, { settings, stateVersion = 1 }: ShadowBeginning, options: ShadowOptions) {
    this.#options = options;
    this.#host = host;
    this.#settings = settings;
    this.#stateVersion = stateVersion;
    this.#since = options.clock.now();
  }

  /** @param host closed with the shadow @throws BothyError for settings it does not take; the host is closed then */
  static async open(host: Host, beginning: ShadowBeginning, options: ShadowOptions): Promise<Shadow> {
    try {
      // Told now rather than with the first step.
      await openSecond(host, { settings: beginning.settings }, options.engine);
      return new Shadow(host, beginning, options);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** Told of every step of the version in force. Returns at once, never throws. */
  follow(trace: StepTrace, frame: Frame, settings: Readonly<Record<string, unknown>>): void {
    if (this.#closed) return;
    if (this.#busy) {
      this.#missed++;
      return;
    }
    this.#busy = true;
    void this.#step(trace, frame, settings).finally(() => {
      this.#busy = false;
    });
  }

  status(): ShadowStatus {
    const { clock, id, by, wanted } = this.#options;
    const elapsed = this.#begun === undefined ? 0 : clock.monotonic() - this.#begun;
    const notYet = this.#notYet(elapsed);
    return {
      ...{ id, by, wanted, elapsed },
      name: this.#host.shape.name,
      version: this.#host.shape.version,
      since: this.#since,
      steps: this.#steps,
      missed: this.#missed,
      failures: this.#failures,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      comparison: this.#comparing.result,
      ...(this.#last === undefined ? {} : { last: this.#last }),
      ...(notYet === undefined ? {} : { notYet }),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#host.close();
  }

  async #step(trace: StepTrace, frame: Frame, settings: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      if (this.#second === undefined) {
        await this.#begin(trace, settings);
        return;
      }
      if (settings !== this.#settings) {
        this.#settings = settings;
        await this.#second.configure(settings);
      }
      const { trace: own, failure } = await this.#second.step(frame);
      if (this.#closed) return;
      this.#steps++;
      if (failure !== undefined) this.#failed(failure, trace.at);
      this.#last = { wanted: own.outputs, reason: own.reason };
      this.#comparing.add(trace, own, frame.outputs);
    } catch (error) {
      this.#failed({ kind: "lost", text: asBothyError(error, "the version in shadow").message }, trace.at);
    }
  }

  /** From the state of the version in force, once that is out of fail-safe. */
  async #begin(after: StepTrace, settings: Readonly<Record<string, unknown>>): Promise<void> {
    if (after.mode !== "automatic" && after.mode !== "manual") return;
    const beginning = { settings, after, stateVersion: this.#stateVersion };
    this.#settings = settings;
    this.#second = await openSecond(this.#host, beginning, this.#options.engine);
    this.#begun = this.#options.clock.monotonic();
  }

  #failed(failure: Failure, at: Instant): void {
    if (this.#closed) return;
    this.#failures++;
    this.#lastFailure = { ...failure, at };
  }

  #notYet(elapsed: Millis): string | undefined {
    const { wanted } = this.#options;
    if (this.#failures > 0) return `it failed in ${this.#failures} steps: ${this.#lastFailure?.text ?? ""}`;
    const { large, compared } = this.#comparing.result;
    if (large > 0) return `${large} of ${compared} steps were more than 10 % apart`;
    if (this.#missed > 0) return `it missed ${this.#missed} steps`;
    if (elapsed < wanted)
      return `it has computed for ${Math.floor(elapsed / 1000)} of ${Math.ceil(wanted / 1000)} s`;
    return compared === 0 ? "nothing could be compared yet" : undefined;
  }
}
