import type { Definition } from "../../controllers/contract.ts";
import type {
  ControllerConfig,
  ControllerRuntime,
  ControllersConfig,
} from "../../controllers/runtime/api.ts";
import { createControllers } from "../../controllers/runtime/runtime.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { type Millis, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import { Link } from "../../devices/link.ts";
import { type Log, silentLog } from "../../devices/plugin.ts";
import { type Reading, type Value, valueOf } from "../../devices/reading.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { slots, type Transaction, type WriteRequest } from "../../devices/transaction.ts";
import { VirtualClock } from "../../devices/virtual-clock.ts";
import { Writer } from "../../devices/writer.ts";
import type { Equipment } from "../../simulators/equipment.ts";
import { faultFrom, parseScript } from "../../simulators/fault-text.ts";
import { type ActiveFault, createFaultBoard, type FaultTarget } from "../../simulators/faults.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { applySiteFaults, refusalsOf } from "../../simulators/site-faults.ts";
import { devicesOf, linkName } from "./devices.ts";
import { type Behaviour, directLink } from "./link.ts";
import { createModel, type ModelOptions, yearStart } from "./model.ts";
import { createScore, type Score, type ScoreOptions } from "./score.ts";
import { createSubstitutes } from "./substitutes.ts";
import { warmestInlet } from "./years-watch.ts";

/** `parameters` by default those of the demonstration's cabinet. */
export interface SimulationOptions extends ModelOptions {
  /** Default: one that begins on January 1st 2031 and `startHour`, UTC. */
  readonly clock?: VirtualClock;
  /** What controls the site, by name: a definition, the name of a shipped one, or all that a configuration says. */
  readonly controllers?: Readonly<Record<string, SimulatedController>>;
  /** Faults to play, as `bothy sim fault` takes them: `{ at: "10m", fault: "tray-a dead-fan 3" }`. */
  readonly faults?: readonly { readonly at: string; readonly fault: string }[];
  /** How often devices are read. Default 2 s. */
  readonly poll?: Millis;
  /** How finely the physics are stepped. Default 1 s. */
  readonly step?: Millis;
  /** Where controllers keep their state; hand the same one to a second site to go on there. */
  readonly keeper?: Keeper;
  readonly log?: Log;
  /** Changes limits of the score. */
  readonly score?: ScoreOptions;
}

/** A definition, whatever its settings, inputs and state are. */
export type AnyDefinition = Pick<
  Definition,
  "name" | "version" | "summary" | "period" | "settings" | "inputs" | "outputs"
> & { readonly step: unknown };

export type SimulatedController =
  | AnyDefinition
  | string
  | (Omit<ControllerConfig, "use"> & { readonly use: AnyDefinition | string | ControllerConfig["use"] });

/** A site in one process on a virtual clock: physics, devices, store, writer and controllers, without any wire. */
export interface Simulation {
  readonly clock: VirtualClock;
  readonly physics: SitePhysics;
  readonly equipment: Equipment;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly controllers: ControllerRuntime;
  /** How well the site fares, from the true state; begins with the simulation, or anew with `score.reset()`. */
  readonly score: Score;
  /** Lets time pass. */
  advance(span: Millis): Promise<void>;
  /**
   * The latest value of a device's output; by default its first one. Undefined: there is none.
   * @throws BothyError `NOT_FOUND` for a device or output there is not
   */
  read(alias: string, output?: string, channel?: string): Value | undefined;
  reading(alias: string, output?: string, channel?: string): Reading;
  /** Writes as an operator would, unless another slot is said. @throws BothyError as `Writer.submit` */
  write(alias: string, action: string, value: string | number, rest?: Partial<WriteRequest>): Transaction;
  /** Makes something fail, as `bothy sim fault` does: `tray-a dead-fan 3 for 10m`. @throws FaultError */
  fault(text: string): ActiveFault;
  faults(): readonly ActiveFault[];
  /** Ends one fault, or all. @throws FaultError */
  clear(id?: number): void;
  /** Ends the controllers as a killed process would: nothing is written any more. The site goes on. */
  kill(): void;
  /** Stops everything; controllers write what they leave behind. May be called twice. */
  stop(): Promise<void>;
}

