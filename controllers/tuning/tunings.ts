import { type Clock, type Instant, type Millis, minutes } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import { type Origin, slots } from "../../devices/transaction.ts";
import type { Writer } from "../../devices/writer.ts";
import type { By, ControllerEvent, ControllerRuntime, ControllerStatus } from "../runtime/api.ts";
import type { StepTrace } from "../runtime/frame.ts";
import type { Fopdt } from "../library/tuning.ts";
import { boundsOf, type Course, type Moved, plannedTrial, type TuneRequest } from "./plan.ts";
import { type Proposed, proposalOf } from "./proposal.ts";
import { type TrialResult, type TrialSettings, type TrialState, trialInit, trialStep } from "./trial.ts";

/**
 * What is commanded ends so soon when nobody renews it: the program that ended in the middle of a trial leaves nothing
 * behind.
 */
const lease: Millis = minutes(5);
/** Points of the course that are told of. */
const mostCourse = 240;

/** A search for the gains of a controller's loop. Plain JSON. */
export interface TuningStatus {
  readonly controller: string;
  readonly method: TrialSettings["method"];
  readonly phase: "settling" | "testing" | "done" | "failed";
  /** What it does now, or why it ended; for people. */
  readonly text: string;
  readonly since: Instant;
  readonly ended?: Instant;
  readonly by: By;
  readonly output: string;
  readonly centre: number;
  readonly height: number;
  readonly least: number;
  readonly most: number;
  readonly reference?: number;
  readonly cycles?: number;
  readonly plant?: Fopdt & { readonly explained: number };
  readonly proposal?: readonly Proposed[];
  readonly course: readonly Course[];
}

export interface TuningsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly writer: Writer;
}

export interface TuneBy extends By {
  readonly origin?: Origin;
}

interface Trial {
  readonly controller: string;
  readonly settings: TrialSettings;
  readonly moved: Moved;
  readonly by: TuneBy;
  readonly since: Instant;
  readonly course: Course[];
  state: TrialState;
  phase: TuningStatus["phase"];
  text: string;
  ended?: Instant;
  found?: TrialResult["found"];
  proposal?: readonly Proposed[];
  /** What was commanded last, and when on the monotonic clock. */
  output: number | undefined;
  renewed: Millis;
}

/**
 * Finds gains by trying, one controller at a time. What a controller commands is held in the slot of an operator, as by
 * an override: its step follows, whatever is stronger stays stronger, and when the trial is over it goes on without a
 * bump. Nothing is changed but that; what is found is a proposal.
 */
export class Tunings {
  readonly #deps: TuningsDeps;
  readonly #trials = new Map<string, Trial>();
  #runtime: ControllerRuntime | undefined;
  #stops: readonly (() => void)[] = [];

  constructor(deps: TuningsDeps) {
    this.#deps = deps;
  }

  follow(runtime: ControllerRuntime): void {
    this.#runtime = runtime;
    this.#stops = [
      runtime.onTrace((name, trace) => {
        const trial = this.#trials.get(name);
        if (trial !== undefined && trial.ended === undefined) this.#step(trial, trace);
      }),
      runtime.onEvent((event) => this.#heed(event)),
    ];
  }

