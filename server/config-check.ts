import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { TSchema } from "typebox";
import { durationPattern, parseDuration } from "../devices/duration.ts";
import type { Fault, Path } from "../devices/plugin.ts";
import { withoutCredentials } from "./credentials.ts";
import { nearest } from "../devices/nearest.ts";

/** A fault, and whether its key rather than its value is what is wrong. */
export interface CheckFault extends Fault {
  readonly atKey?: boolean;
  /** The key that was meant instead. */
  readonly meant?: string;
  /** The key that is missing there. */
  readonly missing?: string;
  /** The last step of the path is not to be shown. */
  readonly isHidden?: boolean;
  /** Nothing is wrong as far as that can be told now. */
  readonly isNote?: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

/** The shortest and longest a duration may be, `["5s", "1h"]`: JSON Schema has no word for it. */
const rangeKeyword = "durationRange";

function isInRange([min, max]: readonly [string, string], text: string): boolean {
  const span = parseDuration(text);
  return (
    span === undefined || (span >= (parseDuration(min) ?? 0) && span <= (parseDuration(max) ?? Infinity))
  );
}

/** Checks values against schemas and says what is wrong in words. Compiled checks are kept. */
export class Checker {
  readonly #ajv: Ajv;
  readonly #compiled = new WeakMap<object, ValidateFunction>();

  /** @param defaults whether `check` fills in defaults, in place */
  constructor(defaults: boolean) {
    this.#ajv = new Ajv({
      allErrors: true,
      verbose: true,
      strict: false,
      useDefaults: defaults,
      logger: false,
      keywords: [{ keyword: rangeKeyword, type: "string", validate: isInRange, errors: false }],
    });
  }

  /** @returns all that is wrong with `value`, each below `path`; empty when it fits `schema` */
  check(schema: TSchema, value: unknown, path: Path): readonly CheckFault[] {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return saidOnce(reduced(validate.errors ?? []).map((error) => inWords(error, path)));
  }
}

/** A key that is only misspelt is not missing as well. */
function saidOnce(faults: readonly CheckFault[]): readonly CheckFault[] {
  const meant = new Set(
    faults.flatMap((fault) =>
      fault.meant === undefined ? [] : [JSON.stringify([...fault.path.slice(0, -1), fault.meant])],
    ),
  );
  return faults.filter(
    ({ path, missing: key }) => key === undefined || !meant.has(JSON.stringify([...path, key])),
  );
}

/**
 * Of a choice that failed, keeps the faults of the branch that was most likely meant: one whose fixed values (the
 * `transport`, the `kind`) fit, then the one with the fewest faults.
 */
function reduced(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choice = errors
    .filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf")
    .sort((a, b) => a.schemaPath.length - b.schemaPath.length)[0];
  const plain = (list: readonly ErrorObject[]): readonly ErrorObject[] =>
    list.filter(({ keyword }) => keyword !== "if" && keyword !== "propertyNames");
  if (choice === undefined) return plain(errors);
  const below = `${choice.schemaPath}/`;
  const inside = (error: ErrorObject): boolean =>
    error.schemaPath.startsWith(below) && error.instancePath.startsWith(choice.instancePath);
  const branches = new Map<string, ErrorObject[]>();
  for (const error of errors.filter(inside)) {
    const branch = error.schemaPath.slice(below.length).split("/")[0] ?? "";
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  const rest = errors.filter((error) => error !== choice && !inside(error));
  return [...reduced(rest), ...reducedChoice(choice, [...branches.values()])];
}

function reducedChoice(
  choice: ErrorObject,
  branches: readonly (readonly ErrorObject[])[],
): readonly ErrorObject[] {
  const here = choice.instancePath;
  const fixed = (error: ErrorObject): boolean => error.keyword === "const" || error.keyword === "enum";
  const fits = branches.filter(
    (branch) => !branch.some((error) => error.instancePath === here && !aboutKeys.has(error.keyword)),
  );
  if (fits.length === 0) return [choice];
  const discriminator = (branch: readonly ErrorObject[]): ErrorObject | undefined =>
    branch.find((error) => fixed(error) && parentOf(error.instancePath) === here);
  const meant = fits.filter((branch) => discriminator(branch) === undefined);
  if (meant.length === 0) {
    const wrong = fits.map(discriminator).filter((error) => error !== undefined);
    const first = wrong[0];
    if (first !== undefined && wrong.every(({ instancePath }) => instancePath === first.instancePath)) {
      return [{ ...first, keyword: "enum", params: { allowedValues: wrong.flatMap(allowed) } }];
    }
  }
  const best = [...(meant.length === 0 ? fits : meant)].sort((a, b) => a.length - b.length)[0];
  return best === undefined ? [choice] : reduced(best);
}

const aboutKeys = new Set([
  "required",
  "additionalProperties",
  "unevaluatedProperties",
  "anyOf",
  "oneOf",
  "not",
]);
const parentOf = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));