/** Makes a site in one process and starts it. @throws EpwError, ParameterError, BothyError `BAD_CONFIG`, FaultError */
export async function simulatedSite(options: SimulationOptions = {}): Promise<Simulation> {
  const { seed = 1, log = silentLog, startHour = 0 } = options;
  const clock = options.clock ?? new VirtualClock(yearStart + startHour * 3_600_000);
  const { parameters, physics, equipment, values } = createModel(options, "demo");
  const { board, behaviour, substitutes } = faultBoard(clock, seed, equipment);
  const devices = devicesOf("simulated", equipment, values);
  const score = createScore({
    ...{ physics, parameters, seen: warmestInlet(equipment.probes, substitutes) },
    localHour: () => (startHour + physics.state.time / 3600) % 24,
    ...options.score,
  });
  const poll = options.poll ?? seconds(2);
  const plan = directLink({ devices, values, behaviour, poll, told: score.bus });
  const registry = new Registry();
  const store = new ReadingStore({ clock, log });
  const link = new Link(plan, { clock, log, registry, store });
  const cut = { killed: false };
  const keeper = options.keeper === undefined ? {} : { keeper: options.keeper };
  const writer = new Writer({
    ...{ clock, log, registry, store },
    links: (name) => (name === linkName ? link : undefined),
  });
  const controllers = createControllers(configOf(options.controllers ?? {}), {
    ...{ clock, log, registry, store, writer, shipped },
    ...keeper,
    localHour: (at) => (at / 3_600_000) % 24,
  });
  const step = options.step ?? seconds(1);
  const stopPhysics = repeat(clock, step, () => {
    physics.advance(step / 1000);
    equipment.tick(step / 1000);
    values.tick(step / 1000);
    score.note(step / 1000);
  });
  link.start();
  writer.start();
  await clock.advance(0);
  await controllers.start();
  if (options.faults !== undefined) board.run(parseScript(JSON.stringify(options.faults)));
  score.watch(controllers, () => board.list());

  const reading = (alias: string, output?: string, channel?: string): Reading => {
    const device = registry.get(alias);
    const found = device === undefined ? [] : store.latest(device.id);
    const one = found.find(
      ({ id }) => output === undefined || (id.output === output && id.channel === channel),
    );
    if (one !== undefined) return one;
    const source = [alias, output, channel].filter((part) => part !== undefined).join(" ");
    throw new BothyError("NOT_FOUND", { source });
  };
  let stopped: Promise<void> | undefined;
  return {
    ...{ clock, physics, equipment, registry, store, writer, controllers, score, reading },
    advance: (span) => clock.advance(span),
    read: (alias, output, channel) => valueOf(reading(alias, output, channel)),
    write: (device, action, value, rest = {}) =>
      writer.submit({
        ...{ device, action, data: String(value), slot: slots.operator, who: "operator", why: "by hand" },
        ...rest,
      }),
    fault: (text) => board.add(faultFrom(text)),
    faults: () => board.list(),
    clear: (id) => board.clear(id),
    kill() {
      cut.killed = true;
      writer.stop();
      void link.stop();
    },
    stop: () =>
      (stopped ??= (async () => {
        if (!cut.killed) {
          // Fail-safe values take a while to be written and read back, and time passes only when somebody lets it.
          const ended = controllers.stop();
          await clock.advance(seconds(12));
          await ended;
        }
        writer.stop();
        await link.stop();
        store.stop();
        stopPhysics();
        board.close();
      })()),
  };
}

function configOf(given: Readonly<Record<string, SimulatedController>>): ControllersConfig {
  return Object.fromEntries(
    Object.entries(given).map(([name, one]): [string, ControllerConfig] => {
      if (typeof one === "string" || "step" in one) return [name, { use: sourceOf(one) }];
      return [name, { ...one, use: sourceOf(one.use) }];
    }),
  );
}

/** Its functions take what its own inputs and settings give them: nobody else calls them. */
export const asDefinition = (given: AnyDefinition): Definition => given as unknown as Definition;

function sourceOf(use: AnyDefinition | string | ControllerConfig["use"]): ControllerConfig["use"] {
  if (typeof use === "string") return { kind: "shipped", name: use };
  return "step" in use ? { kind: "definition", definition: asDefinition(use) } : use;
}

/** Runs at fixed intervals, also when one was late. */
function repeat(clock: VirtualClock, period: Millis, run: () => void): () => void {
  let due = clock.monotonic();
  let cancel: () => void = () => undefined;
  const arm = (): void => {
    due += period;
    cancel = clock.at(due, () => {
      run();
      arm();
    });
  };
  arm();
  return () => cancel();
}

/** ms after which a client has given up. */
const tooLate = 1000;

/** The faults of a site behind wires that make sense without them, and how they show. */
function faultBoard(clock: VirtualClock, seed: number, equipment: Equipment) {
  const units = [
    "tray-a",
    ...equipment.probes.map(({ name }) => name),
    "io-1",
    ...equipment.dx.map((_, i) => `dx-${i + 1}`),
    ...["dc-1", "meter-1", "pdu-1", "ups-1"],
  ];
  const noFrames = {
    "bad-crc": "there is no wire",
    "short-frame": "there is no wire",
    "long-frame": "there is no wire",
  };
  const fans = Array.from({ length: equipment.parameters.fans.count }, (_, i) => `fan-${i + 1}`);
  const targets: FaultTarget[] = units.map((name) => {
    const faultySensors = equipment.sensors.names(name);
    const sensors = name === "tray-a" ? [...faultySensors, ...fans] : faultySensors;
    const registers = name.startsWith("probe-") ? {} : { shifted: "there are no registers" };
    const refuses = { ...refusalsOf(name), ...noFrames, ...registers };
    return { name, kind: "unit", refuses, sensors, faultySensors };
  });
  const firstSensor = (unit: string): string => targets.find(({ name }) => name === unit)?.sensors?.[0] ?? "";
  const substitutes = createSubstitutes(equipment, firstSensor);
  const board = createFaultBoard({
    ...{ clock, seed },
    targets: [...targets, { name: "line", kind: "line" }, { name: "site", kind: "site" }],
    changed(_fault, active) {
      applySiteFaults(equipment, active);
      substitutes.set(active);
    },
  });
  const behaviour: Behaviour = {
    failure(unit) {
      const { silent, exception, delay = 0, unit: wrong } = board.misbehave(unit);
      if (silent === true || delay >= tooLate || wrong !== undefined || !board.passes("line"))
        return new BothyError("NO_ANSWER", { source: unit, timeout: 200 });
      if (exception !== undefined)
        return new BothyError("REFUSED", { source: unit, fault: `exception ${exception}` });
      return undefined;
    },
    instead: substitutes.instead,
  };
  return { behaviour, board, substitutes };
}
