import { cut, displayWidth, pad, wrap } from "./width.ts";

/** What a table of a terminal does with a column that is too wide. */
export type Narrow =
  /** Leaves the column out. */
  | "drop"
  /** Cuts its cells, with `…`. */
  | "cut"
  /** Breaks its cells over several lines. */
  | "wrap";

export interface Column {
  readonly name: string;
  readonly align?: "left" | "right";
  readonly narrow: Narrow;
  /** The less, the earlier it gives way. */
  readonly importance: number;
  /** Columns of the terminal it keeps as long as there is another way. Default: 8. */
  readonly min?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export type Style = "bad" | "doubtful" | "good" | "faint" | "head";

/** Puts a colour around a text, or does not. */
export type Paint = (text: string, style: Style | undefined) => string;

export const noPaint: Paint = (text) => text;

const codes: Readonly<Record<Style, number>> = { bad: 31, doubtful: 33, good: 32, faint: 2, head: 1 };

export const colours: Paint = (text, style) =>
  style === undefined || text.trim() === "" ? text : `\x1b[${codes[style]}m${text}\x1b[0m`;

const gap = "  ";

/**
 * Lays a table out.
 * @param width of the terminal; no line is wider. Infinity where nothing may be cut
 * @returns its lines, without ends, nothing behind the last character
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, header = true, paint = noPaint }: TableOptions,
): readonly string[] {
  const heads = columns.map(({ name }): Cell => ({ text: name, style: "head" }));
  const all = header ? [heads, ...rows] : rows;
  const natural = columns.map((_, i) => Math.max(0, ...all.map((row) => displayWidth(row[i]?.text ?? ""))));
  const widths = fitted(columns, natural, width);
  return all.flatMap((row) => rowLines(columns, row, widths, paint));
}

export interface TableOptions {
  readonly width: number;
  readonly header?: boolean;
  readonly paint?: Paint;
}

function rowLines(
  columns: readonly Column[],
  row: readonly Cell[],
  widths: readonly number[],
  paint: Paint,
): readonly string[] {
  const kept = columns.flatMap((column, i) => {
    const width = widths[i] ?? 0;
    if (width < 1) return [];
    const { text, style } = row[i] ?? { text: "" };
    const lines = column.narrow === "wrap" ? wrap(text, width) : [cut(text, width)];
    return [{ column, width, style, lines: lines.map((line) => cut(line, width)) }];
  });
  const height = Math.max(0, ...kept.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const lastFilled = kept.findLastIndex(({ lines }) => (lines[line] ?? "") !== "");
    const cells = kept.slice(0, lastFilled + 1).map(({ column, width, style, lines }, i) => {
      const text = lines[line] ?? "";
      const last = i === lastFilled && column.align !== "right";
      return paint(last ? text : pad(text, width, column.align), style);
    });
    return cells.join(gap);
  });
}

/**
 * How wide each column becomes. First every column gives way as far as its `min`, the least important first; then
 * columns are left out in the same order, until the last one is cut to what there is. What is left over then goes
 * back, to the most important first.
 * @returns 0 for a column that is left out
 */
function fitted(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  const least = columns.map((_, i) => i).sort((a, b) => importance(columns, a) - importance(columns, b));
  const excess = (): number => {
    const kept = widths.filter((one) => one > 0);
    return kept.reduce((sum, one) => sum + one + gap.length, -gap.length) - width;
  };
  for (const i of least) {
    const over = excess();
    if (over <= 0) break;
    const column = columns[i];
    const now = widths[i] ?? 0;
    if (column?.narrow === "drop" && i !== least.at(-1)) widths[i] = 0;
    else widths[i] = Math.min(now, Math.max(column?.min ?? 8, now - over));
  }
  for (const i of least.slice(0, -1)) {
    if (excess() <= 0) break;
    widths[i] = 0;
  }
  const last = least.at(-1);
  if (last !== undefined && excess() > 0) widths[last] = Math.max(1, (widths[last] ?? 1) - excess());
  // What the columns left out leave is for those that had given way before.
  for (const i of least.toReversed()) {
    const now = widths[i] ?? 0;
    const spare = Number.isFinite(width) ? Math.max(0, -excess()) : 0;
    if (now > 0) widths[i] = Math.min(Math.max(now, natural[i] ?? 0), now + spare);
  }
  return widths;
}

const importance = (columns: readonly Column[], i: number): number => columns[i]?.importance ?? 0;