function allowed(error: ErrorObject): readonly unknown[] {
  const params = error.params as { allowedValues?: unknown[]; allowedValue?: unknown };
  return params.allowedValues ?? [params.allowedValue];
}

const unescaped = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** A JSON pointer as a path: list positions as numbers, which the data tells. */
const pathOf = (pointer: string): Path =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => (/^(0|[1-9]\d*)$/.test(part) ? Number(part) : unescaped(part)));

function inWords(error: ErrorObject, base: Path): CheckFault {
  const path = [...base, ...pathOf(error.instancePath)];
  const schema = (error.parentSchema ?? {}) as Schema;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties":
      return unknownKey(String(params["additionalProperty"] ?? params["unevaluatedProperty"]), schema, path);
    case "required":
      return missing(String(params["missingProperty"]), schema, path);
    case "enum":
    case "const":
      return notOneOf(error.data, allowed(error), path);
    case "anyOf":
    case "oneOf":
      return noBranch(error, schema, path);
    default:
      // What nobody is to see is not shown in a complaint either.
      return {
        path,
        message: `${schema["writeOnly"] === true ? "what is written here" : subject(error)} ${saying(error)}`,
        remedy: remedyFor(error, schema),
      };
  }
}

function unknownKey(key: string, schema: Schema, path: Path): CheckFault {
  const known = Object.keys((schema["properties"] as object | undefined) ?? {});
  const meant = nearest(key, known);
  const at = { path: [...path, key], atKey: true };
  // Where nobody is to see what is written, the key may be the secret itself.
  if (meant === undefined && schema["writeOnly"] === true && typeof schema["remedy"] === "string")
    return { ...at, isHidden: true, message: "a key is not known here", remedy: schema["remedy"] };
  const remedy =
    meant === undefined
      ? known.length === 0
        ? "remove it"
        : `remove it; known here: ${known.join(", ")}`
      : `write \`${meant}\``;
  const message = `unknown key ${shown(key)}`;
  return { ...at, message, remedy, ...(meant === undefined ? {} : { meant }) };
}

function missing(key: string, schema: Schema, path: Path): CheckFault {
  const properties = schema["properties"] as Readonly<Record<string, Schema>> | undefined;
  const described = properties?.[key]?.["description"];
  const remedy = `add \`${key}: …\`${typeof described === "string" ? ` (${firstSentence(described)})` : ""}`;
  return { path, atKey: true, message: `\`${key}\` is missing`, remedy, missing: key };
}

function notOneOf(data: unknown, choices: readonly unknown[], path: Path): CheckFault {
  const words = choices.map((choice) => (typeof choice === "string" ? choice : JSON.stringify(choice)));
  const meant = typeof data === "string" ? nearest(data, words) : undefined;
  const asText =
    typeof data === "number" ? words.find((word) => word !== "" && Number(word) === data) : undefined;
  return {
    path,
    message: `${shown(data)} is not known here`,
    remedy:
      asText !== undefined
        ? `put it in quotes: "${asText}"`
        : meant === undefined
          ? `write one of ${words.join(", ")}`
          : `write \`${meant}\`; known: ${words.join(", ")}`,
  };
}

/** None of several shapes fits and no branch is nearer than the others. */
function noBranch(error: ErrorObject, schema: Schema, path: Path): CheckFault {
  const branches = ((schema[error.keyword] as Schema[] | undefined) ?? []).filter(
    (branch) => typeof branch === "object",
  );
  const choices = branches.flatMap((branch) =>
    "const" in branch ? [branch["const"]] : ((branch["enum"] as unknown[] | undefined) ?? []),
  );
  if (choices.length > 0 && choices.length >= branches.length) return notOneOf(error.data, choices, path);
  return {
    path,
    message: `${shown(error.data)} is not what is expected here`,
    remedy: remedyFor(error, schema),
  };
}

