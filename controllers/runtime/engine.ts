import type { Instant } from "../../devices/clock.ts";
import { saidBy } from "../../devices/errors.ts";
import type { Alarm, Definition, FailSafe, StepResult } from "../contract.ts";
import type { Failure, Frame, Mode, Order, StepTrace } from "./frame.ts";
import type { Call, Outcome } from "./host.ts";
import { InlineHost } from "./inline-host.ts";
import { OutputsPlan, type Plan, type TargetMemory } from "./outputs-plan.ts";
import { pickInput } from "./pick.ts";
import type { Configured, Shape } from "./shape.ts";
import { completeSettings } from "./settings.ts";
import { readResult, type Wishes } from "./wishes.ts";

export interface EngineOptions {
  /** In place of the definition's, ms. */
  readonly period?: number;
  /** How long everything stays as it is when a required input is missing, ms. Default 0: fail-safe at once. */
  readonly holdFor?: number;
  /** Steps in a row with everything there, before fail-safe is left. Default 3. */
  readonly recoverAfter?: number;
}

export interface EngineResult {
  readonly mode: Mode;
  readonly orders: readonly Order[];
  readonly trace: StepTrace;
  /** What other controllers see; undefined while this one is not to be relied on. */
  readonly published: StepTrace["published"] | undefined;
  readonly failure?: Failure;
}

/** Everything an engine goes on from. JSON, but for the state, which is the controller's. */
export interface EngineMemory {
  readonly state: unknown;
  readonly stateVersion: number;
  readonly failSafe: boolean;
  readonly goods: number;
  readonly why: string;
  readonly values: Partial<FailSafe>;
  readonly targets: Readonly<Record<string, TargetMemory>>;
  readonly alarms: readonly Alarm[];
}

interface Begun {
  readonly frame: Frame;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly picked: StepTrace["picked"];
  readonly missing: readonly string[];
  readonly called: boolean;
}

const none: readonly never[] = [];
const nothing = {} as const;

/**
 * Everything that is decided in one step of one controller but the step itself, without I/O: assembles inputs, decides
 * the mode, looks at the result, limits it, and says what the writer is to be told. `begin`, then the step function
 * wherever it runs, then `finish`.
 */
export class EngineCore {
  readonly shape: Shape;
  /** Seconds. */
  readonly nominal: number;
  readonly #holdFor: number;
  readonly #recoverAfter: number;
  readonly #inputs: readonly (readonly [name: string, spec: Shape["inputs"][string]])[];
  readonly #plan: OutputsPlan;
  #configured: Configured;
  #state: unknown;
  #failSafe = true;
  #why = "it has just begun";
  #begunHere = true;
  #goods = 0;
  /** Seconds for which required inputs have been missing while everything was held. */
  #missingFor = 0;
  /** Seconds for which missing inputs are held in any case: just after a restart nothing has been read yet. */
  #grace = 0;
  #off = false;
  #values: Partial<FailSafe> = {};
  #alarms: readonly Alarm[] = none;
  #begun: Begun | undefined;

  constructor(shape: Shape, configured: Configured, state: unknown, options: EngineOptions = {}) {
    this.shape = shape;
    this.nominal = (options.period ?? shape.period) / 1000;
    this.#holdFor = (options.holdFor ?? 0) / 1000;
    this.#recoverAfter = options.recoverAfter ?? 3;
    this.#inputs = Object.entries(shape.inputs);
    this.#plan = new OutputsPlan(shape, this.nominal);
    this.#configured = configured;
    this.#state = state;
  }

  get state(): unknown {
    return this.#state;
  }

  /** What applies when this controller cannot be trusted. */
  get failSafeValues(): FailSafe {
    return { ...this.#configured.failSafe, ...(this.#values as FailSafe) };
  }

  get memory(): EngineMemory {
    return {
      state: this.#state,
      stateVersion: this.shape.stateVersion ?? 1,
      failSafe: this.#failSafe,
      goods: this.#goods,
      why: this.#why,
      values: this.#values,
      targets: this.#plan.memory,
      alarms: this.#alarms,
    };
  }

  configure(configured: Configured): void {
    this.#configured = configured;
    // What the step said before was for other settings.
    this.#values = {};
  }

  /**
   * Goes on where another engine ended, perhaps of another version: it is not entered through fail-safe.
   * @param state of this version
   * @param grace seconds for which missing inputs are held before fail-safe
   * @param anew whether being in fail-safe now is no fault, because it has just begun
   */
  resume(memory: EngineMemory, state: unknown, grace = 0, anew = false): void {
    this.#state = state;
    this.#failSafe = memory.failSafe;
    this.#goods = memory.goods;
    this.#why = memory.why;
    this.#begunHere = anew;
    this.#values = Object.fromEntries(
      Object.entries(memory.values).filter(([name]) => Object.hasOwn(this.shape.outputs, name)),
    );
    this.#plan.resume(memory.targets);
    this.#alarms = memory.alarms;
    this.#grace = grace;
  }

