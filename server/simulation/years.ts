import type { Definition } from "../../controllers/contract.ts";
import { bind, type BoundInput, stepOrder } from "../../controllers/runtime/binding.ts";
import { createEngine, type Engine, type EngineResult } from "../../controllers/runtime/engine.ts";
import type { HeldSlot, Observed, Target } from "../../controllers/runtime/frame.ts";
import { shapeOf } from "../../controllers/runtime/shape.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { BothyError } from "../../devices/errors.ts";
import { Registry } from "../../devices/registry.ts";
import type { Slot } from "../../devices/transaction.ts";
import { createEquipment, type Equipment } from "../../simulators/equipment.ts";
import { faultFrom } from "../../simulators/fault-text.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { applySiteFaults } from "../../simulators/site-faults.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { devicesOf } from "./devices.ts";
import { createScore, type Score, type ScoreOptions } from "./score.ts";
import { type AnyDefinition, asDefinition, type SimulationOptions, weatherOf } from "./site.ts";
import { createValues, type Getter } from "./values.ts";

export interface YearsController {
  readonly use: AnyDefinition | string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly where?: readonly string[];
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly outputs?: Readonly<Record<string, readonly string[]>>;
}

export interface YearsOptions extends Pick<
  SimulationOptions,
  "parameters" | "weather" | "startHour" | "seed"
> {
  readonly controllers?: Readonly<Record<string, AnyDefinition | string | YearsController>>;
  /** s between control steps; a controller with a longer period steps when it is due. Default 5. */
  readonly step?: number;
  readonly score?: ScoreOptions;
  /** Told of every step of every controller; what it is given must not be kept. */
  readonly trace?: (controller: string, result: EngineResult) => void;
}

/** A site for years: controllers step straight on the physics, without store, writer, or clock. */
export interface Years {
  readonly physics: SitePhysics;
  readonly equipment: Equipment;
  readonly parameters: SiteParameters;
  readonly score: Score;
  /** One control step: the physics, the sensors, every controller that is due. */
  step(): void;
  /** As many control steps as fit. @param seconds > 0 */
  advance(seconds: number): void;
  /** What fails from now on, as `bothy sim fault` takes it; faults of answers and lines have no meaning here. */
  faults(...texts: readonly string[]): void;
  /** Steps of all controllers together. */
  readonly controlSteps: number;
}

const startOfYear = Date.UTC(2031, 0, 1);

/**
 * @throws BothyError `BAD_CONFIG` when something is not bound, `NOT_FOUND` for a shipped controller there is not
 */
export function simulatedYears(options: YearsOptions = {}): Years {
  const { seed = 1, step: dt = 5, startHour = 0 } = options;
  const parameters =
    typeof options.parameters === "object"
      ? options.parameters
      : siteParameters(options.parameters ?? "cabinet");
  const physics = createSitePhysics(parameters, { weather: weatherOf(options), seed });
  const equipment = createEquipment({ physics, parameters, seed });
  const values = createValues(equipment);
  const registry = new Registry();
  registry.add(devicesOf("simulated", equipment, values));
  const alias = (id: string): string => registry.get(id)?.alias ?? id;
  const arrays = createArrays((device, action, value) => values.setter(alias(device), action)?.(value));
  const published = new Map<string, number | string | boolean>();
  const configured = Object.entries(options.controllers ?? {}).map(([name, one]) =>
    readController(name, one),
  );
  const others = configured.map(({ name, definition }) => ({ name, shape: shapeOf(definition) }));
  const all = configured.map((one): Stepped => {
    const binding = bind(one.name, shapeOf(one.definition), one.config, registry, others);
    const [fault] = binding.faults;
    if (fault !== undefined)
      throw new BothyError("BAD_CONFIG", {
        source: `controller ${one.name}`,
        fault: `${fault.message}; ${fault.remedy}`,
      });
    return {
      name: one.name,
      engine: createEngine(one.definition, one.config.settings, {
        period: Math.max(dt * 1000, one.definition.period),
      }),
      period: Math.max(dt, one.definition.period / 1000),
      bound: binding.inputs,
      inputs: observations(one.definition, binding.inputs, (input) => {
        if ("controller" in input) {
          const key = `${input.controller} ${input.published}`;
          return () => published.get(key) ?? NaN;
        }
        return (
          values.getter(alias(input.value.device), input.value.output, input.value.channel) ?? (() => NaN)
        );
      }),
      targets: binding.outputs.map((output) => arrays.target(one.name, output)),
      outputs: Object.keys(one.definition.outputs),
      due: 0,
      last: NaN,
    };
  });
  const { order } = stepOrder(all.map(({ name, bound }) => ({ name, inputs: bound })));
  const ordered = order.flatMap((name) => all.find((one) => one.name === name) ?? []);
  const score = createScore({ physics, parameters, ...options.score });
  const count = { steps: 0 };

  const stepController = (one: Stepped, time: number): void => {
    if (time < one.due - 1e-6) return;
    const elapsed = Number.isNaN(one.last) ? one.period : time - one.last;
    one.last = time;
    one.due = time + one.period;
    for (const observe of one.inputs.observers) observe();
    const at = startOfYear + (startHour * 3600 + time) * 1000;
    const localHour = (startHour + time / 3600) % 24;
    const outputs: Record<string, Target[]> = {};
    for (const name of one.outputs) outputs[name] = [];
    for (const target of one.targets) outputs[target.output]?.push(target.now());
    const frame = {
      inputs: one.inputs.all,
      outputs,
      dt: elapsed,
      at,
      localHour,
      wanted: "automatic",
    } as const;
    const result = one.engine.step(frame);
    for (const order of result.orders)
      arrays.obey(
        one.name,
        order.device,
        order.action,
        order.slot,
        order.kind === "fill" ? order.value : undefined,
      );
    for (const key in result.published ?? {})
      published.set(`${one.name} ${key}`, result.published?.[key] ?? NaN);
    count.steps++;
    options.trace?.(one.name, result);
  };
  const step = (): void => {
    physics.advance(dt, dt);
    equipment.tick(dt);
    values.tick(0);
    score.note(dt);
    const { time } = physics.state;
    for (const one of ordered) stepController(one, time);
  };
  return {
    ...{ physics, equipment, parameters, score, step },
    advance(seconds) {
      for (let i = Math.round(seconds / dt); i > 0; i--) step();
    },
    faults: (...texts) =>
      applySiteFaults(
        equipment,
        texts.map((text, id) => ({ ...faultFrom(text), id, since: 0 })),
      ),
    get controlSteps() {
      return count.steps;
    },
  };
}

