import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Lines of `name : value`. */
export const fields = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").flatMap((line) => {
      const [, name, value] = /^\s*([^:]+?)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

/** Rows of a table with `|` between its columns. */
export const rows = (text: string): readonly (readonly string[])[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));

/** Waits until it is so. */
export async function until(so: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (so()) return;
    await pause(10);
  }
  assert.fail(`never came true: ${what}`);
}
