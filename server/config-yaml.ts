import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Document,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Path } from "../devices/plugin.ts";

/** A place in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something wrong with the text itself. */
export interface TextFault extends Place {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
}

export interface ParsedYaml {
  /** Undefined when the text cannot be read at all. */
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** Where the value (or its key) of a path stands; the nearest thing around it when it is not there. */
  placeOf(path: Path, part: "key" | "value"): Place;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Aliases can make a short text enormous; no real site has this many values. */
const mostNodes = 100_000;
const deepest = 100;

/** Reads one YAML document, with the place of every value kept and `${NAME}` or `${NAME:-default}` filled in. */
export function parseYaml(text: string, env: Environment): ParsedYaml {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  } catch (error) {
    const message = error instanceof RangeError ? tooDeep : String(error);
    const fault = { line: 1, column: 1, path: [], message, remedy: "write it with fewer levels" };
    return { value: undefined, faults: [fault], placeOf: () => ({ line: 1, column: 1 }) };
  }
  const walk = new Walk(document, lines, env);
  const faults = trusted(document.errors).map((error) => yamlFault(error, lines, text));
  const warnings = document.warnings.map((error) => yamlFault(error, lines, text));
  const value = document.errors.length > 0 ? undefined : walk.value(document.contents, [], 0);
  return {
    value: walk.tooMany ? undefined : value,
    faults: [...faults, ...warnings, ...walk.faults],
    placeOf: (path, part) => walk.placeOf(path, part),
  };
}

/** Once a file has stopped being YAML, what is found behind that place is an echo of it. */
function trusted(errors: readonly YAMLError[]): readonly YAMLError[] {
  const sorted = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  const end = sorted.findIndex(({ code }) => code !== "DUPLICATE_KEY" && code !== "BAD_ALIAS");
  return end < 0 ? sorted : sorted.slice(0, end + 1);
}

const remedies: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of the two",
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "line it up with the entries around it",
  MULTIPLE_DOCS: "keep one document in the file: remove the `---`",
  MISSING_CHAR: "close the quote or bracket, or add the missing character",
  TAG_RESOLVE_FAILED: "take it away, or put what begins with `!` in quotes",
  BAD_ALIAS: "name an anchor (`&name`) that stands before this place",
  BLOCK_AS_IMPLICIT_KEY: "write a `:` and a space after each key, and quotes around text that contains `: `",
};
const aliasRemedy = "write the value itself, in quotes when it begins with `*`";
const unreadable =
  "look here and just before for a quote or bracket that is not closed, or a missing `:`, `,` or space";

const tooDeep = "is nested too deeply";

function yamlMessage(error: YAMLError, text: string): string {
  const [message = ""] = error.message.split("\n");
  if (error.code === "DUPLICATE_KEY") {
    const [key = "this key"] = /^[^\s:,{}]+/.exec(text.slice(error.pos[0], error.pos[0] + 80)) ?? [];
    return `\`${key}\` is written twice`;
  }
  // Not by its name: a password that begins with `!` is not to be read again.
  if (error.code === "TAG_RESOLVE_FAILED") return "`!` begins a tag of YAML, and this one is not known";
  if (error.code === "MULTIPLE_DOCS") return "a second document begins";
  return message.includes("call stack") ? tooDeep : `is no YAML from here on: ${message}`;
}

