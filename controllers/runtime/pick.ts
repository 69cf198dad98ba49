import type { Missing, Sample } from "../sample.ts";
import type { InputSpec, Pick } from "../select.ts";
import type { Frame, Observed, StepTrace } from "./frame.ts";

/** All inputs of one step. */
export interface Inputs {
  /** What the step gets; undefined for an input that is not there. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly picked: StepTrace["picked"];
  /** Why required inputs are not there, for people. */
  readonly missing: readonly string[];
  /** Their names. */
  readonly lacks: readonly string[];
}

type AnySample = Sample<number | string>;

const none: readonly never[] = [];

/** Assembles every input from what it is bound to. */
export function pickInputs(
  specs: readonly (readonly [name: string, spec: InputSpec])[],
  bound: Frame["inputs"],
): Inputs {
  const values: Record<string, unknown> = {};
  const picked: Record<string, { value: number | string; from: string }> = {};
  let missing: string[] | undefined;
  let lacks: string[] | undefined;
  for (const [name, spec] of specs) {
    const all = usable(spec, bound[name] ?? none);
    const good = countThere(all);
    const each = spec.pick === "each" || spec.pick === "eachWord";
    const there = good >= spec.minGood && (each || good > 0);
    if (each) values[name] = all;
    else if (there) {
      const one = chosen(spec.pick, all, good);
      values[name] = one;
      picked[name] = { value: one.value, from: one.from };
    } else values[name] = undefined;
    if (there || spec.optional || isWaived(spec, specs, bound)) continue;
    (missing ??= []).push(tooLittle(spec, name, all, good));
    (lacks ??= []).push(name);
  }
  return { values, picked, missing: missing ?? none, lacks: lacks ?? none };
}

/** Whether an input may be missing now, for what another one says. */
function isWaived(
  { unless }: InputSpec,
  specs: readonly (readonly [name: string, spec: InputSpec])[],
  bound: Frame["inputs"],
): boolean {
  const other = specs.find(([name]) => name === unless?.input)?.[1];
  if (unless === undefined || other === undefined) return false;
  return usable(other, bound[unless.input] ?? none).some((one) => isThere(one) && one.value === unless.is);
}

const isThere = (one: Observed): one is Sample | Sample<string> => one.quality !== "bad";

function countThere(all: readonly Observed[]): number {
  let count = 0;
  for (const one of all) if (isThere(one)) count++;
  return count;
}

/** What is bound, with what is too old or of the wrong kind as missing; the same list when nothing is. */
export function usable(spec: InputSpec, bound: readonly Observed[]): readonly Observed[] {
  for (const one of bound) if (!fits(spec, one)) return bound.map((any) => asUsable(spec, any));
  return bound;
}

const isWord = ({ pick }: InputSpec): boolean => pick === "word" || pick === "eachWord";

function fits(spec: InputSpec, one: Observed): boolean {
  if (one.quality === "bad") return true;
  const ofKind = typeof one.value === "string" ? isWord(spec) : !isWord(spec) && Number.isFinite(one.value);
  return ofKind && (spec.maxAge === undefined || one.age <= spec.maxAge);
}

function asUsable(spec: InputSpec, one: Observed): Observed {
  if (one.quality === "bad" || fits(spec, one)) return one;
  const { from, tags, device, age, value } = one;
  const rest = { quality: "bad", from, tags, ...(device === undefined ? {} : { device }) } as const;
  const { maxAge = Infinity } = spec;
  if (age > maxAge) {
    const text = `${from} was last read ${Math.round(age)} ms ago; its limit is ${maxAge} ms`;
    return { code: "STALE", text, ...rest } satisfies Missing;
  }
  const text = `${from} gives ${String(value)}, not ${isWord(spec) ? "a word" : "a number"}`;
  return { code: "NOT_A_NUMBER", text, ...rest } satisfies Missing;
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

/** @param good how many of them are there, > 0 */
function chosen(pick: Pick, all: readonly Observed[], good: number): AnySample {
  if (pick === "max" || pick === "min") return furthest(pick, all);
  const there = all.filter(isThere);
  const [first] = there;
  if (first === undefined) throw new RangeError("nothing to choose from");
  return pick === "word" || good === 1 ? first : together(pick, there as readonly Sample[]);
}

function furthest(pick: "max" | "min", all: readonly Observed[]): AnySample {
  let best: Sample | Sample<string> | undefined;
  for (const one of all) {
    if (!isThere(one)) continue;
    if (best === undefined || (pick === "max" ? one.value > best.value : one.value < best.value)) best = one;
  }
  if (best === undefined) throw new RangeError("nothing to choose from");
  return best;
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
