import type { Definition, FailSafe } from "../../controllers/contract.ts";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import type { Observed } from "../../controllers/runtime/frame.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import type { TargetParts } from "../../controllers/runtime/slot-array.ts";
import { Targets } from "../../controllers/runtime/targets.ts";

/** Values by the name of what they come from: `{ "probe-inlet.temperature": 24 }`; null does not answer. */
export type Values = Readonly<Record<string, number | string | null>>;

/** Tags of devices by their names. */
export type Tags = Readonly<Record<string, readonly string[]>>;

export const observed = (values: Values, tagged: Tags = {}): readonly Observed[] =>
  Object.entries(values).map(([from, value]): Observed => {
    const device = from.split(" ")[0] ?? from;
    const tags = tagged[device] ?? [];
    return value === null
      ? { quality: "bad", code: "NO_ANSWER", text: `${from} did not answer`, from, device, tags }
      : ({ quality: "good", value, age: 0, from, device, tags } as Observed);
  });

export const choiceTarget = (
  device: string,
  choices: readonly string[],
  tags: readonly string[] = [],
): TargetParts => ({ device, name: device, accepts: { kind: "choice", choices }, tags });

export const numberTarget = (device: string, unit: string, min = 0, max = 100): TargetParts => ({
  device,
  name: device,
  accepts: { kind: "number", min, max, step: 0.1, unit },
});

export interface Bench {
  /** Steps with these inputs, and those given before; `seconds` / period times. @returns the last step's result */
  step(inputs?: Readonly<Record<string, Values>>, seconds?: number): EngineResult;
  /** What is in force. */
  value(output: string, device: string): number | string | undefined;
  hold: Targets["hold"];
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** Ids of the alarms that stand. */
  alarms(): readonly string[];
  /** What applies when it ends now. */
  failSafe(): FailSafe;
  /** Seconds stepped. */
  readonly time: number;
}

/**
 * One controller on an engine with priority arrays in memory. It has left fail-safe when this returns.
 * @param inputs that make it leave it
 */
export function bench(
  definition: unknown,
  targets: Readonly<Record<string, readonly TargetParts[]>>,
  inputs: Readonly<Record<string, Values>>,
  settings: Readonly<Record<string, unknown>> = {},
  tagged: Tags = {},
): Bench {
  const of = definition as Definition;
  const engine = createEngine(of, settings, { recoverAfter: 1 });
  // An output nobody gives a target for is bound to nothing.
  const unbound = Object.fromEntries(Object.keys(of.outputs).map((name) => [name, []]));
  const array = new Targets({ ...unbound, ...targets });
  const period = of.period / 1000;
  let now = inputs;
  let time = 0;
  let last: EngineResult | undefined;
  const once = (): EngineResult => {
    time += period;
    const seen = Object.keys(of.inputs).map((name) => [name, observed(now[name] ?? {}, tagged)] as const);
    const result = engine.step({
      inputs: Object.fromEntries(seen),
      outputs: array.frame(),
      dt: period,
      at: time * 1000,
      localHour: (time / 3600) % 24,
      wanted: "automatic",
    });
    array.obey(result.orders);
    if (result.failure !== undefined) throw new Error(`${result.failure.kind}: ${result.failure.text}`);
    last = result;
    return result;
  };
  return {
    step(changed = {}, seconds = period) {
      now = { ...now, ...changed };
      let result = once();
      for (let t = period; t < seconds - 1e-9; t += period) result = once();
      return result;
    },
    value: (output, device) => array.value(output, device),
    hold: (output, device, slot, value) => array.hold(output, device, slot, value),
    configure: (given) => engine.configure(given),
    alarms: () => last?.trace.alarms.map(({ id }) => id) ?? [],
    failSafe: () => engine.failSafeValues,
    get time() {
      return time;
    },
  };
}

/** What outlets and relays take. */
export const switches = ["on", "off"];