/** What is wrong, as a subject; a number in quotes is told from a number. */
function subject({ keyword, data }: ErrorObject): string {
  if (data === null) return "it";
  return keyword === "type" && quoted(data) ? `"${data}" in quotes` : shown(data);
}

/** Text that would be something else without its quotes. */
const quoted = (data: unknown): data is string =>
  typeof data === "string" && /^([-+]?\d+(\.\d+)?|true|false)$/.test(data);

function saying(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "type":
      if (error.data === null) return "has no value";
      return `is ${quoted(error.data) ? "text, " : ""}not ${article(params["type"])}`;
    case "minLength":
    case "minItems":
    case "minProperties":
      return Number(params["limit"]) === 1 ? "is empty" : (error.message ?? "is too short");
    case "maxLength":
      return `is longer than ${String(params["limit"])} characters`;
    case "minimum":
    case "exclusiveMinimum":
      return `is too small: ${String(params["comparison"])} ${String(params["limit"])} is required`;
    case "maximum":
    case "exclusiveMaximum":
      return `is too large: ${String(params["comparison"])} ${String(params["limit"])} is required`;
    case "pattern":
      return "is not written as expected";
    case rangeKeyword:
      return `is outside ${rangeOf(error).join(" to ")}`;
    default:
      return error.message ?? "is wrong";
  }
}

const articles: Readonly<Record<string, string>> = {
  object: "a group of keys",
  array: "a list",
  integer: "a whole number",
  string: "text",
  number: "a number",
  boolean: "true or false",
  null: "empty",
};

const article = (types: unknown): string =>
  (Array.isArray(types) ? types : String(types).split(","))
    .map((type) => articles[String(type)] ?? String(type))
    .join(" or ");

const rangeOf = ({ schema }: ErrorObject): readonly string[] => schema as readonly string[];

function remedyFor(error: ErrorObject, schema: Schema): string {
  if (error.keyword === rangeKeyword) {
    const usual = schema["default"];
    return typeof usual === "string" ? `use ${usual}` : `use ${rangeOf(error).join(" to ")}`;
  }
  if (typeof schema["remedy"] === "string") return schema["remedy"];
  if (mentionsDuration(schema)) return "write a duration with its unit, e.g. `200ms`, `2s`, `5m`";
  if (error.keyword === "type") return remedyForType(error, schema);
  const { description } = schema;
  // How it is written may be said at the end.
  if (typeof description === "string")
    return error.keyword === "pattern" ? description.replace(/\.$/, "") : firstSentence(description);
  if (error.keyword === "pattern") return `it must match ${String(schema["pattern"])}`;
  return "change it to fit";
}

function remedyForType(error: ErrorObject, schema: Schema): string {
  const type = (error.params as { type: unknown }).type;
  if (type === "string" && (typeof error.data === "number" || typeof error.data === "boolean")) {
    return "put it in quotes";
  }
  if (quoted(error.data) && /integer|number|boolean/.test(String(type))) return "take the quotes away";
  const described = schema["description"];
  return `write ${article(type)} here${typeof described === "string" ? ` (${firstSentence(described)})` : ""}`;
}

const mentionsDuration = (schema: Schema): boolean =>
  schema["pattern"] === durationPattern ||
  ((schema["anyOf"] as Schema[] | undefined) ?? []).some((branch) => branch["pattern"] === durationPattern);

/** Up to a full stop that ends a sentence: "e.g. `x`" ends none. */
const firstSentence = (text: string): string =>
  (text.split(/(?<=[.;])(?<!\b(?:e\.g|i\.e)\.)\s/)[0] ?? text).replace(/[.;]$/, "");

/** A value as a person would recognise it in the file, cut short. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  const text = withoutCredentials(typeof value === "string" ? value : JSON.stringify(value));
  if (text === "") return '""';
  // What a terminal would obey is made visible.
  const visible = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => JSON.stringify(c).slice(1, -1));
  const harmless = visible.replace(/[\p{Cc}\p{Cf}]/gu, "\uFFFD");
  return `\`${harmless.length > 60 ? `${harmless.slice(0, 57)}…` : harmless}\``;
}
