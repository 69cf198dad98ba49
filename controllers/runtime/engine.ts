import type { Instant } from "../../devices/clock.ts";
import { saidBy } from "../../devices/errors.ts";
import type { Alarm, FailSafe } from "../contract.ts";
import type { Failure, Frame, Mode, Order, StepTrace } from "./frame.ts";
import type { Call, Outcome } from "./host.ts";
import type { TargetMemory } from "./output-limits.ts";
import { type Origin, originOf } from "./origin.ts";
import { OutputsPlan } from "./outputs-plan.ts";
import { type Inputs, pickInputs } from "./pick.ts";
import type { Plan } from "./plan-draft.ts";
import { SaidAlarms } from "./said-alarms.ts";
import type { Configured, Shape } from "./shape.ts";
import { inForceOf, type Said, traceOf } from "./step-told.ts";
import { Trust, type TrustMemory, type TrustOptions } from "./trust.ts";
import { readResult, type Wishes } from "./wishes.ts";

export interface EngineOptions extends TrustOptions {
  /** In place of the definition's, ms. */
  readonly period?: number;
}

export interface EngineResult {
  readonly mode: Mode;
  readonly orders: readonly Order[];
  readonly trace: StepTrace;
  /** What other controllers see; undefined while this one is not to be relied on. */
  readonly published: StepTrace["published"] | undefined;
  readonly failure?: Failure;
  /** Whose silence has it in fail-safe or hold everything; absent: it is not, or not only that. */
  readonly origin?: Origin | undefined;
}

/** Everything an engine goes on from. JSON, but for the state, which is the controller's. */
export interface EngineMemory extends TrustMemory {
  readonly state: unknown;
  readonly stateVersion: number;
  readonly values: Partial<FailSafe>;
  readonly targets: Readonly<Record<string, TargetMemory>>;
  /** Whether it rested until then; absent in what programs of long ago kept. */
  readonly rested?: boolean;
  readonly alarms: readonly Alarm[];
  /** When a step said them; absent in what programs of long ago kept. */
  readonly alarmsAt?: Instant | undefined;
}

interface Begun {
  readonly frame: Frame;
  readonly inputs: Inputs;
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
  readonly #inputs: readonly (readonly [name: string, spec: Shape["inputs"][string]])[];
  readonly #plan: OutputsPlan;
  readonly #trust: Trust;
  #configured: Configured;
  #state: unknown;
  /** In place of the definition's fail-safe values. */
  #values: Partial<FailSafe> = {};
  readonly #said = new SaidAlarms();
  /** Whose silence had the last inputs missing; undefined after any other failure. */
  #origin: Origin | undefined;
  #begun: Begun | undefined;

