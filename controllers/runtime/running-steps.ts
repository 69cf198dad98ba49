import { asBothyError } from "../../devices/errors.ts";
import type { Alarm } from "../contract.ts";
import type { EngineMemory, EngineResult } from "./engine.ts";
import { mostFailures } from "./failures.ts";
import type { Failure, Frame } from "./frame.ts";
import type { Outcome } from "./host.ts";
import type { RunningParts } from "./running-parts.ts";

/** The steps of one controller: what each begins with, what comes of it, and what is done when it fails. */
export class RunningSteps {
  readonly #parts: RunningParts;
  /** Has settings for a while end, when their time is over. */
  readonly #endSettings: () => void;

  constructor(parts: RunningParts, endSettings: () => void) {
    this.#parts = parts;
    this.#endSettings = endSettings;
  }

  /** @returns when its function runs elsewhere: resolves when the step is over */
  step(): Promise<void> | undefined {
    const parts = this.#parts;
    if (parts.standing === "stopped") return undefined;
    this.#expire();
    const frame = this.#frame();
    const broken = parts.standing === "broken";
    const { core, host } = parts.version;
    const call = core.begin(frame);
    if (call === undefined) return this.#finish(frame, undefined);
    if (broken) {
      const text = `broken: ${parts.failures.last?.text ?? ""}`;
      return this.#finish(frame, { failure: { kind: "lost", text }, took: 0 });
    }
    const { before } = parts.succession;
    const outcome = host.step(call);
    if (!(outcome instanceof Promise)) return this.#finish(frame, outcome, before);
    return outcome.then((done) => this.#finish(frame, done, before));
  }

  /** A step that did not even come to a failure, which is a fault of ours: fail-safe all the same. Never throws. */
  astray(thrown: unknown): void {
    const parts = this.#parts;
    const { name, deps } = parts;
    const { message, stack } = asBothyError(thrown, `a step of ${name}`);
    deps.log.error({ controller: name, stack }, message);
    if (parts.standing === "stopped") return;
    try {
      parts.version.core.distrust(message);
      parts.mode = "fail-safe";
      parts.published.set({});
      parts.giveWill(message);
      const alarm: Alarm = { id: "fail-safe", severity: "major", text: `fail-safe: ${message}` };
      parts.alarms.set([alarm, ...parts.ownAlarms()]);
    } catch (again) {
      deps.log.error({ controller: name }, asBothyError(again, `fail-safe of ${name}`).message);
    }
  }

  #frame(): Frame {
    const { bound, period, version, wish, rest } = this.#parts;
    const frame = bound.frame(version.host.shape, period, wish.wanted);
    return rest === undefined ? frame : { ...frame, rest };
  }

  #finish(frame: Frame, outcome: Outcome | undefined, before?: EngineMemory): Promise<void> | undefined {
    const { standing, succession, version } = this.#parts;
    // What comes after the end would take back its fail-safe values.
    if (standing === "stopped") return undefined;
    const result = version.core.finish(outcome);
    // The profile has changed since: what it wanted is not for it any more, or not yet.
    if (frame.rest !== this.#parts.rest) return undefined;
    const unfit =
      before === undefined ? undefined : succession.unfit(result.failure?.text, this.#saidOf(result));
    if (before !== undefined && unfit !== undefined) return this.#rollBack(before, unfit);
    this.#heed(frame, result);
    return undefined;
  }

  /** Alarms of the step itself, while it commands. */
  #saidOf({ mode }: EngineResult): readonly Alarm[] {
    return mode === "automatic" ? this.#parts.version.core.alarms : [];
  }

  /** The version before takes over in the same step: no fail-safe in between when it can go on. */
  async #rollBack(before: EngineMemory, why: string): Promise<void> {
    const parts = this.#parts;
    parts.tellTakenBack(parts.succession.rollBack(before, why));
    parts.rebind(true);
    await parts.settings.putAgain(parts.deps.log);
    const { core, host } = parts.version;
    const frame = { ...this.#frame(), dt: parts.last?.dt ?? parts.period / 1000 };
    const call = core.begin(frame);
    this.#heed(frame, core.finish(call === undefined ? undefined : await host.step(call)));
  }

  #heed(frame: Frame, result: EngineResult): void {
    const parts = this.#parts;
    if (parts.standing === "stopped" || frame.rest !== parts.rest) return;
    const { name, deps } = parts;
    const before = parts.mode;
    parts.mode = result.mode;
    parts.steps++;
    parts.took.add(result.trace.took);
    parts.lateness.stepped();
    parts.orders.send(result.orders, parts.bound.rivals);
    parts.published.set(result.published ?? {});
    parts.succession.see(this.#saidOf(result));
    const { rest } = frame;
    if (result.failure !== undefined && rest === undefined) this.#fail(result.failure);
    const { said } = parts.settings;
    const step =
      said.length === 0 ? result.trace : { ...result.trace, limits: [...result.trace.limits, ...said] };
    parts.last = step;
    const latched = parts.alarms.set([...step.alarms, ...parts.ownAlarms()], result.origin);
    if (before !== result.mode)
      deps.event({ kind: "mode", controller: name, mode: result.mode, before, why: step.reason });
    if (rest === undefined) deps.trace(name, step, frame);
    parts.keep(before !== result.mode || latched);
  }

  #fail(failure: Failure): void {
    const { failures, freshStart } = this.#parts;
    if (!failures.add(failure)) return;
    freshStart.owe();
    const why = `${mostFailures} failures within 10 minutes, the last: ${failure.text}`;
    this.#parts.stand("broken", why);
  }

  #expire(): void {
    const parts = this.#parts;
    const now = parts.deps.clock.monotonic();
    if (parts.wish.expire(now)) parts.keep(true);
    if (parts.settings.isOver(now)) this.#endSettings();
    if (parts.standing === "broken") parts.freshStart.pay(parts.version);
    if (parts.failures.isOver(now)) parts.mend("an hour is over");
    parts.succession.expire(now);
  }
}
