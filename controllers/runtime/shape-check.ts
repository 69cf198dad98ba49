import { namePattern } from "../../devices/device.ts";
import { isEntry } from "../../devices/entry.ts";
import type { Definition } from "../contract.ts";
import type { ActionOptions, ActionSpec, InputOptions, InputSpec } from "../select.ts";

const isFinite = (value: unknown): value is number => Number.isFinite(value);
const semantic = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;
const shortestPeriod = 100;
const picks: readonly unknown[] = ["each", "eachWord", "max", "min", "mean", "median", "sum", "word"];

/** All that is wrong with what a file says is a definition; in JavaScript it may be anything. */
export function faultsOfShape(value: unknown): readonly string[] {
  if (!isEntry(value)) return ["the default export is no definition: export default defineController({ … })"];
  return [
    ...strangers("a controller", value, definitionKeys),
    ...texts(value),
    ...times(value),
    ...functions(value),
    ...settings(value["settings"]),
    ...inputs(value["inputs"]),
    ...outputs(value["outputs"]),
    ...failSafes(value),
    ...termUnits(value),
    ...loops(value),
  ];
}

const definitionKeys = Object.keys({
  ...{ name: true, version: true, summary: true, period: true, budget: true, settings: true, inputs: true },
  ...{
    outputs: true,
    publishes: true,
    terms: true,
    loop: true,
    failSafe: true,
    stateVersion: true,
    init: true,
  },
  ...{ migrate: true, check: true, step: true, invariants: true },
} satisfies Record<keyof Definition, true>);
const inputOptions = Object.keys({ minGood: true, maxAge: true, unit: true } satisfies Record<
  keyof InputOptions,
  true
>);
/** Made by `select`, `from`, `optional` and `unless`. */
const inputParts = Object.keys({
  ...{ kind: true, tags: true, output: true, channel: true, controller: true, pick: true, optional: true },
  unless: true,
} satisfies Record<Exclude<keyof InputSpec, keyof InputOptions | symbol>, true>);
const outputOptions = Object.keys({
  ...{ unit: true, rise: true, fall: true, deadband: true, refresh: true, optional: true },
} satisfies Record<keyof ActionOptions, true>);
const outputParts = Object.keys({ kind: true, tags: true, action: true } satisfies Record<
  Exclude<keyof ActionSpec, keyof ActionOptions>,
  true
>);

/** What nobody reads is a slip, such as `rises`: told, not passed over. @param parts known, but nobody writes them */
function* strangers(
  what: string,
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  parts: readonly string[] = [],
): Generator<string> {
  for (const key of Object.keys(value))
    if (!known.includes(key) && !parts.includes(key))
      yield `${what} has no \`${key.slice(0, 60)}\`; it has: ${known.join(", ")}`;
}

function* texts({ name, version, summary }: Readonly<Record<string, unknown>>): Generator<string> {
  if (typeof name !== "string" || !new RegExp(namePattern).test(name))
    yield "`name` is missing, or has other characters than letters, digits, `.`, `_` and `-`";
  if (typeof version !== "string" || !semantic.test(version))
    yield "`version` is no semantic version such as 1.0.0";
  if (typeof summary !== "string") yield "`summary` is missing: one line for people";
}

function* times({ period, budget, stateVersion }: Readonly<Record<string, unknown>>): Generator<string> {
  if (typeof period !== "number" || !(period >= shortestPeriod) || !Number.isFinite(period))
    yield `\`period\` is not ${shortestPeriod} ms or more; write e.g. seconds(5)`;
  if (budget !== undefined && !(typeof budget === "number" && budget > 0))
    yield "`budget` is not longer than 0 ms";
  if (typeof budget === "number" && typeof period === "number" && budget > period)
    yield "`budget` is longer than `period`";
  if (stateVersion !== undefined && !(Number.isInteger(stateVersion) && Number(stateVersion) >= 1))
    yield "`stateVersion` is no whole number from 1";
}

function* functions(value: Readonly<Record<string, unknown>>): Generator<string> {
  for (const name of ["init", "step"])
    if (typeof value[name] !== "function") yield `\`${name}\` is no function`;
  for (const name of ["migrate", "check"])
    if (value[name] !== undefined && typeof value[name] !== "function") yield `\`${name}\` is no function`;
  const { invariants } = value;
  const fits =
    invariants === undefined ||
    (Array.isArray(invariants) &&
      invariants.every(
        (one) => isEntry(one) && typeof one["text"] === "string" && typeof one["holds"] === "function",
      ));
  if (!fits) yield "`invariants` is no list of { text, holds }";
}

