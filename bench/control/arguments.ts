import { parseArgs } from "node:util";

/** What may be given: numbers from 0 with their defaults, or the words of which one may be chosen (default: all). */
type Known = Readonly<Record<string, number | readonly string[]>>;
type Given<K extends Known> = {
  readonly [Name in keyof K]: K[Name] extends number ? number : string | undefined;
};

const told = ([name, known]: readonly [string, number | readonly string[]]): string =>
  typeof known === "number" ? `--${name} N (default ${known})` : `--${name} ${known.join("|")} (default all)`;

function end(message: string, known: Known): never {
  console.error(`${message}; there are: ${Object.entries(known).map(told).join(", ")}`);
  process.exit(2);
}

function read(known: Known): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(Object.keys(known).map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return end((error as Error).message.split(/\. |\n/, 1)[0] ?? "", known);
  }
}

/** What is given on the command line. Anything that is not known ends the program with code 2 and tells what is. */
export function given<const K extends Known>(known: K): Given<K> {
  const texts = read(known);
  const value = (name: string, of: Known[string]): number | string | undefined => {
    const text = texts[name];
    if (text === undefined) return typeof of === "number" ? of : undefined;
    if (typeof of !== "number") return of.includes(text) ? text : end(`--${name} is not '${text}'`, known);
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) : end(`--${name} is a number, not '${text}'`, known);
  };
  return Object.fromEntries(Object.entries(known).map(([name, of]) => [name, value(name, of)])) as Given<K>;
}
