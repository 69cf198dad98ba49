import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { BothyError } from "../../devices/errors.ts";
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
  const faults = unknown.map(
    (name) => `there is no setting \`${name}\`; there are: ${known.join(", ") || "none"}`,
  );
  let validate = compiled.get(shape.settings);
  if (validate === undefined) compiled.set(shape.settings, (validate = compile(shape.settings)));
  if (!validate(complete)) faults.push(...(validate.errors ?? []).map(inWords));
  if (faults.length > 0) throw new BothyError("BAD_INPUT", { source, fault: faults.join("; ") });
  return complete;
}

/** Those of some settings that a controller has: others are of another version. */
export const knownSettings = (
  { settings: { properties } }: Pick<Shape, "settings">,
  given: Settings,
): Settings => Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(properties, name)));

function inWords({ keyword, instancePath, params, data, message, parentSchema }: ErrorObject): string {
  const name = instancePath.slice(1).replaceAll("/", ".") || "the settings";
  const unit = (parentSchema as { readonly unit?: unknown } | undefined)?.unit;
  const spelled = (value: unknown): string =>
    `${JSON.stringify(value)}${typeof unit === "string" && unit !== "" ? ` ${unit}` : ""}`;
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
      return `${name}: ${JSON.stringify(data)} is no ${String((params as { type: unknown }).type)}`;
    case "enum":
    case "const":
      return `${name}: ${JSON.stringify(data)} is not one of ${JSON.stringify(params)}`;
    default:
      return `${name}: ${message ?? "does not fit"}`;
  }
}