interface Stepped {
  readonly name: string;
  readonly engine: Engine;
  /** s */
  readonly period: number;
  readonly bound: readonly BoundInput[];
  readonly inputs: Observations;
  readonly targets: readonly LiveTarget[];
  readonly outputs: readonly string[];
  due: number;
  last: number;
}

function readController(name: string, given: AnyDefinition | string | YearsController) {
  const config: YearsController = typeof given === "string" || "step" in given ? { use: given } : given;
  const { use } = config;
  const definition = typeof use === "string" ? shipped.find((one) => one.name === use) : asDefinition(use);
  if (definition === undefined) throw new BothyError("NOT_FOUND", { source: `controller ${name}` });
  return { name, definition, config };
}

interface Observations {
  readonly all: Readonly<Record<string, readonly Observed[]>>;
  readonly observers: readonly (() => void)[];
}

/** Observations that are brought up to date in place: a simulated year makes millions of them. */
function observations(
  definition: Definition,
  bound: readonly BoundInput[],
  getterOf: (input: BoundInput) => Getter,
): Observations {
  const all: Record<string, Observed[]> = {};
  for (const name of Object.keys(definition.inputs)) all[name] = [];
  const observers = bound.map((input): (() => void) => {
    const get = getterOf(input);
    const device = "controller" in input ? {} : { device: input.value.device, tags: input.tags };
    const good = {
      quality: "good",
      value: 0 as number | string,
      age: 0,
      from: input.name,
      tags: [],
      ...device,
    };
    const bad = {
      ...{ quality: "bad", code: "ABSENT", text: `${input.name} has no value`, from: input.name, tags: [] },
      ...device,
    };
    const list = all[input.input] ?? [];
    const place = list.push(good as Observed) - 1;
    return () => {
      const value = get();
      const there = typeof value !== "number" || Number.isFinite(value);
      if (there) good.value = asWanted(value, input.word);
      list[place] = (there ? good : bad) as Observed;
    };
  });
  return { all, observers };
}

function asWanted(value: unknown, word: boolean): number | string {
  if (typeof value === "boolean") return word ? (value ? "on" : "off") : Number(value);
  if (typeof value === "number") return word ? String(value) : value;
  return typeof value === "bigint" ? Number(value) : String(value);
}

interface LiveTarget {
  readonly output: string;
  now(): Target;
}

interface Held {
  readonly slot: Slot;
  readonly who: string;
  readonly value: number | string;
}

type Parts = Pick<Target, "device" | "name" | "tags" | "accepts"> & {
  readonly output: string;
  readonly action: string;
};

/** The priority arrays of all devices, in memory: what is in force acts at once. */
function createArrays(act: (device: string, action: string, value: number | string) => void) {
  const arrays = new Map<string, { held: Held[]; inForce: number | string | undefined }>();
  const of = (device: string, action: string) => {
    const key = `${device} ${action}`;
    const found = arrays.get(key) ?? { held: [], inForce: undefined };
    arrays.set(key, found);
    return found;
  };
  return {
    target(who: string, { output, action, device, name, tags, accepts }: Parts): LiveTarget {
      const array = of(device, action);
      return {
        output,
        now() {
          const own: HeldSlot[] = [];
          let first: Held | undefined;
          for (const one of array.held) {
            if (one.who === who) own.push(one);
            if (first === undefined || one.slot < first.slot) first = one;
          }
          const common = { device, name, tags, accepts, held: own, mine: first?.who === who };
          return first === undefined ? common : { ...common, value: first.value, slot: first.slot };
        },
      };
    },
    obey(who: string, device: string, action: string, slot: Slot, value: number | string | undefined): void {
      const array = of(device, action);
      array.held = array.held.filter((one) => one.slot !== slot);
      if (value !== undefined) array.held.push({ slot, who, value });
      let first: Held | undefined;
      for (const one of array.held) if (first === undefined || one.slot < first.slot) first = one;
      if (first === undefined || first.value === array.inForce) return;
      array.inForce = first.value;
      act(device, action, first.value);
    },
  };
}