  /** Into fail-safe from the next step on, for a reason outside the step. */
  distrust(why: string): void {
    this.#enter(why);
  }

  /** What is to be told when nobody will step it any more. */
  lastWill(outputs: Frame["outputs"], why: string): readonly Order[] {
    const frame: Frame = { inputs: {}, outputs, dt: 0, at: 0, localHour: 0, wanted: "automatic" };
    return this.#plan.failSafe(frame, this.failSafeValues, `fail-safe: ${why}`).orders;
  }

  /** The state from now on; for whoever steps the function elsewhere. */
  replaceState(state: unknown): void {
    this.#state = state;
  }

  /** @returns what to call the step function with; undefined when it is not to be called: then `finish` at once */
  begin(frame: Frame): Call | undefined {
    const inputs: Record<string, unknown> = {};
    const picked: Record<string, { value: number | string; from: string }> = {};
    let missing: string[] | undefined;
    for (const [name, spec] of this.#inputs) {
      const found = pickInput(spec, name, frame.inputs[name] ?? none);
      inputs[name] = found.value;
      if (found.one !== undefined) picked[name] = { value: found.one.value, from: found.one.from };
      if (found.missing !== undefined && !spec.optional) (missing ??= []).push(found.missing);
    }
    const called = missing === undefined && frame.wanted !== "off";
    if (this.#off && frame.wanted !== "off") {
      this.#off = false;
      this.#enter("it was switched off until now");
      this.#begunHere = true;
    }
    this.#begun = { frame, inputs, picked, missing: missing ?? none, called };
    if (!called) return undefined;
    return {
      inputs,
      state: this.#state,
      dt: frame.dt,
      applied: frame.outputs,
      mode: this.#tracks(frame) ? "manual" : "automatic",
      at: frame.at,
      localHour: frame.localHour,
    };
  }

  /** @param outcome of the call; absent when there was none */
  finish(outcome?: Outcome): EngineResult {
    const begun = this.#begun;
    if (begun === undefined) throw new TypeError("finish without begin");
    this.#begun = undefined;
    const { frame, missing } = begun;
    if (frame.wanted === "off") return this.#beOff(begun);
    if (missing.length > 0) return this.#without(begun);
    this.#missingFor = 0;
    this.#grace = 0;
    const read = outcome?.failure ?? this.#read(outcome?.result, frame);
    if ("kind" in read) return this.#failed(begun, read, outcome?.took ?? 0);
    return this.#stepped(begun, read, outcome?.took ?? 0);
  }

