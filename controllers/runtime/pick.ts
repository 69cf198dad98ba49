import type { Missing, Observation, Sample } from "../sample.ts";
import type { InputSpec, Pick } from "../select.ts";
import type { Observed } from "./frame.ts";

/** What became of one input in one step. */
export interface Picked {
  /** What the step gets; undefined when the input is not there. */
  readonly value: unknown;
  /** Of inputs that pick one value. */
  readonly one?: Sample<number | string>;
  /** Why there is too little, for people. */
  readonly missing?: string;
}

const isThere = (one: Observed): one is Sample | Sample<string> => one.quality !== "bad";
const isEach = (pick: Pick): boolean => pick === "each" || pick === "eachWord";

/** Assembles one input from everything it is bound to. */
export function pickInput(spec: InputSpec, name: string, bound: readonly Observed[]): Picked {
  const all = usable(spec, bound);
  let good = 0;
  for (const one of all) if (isThere(one)) good++;
  const enough = good >= spec.minGood;
  if (isEach(spec.pick))
    return enough ? { value: all } : { value: all, missing: tooLittle(spec, name, all, good) };
  if (!enough || good === 0) return { value: undefined, missing: tooLittle(spec, name, all, good) };
  const one = chosen(spec.pick, all);
  return { value: one, one };
}

/** The same list when nothing in it is too old or of the wrong kind. */
function usable(spec: InputSpec, bound: readonly Observed[]): readonly Observed[] {
  const type = spec.pick === "word" || spec.pick === "eachWord" ? "string" : "number";
  const { maxAge = Infinity } = spec;
  const fits = (one: Observed): boolean =>
    one.quality === "bad" ||
    (typeof one.value === type && (type === "string" || Number.isFinite(one.value)) && one.age <= maxAge);
  if (bound.every(fits)) return bound;
  return bound.map((one) => (fits(one) ? one : refused(one as Sample<number | string>, type, maxAge)));
}

function refused(one: Sample<number | string>, type: "string" | "number", maxAge: number): Missing {
  const { from, tags, device } = one;
  const rest = { from, tags, ...(device === undefined ? {} : { device }) };
  if (one.age > maxAge)
    return {
      quality: "bad",
      code: "STALE",
      text: `${from} was last read ${Math.round(one.age)} ms ago; its limit is ${maxAge} ms`,
      ...rest,
    };
  const wanted = type === "number" ? "a number" : "a word";
  return {
    quality: "bad",
    code: "NOT_A_NUMBER",
    text: `${from} gives ${String(one.value)}, not ${wanted}`,
    ...rest,
  };
}

function tooLittle(spec: InputSpec, name: string, all: readonly Observed[], good: number): string {
  if (all.length === 0) return `${name}: nothing is bound`;
  const bad = all.filter((one): one is Missing => one.quality === "bad");
  const told = bad.slice(0, 2).map(({ text }) => text);
  const more = bad.length > 2 ? ` and ${bad.length - 2} more` : "";
  const count =
    spec.minGood > 1 || all.length > 1 ? `${good} of ${all.length} there, ${spec.minGood} needed; ` : "";
  return `${name}: ${count}${told.join("; ")}${more}`;
}

function chosen(pick: Pick, all: readonly Observed[]): Sample<number | string> {
  const there = all.filter(isThere) as Sample<number | string>[];
  const [first] = there;
  if (first === undefined) throw new RangeError("nothing to choose from");
  if (pick === "word") return first;
  const numbers = there as Sample[];
  if (pick === "max") return numbers.reduce((best, one) => (one.value > best.value ? one : best));
  if (pick === "min") return numbers.reduce((best, one) => (one.value < best.value ? one : best));
  if (numbers.length === 1) return first;
  return together(pick, numbers);
}

/** One number of several; as doubtful and as old as the worst of them. */
function together(pick: Pick, all: readonly Sample[]): Sample {
  const sum = all.reduce((total, { value }) => total + value, 0);
  const value = pick === "sum" ? sum : pick === "mean" ? sum / all.length : median(all);
  return {
    quality: all.some(({ quality }) => quality === "uncertain") ? "uncertain" : "good",
    value,
    age: all.reduce((oldest, { age }) => Math.max(oldest, age), 0),
    from: `${pick} of ${all.length}`,
    tags: [],
  };
}

function median(all: readonly Sample[]): number {
  const sorted = all.map(({ value }) => value).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

/** Of any observations: those that are there. */
export const present = <T extends number | string>(all: readonly Observation<T>[]): readonly Sample<T>[] =>
  all.filter((one): one is Sample<T> => one.quality !== "bad");
