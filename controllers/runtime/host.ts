import type { Instant, Millis } from "../../devices/clock.ts";
import type { StepResult } from "../contract.ts";
import type { Frame, Failure } from "./frame.ts";
import type { Configured, Shape } from "./shape.ts";

export type Maybe<T> = T | Promise<T>;

/** A step's context without settings and nominal period, which the host knows. */
export interface Call {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly state: unknown;
  readonly dt: number;
  readonly applied: Frame["outputs"];
  readonly mode: "automatic" | "manual";
  readonly at: Instant;
  readonly localHour: number;
}

/** What became of a step. `result` is not looked at yet: it may be anything. */
export interface Outcome {
  readonly result?: StepResult;
  readonly failure?: Failure;
  readonly took: Millis;
}

/** Where a definition's functions run: here, or in a thread of their own. Nothing here throws but `close`. */
export interface Host {
  readonly shape: Shape;
  /**
   * Takes settings into use, complete as they are.
   * @throws BothyError `BAD_CONFIG`, `INTERNAL`: what is wrong with them; those before stay in use
   */
  configure(settings: Readonly<Record<string, unknown>>): Maybe<Configured>;
  /** @throws BothyError when the definition's `init` does */
  init(): Maybe<unknown>;
  /** State of an older version as this one's. @throws BothyError when the definition's `migrate` does */
  migrate(state: unknown, from: number): Maybe<unknown>;
  step(call: Call): Maybe<Outcome>;
  close(): Promise<void>;
}
