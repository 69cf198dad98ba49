import { plain, wrap } from "../show/width.ts";
import { colours, noPaint, type Style } from "../show/table.ts";
import { screenOf } from "../on-call/output.ts";
import { print } from "../terminal.ts";

/** One thing that is said of something: what, and how it is. */
export type Fact = readonly [label: string, text: string, style?: Style | undefined];

/** The facts as lines, those without a text left out. @param width of the terminal; Infinity where it is none */
export function factLines(facts: readonly Fact[], width: number, paint = noPaint): readonly string[] {
  const filled = facts.filter(([, text]) => text !== "");
  const label = Math.max(0, ...filled.map(([name]) => name.length)) + 2;
  return filled.flatMap(([name, text, style]) =>
    wrap(plain(text), Math.max(8, width - label)).map(
      (part, i) => (i === 0 ? name : "").padEnd(label) + paint(part, style),
    ),
  );
}

export function printFacts(facts: readonly Fact[]): void {
  const { width, colour } = screenOf();
  for (const line of factLines(facts, width, colour ? colours : noPaint)) print(line);
}

export const yesNo = (value: boolean): string => (value ? "yes" : "no");
