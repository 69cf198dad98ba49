import { type Clock, type Instant, type Millis, soon } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { EngineOptions } from "../runtime/engine.ts";
import type { Failure, StepTrace } from "../runtime/frame.ts";
import type { Host } from "../runtime/host.ts";
import { completeSettings, type FittedSetting, fittedSettings } from "../runtime/settings.ts";
import type { Shape } from "../runtime/shape.ts";
import { frameOf, type Recorded } from "../trace/recorded.ts";
import type { Numbered } from "../trace/traced.ts";
import { Comparing, type Comparison } from "./difference.ts";
import { openSecond, type Second } from "./second.ts";
import type { VersionId } from "./store.ts";

export interface ReplayOptions {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "monotonic">;
  /** In place of the recorded ones: what would have been. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** So many steps at the most. */
  readonly most: number;
  readonly engine?: EngineOptions;
  /** Told of every step. */
  readonly each?: (recorded: Numbered<Recorded>, replayed: StepTrace) => void;
}

/** What became of a replay. Plain JSON. */
export interface ReplayReport {
  readonly name: string;
  readonly version: string;
  /** Steps that were replayed. */
  readonly steps: number;
  /** Steps before the first recorded state: from there a replay can begin. */
  readonly skipped: number;
  readonly from?: Instant;
  readonly to?: Instant;
  /** Versions that were in force then. */
  readonly recorded: readonly VersionId[];
  /** How often it began anew from a recorded state: where the program was restarted, or steps are missing. */
  readonly begun: number;
  readonly failures: number;
  readonly lastFailure?: Failure & { readonly at: Instant };
  /** Recorded settings that this version does not take, and what it was given in their place: some of them. */
  readonly fitted: readonly FittedSetting[];
  readonly comparison: Comparison;
  /** Whether there is more than `most` steps. */
  readonly cut: boolean;
}

/** As many are told of. */
const mostFitted = 50;

/** The event loop is not held for longer. */
const turn: Millis = 10;

/**
 * Steps a version through recorded history: the same inputs, what was in force then, and the recorded settings, as near as
 * it takes them. What it wants is compared with what was wanted then. What it wants changes nothing of what it sees next: the air followed the
 * version that was in force.
 * @param open a host of the version, for every beginning; closed here
 */
export async function replay(
  steps: AsyncIterable<Numbered<Recorded>>,
  open: () => Promise<Host>,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const { clock, signal, most } = options;
  const first = await open();
  const run = new Replay(first.shape, open, options);
  await first.close();
  // A name nobody has would change nothing, and look like an answer.
  if (options.settings !== undefined) completeSettings(first.shape, options.settings);
  let cut = false;
  let since = clock.monotonic();
  try {
    for await (const step of steps) {
      if (signal.aborted) break;
      if (run.steps >= most) {
        cut = true;
        break;
      }
      await run.add(step);
      if (clock.monotonic() - since > turn) {
        await new Promise<void>(soon);
        since = clock.monotonic();
      }
    }
  } finally {
    await run.leave();
  }
  return { ...run.report(), cut };
}

class Replay {
  readonly #shape: Shape;
  readonly #open: () => Promise<Host>;
  readonly #options: ReplayOptions;
  readonly #comparing = new Comparing();
  readonly #recorded = new Set<VersionId>();
  #second: Second | undefined;
  #settings: Recorded["settings"] | undefined;
  #last: Numbered<Recorded> | undefined;
  #skipped = 0;
  #begun = 0;
  #failures = 0;
  #lastFailure: ReplayReport["lastFailure"];
  readonly #fitted = new Map<string, FittedSetting>();
  #from: Instant | undefined;
  #to: Instant | undefined;
  steps = 0;

  constructor(shape: Shape, open: () => Promise<Host>, options: ReplayOptions) {
    this.#shape = shape;
    this.#open = open;
    this.#options = options;
  }