  /**
   * Begins a trial.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` with the limit that is broken, `BUSY` while another one is under way or
   * the controller is not in automatic
   */
  start(controller: string, request: TuneRequest, by: TuneBy): TuningStatus {
    const status = this.#statusOf(controller);
    for (const trial of this.#trials.values())
      if (trial.ended === undefined) {
        const fault = `a trial of ${trial.controller} is under way: one at a time, they would disturb each other`;
        throw new BothyError("BUSY", { source: `controller ${controller}`, fault });
      }
    fit(status);
    const bounds = boundsOf(status, request, this.#deps.writer);
    const { settings, moved } = plannedTrial(status, request, bounds);
    const trial: Trial = {
      ...{ controller, settings, moved, by, state: trialInit(), course: [] },
      since: this.#deps.clock.now(),
      phase: "settling",
      text: `waits at ${settings.centre} % until the measurement is steady`,
      output: undefined,
      renewed: -Infinity,
    };
    this.#trials.set(controller, trial);
    this.#deps.log.info(
      { controller, ...request, who: by.who, why: by.why },
      `${by.who} tunes ${controller}`,
    );
    try {
      this.#command(trial, settings.centre);
    } catch (thrown) {
      this.#trials.delete(controller);
      this.#release(trial, "it could not begin");
      throw thrown;
    }
    return statusOf(trial);
  }

  /** The trial that is under way, or ended last. */
  status(controller: string): TuningStatus | undefined {
    const trial = this.#trials.get(controller);
    return trial === undefined ? undefined : statusOf(trial);
  }

  /** Calls a trial off. @throws BothyError `NOT_FOUND` when there is none */
  end(controller: string, by: By): TuningStatus {
    const trial = this.#trials.get(controller);
    if (trial === undefined) throw new BothyError("NOT_FOUND", { source: `a trial of ${controller}` });
    if (trial.ended === undefined) this.#finish(trial, "failed", `called off by ${by.who}: ${by.why}`);
    return statusOf(trial);
  }

  /** Gives up whatever is held. */
  close(): void {
    for (const stop of this.#stops) stop();
    for (const trial of this.#trials.values())
      if (trial.ended === undefined) this.#finish(trial, "failed", "the program stops");
  }

  #statusOf(controller: string): ControllerStatus {
    const status = this.#runtime?.get(controller);
    if (status === undefined) throw new BothyError("NOT_FOUND", { source: `controller ${controller}` });
    return status;
  }

  #step(trial: Trial, trace: StepTrace): void {
    const against = this.#against(trial, trace);
    if (against !== undefined) {
      this.#finish(trial, "failed", against);
      return;
    }
    const pv = trace.terms?.[trial.moved.pv];
    if (pv === undefined) {
      this.#finish(trial, "failed", `the step told no \`${trial.moved.pv}\`: ${trace.reason}`);
      return;
    }
    const result = trialStep(trial.state, { pv, dt: trace.dt }, trial.settings);
    trial.state = result.state;
    trial.phase = result.state.phase;
    trial.text = result.text;
    trial.course.push({ at: trace.at, pv, output: trial.output ?? result.output });
    if (trial.course.length > 2 * mostCourse) thin(trial.course);
    if (result.failed !== undefined) this.#finish(trial, "failed", result.failed);
    else if (result.found !== undefined) this.#found(trial, result.found, result.text, trace);
    else
      try {
        this.#command(trial, result.output);
      } catch (thrown) {
        this.#finish(trial, "failed", asBothyError(thrown, trial.controller).message);
      }
  }

  /** Why a trial must not go on. */
  #against({ moved, by, controller }: Trial, trace: StepTrace): string | undefined {
    if (trace.mode !== "automatic") return `the controller is in ${trace.mode}: ${trace.reason}`;
    if (trace.failure !== undefined) return `its step failed: ${trace.failure.text}`;
    const who = whoOf(controller, by);
    for (const { device, name, action } of moved.targets) {
      const inForce = this.#deps.writer.array(device).find((one) => one.action === action)?.inForce;
      if (inForce?.slot !== slots.operator || inForce.who !== who)
        return inForce === undefined
          ? `what it commanded of ${name} ${action} is given up`
          : `${name} ${action} is commanded by ${inForce.who}: ${inForce.why}`;
    }
    return undefined;
  }

