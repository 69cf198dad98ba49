import { slots } from "../../devices/transaction.ts";
import type { Writer } from "../../devices/writer.ts";
import type { ControllersConfig } from "./api.ts";
import { type BoundOutput, outputKey, type Publisher } from "./binding.ts";
import { whoOf } from "./observe.ts";
import type { Profiles } from "./profiles.ts";
import type { Running } from "./running.ts";
import type { Unloaded } from "./unloaded.ts";

/** All controllers of a site. */
interface All {
  readonly running: readonly Running[];
  readonly unloaded: readonly Unloaded[];
}

/** Who works and who rests, as the profile in force says, and what those that rest still have to look after. */
export class Duties {
  readonly #config: ControllersConfig;
  readonly #profiles: Profiles;
  readonly #writer: Pick<Writer, "array">;
  /** Why each of those that rest does, by name. */
  #resting: ReadonlyMap<string, string> = new Map();

  constructor(config: ControllersConfig, profiles: Profiles, writer: Pick<Writer, "array">) {
    this.#config = config;
    this.#profiles = profiles;
    this.#writer = writer;
    this.call();
  }

  /** Names of those that rest. */
  get resting(): ReadonlySet<string> {
    return new Set(this.#resting.keys());
  }

  why(name: string): string | undefined {
    return this.#resting.get(name);
  }

  /** The profile in force has changed. */
  call(): void {
    this.#resting = new Map(
      Object.entries(this.#config).flatMap(([name, { profiles }]) => {
        const why = this.#profiles.restOf(profiles);
        return why === undefined ? [] : [[name, why]];
      }),
    );
  }

  /** Whether somebody gives way to others. @param who as it is told to the writer */
  yields = (who: string): boolean => {
    for (const name of this.#resting.keys()) if (whoOf(name) === who) return true;
    return false;
  };

  /** Of several of a kind those that work. */
  publishers(running: readonly Running[]): readonly Publisher[] {
    const works = new Set(
      running.filter((one) => !this.#resting.has(one.name)).map(({ shape }) => shape.name),
    );
    return running
      .filter(({ name, shape }) => !this.#resting.has(name) || !works.has(shape.name))
      .map(({ name, shape }) => ({ name, shape }));
  }

  /** Has each of those that are bound now work, or rest with what nobody else has. */
  assign({ running, unloaded }: All): void {
    const taken = new Set([
      ...running.filter((one) => !this.#resting.has(one.name)).flatMap((one) => keysOf(owned(one))),
      ...unloaded.filter((one) => !this.#resting.has(one.name)).flatMap((one) => keysOf(one.owned)),
    ]);
    const left = running.filter((one) => this.#resting.has(one.name));
    const heirs = new Map<string, string>();
    for (const one of left)
      for (const output of owned(one)) {
        const key = outputKey(output);
        if (taken.has(key)) continue;
        // Whoever has it already keeps it.
        if (!heirs.has(key) || this.#holds(one.name, output)) heirs.set(key, one.name);
      }
    for (const one of running) {
      const why = this.#resting.get(one.name);
      const alone = [...heirs].filter(([, name]) => name === one.name).map(([key]) => key);
      one.rest = why === undefined ? undefined : { why, alone: new Set(alone) };
    }
  }

  /**
   * Has outputs of those that could not be loaded in fail-safe, unless somebody else looks after them.
   * @param over whether those that rest may let go: whoever comes in their place has begun
   */
  protect({ running, unloaded }: All, over: boolean): void {
    if (unloaded.length === 0) return;
    const works = ({ name }: { readonly name: string }): boolean => !this.#resting.has(name);
    const others = new Set(running.filter(works).flatMap((one) => keysOf(owned(one))));
    for (const one of unloaded.filter(works)) one.protect(others);
    if (!over) return;
    for (const one of unloaded.filter(works)) for (const key of keysOf(one.owned)) others.add(key);
    for (const { rest } of running) for (const key of rest?.alone ?? []) others.add(key);
    for (const one of unloaded.filter((other) => !works(other))) one.protect(others);
  }

  /** Those that would rest with a profile, and hold something for the safety of life now. */
  savers(running: readonly Running[], profile: string): readonly string[] {
    return running
      .filter(({ name }) => this.#profiles.restOf(this.#config[name]?.profiles, profile) !== undefined)
      .filter(({ name, binding }) =>
        binding.outputs.some((output) => this.#holds(name, output, slots.lifeSafety)),
      )
      .map(({ name }) => name);
  }

  #holds(name: string, { device, action }: Key, slot?: number): boolean {
    const array = this.#writer.array(device).find((one) => one.action === action);
    return (array?.entries ?? []).some(
      (entry) => entry.who === whoOf(name) && (slot === undefined || entry.slot === slot),
    );
  }
}

type Key = Pick<BoundOutput, "device" | "action">;

const keysOf = (outputs: readonly Key[]): readonly string[] => outputs.map(outputKey);

/** What it has a fail-safe value for. */
const owned = ({ failSafe, binding }: Running): readonly BoundOutput[] =>
  binding.outputs.filter(({ output }) => (failSafe[output] ?? null) !== null);
