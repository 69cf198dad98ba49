import { bind } from "../../controllers/runtime/bind.ts";
import { type BoundInput, stepOrder } from "../../controllers/runtime/binding.ts";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import type { Observed, Target } from "../../controllers/runtime/frame.ts";
import { createEngine, type Engine } from "../../controllers/runtime/inline-engine.ts";
import { shapeOf } from "../../controllers/runtime/shape.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { BothyError } from "../../devices/errors.ts";
import { Registry } from "../../devices/registry.ts";
import type { Equipment } from "../../simulators/equipment.ts";
import { faultFrom } from "../../simulators/fault-text.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { applySiteFaults } from "../../simulators/site-faults.ts";
import { devicesOf } from "./devices.ts";
import { createModel, type ModelOptions, yearStart } from "./model.ts";
import { createScore, type Score, type ScoreOptions } from "./score.ts";
import { type AnyDefinition, asDefinition } from "./site.ts";
import { createSubstitutes, sensorOf, unitOfAlias } from "./substitutes.ts";
import type { Getter } from "./values.ts";
import { createFaultList, createStepEvents, warmestInlet } from "./years-watch.ts";
import { Arrays, type Kept, keptInputs } from "./years-io.ts";

export interface YearsController {
  readonly use: AnyDefinition | string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly where?: readonly string[];
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly outputs?: Readonly<Record<string, readonly string[]>>;
}

/** `parameters` by default those of the roadside cabinet. */
export interface YearsOptions extends ModelOptions {
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
  /**
   * What fails from now on, as `bothy sim fault` takes it: a unit answers or does not, `line line-cut` silences all; what
   * happens to single frames has no meaning here.
   */
  faults(...texts: readonly string[]): void;
  /** Steps of all controllers together. */
  readonly controlSteps: number;
}

/**
 * @throws BothyError `BAD_CONFIG` when something is not bound, `NOT_FOUND` for a shipped controller there is not
 */
export function simulatedYears(options: YearsOptions = {}): Years {
  const { step: dt = 5, startHour = 0 } = options;
  const { parameters, physics, equipment, values } = createModel(options, "cabinet");
  const registry = new Registry();
  registry.add(devicesOf("simulated", equipment, values));
  const alias = (id: string): string => registry.get(id)?.alias ?? id;
  const broken = createSubstitutes(equipment);
  const score = createScore({
    ...{ physics, parameters, localHour: () => (startHour + physics.state.time / 3600) % 24 },
    seen: warmestInlet(equipment.probes, broken),
    ...options.score,
  });
  const arrays = new Arrays((device, action, value) => {
    const to = alias(device);
    if (broken.silent(unitOfAlias(to))) return false;
    score.bus.written(`${to} ${action}`);
    values.setter(to, action)?.(value);
    return true;
  });
  const published = new Map<string, EngineResult["published"]>();
  const getterOf = (input: BoundInput): Getter => {
    if ("controller" in input) return () => published.get(input.controller)?.[input.published] ?? NaN;
    const { device, output, channel } = input.value;
    const of = alias(device);
    const get = values.getter(of, output, channel) ?? (() => NaN);
    const [unit, sensor] = [unitOfAlias(of), sensorOf(of, output)];
    return () => (!broken.any ? get() : broken.silent(unit) ? NaN : (broken.instead(unit, sensor) ?? get()));
  };
  const all = steppedOf(options.controllers ?? {}, dt, registry, arrays, getterOf);
  const { order } = stepOrder(all.map(({ name, bound }) => ({ name, inputs: bound })));
  const ordered = order.flatMap((name) => all.find((one) => one.name === name) ?? []);
  const events = createStepEvents(order);
  const faults = createFaultList(() => physics.state.time * 1000);
  score.watch(events, () => faults.list());
  let controlSteps = 0;

  const stepController = (one: Stepped, time: number): void => {
    if (time < one.due - 1e-6) return;
    one.inputs.refresh();
    one.outputs.refresh();
    const result = one.engine.step({
      inputs: one.inputs.all,
      outputs: one.outputs.all,
      dt: Number.isNaN(one.last) ? one.period : time - one.last,
      at: yearStart + (startHour * 3600 + time) * 1000,
      localHour: (startHour + time / 3600) % 24,
      wanted: "automatic",
    });
    one.last = time;
    one.due = time + one.period;
    arrays.obey(one.name, result.orders);
    published.set(one.name, result.published);
    controlSteps++;
    events.stepped(one.name, result);
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
    physics,
    equipment,
    parameters,
    score,
    step,
    advance(seconds) {
      for (let i = Math.round(seconds / dt); i > 0; i--) step();
    },
    faults(...texts) {
      const active = faults.set(texts, faultFrom);
      applySiteFaults(equipment, active);
      broken.set(active);
    },
    get controlSteps() {
      return controlSteps;
    },
  };
}

interface Stepped {
  readonly name: string;
  readonly engine: Engine;
  /** s */
  readonly period: number;
  readonly bound: readonly BoundInput[];
  readonly inputs: Kept<Observed>;
  readonly outputs: Kept<Target>;
  due: number;
  last: number;
}

/** @throws BothyError `BAD_CONFIG` when something is not bound */
function steppedOf(
  controllers: NonNullable<YearsOptions["controllers"]>,
  dt: number,
  registry: Registry,
  arrays: Arrays,
  getterOf: (input: BoundInput) => Getter,
): readonly Stepped[] {
  const configured = Object.entries(controllers).map(([name, one]) => readController(name, one));
  const others = configured.map(({ name, definition }) => ({ name, shape: shapeOf(definition) }));
  return configured.map(({ name, definition, config }) => {
    const { faults, inputs, outputs } = bind(name, shapeOf(definition), config, registry, others);
    const [fault] = faults;
    if (fault !== undefined)
      throw new BothyError("BAD_CONFIG", {
        source: `controller ${name}`,
        fault: `${fault.message}; ${fault.remedy}`,
      });
    const period = Math.max(dt * 1000, definition.period);
    return {
      ...{ name, engine: createEngine(definition, config.settings, { period }), period: period / 1000 },
      ...{ bound: inputs, inputs: keptInputs(Object.keys(definition.inputs), inputs, getterOf) },
      outputs: arrays.targets(name, Object.keys(definition.outputs), outputs),
      ...{ due: 0, last: NaN },
    };
  });
}

function readController(name: string, given: AnyDefinition | string | YearsController) {
  const config: YearsController = typeof given === "string" || "step" in given ? { use: given } : given;
  const { use } = config;
  const definition = typeof use === "string" ? shipped.find((one) => one.name === use) : asDefinition(use);
  if (definition === undefined) throw new BothyError("NOT_FOUND", { source: `controller ${name}` });
  return { name, definition, config };
}
