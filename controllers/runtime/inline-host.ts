import type { Millis } from "../../devices/clock.ts";
import { asBothyError, BothyError, saidBy } from "../../devices/errors.ts";
import type { Definition, FailSafe, StepContext, StepResult } from "../contract.ts";
import type { Call, Host, Outcome } from "./host.ts";
import { faultsOfShape } from "./shape-check.ts";
import { budgetOf, type Configured, type Shape, shapeOf } from "./shape.ts";
import { faultOfFailSafeValues } from "./wishes.ts";

/** Of what is told of an error. */
const longestText = 1000;

export interface InlineOptions {
  /** In place of the definition's, ms. */
  readonly period?: number;
  /** For how long steps take, and whether that is too long; without it nobody looks. */
  readonly timer?: () => Millis;
  /** What an error's place in the code is called; default: as the error says it. */
  readonly place?: (error: Error) => string;
}

/** Runs a definition's functions in this thread. A step that never returns, never returns. */
export class InlineHost implements Host {
  readonly shape: Shape;
  readonly #definition: Definition;
  readonly #budget: Millis;
  readonly #nominal: number;
  readonly #timer: (() => Millis) | undefined;
  readonly #place: (error: Error) => string;
  #settings: Readonly<Record<string, unknown>> = {};

  /** @throws BothyError `BAD_CONFIG` with all that is wrong with the definition */
  constructor(definition: Definition, options: InlineOptions = {}) {
    const faults = faultsOfShape(definition);
    if (faults.length > 0)
      throw new BothyError("BAD_CONFIG", { source: nameOf(definition), fault: faults.join("; ") });
    this.shape = shapeOf(definition);
    this.#definition = definition;
    this.#budget = budgetOf(this.shape, options.period);
    this.#nominal = (options.period ?? definition.period) / 1000;
    this.#timer = options.timer;
    this.#place = options.place ?? saidBy;
  }

  configure(settings: Readonly<Record<string, unknown>>): Configured {
    const { failSafe } = this.#definition;
    const source = `controller ${this.shape.name}`;
    const wrong = this.#guarded("check", () => this.#definition.check?.(settings));
    if (wrong !== undefined) throw new BothyError("BAD_INPUT", { source, fault: wrong });
    const values: FailSafe = this.#guarded("failSafe", () =>
      typeof failSafe === "function" ? failSafe(settings) : failSafe,
    );
    const fault = faultOfFailSafeValues(values, this.shape);
    if (fault !== undefined) throw new BothyError("BAD_CONFIG", { source, fault });
    // Whoever changed them in a step would run with others than everybody is told.
    this.#settings = frozen(settings);
    return { settings, failSafe: values };
  }

  init(): unknown {
    return this.#guarded("init", () => this.#definition.init(this.#settings));
  }

  migrate(state: unknown, from: number): unknown {
    if (this.#definition.migrate === undefined) return this.init();
    return this.#guarded("migrate", () => this.#definition.migrate?.(state, from, this.#settings));
  }

  step(call: Call): Outcome {
    const { inputs, state, dt, applied, mode, at, localHour } = call;
    const settings = this.#settings;
    const nominal = this.#nominal;
    const context = { inputs, settings, state, dt, nominal, applied, mode, at, localHour } as StepContext;
    const began = this.#timer?.() ?? 0;
    try {
      const result = this.#definition.step(context);
      const broken = this.#brokenBy(context, result);
      const took = (this.#timer?.() ?? 0) - began;
      if (took > this.#budget) {
        const text = `the step took ${Math.round(took)} ms; its limit is ${this.#budget} ms`;
        return { failure: { kind: "overran", text }, took };
      }
      if (broken !== undefined) return { failure: { kind: "invariant", text: broken }, took };
      return { result, took };
    } catch (thrown) {
      return {
        failure: { kind: "threw", text: `the step threw: ${this.#said(thrown)}` },
        took: (this.#timer?.() ?? 0) - began,
      };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #brokenBy(context: StepContext, result: StepResult): string | undefined {
    const { invariants } = this.#definition;
    // A result that is no result at all is told as that.
    if (invariants === undefined || typeof result !== "object" || (result as unknown) === null)
      return undefined;
    for (const invariant of invariants)
      if (!invariant.holds(context, result)) return `an invariant does not hold: ${invariant.text}`;
    return undefined;
  }

  #guarded<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      const source = `controller ${this.shape.name}, ${what}`;
      if (thrown instanceof BothyError) throw thrown;
      throw asBothyError(new Error(this.#said(thrown), { cause: thrown }), source);
    }
  }

  /** Of an error with its place, of anything else as it is. */
  #said(thrown: unknown): string {
    let text: string;
    try {
      text = thrown instanceof Error ? this.#place(thrown) : saidBy(thrown);
    } catch {
      text = saidBy(thrown);
    }
    return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  }
}

/** The same, and nobody changes anything in it. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

const nameOf = (definition: unknown): string => {
  const { name } = (definition ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? `controller ${name}` : "the controller";
};