function* settings(value: unknown): Generator<string> {
  if (!isEntry(value) || value["type"] !== "object") {
    yield "`settings` is no object schema: Type.Object({ … })";
    return;
  }
  const { properties } = value;
  for (const [name, one] of Object.entries(isEntry(properties) ? properties : {})) {
    if (!isEntry(one)) continue;
    if (one["default"] === undefined) yield `setting \`${name}\` has no default`;
    if (typeof one["description"] !== "string") yield `setting \`${name}\` has no description`;
  }
}

function* inputs(value: unknown): Generator<string> {
  if (!isEntry(value)) {
    yield "`inputs` is no object";
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (!isEntry(one) || one["kind"] !== "input" || !picks.includes(one["pick"]))
      yield `input \`${name}\` does not say what the step gets: end it with .max(), .each(), …`;
    else if (!(isFinite(one["minGood"]) && one["minGood"] >= 0))
      yield `input \`${name}\`: \`minGood\` is no number from 0`;
    else if (one["maxAge"] !== undefined && !(isFinite(one["maxAge"]) && one["maxAge"] > 0))
      yield `input \`${name}\`: \`maxAge\` is no time above 0 ms; leave it out for what its poll declares`;
    else if (isEntry(one["unless"]) && !Object.hasOwn(value, String(one["unless"]["input"])))
      yield `input \`${name}\` is not needed while \`${String(one["unless"]["input"])}\` has a value, but there is no such input`;
    else yield* strangers(`input \`${name}\``, one, inputOptions, inputParts);
  }
}

function* outputs(value: unknown): Generator<string> {
  if (!isEntry(value)) {
    yield "`outputs` is no object";
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (!isEntry(one) || one["kind"] !== "action" || typeof one["action"] !== "string") {
      yield `output \`${name}\` names no action: end it with .action("speed")`;
      continue;
    }
    yield* strangers(`output \`${name}\``, one, outputOptions, outputParts);
    for (const limit of ["rise", "fall", "refresh"])
      if (one[limit] !== undefined && !(isFinite(one[limit]) && one[limit] > 0))
        yield `output \`${name}\`: \`${limit}\` is no number above 0; leave it out for none`;
    if (one["deadband"] !== undefined && !(isFinite(one["deadband"]) && one["deadband"] >= 0))
      yield `output \`${name}\`: \`deadband\` is no number from 0`;
  }
}

function* failSafes({ failSafe }: Readonly<Record<string, unknown>>): Generator<string> {
  if (!isEntry(failSafe) && typeof failSafe !== "function")
    yield "`failSafe` is missing: a value for every output";
}

function* termUnits({ terms }: Readonly<Record<string, unknown>>): Generator<string> {
  if (terms === undefined) return;
  if (!isEntry(terms) || !Object.values(terms).every((symbol) => typeof symbol === "string"))
    yield '`terms` is no map of terms to symbols of units, such as { error: "K" }';
}

function* loops({
  loop,
  outputs: all,
  settings: schema,
}: Readonly<Record<string, unknown>>): Generator<string> {
  if (loop === undefined) return;
  if (!isEntry(loop) || typeof loop["pv"] !== "string" || typeof loop["unit"] !== "string") {
    yield "`loop` is no { pv, unit }: the term that is measured, and its unit";
    return;
  }
  const { tune } = loop;
  if (tune === undefined) return;
  if (!isEntry(tune) || (tune["action"] !== "direct" && tune["action"] !== "reverse")) {
    yield "`loop.tune` does not say its action: direct for cooling, reverse for heating";
    return;
  }
  if (!isEntry(all) || typeof tune["output"] !== "string" || !Object.hasOwn(all, tune["output"]))
    yield "`loop.tune.output` is no output";
  const known = isEntry(schema) && isEntry(schema["properties"]) ? schema["properties"] : {};
  for (const key of ["gain", "integralTime", "derivativeTime", "least", "most"]) {
    const name = tune[key];
    if (name === undefined && key !== "gain" && key !== "integralTime") continue;
    if (typeof name !== "string" || !Object.hasOwn(known, name)) yield `\`loop.tune.${key}\` is no setting`;
  }
}