function yamlFault(error: YAMLError, lines: LineCounter, text: string): TextFault {
  const at = lines.linePos(error.pos[0]);
  const line = text.split("\n")[at.line - 1] ?? "";
  // Braces are part of YAML between `{` and `}`; the commonest way to get there.
  const bare = /(?<!["'])\$\{/.test(line) && /[{[].*\$\{/.test(line);
  const message = yamlMessage(error, text);
  const deep = message === tooDeep ? "write it with fewer levels" : undefined;
  return {
    line: Math.max(1, at.line),
    column: Math.max(1, at.col),
    path: [],
    message,
    remedy: bare ? "put `${…}` in quotes" : (deep ?? remedies[error.code] ?? unreadable),
  };
}

interface Spot {
  readonly key?: Place;
  readonly value: Place;
}

/** Keys that look like list positions and positions themselves must be the same place. */
const spotKey = (path: Path): string => path.map(encodeURIComponent).join("/");

/** One pass over the nodes of a document: plain values out, places and faults on the side. */
class Walk {
  readonly faults: TextFault[] = [];
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #env: Environment;
  readonly #spots = new Map<string, Spot>();
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document.Parsed, lines: LineCounter, env: Environment) {
    this.#document = document;
    this.#lines = lines;
    this.#env = env;
  }

  /** Whether it went no further. */
  get tooMany(): boolean {
    return this.#nodes >= mostNodes;
  }

  placeOf(path: Path, part: "key" | "value"): Place {
    for (let length = path.length; length >= 0; length--) {
      const spot = this.#spots.get(spotKey(path.slice(0, length)));
      if (spot === undefined) continue;
      // Something that is missing is shown at the key of what it is missing from.
      return part === "key" || length < path.length ? (spot.key ?? spot.value) : spot.value;
    }
    return { line: 1, column: 1 };
  }

  value(node: Node | null, path: Path, depth: number, key?: Place): unknown {
    const place = this.#place(node) ?? key ?? { line: 1, column: 1 };
    this.#spots.set(spotKey(path), key === undefined ? { value: place } : { key, value: place });
    this.#nodes += 1;
    if (this.#nodes === mostNodes) this.#fault(place, path, "has too many values", "use fewer aliases");
    if (this.#nodes >= mostNodes) return undefined;
    if (depth > deepest) {
      this.#fault(place, path, tooDeep, "write it with fewer levels");
      return undefined;
    }
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node, path, depth, key);
    if (isScalar(node)) return this.#scalar(node, path, place);
    this.#open.add(node);
    const value = isMap(node)
      ? this.#map(node, path, depth)
      : isSeq(node)
        ? node.items.map((item, i) => this.value(item as Node | null, [...path, i], depth + 1))
        : null;
    this.#open.delete(node);
    return value;
  }

  #alias(node: Node, path: Path, depth: number, key?: Place): unknown {
    const target = this.#target(node, path);
    return target === undefined ? undefined : this.value(target, path, depth + 1, key);
  }

  /** What an alias stands for; a fault when that contains the alias itself. */
  #target(node: Node, path: Path): Node | undefined {
    if (!isAlias(node)) return node;
    const target = node.resolve(this.#document) as Node | undefined;
    const place = this.#place(node) ?? { line: 1, column: 1 };
    if (target === undefined) {
      // Not by its name: a password that begins with `*` is not to be read again.
      this.#fault(place, path, "no such anchor (`&name`) stands before this place", aliasRemedy);
    } else if (this.#open.has(target)) {
      this.#fault(place, path, `\`*${node.source}\` contains itself`, "write the value itself");
      return undefined;
    }
    return target;
  }

  #map(node: YAMLMap, path: Path, depth: number): object {
    const result: Record<string, unknown> = {};
    const merges: Pair[] = [];
    for (const pair of node.items) {
      if (isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN") merges.push(pair);
      else this.#entry(pair, result, path, depth);
    }
    for (const pair of merges) this.#merge(pair, result, path, depth);
    return result;
  }

  #entry(pair: Pair, into: Record<string, unknown>, path: Path, depth: number): void {
    const place = this.#place(pair.key as Node | null);
    const at = place ?? this.placeOf(path, "value");
    const written = isScalar(pair.key) ? pair.key.value : undefined;
    if (typeof written !== "string" && typeof written !== "number" && typeof written !== "boolean") {
      this.#fault(at, path, "a key is not plain text", "write the key as a word");
      return;
    }
    const name = String(written);
    if (name === "__proto__") {
      this.#fault(at, [...path, name], "this key cannot be used", "take another name");
      return;
    }
    if (Object.hasOwn(into, name)) return;
    into[name] = this.value(pair.value as Node | null, [...path, name], depth + 1, at);
  }

  /** `<<: *other`: keys of the other map that are not written here. */
  #merge(pair: Pair, into: Record<string, unknown>, path: Path, depth: number): void {
    const value = pair.value as Node | null;
    const sources = isSeq(value) ? (value.items as (Node | null)[]) : [value];
    for (const source of sources) {
      const target = source === null ? undefined : this.#target(source, path);
      if (source !== null && target === undefined) continue;
      if (!isMap(target)) {
        const at = this.#place(pair.key as Node) ?? this.placeOf(path, "value");
        this.#fault(at, path, "`<<` takes a map or a list of maps", "write `<<: *name` of an anchored map");
        continue;
      }
      this.#open.add(target);
      for (const entry of target.items) this.#entry(entry, into, path, depth + 1);
      this.#open.delete(target);
    }
  }

  #scalar(node: Scalar, path: Path, place: Place): unknown {
    if (typeof node.value !== "string" || !node.value.includes("$")) return node.value;
    const filled: string[] = [];
    const text = node.value.replace(variable, (whole: string, name?: string, otherwise?: string) => {
      if (whole === "$${") return "${";
      filled.push(whole);
      if (name === undefined) {
        this.#fault(
          place,
          path,
          `\`${whole}\` names no variable`,
          "write `${NAME}`, or `$${` for the text itself",
        );
        return "";
      }
      const value = this.#env[name];
      if (value !== undefined && (value !== "" || otherwise === undefined)) return value;
      if (otherwise !== undefined) return otherwise;
      this.#fault(
        place,
        path,
        `the environment variable ${name} is not set`,
        `set it, or write \`\${${name}:-default}\``,
      );
      return "";
    });
    // `port: ${PORT}` is meant as a number; `"${PORT}"` as text.
    return filled.length > 0 && node.type === "PLAIN" ? retyped(text) : text;
  }

  #place(node: Node | null | undefined): Place | undefined {
    const range = node?.range;
    if (!range) return undefined;
    const { line, col } = this.#lines.linePos(range[0]);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #fault(place: Place, path: Path, message: string, remedy: string): void {
    this.faults.push({ ...place, path, message, remedy });
  }
}

const variable = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/** What a plain scalar of this text would be in YAML's core schema, as far as configurations use it. */
function retyped(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (/^[-+]?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}
