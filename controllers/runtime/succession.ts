import { type Clock, type Millis, minutes } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import type { ControllerEvent, ControllerStatus, SwapOptions, SwapReport } from "./api.ts";
import { type Ending, endingIn, wallOf } from "./ending.ts";
import type { EngineMemory } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { against, Misgivings } from "./misgivings.ts";
import type { Shape } from "./shape.ts";
import { checkOutputs, labelOf, stateFor, tried, type Version } from "./version.ts";

export const defaultProbation: Millis = minutes(15);
const mostMissed = 3;

/** Somebody has to mend a version that was taken back by itself. @param from, to labels */
export const takenBack = (from: string, to: string, why: string): Alarm => ({
  id: "taken-back",
  severity: "warning",
  text: `${to} is in force again, because of ${from}: ${why}; mend it, then swap or promote it anew`,
});

interface Probation {
  readonly previous: Version;
  readonly stateThen: EngineMemory;
  /** Whether it began with a state of its own: then what it has is nothing to go back with. */
  readonly fresh: boolean;
  readonly until: Ending;
  missed: number;
  /** What went wrong before it already. */
  readonly excused: ReturnType<Misgivings["since"]>;
}

interface SuccessionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly event: (event: ControllerEvent) => void;
}

/** The version of one controller that is in force, and the one before it while that may still come back. */
export class Succession {
  readonly #name: string;
  readonly #deps: SuccessionDeps;
  #current: Version;
  readonly #misgivings = new Misgivings();
  #probation: Probation | undefined;

  constructor(name: string, first: Version, deps: SuccessionDeps) {
    this.#name = name;
    this.#current = first;
    this.#deps = deps;
  }

  get current(): Version {
    return this.#current;
  }

  /** What a step goes on from, when the version may have to give way because of it. */
  get before(): EngineMemory | undefined {
    return this.#probation === undefined ? undefined : this.#current.core.memory;
  }

  get status(): Pick<ControllerStatus, "probation"> {
    if (this.#probation === undefined) return {};
    const { until, previous } = this.#probation;
    return { probation: { until: wallOf(until, this.#deps.clock), previous: labelOf(previous) } };
  }

  miss(count: number): void {
    if (this.#probation !== undefined) this.#probation.missed += count;
  }

  /** Alarms of a step of the version in force. */
  see(alarms: readonly Alarm[]): void {
    this.#misgivings.see(this.#deps.clock.monotonic(), alarms);
  }

  /** @param alarms of a step that commands @returns why the version has to give way */
  unfit(failure: string | undefined, alarms: readonly Alarm[]): string | undefined {
    if (this.#probation === undefined) return undefined;
    const { missed, excused } = this.#probation;
    if (failure !== undefined) return failure;
    if (missed > mostMissed) return `it missed more than ${mostMissed} deadlines`;
    return against(alarms, excused);
  }

  expire(now: Millis): void {
    if (this.#probation === undefined || this.#probation.until.mono > now) return;
    void this.#probation.previous.host.close();
    this.#probation = undefined;
  }

  /**
   * Puts another version in force, between two steps, with the state of the one before.
   * @param trial makes a frame for a step whose outputs nobody sees
   * @throws BothyError: then the one before goes on
   */
  async takeOver(next: Version, options: SwapOptions, trial: (shape: Shape) => Frame): Promise<SwapReport> {
    const { clock, log, event } = this.#deps;
    const began = clock.monotonic();
    const before = this.#current;
    const memory = before.core.memory;
    const { state, how } =
      options.handover === "fresh"
        ? { state: await next.host.init(), how: "fresh" as const }
        : await stateFor(next, memory);
    checkOutputs(next, before.host.shape);
    const first = await tried(next, memory, state, trial(next.host.shape), how === "fresh");
    next.core.resume(memory, first);
    const probation = options.probation ?? defaultProbation;
    await this.#probation?.previous.host.close();
    this.#probation = {
      previous: before,
      stateThen: memory,
      fresh: how === "fresh",
      until: endingIn(probation, clock),
      missed: 0,
      excused: this.#misgivings.since(clock.monotonic() - probation),
    };
    this.#current = next;
    const [from, to] = [labelOf(before), labelOf(next)];
    const report: SwapReport = { from, to, state: how, pause: clock.monotonic() - began };
    const { who, why } = options;
    log.info({ controller: this.#name, ...report, who, why }, `${this.#name}: ${to} takes over from ${from}`);
    event({ kind: "swapped", controller: this.#name, by: { who, why }, report, source: next.source });
    return report;
  }

  /** @param before what the step that failed began with @returns what somebody has to see */
  rollBack(before: EngineMemory, why: string): Alarm | undefined {
    if (this.#probation === undefined) return undefined;
    const { log, event } = this.#deps;
    const bad = this.#current;
    const { previous, stateThen, fresh } = this.#probation;
    this.#probation = undefined;
    const same = !fresh && before.stateVersion === stateThen.stateVersion;
    previous.core.resume(before, same ? before.state : stateThen.state);
    this.#current = previous;
    const [from, to] = [labelOf(bad), labelOf(previous)];
    log.error(
      { controller: this.#name, from, to },
      `${this.#name}: back to ${to}, because of ${from}: ${why}`,
    );
    event({ kind: "rolled back", controller: this.#name, from, to, why, source: previous.source });
    void bad.host.close();
    return takenBack(from, to, why);
  }

  async close(): Promise<void> {
    await this.#current.host.close();
    await this.#probation?.previous.host.close();
  }
}
