import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import { numbered } from "../../devices/numbered.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm } from "../contract.ts";
import { bind } from "./bind.ts";
import type { Binding, BindingConfig, BoundOutput, Publisher } from "./binding.ts";
import type { Frame, WantedMode } from "./frame.ts";
import { observeAll, type Published, type TargetsNow, targetsNow } from "./observe.ts";
import type { Orders } from "./orders.ts";
import type { Shape } from "./shape.ts";

export interface BoundDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly localHour: (at: Instant) => number;
  readonly published: (controller: string, value: string) => Published | string;
  readonly publishers: () => readonly Publisher[];
  /** Whether somebody gives way to others, because it rests. @param who as it is told to the writer */
  readonly yields: (who: string) => boolean;
}

/** `inlet probe-a`, `fans tray-a.fan-3 speed` */
const namesOf = ({ inputs, outputs }: Binding): readonly string[] => [
  ...inputs.map(({ input, name }) => `${input} ${name}`),
  ...outputs.map(({ output, name, action }) => `${output} ${name} ${action}`),
];

function changesOf(before: Binding, now: Binding) {
  const [old, all] = [new Set(namesOf(before)), new Set(namesOf(now))];
  return {
    added: [...all].filter((one) => !old.has(one)),
    gone: [...old].filter((one) => !all.has(one)),
  };
}

/** The first few of many names, for people. */
const listed = (names: readonly string[], most = 10): string =>
  names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;

/** What one controller is bound to, which changes as devices come and go, and frames of it. */
export class Bound {
  readonly #name: string;
  readonly #who: string;
  readonly #config: BindingConfig;
  readonly #deps: BoundDeps;
  #binding: Binding = { inputs: [], outputs: [], faults: [] };
  #boundAt = -1;
  #text = "";
  #rivals: TargetsNow["rivals"] = new Map();
  #spared: TargetsNow["spared"] = [];
  #began: Millis | undefined;

  constructor(name: string, who: string, config: BindingConfig, deps: BoundDeps) {
    this.#name = name;
    this.#who = who;
    this.#config = config;
    this.#deps = deps;
  }

  get binding(): Binding {
    return this.#binding;
  }

  /** Who else held slots of the same outputs when the last frame was made. */
  get rivals(): TargetsNow["rivals"] {
    return this.#rivals;
  }

  /** When the last frame was made, on the monotonic clock. */
  get began(): Millis {
    return this.#began ?? -Infinity;
  }

  /** Binds anew when devices have changed, and gives up what is lost. @returns what has changed, for people */
  rebind(shape: Shape, orders: Orders, force: boolean): string | undefined {
    const { registry } = this.#deps;
    if (registry.version === this.#boundAt && !force) return undefined;
    this.#boundAt = registry.version;
    const next = this.#bind(shape);
    orders.giveUpLost(next.outputs);
    const text = JSON.stringify(next);
    const before = this.#text === "" ? undefined : this.#binding;
    this.#binding = next;
    if (text === this.#text) return undefined;
    this.#text = text;
    return this.#tell(next, before);
  }

  #tell(next: Binding, before: Binding | undefined): string {
    const { log } = this.#deps;
    const controller = this.#name;
    const inputs = next.inputs.map(({ input, name }) => `${input}: ${name}`);
    const outputs = next.outputs.map(({ output, name }) => `${output}: ${name}`);
    const { added, gone } = changesOf(before ?? next, next);
    const text = [
      `bound to ${numbered(inputs.length, "value")} and ${numbered(outputs.length, "action")}`,
      ...(added.length > 0 ? [`new: ${listed(added)}`] : []),
      ...(gone.length > 0 ? [`gone: ${listed(gone)}`] : []),
    ].join("; ");
    const fields = { controller, inputs, outputs, added, gone };
    log[gone.length > 0 ? "warn" : "info"](fields, `${controller} is ${text}`);
    for (const { path, message, remedy } of next.faults)
      log.warn({ controller }, `${controller}, ${path.join(".")}: ${message}: ${remedy}`);
    return text;
  }

  /** Leaves out values of controllers that wait for this one. */
  cut(inputs: Binding["inputs"], faults: Binding["faults"]): void {
    this.#binding = { ...this.#binding, inputs, faults: [...this.#binding.faults, ...faults] };
  }

  /** Everything as it is now. */
  frame(shape: Shape, period: Millis, wanted: WantedMode): Frame {
    const mono = this.#deps.clock.monotonic();
    const dt = this.#began === undefined || mono <= this.#began ? period / 1000 : (mono - this.#began) / 1000;
    this.#began = mono;
    const targets = this.targets(shape);
    this.#rivals = targets.rivals;
    this.#spared = targets.spared;
    return this.#frameOf(this.#binding, shape, targets.outputs, dt, wanted);
  }

  /** Whether it is bound to outputs now, and to none of some it was bound to before. */
  isOfOthers(shape: Shape, before: readonly Pick<BoundOutput, "device">[]): boolean {
    const devices = new Set(before.map(({ device }) => device));
    const { outputs } = this.#bind(shape);
    return devices.size > 0 && outputs.length > 0 && !outputs.some(({ device }) => devices.has(device));
  }

  /** For a version that is only tried: nothing is remembered of it. */
  trialFrame(shape: Shape, period: Millis): Frame {
    const binding = this.#bind(shape);
    const { outputs } = this.targets(shape, binding);
    return this.#frameOf(binding, shape, outputs, period / 1000, "manual");
  }

  targets(shape: Shape, { outputs } = this.#binding): TargetsNow {
    const { writer, yields } = this.#deps;
    return targetsNow(outputs, Object.keys(shape.outputs), { who: this.#who, yields }, writer);
  }

  /** Everything that could not be bound, or that hardware is not told to spare it. */
  alarms(): readonly Alarm[] {
    const unbound = this.#binding.faults.map(({ path, message, remedy }): Alarm => ({
      id: `binding:${path.join(".")}:${message}`,
      severity: "warning",
      text: `${path.join(".")}: ${message}: ${remedy}`,
    }));
    return this.#spared.length === 0 ? unbound : [...unbound, ...this.#spared];
  }

  #bind(shape: Shape): Binding {
    const { registry, publishers } = this.#deps;
    return bind(this.#name, shape, this.#config, registry, publishers());
  }

  #frameOf(binding: Binding, shape: Shape, outputs: Frame["outputs"], dt: number, wanted: WantedMode): Frame {
    const at = this.#deps.clock.now();
    const inputs = observeAll(binding, Object.keys(shape.inputs), this.#deps);
    return { inputs, outputs, dt, at, localHour: this.#deps.localHour(at), wanted };
  }
}
