import type { BoundInput, BoundOutput } from "../../controllers/runtime/binding.ts";
import type { Observed, Order, Target } from "../../controllers/runtime/frame.ts";
import { SlotArray, TargetView } from "../../controllers/runtime/slot-array.ts";
import type { Getter } from "./values.ts";

/** Part of a frame that is brought up to date in place: a simulated year makes millions of them. */
export interface Kept<T> {
  readonly all: Readonly<Record<string, readonly T[]>>;
  /** As it is now. */
  refresh(): void;
}

/** Lists by name with one place for each of `parts`, and what fills it. */
function keptLists<T, P>(
  names: readonly string[],
  parts: readonly P[],
  nameOf: (part: P) => string,
  lookerOf: (part: P) => () => T,
): Kept<T> {
  const all: Record<string, T[]> = Object.fromEntries(names.map((name) => [name, []]));
  const places = parts.flatMap((part) => {
    const list = all[nameOf(part)];
    if (list === undefined) return [];
    const look = lookerOf(part);
    return [{ list, index: list.push(look()) - 1, look }];
  });
  return {
    all,
    refresh() {
      for (const { list, index, look } of places) list[index] = look();
    },
  };
}

/** What the inputs of one controller are bound to. @param getterOf NaN: there is no value */
export const keptInputs = (
  names: readonly string[],
  bound: readonly BoundInput[],
  getterOf: (input: BoundInput) => Getter,
): Kept<Observed> =>
  keptLists(
    names,
    bound,
    ({ input }) => input,
    (input) => observer(input, getterOf(input)),
  );

function observer(input: BoundInput, get: Getter): () => Observed {
  const { name: from, word } = input;
  const device = "controller" in input ? { tags: [] } : { device: input.value.device, tags: input.tags };
  const good = { quality: "good", value: 0 as number | string, age: 0, from, ...device };
  const bad = { quality: "bad", code: "ABSENT", text: `${from} has no value`, from, ...device };
  return () => {
    const value = get();
    if (typeof value === "number" && !Number.isFinite(value)) return bad as Observed;
    good.value = asWanted(value, word);
    return good as Observed;
  };
}

function asWanted(value: unknown, word: boolean): number | string {
  if (typeof value === "boolean") return word ? (value ? "on" : "off") : Number(value);
  if (typeof value === "number") return word ? String(value) : value;
  return typeof value === "bigint" ? Number(value) : String(value);
}

/** The priority arrays of all devices, in memory: what is in force acts at once. */
export class Arrays {
  readonly #act: (device: string, action: string, value: number | string) => boolean;
  readonly #arrays = new Map<string, { readonly array: SlotArray; acted: number | string | undefined }>();

  /** @param act false: the device did not take it, and is told again */
  constructor(act: (device: string, action: string, value: number | string) => boolean) {
    this.#act = act;
  }

  /** What the outputs of one controller are bound to. */
  targets(who: string, names: readonly string[], bound: readonly BoundOutput[]): Kept<Target> {
    return keptLists(
      names,
      bound,
      ({ output }) => output,
      (output) => {
        const view = new TargetView(this.#of(output.device, output.action).array, output, who);
        return () => view.now;
      },
    );
  }

  obey(who: string, orders: readonly Order[]): void {
    for (const order of orders) {
      const { device, action, slot } = order;
      const of = this.#of(device, action);
      if (order.kind === "fill") of.array.fill(slot, order.value, who);
      else of.array.release(slot);
      const value = of.array.inForce?.value;
      if (value === undefined || value === of.acted) continue;
      if (this.#act(device, action, value)) of.acted = value;
    }
  }

  #of(device: string, action: string) {
    const key = `${device} ${action}`;
    const known = this.#arrays.get(key);
    if (known !== undefined) return known;
    const made = { array: new SlotArray(), acted: undefined };
    this.#arrays.set(key, made);
    return made;
  }
}