  async add(step: Numbered<Recorded>): Promise<void> {
    const before = this.#last;
    this.#last = step;
    const goesOn = before !== undefined && goesOnFrom(before, step);
    if (!goesOn) await this.leave();
    if (this.#second === undefined) {
      if (!goesOn || before.state === undefined || !canBegin(before, step)) {
        this.#skipped++;
        return;
      }
      await this.#begin(before, step);
    }
    await this.#take(step.settings);
    if (this.#second !== undefined) await this.#step(this.#second, step);
  }

  async leave(): Promise<void> {
    const second = this.#second;
    this.#second = undefined;
    await second?.close();
  }

  report(): Omit<ReplayReport, "cut"> {
    const { name, version } = this.#shape;
    return {
      ...{ name, version, steps: this.steps, skipped: this.#skipped, begun: this.#begun },
      ...(this.#from === undefined ? {} : { from: this.#from }),
      ...(this.#to === undefined ? {} : { to: this.#to }),
      recorded: [...this.#recorded],
      failures: this.#failures,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      fitted: [...this.#fitted.values()],
      comparison: this.#comparing.result,
    };
  }

  async #begin(after: Numbered<Recorded>, step: Numbered<Recorded>): Promise<void> {
    const host = await this.#open();
    try {
      const { stateVersion } = after;
      this.#second = await this.#settled(step.settings, (settings) =>
        openSecond(host, { settings, after, stateVersion }, this.#options.engine),
      );
    } catch (error) {
      await host.close();
      throw error;
    }
    this.#settings = step.settings;
    this.#begun++;
  }

  async #take(settings: Recorded["settings"]): Promise<void> {
    const same = this.#settings === settings || JSON.stringify(this.#settings) === JSON.stringify(settings);
    this.#settings = settings;
    const second = this.#second;
    if (!same && second !== undefined) await this.#settled(settings, (fitted) => second.configure(fitted));
  }

  /** With recorded settings as near as the version takes them; with its own where it does not take them together. */
  async #settled<T>(
    recorded: Recorded["settings"],
    work: (settings: Recorded["settings"]) => Promise<T>,
  ): Promise<T> {
    const given = this.#options.settings ?? {};
    const replaced = Object.entries(recorded).filter(([name]) => !Object.hasOwn(given, name));
    const { settings, fitted } = fittedSettings(this.#shape, Object.fromEntries(replaced));
    for (const one of fitted) this.#fit(one);
    try {
      return await work({ ...settings, ...given });
    } catch (thrown) {
      if (!(thrown instanceof BothyError) || thrown.code !== "BAD_INPUT") throw thrown;
      const done = await work(given);
      const why = `they are not taken together, so it has its own: ${thrown.message}`;
      this.#fit({ name: "all", was: settings, why });
      return done;
    }
  }

  #fit(one: FittedSetting): void {
    const key = `${one.name} ${JSON.stringify(one.was)}`;
    if (this.#fitted.size < mostFitted) this.#fitted.set(key, one);
  }

  async #step(second: Second, step: Numbered<Recorded>): Promise<void> {
    const { trace, failure } = await second.step(frameOf(step));
    this.steps++;
    this.#recorded.add(step.versionId);
    this.#from ??= step.at;
    this.#to = step.at;
    if (failure !== undefined) {
      this.#failures++;
      this.#lastFailure = { ...failure, at: step.at };
    }
    this.#comparing.add(step, trace, step.targets);
    this.#options.each?.(step, trace);
  }
}

/**
 * How far a recovery from fail-safe had come is not known, so a replay begins outside of it, or with the first step after
 * it; the same of one that was off.
 */
const canBegin = (before: Recorded, step: Recorded): boolean =>
  before.mode === "automatic" ||
  before.mode === "manual" ||
  (before.mode === "fail-safe" ? step.mode !== "fail-safe" && step.mode !== "off" : step.mode === "off");

/** Whether no step is missing between the two, and the program was not restarted. */
const goesOnFrom = (before: Numbered<Recorded>, step: Numbered<Recorded>): boolean =>
  step.n === before.n + 1 && step.begins !== true;
