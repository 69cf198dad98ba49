import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** A fault in a file of parameters: where, what, and what to do about it. */
export class ParameterError extends Error {
  override readonly name = "ParameterError";
}

/** Where a value stands, for messages. */
interface Place {
  readonly path: string;
  readonly node: Node | null | undefined;
  readonly report: (path: string, node: Node | null | undefined, fault: string) => null;
}

/** Checks one value; reports every fault it finds and gives `null` for what cannot be used. */
export interface Field<T> {
  readonly optional: boolean;
  check(place: Place): T | null;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;

interface Range {
  /** For messages: `W/K`, `s`, … */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

const shown = (node: Node | null | undefined): string =>
  isScalar(node) ? JSON.stringify(node.value) : isMap(node) ? "a group" : isSeq(node) ? "a list" : "nothing";

/** A number within bounds. @param fallback used when it is absent; without one the number is required */
export function number(range: Range, fallback?: number): Field<number> {
  const { min, max, unit } = range;
  const kind = range.integer === true ? "a whole number" : "a number";
  const wanted = `${kind} from ${min} to ${max}${unit === "" ? "" : ` ${unit}`}`;
  return {
    optional: fallback !== undefined,
    check({ path, node, report }) {
      if (node === undefined) return fallback ?? report(path, node, `is missing; give ${wanted}`);
      const value = isScalar(node) ? node.value : undefined;
      const good =
        typeof value === "number" &&
        value >= min &&
        value <= max &&
        (range.integer !== true || Number.isInteger(value));
      return good ? value : report(path, node, `is ${shown(node)}; give ${wanted}`);
    },
  };
}

/** A share, 0..1. */
export const share = (fallback?: number): Field<number> => number({ unit: "", min: 0, max: 1 }, fallback);

/** Yes or no. */
export function flag(fallback?: boolean): Field<boolean> {
  return {
    optional: fallback !== undefined,
    check({ path, node, report }) {
      if (node === undefined) return fallback ?? report(path, node, "is missing; give true or false");
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value === "boolean") return value;
      return report(path, node, `is ${shown(node)}; give true or false`);
    },
  };
}

/** Free text, at least one character. */
export function text(): Field<string> {
  return {
    optional: false,
    check({ path, node, report }) {
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value === "string" && value !== "") return value;
      return report(
        path,
        node,
        node === undefined ? "is missing; give a text" : `is ${shown(node)}; give a text`,
      );
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[], fallback?: T): Field<T> {
  const wanted = `one of ${words.join(", ")}`;
  return {
    optional: fallback !== undefined,
    check({ path, node, report }) {
      if (node === undefined) return fallback ?? report(path, node, `is missing; give ${wanted}`);
      const value = isScalar(node) ? node.value : undefined;
      const found = words.find((word) => word === value);
      return found ?? report(path, node, `is ${shown(node)}; give ${wanted}`);
    },
  };
}

type Shape = Readonly<Record<string, Field<unknown>>>;
type Group<S extends Shape> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** Named values; names it does not know are refused. Absent where everything in it has a default. */
export function group<S extends Shape>(shape: S): Field<Group<S>> {
  const names = Object.keys(shape);
  const optional = names.every((name) => shape[name]?.optional === true);
  return {
    optional,
    check({ path, node, report }) {
      if (node !== undefined && !isMap(node)) {
        return report(path, node, `is ${shown(node)}; give a group with ${names.join(", ")}`);
      }
      const given = new Map(node?.items.map((pair) => [keyOf(pair.key), pair]));
      for (const [name, pair] of given) {
        if (names.includes(name)) continue;
        report(
          at(path, name),
          isScalar(pair.key) ? pair.key : node,
          `is unknown; known are ${names.join(", ")}`,
        );
      }
      const values = names.map((name): [string, unknown] => {
        const value = given.get(name)?.value;
        const inner = value === undefined ? undefined : (value as Node | null);
        const known = inner === undefined && !given.has(name) ? undefined : inner;
        return [name, shape[name]?.check({ path: at(path, name), node: known, report })];
      });
      return Object.fromEntries(values) as Group<S>;
    },
  };
}

/** A group that may be left out altogether. */
export function maybe<T>(field: Field<T>): Field<T | undefined> {
  return {
    optional: true,
    check: (place) => (place.node === undefined ? undefined : field.check(place)),
  };
}

const at = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
const keyOf = (key: unknown): string => (isScalar(key) ? String(key.value) : "");

/**
 * Reads a YAML text by a schema.
 * @param source what the text is, for messages: a file name
 * @throws ParameterError naming every fault with its line, its place and what is allowed there
 */
export function readYaml<T>(source: string, yaml: string, field: Field<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, uniqueKeys: true });
  const faults: string[] = document.errors.map(({ message }) => message);
  const report: Place["report"] = (path, node, fault) => {
    const start = node?.range?.[0];
    const line = start === undefined ? "" : `:${lines.linePos(start).line}`;
    faults.push(`${source}${line}: ${path === "" ? "the file" : path} ${fault}`);
    return null;
  };
  const node = document.contents as Node | null;
  const value = faults.length > 0 ? null : field.check({ path: "", node: node ?? undefined, report });
  if (faults.length > 0 || value === null) throw new ParameterError(faults.join("\n"));
  return value;
}