  /** Whether the step only follows what is applied: in fail-safe, in manual, or when others hold everything. */
  #tracks(frame: Frame): boolean {
    const recovering = this.#failSafe && this.#goods + 1 < this.#recoverAfter;
    return recovering || frame.wanted === "manual" || overridden(frame);
  }

  #read(raw: unknown, frame: Frame): Wishes | Failure {
    try {
      const read = readResult(raw, this.shape, frame.outputs);
      return typeof read === "string" ? { kind: "invalid", text: read } : read;
    } catch (thrown) {
      // A result may hold what throws when it is looked at.
      return { kind: "invalid", text: `the result cannot be read: ${saidBy(thrown)}` };
    }
  }

  #enter(why: string): void {
    this.#failSafe = true;
    this.#begunHere = false;
    this.#goods = 0;
    this.#why = why;
  }

  #beOff(begun: Begun): EngineResult {
    this.#off = true;
    this.#alarms = none;
    const reason = "it is switched off: nothing is commanded";
    return this.#result(begun, "off", this.#plan.off(begun.frame, reason), { reason });
  }

  #without(begun: Begun): EngineResult {
    const { frame, missing } = begun;
    const text = missing.join("; ");
    this.#goods = 0;
    if (!this.#failSafe) {
      this.#missingFor += frame.dt;
      const limit = Math.max(this.#holdFor, this.#grace);
      if (this.#missingFor <= limit) {
        const left = Math.ceil(limit - this.#missingFor);
        const reason = `everything stays as it is for ${left} s more: ${text}`;
        const alarm: Alarm = { id: "held", severity: "warning", text: reason };
        const mode = frame.wanted === "manual" ? "manual" : "automatic";
        return this.#result(begun, mode, this.#plan.hold(frame), { reason }, [alarm]);
      }
    }
    this.#missingFor = 0;
    this.#grace = 0;
    this.#enter(text);
    return this.#inFailSafe(begun, 0, undefined, true);
  }

  #failed(begun: Begun, failure: Failure, took: number): EngineResult {
    this.#enter(failure.text);
    return { ...this.#inFailSafe(begun, took, undefined, true, failure), failure };
  }

  #stepped(begun: Begun, wishes: Wishes, took: number): EngineResult {
    const { frame } = begun;
    const { result } = wishes;
    this.#state = result.state;
    this.#alarms = result.alarms ?? none;
    if (result.failSafe !== undefined) this.#values = result.failSafe;
    if (this.#failSafe) {
      this.#goods++;
      if (this.#goods < this.#recoverAfter) return this.#inFailSafe(begun, took, wishes, !this.#begunHere);
      this.#failSafe = false;
    }
    const mode = frame.wanted === "manual" ? "manual" : "automatic";
    return this.#result(begun, mode, this.#plan.live(frame, wishes, mode, result.reason), result, none, took);
  }

  /** @param alarmed whether it is more than the beginning */
  #inFailSafe(
    begun: Begun,
    took: number,
    wishes: Wishes | undefined,
    alarmed: boolean,
    failure?: Failure,
  ): EngineResult {
    const values = this.failSafeValues;
    const reason = `fail-safe: ${this.#why}${this.#goods > 0 ? `; ${this.#goods} of ${this.#recoverAfter} good steps` : ""}`;
    const plan = this.#plan.failSafe(begun.frame, values, reason, wishes);
    const alarms: readonly Alarm[] = alarmed ? [{ id: "fail-safe", severity: "major", text: reason }] : none;
    const { leader, terms }: Partial<StepResult> = wishes?.result ?? nothing;
    const rest = {
      reason,
      ...(leader === undefined ? nothing : { leader }),
      ...(terms === undefined ? nothing : { terms }),
    };
    return this.#result(begun, "fail-safe", plan, rest, alarms, took, failure);
  }

  #result(
    begun: Begun,
    mode: Mode,
    plan: Plan,
    of: Pick<StepTrace, "reason"> & Partial<Pick<StepTrace, "leader" | "terms" | "limits" | "published">>,
    own: readonly Alarm[] = none,
    took = 0,
    failure?: Failure,
  ): EngineResult {
    const { frame, picked, missing } = begun;
    const published = mode === "automatic" || mode === "manual" ? of.published : undefined;
    const limits = of.limits ?? none;
    const trace: StepTrace = {
      at: frame.at,
      version: this.shape.version,
      mode,
      wantedMode: frame.wanted,
      dt: frame.dt,
      localHour: frame.localHour,
      took,
      inputs: frame.inputs,
      picked,
      missing,
      ...(of.leader === undefined ? nothing : { leader: of.leader }),
      ...(of.terms === undefined ? nothing : { terms: of.terms }),
      limits: plan.limits.length === 0 ? limits : [...limits, ...plan.limits],
      outputs: plan.traced,
      reason: of.reason,
      ...(failure === undefined ? nothing : { failure }),
      alarms: own.length === 0 ? this.#alarms : [...this.#alarms, ...own],
      ...(published === undefined ? nothing : { published }),
      state: this.#state,
    };
    return { mode, orders: plan.orders, trace, published };
  }
}

/** Somebody stronger than this controller holds everything it could command. */
function overridden(frame: Frame): boolean {
  let any = false;
  for (const name in frame.outputs)
    for (const { mine, slot } of frame.outputs[name] ?? none) {
      if (mine || slot === undefined || slot > 11) return false;
      any = true;
    }
  return any;
}

export interface Engine {
  step(frame: Frame): EngineResult;
  readonly state: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly failSafeValues: FailSafe;
  readonly memory: EngineMemory;
  /** @throws BothyError `BAD_INPUT`: then those before stay in force */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** As `EngineCore.resume`. */
  resume(memory: EngineMemory, state?: unknown, grace?: number): void;
  distrust(why: string): void;
}

/**
 * One controller, stepped in this thread by whoever likes: replay, shadow, simulation, benches, tests.
 * @param settings some of them; the others have their defaults
 * @throws BothyError `BAD_INPUT` for settings that do not fit, `BAD_CONFIG` for a definition that makes no sense
 */
export function createEngine(
  definition: Definition,
  settings: Readonly<Record<string, unknown>> = {},
  options: EngineOptions & { readonly timer?: () => number } = {},
): Engine {
  const host = new InlineHost(definition, options);
  const complete = (given: Readonly<Record<string, unknown>>): Configured =>
    host.configure(completeSettings(host.shape, given));
  let configured = complete(settings);
  const core = new EngineCore(host.shape, configured, host.init(), options);
  return {
    step: (frame) => {
      const call = core.begin(frame);
      return core.finish(call === undefined ? undefined : host.step(call));
    },
    get state() {
      return core.state;
    },
    get settings() {
      return configured.settings;
    },
    get failSafeValues() {
      return core.failSafeValues;
    },
    get memory() {
      return core.memory;
    },
    configure: (given) => {
      configured = complete(given);
      core.configure(configured);
    },
    resume: (memory, state = memory.state, grace = 0) => core.resume(memory, state, grace),
    distrust: (why) => core.distrust(why),
  };
}

/** Hours since local midnight, by the time zone of the process. */
export function localHourOf(at: Instant): number {
  const local = new Date(at);
  return local.getHours() + local.getMinutes() / 60 + local.getSeconds() / 3600;
}
