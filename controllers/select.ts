import type { Millis } from "../devices/clock.ts";
import type { Observation, Sample } from "./sample.ts";

declare const gives: unique symbol;

/** Which values an input takes, and what a step gets of them. Plain data but for its type. */
export interface InputSpec<V = unknown> {
  readonly kind: "input";
  /** A device must have all of them. `type:x` is the device's type, as in `system/type:x`. */
  readonly tags: readonly string[];
  /** The output, and its channel. Absent output: the only one that fits, or a fault. */
  readonly output?: string;
  readonly channel?: string;
  /** A value another controller publishes, in place of a device's. */
  readonly controller?: { readonly name: string; readonly value: string };
  readonly pick: Pick;
  /** Whether the step goes on without it. Otherwise the controller is in fail-safe while it is missing. */
  readonly optional: boolean;
  /** How many of the bound values must be there, >= 1. */
  readonly minGood: number;
  /** Older values are missing. Default: what their poll declares. */
  readonly maxAge?: Millis;
  /** The symbol of the unit its values must have; others are a fault of the binding. Default: any. */
  readonly unit?: string;
  /** While that other input of this controller has that value this one may be missing. */
  readonly unless?: { readonly input: string; readonly is: number | string };
  readonly [gives]?: V;
}

/** `each`: all, also those that are missing; the others: one number of those that are there; `word`: one text. */
export type Pick = "each" | "eachWord" | "max" | "min" | "mean" | "median" | "sum" | "word";

export type Inputs = Readonly<Record<string, InputSpec>>;
export type InputValues<I extends Inputs> = {
  readonly [K in keyof I]: I[K] extends InputSpec<infer V> ? V : never;
};

export interface InputOptions {
  readonly minGood?: number;
  readonly maxAge?: Millis;
  /** The symbol of the unit it must have, e.g. `rpm`. */
  readonly unit?: string;
}

const spec = <V>(parts: Partial<InputSpec>, pick: Pick, optional: boolean, options: InputOptions = {}) =>
  ({
    kind: "input",
    tags: [],
    minGood: 1,
    ...parts,
    pick,
    optional,
    ...options,
  }) as InputSpec<V>;

/** A choice of values; what a step gets of them is said next. */
export class Selection {
  readonly #parts: Partial<InputSpec>;

  constructor(parts: Partial<InputSpec>) {
    this.#parts = parts;
  }

  /** Only this output, e.g. `temperature`, `rpm`; with a channel when a device has several. */
  of(output: string, channel?: string): Selection {
    return new Selection({ ...this.#parts, output, ...(channel === undefined ? {} : { channel }) });
  }

  /** Every value, also those that are missing: never fails for want of inputs unless fewer than `minGood` are there. */
  each(options?: InputOptions): InputSpec<readonly Observation[]> {
    return spec(this.#parts, "each", false, options);
  }
  /** As `each`, of texts such as states. */
  eachWord(options?: InputOptions): InputSpec<readonly Observation<string>[]> {
    return spec(this.#parts, "eachWord", false, options);
  }
  /** As `each`, and goes on with none at all. */
  any(options?: InputOptions): InputSpec<readonly Observation[]> {
    return spec(this.#parts, "each", true, { minGood: 0, ...options });
  }
  anyWord(options?: InputOptions): InputSpec<readonly Observation<string>[]> {
    return spec(this.#parts, "eachWord", true, { minGood: 0, ...options });
  }
  max(options?: InputOptions): InputSpec<Sample> {
    return spec(this.#parts, "max", false, options);
  }
  min(options?: InputOptions): InputSpec<Sample> {
    return spec(this.#parts, "min", false, options);
  }
  mean(options?: InputOptions): InputSpec<Sample> {
    return spec(this.#parts, "mean", false, options);
  }
  median(options?: InputOptions): InputSpec<Sample> {
    return spec(this.#parts, "median", false, options);
  }
  sum(options?: InputOptions): InputSpec<Sample> {
    return spec(this.#parts, "sum", false, options);
  }
  /** The text of the one value selected; more than one is a fault of the configuration. */
  word(options?: InputOptions): InputSpec<Sample<string>> {
    return spec(this.#parts, "word", false, options);
  }
}

/** Values of every device that has all of these tags, e.g. `select("type:temperature", "point:inlet").max()`. */
export const select = (...tags: readonly string[]): DeviceSelection => new DeviceSelection({ tags });

/** A value another controller publishes. While that one is not running it is missing. */
export const from = (controller: string, value: string): Selection =>
  new Selection({ controller: { name: controller, value } });

/** The step goes on without it, and then gets undefined. */
export const optional = <V>(input: InputSpec<V>): InputSpec<V | undefined> => ({ ...input, optional: true });

/**
 * The step goes on without it, and then gets undefined, while another input of this controller has a value: sensors of a
 * machine that is off, a flow while the pump rests.
 */
export const unless = <V>(
  other: string,
  is: number | string,
  input: InputSpec<V>,
): InputSpec<V | undefined> => ({
  ...input,
  unless: { input: other, is },
});

/** A choice of devices: of what they show, or of what they can be told. */
export class DeviceSelection extends Selection {
  readonly #tags: readonly string[];

  constructor(parts: { readonly tags: readonly string[] }) {
    super(parts);
    this.#tags = parts.tags;
  }

  /** The action of every device that has the tags. @param unit the unit it must take; faults otherwise */
  action(name: string, options: ActionOptions = {}): ActionSpec {
    return { kind: "action", tags: this.#tags, action: name, optional: false, ...options };
  }
}

/** Which actions an output commands, and how. Plain data. */
export interface ActionSpec extends ActionOptions {
  readonly kind: "action";
  readonly tags: readonly string[];
  readonly action: string;
}

export interface ActionOptions {
  /** The unit's symbol the action must take, e.g. `%`. */
  readonly unit?: string;
  /** Fastest change of a number, in its unit per second, > 0. Fail-safe values and slots above 6 do not wait for it. */
  readonly rise?: number;
  readonly fall?: number;
  /** Smaller changes are not sent, unless they reach a limit of the range. Default: the action's own step. */
  readonly deadband?: number;
  /** An unchanged value is sent anew this often, for devices that watch over their bus. Default: never. */
  readonly refresh?: Millis;
  /** The step goes on when no device is bound. */
  readonly optional?: boolean;
}