  #heed(event: ControllerEvent): void {
    for (const trial of this.#trials.values()) {
      if (trial.ended !== undefined) continue;
      const own = event.controller === trial.controller;
      if (event.kind === "raised") {
        const { severity, text, controller } = event.alarm;
        const grave = severity === "major" || severity === "critical";
        if (grave || (own && severity === "warning"))
          this.#finish(trial, "failed", `an alarm of ${controller}: ${text}`);
      } else if (
        own &&
        (event.kind === "settings" || event.kind === "swapped" || event.kind === "rolled back")
      )
        this.#finish(trial, "failed", "its settings or version were changed meanwhile");
      else if (own && event.kind === "profile")
        this.#finish(trial, "failed", `profile ${event.profile} is in force, in which it rests`);
    }
  }

  #found(trial: Trial, found: NonNullable<TrialResult["found"]>, text: string, trace: StepTrace): void {
    const status = this.#statusOf(trial.controller);
    const { tune } = trial.moved;
    const share = tune.share === undefined ? 1 : trace.terms?.[tune.share];
    const shape = status.definition;
    if (shape === undefined || share === undefined || !(share > 0)) {
      this.#finish(trial, "failed", "what its step tells does not say how large its gains are");
      return;
    }
    trial.found = found;
    trial.proposal = proposalOf(found.tuning, tune, { shape, settings: status.settings, share });
    this.#finish(trial, "done", text);
  }

  #command(trial: Trial, output: number): void {
    const { clock, writer } = this.#deps;
    const now = clock.monotonic();
    const { moved, by, controller } = trial;
    if (output === trial.output && now - trial.renewed < lease / 2) return;
    for (const { device, action, value } of moved.targets)
      writer.submit({
        ...{ device, action, slot: slots.operator, holdFor: lease },
        data: String(value ?? output),
        who: whoOf(controller, by),
        why: `tuning: ${by.why}`,
        ...(by.origin === undefined ? {} : { origin: by.origin }),
      });
    trial.output = output;
    trial.renewed = now;
  }

  #finish(trial: Trial, phase: "done" | "failed", text: string): void {
    trial.phase = phase;
    trial.text = text;
    trial.ended = this.#deps.clock.now();
    this.#release(trial, `tuning is over: ${text}`);
    const { controller } = trial;
    this.#deps.log.info(
      { controller, proposal: trial.proposal },
      `tuning of ${controller}: ${phase}: ${text}`,
    );
  }

  #release({ moved, by, controller }: Trial, why: string): void {
    const who = whoOf(controller, by);
    for (const { device, action } of moved.targets) {
      const array = this.#deps.writer.array(device).find((one) => one.action === action);
      const mine = array?.entries.some((entry) => entry.slot === slots.operator && entry.who === who);
      if (mine === true) this.#deps.writer.relinquish({ device, action, slot: slots.operator, who, why });
    }
  }
}

/** Who commands: somebody by way of a trial, so that what they command themselves is not taken for it. */
const whoOf = (controller: string, { who }: By): string => `${who}, tuning ${controller}`;

/** @throws BothyError `BUSY` */
function fit({ name, mode, standing, last, alarms }: ControllerStatus): void {
  const refused = (fault: string): BothyError =>
    new BothyError("BUSY", { source: `controller ${name}`, fault });
  if (standing !== "running" || mode !== "automatic" || last === undefined)
    throw refused(`it is ${standing === "running" ? `in ${mode}` : standing}: tuning begins in automatic`);
  const grave = alarms.find(({ severity }) => severity === "major" || severity === "critical");
  if (grave !== undefined) throw refused(`an alarm stands: ${grave.text}`);
}

/** Every second point of the older half goes. */
function thin(course: Course[]): void {
  const half = course.splice(0, Math.ceil(course.length / 2));
  course.unshift(...half.filter((_, i) => i % 2 === 0));
}

function statusOf(trial: Trial): TuningStatus {
  const { controller, settings, moved, by, since, phase, text, ended, state, found, proposal, course } =
    trial;
  const { method, centre, height, least, most } = settings;
  return {
    ...{ controller, method, phase, text, since },
    ...(ended === undefined ? {} : { ended }),
    by: { who: by.who, why: by.why },
    ...{ output: moved.output, centre, height, least, most },
    ...(state.reference === null ? {} : { reference: state.reference }),
    ...(method === "relay" ? { cycles: state.relay.cycles.length } : {}),
    ...(found?.plant === undefined ? {} : { plant: found.plant }),
    ...(proposal === undefined ? {} : { proposal }),
    course: course.slice(-mostCourse),
  };
}
