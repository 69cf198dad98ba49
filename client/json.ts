/**
 * Reads JSON with integers exact: those a double cannot hold, beyond ±(2^53 - 1), come as bigint; everything else as
 * `JSON.parse` gives it.
 * @throws SyntaxError for what is no JSON
 */
export function parseJson(text: string): unknown {
  const plain = JSON.parse(text) as unknown;
  // Shorter integers are all exact, and longer ones are rare: most answers need no second look.
  return /\d{16}/.test(text) ? exact(text) : plain;
}

const token = /[[\]{}]|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/gy;
const between = /[\s,:]*/gy;

interface Level {
  readonly into: unknown[] | Record<string, unknown>;
  key: string | undefined;
}

/** The same for text that is known to be JSON: nothing is checked. Needs no stack, however deep the text goes. */
function exact(text: string): unknown {
  const levels: Level[] = [];
  let result: unknown;
  let at = 0;
  const next = (expression: RegExp): string => {
    expression.lastIndex = at;
    const [found = ""] = expression.exec(text) ?? [];
    at += found.length;
    return found;
  };
  const put = (value: unknown): void => {
    const level = levels.at(-1);
    if (level === undefined) result = value;
    else add(level, value);
  };
  for (;;) {
    next(between);
    const word = next(token);
    if (word === "") return result;
    const level = levels.at(-1);
    if (word === "[" || word === "{") {
      const into = word === "[" ? [] : {};
      put(into);
      levels.push({ into, key: undefined });
    } else if (word === "]" || word === "}") levels.pop();
    else if (level !== undefined && !Array.isArray(level.into) && level.key === undefined)
      level.key = JSON.parse(word) as string;
    else put(scalar(word));
  }
}

function add(level: Level, value: unknown): void {
  const { into, key = "" } = level;
  if (Array.isArray(into)) into.push(value);
  // As `JSON.parse` does: a plain property even where assigning would set the prototype.
  else if (key === "__proto__")
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  else into[key] = value;
  level.key = undefined;
}

function scalar(word: string): unknown {
  if (/^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))) return BigInt(word);
  return JSON.parse(word);
}

/** JSON with bigint as exact numbers. For plain data. */
export function toJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
