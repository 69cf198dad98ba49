import type { Instant } from "../../devices/clock.ts";
import type { BothyError } from "../../devices/errors.ts";
import type { Registry } from "../../devices/registry.ts";
import { slots } from "../../devices/transaction.ts";
import type { FailSafe } from "../contract.ts";
import type { ControllerConfig, ControllerStatus } from "./api.ts";
import type { Order } from "./frame.ts";
import type { KeptController } from "./kept.ts";
import { bind } from "./bind.ts";
import { outputKey } from "./binding.ts";
import { whoOf } from "./observe.ts";
import { Orders } from "./orders.ts";
import { describeSource } from "./source.ts";
import type { KnownVersion } from "./version.ts";

type Output = KeptController["outputs"][number];

const noRivals: ReadonlyMap<string, string> = new Map();

/** What is known of one that does not run. */
export interface Left {
  /** What it left when it last ran. */
  readonly kept: KeptController | undefined;
  /** Of one that was loaded, and could not begin: its `init` throws. */
  readonly known: KnownVersion | undefined;
}

/**
 * A controller that could not be loaded, or could not begin. What it commands, or did when it last ran, is in fail-safe
 * as far as it is known, but for what another controller looks after now.
 */
export class Unloaded {
  readonly name: string;
  readonly config: ControllerConfig;
  readonly error: BothyError;
  /** When it could not be loaded for the first time. */
  readonly since: Instant;
  readonly #left: Left;
  readonly #orders: Orders;
  readonly #registry: Pick<Registry, "get" | "select">;
  /** What was told to the writer. */
  readonly #told = new Set<string>();
  readonly #restOf: (name: string) => string | undefined;

  constructor(
    { name, config, error, since }: Pick<Unloaded, "name" | "config" | "error" | "since">,
    left: Left,
    deps: ConstructorParameters<typeof Orders>[1],
    restOf: (name: string) => string | undefined,
  ) {
    this.name = name;
    this.config = config;
    this.error = error;
    this.since = since;
    this.#left = left;
    this.#restOf = restOf;
    this.#registry = deps.registry;
    this.#orders = new Orders(whoOf(name), deps);
    this.#orders.know(left.kept?.outputs ?? []);
  }

  /** As often as devices or bindings change. @param owned what others have a fail-safe value for, as `outputKey` */
  protect(owned: ReadonlySet<string>): void {
    const mine = this.#outputs().filter((output) => !owned.has(outputKey(output)));
    this.#orders.giveUpLost(mine);
    this.#orders.know(mine);
    const keys = new Set(mine.map(outputKey));
    for (const key of this.#told) if (!keys.has(key)) this.#told.delete(key);
    for (const output of mine) {
      const key = outputKey(output);
      if (this.#told.has(key) || this.#registry.get(output.device) === undefined) continue;
      this.#told.add(key);
      this.#orders.send(this.#failSafe(output), noRivals);
    }
  }

  /** It runs after all. @param outputs what it commands now: the others are given up */
  leave(outputs: readonly Output[]): void {
    this.#orders.giveUpLost(outputs);
  }

  get status(): ControllerStatus {
    const { name, error, since } = this;
    const rests = this.#restOf(name);
    const text = `it cannot run: ${error.message}`;
    return {
      name,
      standing: "failed to load",
      fault: error.message,
      source: describeSource(this.config.use),
      period: 0,
      mode: rests === undefined ? "off" : "resting",
      ...(rests === undefined ? {} : { rests }),
      wantedMode: "automatic",
      settings: {},
      temporary: {},
      steps: 0,
      missed: 0,
      failures: 0,
      took: { count: 0, seconds: 0, within: [] },
      inputs: [],
      outputs: [],
      bindingFaults: [],
      published: {},
      alarms:
        rests === undefined
          ? [{ controller: name, id: "cannot-run", severity: "critical", text, since }]
          : [],
    };
  }

  /** Outputs it has a fail-safe value for, as far as that is known. */
  get owned(): readonly Output[] {
    return this.#outputs().filter((output) => this.#valueOf(output) !== null);
  }

  #outputs(): readonly Output[] {
    const { known, kept } = this.#left;
    if (known === undefined) return kept?.outputs ?? [];
    return bind(this.name, known.shape, this.config, this.#registry, []).outputs;
  }

  #valueOf({ output }: Output): FailSafe[string] {
    const { known, kept } = this.#left;
    return (known ?? kept)?.failSafe[output] ?? null;
  }

  #failSafe(of: Output): readonly Order[] {
    const { output, device, action } = of;
    const value = this.#valueOf(of);
    const at = { output, device, action, why: `fail-safe: ${this.name} cannot run` };
    const fill: readonly Order[] =
      value === null ? [] : [{ kind: "fill", ...at, slot: slots.failSafe, value }];
    return [...fill, { kind: "release", ...at, slot: slots.controller }];
  }
}
