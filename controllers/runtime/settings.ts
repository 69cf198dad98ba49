import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { BothyError } from "../../devices/errors.ts";
import { nearest } from "../../devices/nearest.ts";
import type { Shape } from "./shape.ts";

type Settings = Readonly<Record<string, unknown>>;

const options = { allErrors: true, verbose: true, strict: false, useDefaults: true, logger: false } as const;
const checker = new Ajv(options);
/** An Ajv for each schema: one remembers whatever it ever compiled, and versions come and go. */
function compile(schema: object): ValidateFunction {
  void checker.validateSchema(schema, true);
  return new Ajv({ ...options, meta: false, validateSchema: false }).compile(schema);
}
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Settings with their defaults filled in.
 * @throws BothyError `BAD_INPUT` with every limit that was broken
 */
export function completeSettings(shape: Shape, given: Settings): Settings {
  const complete = structuredClone(given) as Record<string, unknown>;
  const source = `settings of controller ${shape.name}`;
  const known = Object.keys(shape.settings.properties);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  const faults = unknown.length === 0 ? [] : [noSuch(unknown, known)];
  faults.push(...someInWords(errorsOf(shape, complete)));
  if (faults.length > 0) throw new BothyError("BAD_INPUT", { source, fault: faults.join("; ") });
  return complete;
}

/** @param given defaults are filled in */
function errorsOf(shape: Pick<Shape, "settings">, given: Record<string, unknown>): readonly ErrorObject[] {
  let validate = compiled.get(shape.settings);
  if (validate === undefined) compiled.set(shape.settings, (validate = compile(shape.settings)));
  return validate(given) ? [] : (validate.errors ?? []);
}

/** A setting a version does not take as it was, and what it takes in its place. Plain JSON. */
export interface FittedSetting {
  readonly name: string;
  readonly was: unknown;
  /** Absent: none. */
  readonly taken?: unknown;
  readonly why: string;
}

/**
 * Settings of another version as this one's: those it has; of a number beyond its limits the limit, of whatever else it
 * does not take its default.
 */
export function fittedSettings(
  shape: Pick<Shape, "settings">,
  given: Settings,
): { readonly settings: Settings; readonly fitted: readonly FittedSetting[] } {
  const settings = structuredClone(knownSettings(shape, given)) as Record<string, unknown>;
  const before = { ...settings };
  const faults = new Map<string, string>();
  // What is put in place may be refused too: then there is the default.
  for (let round = 0; round < 2; round++)
    for (const error of errorsOf(shape, settings)) {
      const [name = "", ...inside] = error.instancePath.slice(1).split("/");
      if (!Object.hasOwn(before, name)) continue;
      const limit = (error.params as { readonly limit?: unknown }).limit;
      const isLimit = ["minimum", "maximum"].includes(error.keyword) && inside.length === 0;
      if (isLimit && !faults.has(name)) settings[name] = limit;
      else Reflect.deleteProperty(settings, name);
      faults.set(name, faults.get(name) ?? inWords(error));
    }
  errorsOf(shape, settings);
  const fitted = [...faults].map(([name, why]) => ({
    ...{ name, was: before[name], why },
    ...(settings[name] === undefined ? {} : { taken: settings[name] }),
  }));
  return { settings, fitted };
}

/** Anybody may send as many as a body holds: people are told some. */
const mostNamed = 5;
const mostBroken = 50;
const longestName = 60;

function noSuch(unknown: readonly string[], known: readonly string[]): string {
  const named = unknown.slice(0, mostNamed).map((name) => `\`${name.slice(0, longestName)}\``);
  const more = unknown.length > mostNamed ? ` and ${unknown.length - mostNamed} more` : "";
  const meant = unknown.length === 1 ? nearest(unknown[0] ?? "", known) : undefined;
  const remedy =
    meant === undefined ? `there are: ${known.join(", ") || "none"}` : `did you mean \`${meant}\`?`;
  return `there is no setting ${named.join(", ")}${more}; ${remedy}`;
}

/** Those of some settings that a controller has: others are of another version. */
export const knownSettings = (
  { settings: { properties } }: Pick<Shape, "settings">,
  given: Settings,
): Settings => Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(properties, name)));

const someInWords = (errors: readonly ErrorObject[]): readonly string[] => [
  ...errors.slice(0, mostBroken).map(inWords),
  ...(errors.length > mostBroken ? [`and ${errors.length - mostBroken} more`] : []),
];

function inWords({ keyword, instancePath, params, data, message, parentSchema }: ErrorObject): string {
  const name = instancePath.slice(1).replaceAll("/", ".") || "the settings";
  const unit = (parentSchema as { readonly unit?: unknown } | undefined)?.unit;
  const spelled = (value: unknown): string =>
    `${written(value)}${typeof unit === "string" && unit !== "" ? ` ${unit}` : ""}`;
  const limit = (params as { readonly limit?: unknown }).limit;
  switch (keyword) {
    case "minimum":
      return `${name}: ${spelled(data)} is below its minimum ${spelled(limit)}`;
    case "maximum":
      return `${name}: ${spelled(data)} is above its maximum ${spelled(limit)}`;
    case "exclusiveMinimum":
      return `${name}: ${spelled(data)} is not above ${spelled(limit)}`;
    case "exclusiveMaximum":
      return `${name}: ${spelled(data)} is not below ${spelled(limit)}`;
    case "type":
      return `${name}: ${written(data)} is no ${String((params as { type: unknown }).type)}`;
    case "enum":
      return `${name}: ${written(data)} is not one of ${listed((params as { allowedValues: unknown[] }).allowedValues)}`;
    case "const":
      return `${name}: ${written(data)} is not ${written((params as { allowedValue: unknown }).allowedValue)}`;
    default:
      return `${name}: ${message ?? "does not fit"}`;
  }
}

const listed = (values: readonly unknown[]): string => values.map(written).join(", ");

const longestValue = 100;

/** What was given, for people: JSON, but for numbers that JSON has no words for. */
function written(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = (JSON.stringify(value) as string | undefined) ?? "nothing";
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
