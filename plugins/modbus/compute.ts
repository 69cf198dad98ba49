/** Arithmetic of a register map, ready to run: what it needs, and how to get its value. */
export interface Expression {
  /** Names it uses, each once, in the order of their first use. */
  readonly names: readonly string[];
  /** @returns possibly NaN or infinite; a name that `scope` lacks counts as NaN */
  readonly evaluate: (scope: ReadonlyMap<string, number>) => number;
}

type Node = (scope: ReadonlyMap<string, number>) => number;

interface Reader {
  readonly tokens: readonly string[];
  readonly names: Set<string>;
  at: number;
}

const functions: Readonly<
  Record<string, { readonly arity: number; readonly run: (a: number, b: number) => number }>
> = {
  abs: { arity: 1, run: (a) => Math.abs(a) },
  min: { arity: 2, run: (a, b) => Math.min(a, b) },
  max: { arity: 2, run: (a, b) => Math.max(a, b) },
};

const token = /\s*(\*\*|[-+*/(),]|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[A-Za-z_][A-Za-z0-9_]*)/y;

/**
 * Reads `+ - * / **`, parentheses, `abs(x)`, `min(x, y)`, `max(x, y)`, numbers and names. `**` binds tighter than a
 * sign before it and to the right, the others to the left. Nothing of the text is ever run as code.
 * @returns what is wrong, as a text for people, when it is no such expression
 */
export function parseExpression(text: string): Expression | string {
  const tokens = tokenize(text);
  if (typeof tokens === "string") return tokens;
  const reader: Reader = { tokens, names: new Set(), at: 0 };
  try {
    const node = sum(reader);
    const left = reader.tokens[reader.at];
    if (left !== undefined) return `there is nothing for "${left}" to do`;
    return { names: [...reader.names], evaluate: node };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return thrown.message;
    throw thrown;
  }
}

function tokenize(text: string): readonly string[] | string {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (found === null) return `"${text.slice(from).trim()[0] ?? ""}" means nothing here`;
    tokens.push(found[1] ?? "");
  }
  return tokens;
}

function take(reader: Reader, ...wanted: readonly string[]): string | undefined {
  const next = reader.tokens[reader.at];
  if (next === undefined || !wanted.includes(next)) return undefined;
  reader.at += 1;
  return next;
}

function expect(reader: Reader, wanted: string): void {
  if (take(reader, wanted) === undefined)
    throw new SyntaxError(`"${wanted}" is missing before ${describe(reader)}`);
}

const describe = (reader: Reader): string => {
  const next = reader.tokens[reader.at];
  return next === undefined ? "the end" : `"${next}"`;
};

function sum(reader: Reader): Node {
  let left = product(reader);
  for (let sign = take(reader, "+", "-"); sign !== undefined; sign = take(reader, "+", "-")) {
    const [a, b] = [left, product(reader)];
    left = sign === "+" ? (scope) => a(scope) + b(scope) : (scope) => a(scope) - b(scope);
  }
  return left;
}

function product(reader: Reader): Node {
  let left = signed(reader);
  for (let sign = take(reader, "*", "/"); sign !== undefined; sign = take(reader, "*", "/")) {
    const [a, b] = [left, signed(reader)];
    left = sign === "*" ? (scope) => a(scope) * b(scope) : (scope) => a(scope) / b(scope);
  }
  return left;
}

function signed(reader: Reader): Node {
  if (take(reader, "-") === undefined) return power(reader);
  const operand = signed(reader);
  return (scope) => -operand(scope);
}

function power(reader: Reader): Node {
  const base = primary(reader);
  if (take(reader, "**") === undefined) return base;
  const exponent = signed(reader);
  return (scope) => base(scope) ** exponent(scope);
}

function primary(reader: Reader): Node {
  const next = reader.tokens[reader.at];
  if (next === undefined) throw new SyntaxError("a number or a name is missing at the end");
  if (/^[\d.]/.test(next)) {
    reader.at += 1;
    const value = Number(next);
    return () => value;
  }
  if (take(reader, "(") !== undefined) {
    const inner = sum(reader);
    expect(reader, ")");
    return inner;
  }
  if (!/^[A-Za-z_]/.test(next)) throw new SyntaxError(`a number or a name is missing before "${next}"`);
  reader.at += 1;
  if (reader.tokens[reader.at] === "(") return call(reader, next);
  reader.names.add(next);
  return (scope) => scope.get(next) ?? Number.NaN;
}

function call(reader: Reader, name: string): Node {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) throw new SyntaxError(`there is no function ${name}; there are abs, min and max`);
  expect(reader, "(");
  const first = sum(reader);
  let second: Node = () => 0;
  if (found.arity === 2) {
    expect(reader, ",");
    second = sum(reader);
  }
  expect(reader, ")");
  return (scope) => found.run(first(scope), second(scope));
}
