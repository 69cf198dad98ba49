import type { Accepts } from "../../devices/device.ts";
import type { Frame, StepTrace, TracedOutput } from "../runtime/frame.ts";

/** A difference above this share of an action's range counts as large, %. */
const largeShare = 10;
/** Differences below this share of a range are none: the last digits of sums. */
const nothing = 1e-9;
const mostExamples = 20;

/** How two versions differ in what they want of one thing. Plain JSON. */
export interface OutputDifference {
  readonly output: string;
  readonly device: string;
  readonly name: string;
  /** Steps in which both were asked. */
  readonly compared: number;
  /** Steps in which they wanted something else. */
  readonly differing: number;
  /** Of numbers, in the action's unit. */
  readonly largest: number;
  readonly mean: number;
  /** Steps in which they were further apart than `largeShare` of the range; words that differ always are. */
  readonly large: number;
}

/** One step in which two versions differ. */
export interface Example {
  readonly at: number;
  readonly output: string;
  readonly name: string;
  readonly first: number | string | null;
  readonly second: number | string | null;
  readonly firstReason: string;
  readonly secondReason: string;
}

/** What two versions made of the same inputs. Plain JSON. */
export interface Comparison {
  readonly compared: number;
  /** Steps in which they differ in at least one output. */
  readonly differing: number;
  /** Steps in which one of them was in another mode. */
  readonly otherMode: number;
  readonly large: number;
  /** Share of the compared steps, %. */
  readonly largePercent: number;
  readonly outputs: readonly OutputDifference[];
  /** The first ones, and then the largest. */
  readonly examples: readonly Example[];
}

interface Sums {
  readonly output: string;
  readonly device: string;
  readonly name: string;
  compared: number;
  differing: number;
  largest: number;
  total: number;
  large: number;
}

type Side = Pick<StepTrace, "at" | "mode" | "outputs" | "reason">;

/** Compares what two versions want, step by step, in little memory. */
export class Comparing {
  #compared = 0;
  #differing = 0;
  #otherMode = 0;
  #large = 0;
  readonly #sums = new Map<string, Sums>();
  readonly #examples: (Example & { readonly share: number })[] = [];

  /** @param targets what the outputs are bound to */
  add(first: Side, second: Side, targets: Frame["outputs"]): void {
    this.#compared++;
    if (first.mode !== second.mode) this.#otherMode++;
    const others = new Map(second.outputs.map((one) => [keyOf(one), one]));
    let largest = 0;
    for (const one of first.outputs) {
      const other = others.get(keyOf(one));
      others.delete(keyOf(one));
      largest = Math.max(largest, this.#output(one, other, [first, second], targets));
    }
    for (const other of others.values())
      largest = Math.max(largest, this.#output(undefined, other, [first, second], targets));
    if (largest > nothing) this.#differing++;
    if (largest > largeShare / 100) this.#large++;
  }

  get result(): Comparison {
    return {
      compared: this.#compared,
      differing: this.#differing,
      otherMode: this.#otherMode,
      large: this.#large,
      largePercent: this.#compared === 0 ? 0 : (100 * this.#large) / this.#compared,
      outputs: [...this.#sums.values()].map(({ total, ...sums }) => ({
        ...sums,
        mean: sums.compared === 0 ? 0 : total / sums.compared,
      })),
      examples: this.#examples.map(({ share: _share, ...example }) => example),
    };
  }

  /** @returns how far apart, as a share of the range */
  #output(
    one: TracedOutput | undefined,
    other: TracedOutput | undefined,
    [first, second]: readonly [Side, Side],
    targets: Frame["outputs"],
  ): number {
    const of = one ?? other;
    if (of === undefined) return 0;
    const [a, b] = [one?.wanted, other?.wanted];
    const accepts = targets[of.output]?.find(({ device }) => device === of.device)?.accepts;
    const share = shareOf(a, b, accepts);
    const sums = this.#sumsOf(of);
    sums.compared++;
    if (typeof a === "number" && typeof b === "number") {
      const apart = Math.abs(a - b);
      sums.largest = Math.max(sums.largest, apart);
      sums.total += apart;
    }
    if (share > nothing) sums.differing++;
    if (share > largeShare / 100) sums.large++;
    if (share > nothing)
      this.#example({
        ...{ at: first.at, output: of.output, name: of.name, first: a ?? null, second: b ?? null },
        ...{ firstReason: first.reason, secondReason: second.reason, share },
      });
    return share;
  }

  #sumsOf(of: TracedOutput): Sums {
    const key = keyOf(of);
    let sums = this.#sums.get(key);
    if (sums === undefined) {
      const { output, device, name } = of;
      sums = { output, device, name, compared: 0, differing: 0, largest: 0, total: 0, large: 0 };
      this.#sums.set(key, sums);
    }
    return sums;
  }

  #example(example: Example & { readonly share: number }): void {
    if (this.#examples.length < mostExamples) {
      this.#examples.push(example);
      return;
    }
    const half = mostExamples / 2;
    const smallest = this.#examples
      .slice(half)
      .reduce((least, one) => (one.share < least.share ? one : least));
    if (smallest.share < example.share) this.#examples[this.#examples.indexOf(smallest)] = example;
  }
}

const keyOf = ({ output, device }: TracedOutput): string => `${output}\n${device}`;

/** How far two wishes are apart, 0..1 of the range; one that is given up is as far as can be from one that is not. */
function shareOf(a: TracedOutput["wanted"], b: TracedOutput["wanted"], accepts: Accepts | undefined): number {
  if (a === b) return 0;
  if (typeof a !== "number" || typeof b !== "number") return 1;
  const range = accepts?.kind === "number" ? accepts.max - accepts.min : 100;
  return range > 0 ? Math.abs(a - b) / range : 1;
}