  constructor(shape: Shape, configured: Configured, state: unknown, options: EngineOptions = {}) {
    this.shape = shape;
    this.nominal = (options.period ?? shape.period) / 1000;
    this.#inputs = Object.entries(shape.inputs);
    this.#plan = new OutputsPlan(shape, this.nominal);
    this.#trust = new Trust(options);
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

  /** What the last step said is wrong. */
  get alarms(): readonly Alarm[] {
    return this.#said.alarms;
  }

  get memory(): EngineMemory {
    return {
      state: this.#state,
      stateVersion: this.shape.stateVersion ?? 1,
      values: this.#values,
      targets: this.#plan.memory,
      rested: this.#plan.rested,
      alarms: this.#said.alarms,
      alarmsAt: this.#said.at,
      ...this.#trust.memory,
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
    this.#trust.resume(memory, grace, anew);
    this.#values = Object.fromEntries(
      Object.entries(memory.values).filter(([name]) => Object.hasOwn(this.shape.outputs, name)),
    );
    this.#plan.resume(memory.targets, memory.rested ?? false);
    this.#said.say(memory.alarms, memory.alarmsAt);
  }

  /** Into fail-safe from the next step on, for a reason outside the step. */
  distrust(why: string): void {
    this.#origin = undefined;
    this.#trust.lose(why);
  }

  /** What is to be told when nobody will step it any more. */
  lastWill(outputs: Frame["outputs"], why: string): readonly Order[] {
    const frame: Frame = { inputs: {}, outputs, dt: 0, at: 0, localHour: 0, wanted: "automatic" };
    return this.#plan.failSafe(frame, this.failSafeValues, `fail-safe: ${why}`).orders;
  }

  /** The state from now on; not while a step is under way. */
  replaceState(state: unknown): void {
    this.#state = state;
  }

  /** @returns what to call the step function with; undefined when it is not to be called: then `finish` at once */
  begin(frame: Frame): Call | undefined {
    const inputs = pickInputs(this.#inputs, frame.inputs);
    this.#begun = { frame, inputs };
    if (frame.wanted === "off") return undefined;
    this.#trust.switchOn();
    if (inputs.missing.length > 0) return undefined;
    return {
      inputs: inputs.values,
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
    if (begun.frame.wanted === "off") return this.#beOff(begun);
    const { missing, lacks } = begun.inputs;
    if (missing.length > 0) return this.#without(begun, missing.join("; "), lacks);
    const took = outcome?.took ?? 0;
    const read = outcome?.failure ?? this.#read(outcome?.result, begun.frame);
    return "kind" in read ? this.#failed(begun, read, took) : this.#stepped(begun, read, took);
  }

  /** Whether the step only follows what is applied: at rest and just after, in fail-safe, in manual, or when others hold all. */
  #tracks(frame: Frame): boolean {
    const { rest, wanted } = frame;
    const follows = rest !== undefined || this.#plan.rested || wanted === "manual";
    return follows || this.#trust.recovering || overridden(frame);
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

  #beOff(begun: Begun): EngineResult {
    this.#origin = undefined;
    this.#trust.switchOff();
    this.#said.say(none, undefined);
    const reason = "it is switched off: nothing is commanded";
    return this.#result(begun, { mode: "off", plan: this.#plan.off(begun.frame, reason), reason });
  }

  /**
   * @param lacks names of all inputs that are missing; none: nobody knows
   * @param wishes of a step that was made and says itself that something is missing
   */
  #without(begun: Begun, text: string, lacks: readonly string[], took = 0, wishes?: Wishes): EngineResult {
    const { frame } = begun;
    this.#origin = originOf(lacks, this.shape.inputs, frame.inputs);
    const left = this.#trust.miss(frame.dt, text);
    if (left === undefined) return this.#inFailSafe(begun, took, wishes);
    const reason = `everything stays as it is for ${Math.ceil(left)} s more: ${text}`;
    const alarms: readonly Alarm[] = [{ id: "held", severity: "warning", text: reason }];
    const mode = frame.wanted === "manual" ? "manual" : "automatic";
    const plan = this.#atRest(frame) ?? this.#plan.hold(frame, this.failSafeValues);
    const held = this.#result(begun, { mode, plan, reason, alarms });
    return { ...held, origin: this.#origin };
  }

  #failed(begun: Begun, failure: Failure, took: number): EngineResult {
    this.#origin = undefined;
    this.#trust.complete();
    this.#trust.lose(failure.text);
    return { failure, ...this.#inFailSafe(begun, took, undefined, failure) };
  }

  #stepped(begun: Begun, wishes: Wishes, took: number): EngineResult {
    const { frame } = begun;
    const { result } = wishes;
    this.#state = result.state;
    this.#said.say(result.alarms ?? none, frame.at);
    if (result.failSafe !== undefined) this.#values = result.failSafe;
    if (result.missing !== undefined)
      return this.#without(begun, result.missing, result.lacks ?? none, took, wishes);
    if (this.#origin !== undefined) this.#origin = { ...this.#origin, over: true };
    this.#trust.complete();
    this.#trust.gain();
    if (this.#trust.failSafe) return this.#inFailSafe(begun, took, wishes);
    this.#origin = undefined;
    const mode = frame.wanted === "manual" ? "manual" : "automatic";
    const { reason } = result;
    const plan = this.#atRest(frame) ?? this.#plan.live(frame, wishes, mode, reason);
    const alarms = wishes.unknown.length === 0 ? none : [strangeAlarm(wishes.unknown)];
    return this.#result(begun, { mode, plan, reason, took, result, alarms });
  }

  #atRest(frame: Frame): Plan | undefined {
    return frame.rest === undefined ? undefined : this.#plan.rest(frame, this.failSafeValues, frame.rest);
  }

  #inFailSafe(begun: Begun, took: number, wishes?: Wishes, failure?: Failure): EngineResult {
    const { reason, isFault } = this.#trust;
    const { frame } = begun;
    const plan = this.#atRest(frame) ?? this.#plan.failSafe(frame, this.failSafeValues, reason, wishes);
    const alarms: readonly Alarm[] = isFault ? [{ id: "fail-safe", severity: "major", text: reason }] : none;
    const result = this.#result(begun, {
      mode: "fail-safe",
      plan,
      reason,
      took,
      alarms,
      result: wishes?.result,
      ...(failure === undefined ? nothing : { failure }),
    });
    return { ...result, origin: this.#origin };
  }

  #result({ frame, inputs }: Begun, given: Said): EngineResult {
    const said = inForceOf(given, frame);
    const { mode, plan, result } = said;
    const own = mode === "resting" ? none : this.#said.told(result !== undefined);
    const made = { version: this.shape.version, state: this.#state, own };
    const trace = traceOf(frame, inputs, said, made);
    return { mode, orders: plan.orders, trace, published: trace.published };
  }
}

const strangeAlarm = (unknown: readonly string[]): Alarm => {
  const [first = "", ...more] = unknown;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const text = `its step commands what it is not bound to: ${first}${others}; \`each\` names devices by their id`;
  return { id: "unknown-device", severity: "warning", text };
};

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
