/** Steps are kept by the hundred, in memory and on disk, so what one of them gives back is small. In characters of JSON. */
export const mostOfResult = 262_144;
const deepest = 64;
const remedy = "write numbers, texts, lists and plain objects, which can be kept";

/**
 * What is wrong with something that has to be JSON and small: it is kept on disk, and what JSON has no words for would
 * be another thing after a restart.
 * @param name of it, for people
 * @param finite whether every number in it must be one
 * @returns undefined when nothing is
 * @throws whatever getters in it throw
 */
export function faultOfData(value: unknown, name: string, finite = true): string | undefined {
  const found = new Walk(finite).look(value, 0);
  if (found === undefined) return undefined;
  return found.path === undefined ? `\`${name}\` ${found.text}` : `\`${name}${found.path}\` ${found.text}`;
}

interface Found {
  /** Below what was looked at; absent: all of it is meant. */
  readonly path?: string;
  readonly text: string;
}

class Walk {
  readonly #finite: boolean;
  #left = mostOfResult;

  constructor(finite: boolean) {
    this.#finite = finite;
  }

  look(value: unknown, depth: number): Found | undefined {
    this.#left -= typeof value === "string" ? value.length + 2 : 8;
    if (this.#left < 0) return { text: `is longer than ${mostOfResult} characters of JSON: keep less in it` };
    if (typeof value !== "object" || value === null) return this.#one(value);
    if (depth > deepest) return { text: "goes round in a circle, or is nested without end" };
    if (!isPlain(value)) return { path: "", text: `is ${kindOf(value)}: ${remedy}` };
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const found = this.look(value[i], depth + 1);
        if (found !== undefined) return below(`[${i}]`, found);
      }
      return undefined;
    }
    for (const key in value) {
      this.#left -= key.length;
      const found = this.look((value as Readonly<Record<string, unknown>>)[key], depth + 1);
      if (found !== undefined) return below(`.${key}`, found);
    }
    return undefined;
  }

  #one(value: unknown): Found | undefined {
    if (typeof value === "number" && this.#finite && !Number.isFinite(value))
      return { path: "", text: `is ${value}, from which no step could go on: see what it is computed from` };
    if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function")
      return { path: "", text: `is a ${typeof value}: ${remedy}` };
    return undefined;
  }
}

const below = (step: string, found: Found): Found =>
  found.path === undefined ? found : { ...found, path: step + found.path };

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function kindOf(value: object): string {
  if (value instanceof Promise) return "a promise, but a step waits for nothing";
  const { name } = value.constructor;
  return name === "" ? "an object of its own class" : `an object of the class ${name}`;
}
