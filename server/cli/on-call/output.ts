import { type Command, Option } from "commander";
import { toJson } from "../../json.ts";
import { nearest } from "../../../devices/nearest.ts";
import { csvEnd, csvLine } from "../show/csv.ts";
import { type Cell, type Column, colours, noPaint, type Style, tableLines } from "../show/table.ts";
import { plain } from "../show/width.ts";
import { CannotRun, print } from "../terminal.ts";

/** A column of a listing: how it looks, and what it says of an item. */
export interface Field<T> extends Column {
  /** Written for a person at a terminal when `people`, exactly otherwise. */
  readonly text: (item: T, people: boolean) => string;
  readonly style?: (item: T) => Style | undefined;
  /** Shown without being asked for. Default: `always`. */
  readonly shown?: "always" | "terminal" | "pipe" | "filled" | "asked";
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  /** false with `--no-header`. */
  readonly header?: boolean;
  readonly columns?: string;
}

const group = "Output:";

/** The options of every listing. */
export const withOutput = (command: Command, fields: readonly Field<never>[] = []): Command => {
  command
    .addOption(new Option("--json", "a JSON list, one object per line").helpGroup(group).conflicts("csv"))
    .addOption(new Option("--csv", "comma-separated values (RFC 4180)").helpGroup(group))
    .addOption(new Option("--no-header", "without the line of column names").helpGroup(group));
  return fields.length === 0
    ? command
    : command.addOption(
        new Option("--columns <columns>", `which, in this order: ${fields.map(keyOf).join(",")}`).helpGroup(
          group,
        ),
      );
};

/** The names of columns, for the help; the columns themselves are loaded when they are needed. */
export const named = (names: string): readonly Field<never>[] =>
  names.split(",").map((name) => ({ name, narrow: "drop", importance: 0, text: () => "" }));

/** The name of a column as one writes it. */
export const keyOf = ({ name }: Column): string => name.toLowerCase();

/** Where a listing goes. */
export interface Screen {
  /** Columns of the terminal; Infinity where it is none. */
  readonly width: number;
  readonly people: boolean;
  readonly colour: boolean;
}

/** What standard output is. `NO_COLOR` and terminals that know none are respected. */
export function screenOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Screen {
  const people = stream.isTTY === true;
  const { NO_COLOR = "", TERM = "" } = env;
  return {
    people,
    width: people ? Math.max(1, stream.columns ?? 80) : Infinity,
    colour: people && NO_COLOR === "" && TERM !== "dumb",
  };
}

/** Prints a list as the options say: for people a table that fits, for programs JSON, CSV, or a table nothing is cut from. */
export function printList<T>(
  fields: readonly Field<T>[],
  items: readonly T[],
  options: OutputOptions,
  jsonOf: (item: T) => unknown = (item) => item,
): void {
  if (options.json === true) {
    print(items.length === 0 ? "[]" : `[\n${items.map((item) => toJson(jsonOf(item))).join(",\n")}\n]`);
    return;
  }
  for (const line of listLines(fields, items, options, screenOf())) process.stdout.write(line);
}

/** The lines of a list that is no JSON, with their ends. */
export function listLines<T>(
  fields: readonly Field<T>[],
  items: readonly T[],
  options: OutputOptions,
  screen: Screen,
): readonly string[] {
  const chosen = chosenFields(fields, items, options, screen.people && options.csv !== true);
  const header = options.header !== false;
  if (options.csv === true) {
    const rows = items.map((item) => chosen.map((field) => field.text(item, false)));
    return [...(header ? [chosen.map(keyOf)] : []), ...rows].map((row) => csvLine(row) + csvEnd);
  }
  const rows = items.map((item) => chosen.map((field) => cellOf(field, item, screen.people)));
  // Nothing was found: a lonely line of names would only be one more thing to skip.
  if (items.length === 0) return [];
  const paint = screen.colour ? colours : noPaint;
  return tableLines(chosen, rows, { width: screen.width, header, paint }).map((line) => `${line}\n`);
}

function cellOf<T>(field: Field<T>, item: T, people: boolean): Cell {
  const text = plain(field.text(item, people));
  const style = field.style?.(item);
  // In a pipe no column of a line is empty: words can be counted.
  return { text: text === "" && !people ? "-" : text, ...(style === undefined ? {} : { style }) };
}

/** @throws CannotRun for a column that is none */
export function chosenFields<T>(
  fields: readonly Field<T>[],
  items: readonly T[],
  { columns }: OutputOptions,
  people: boolean,
): readonly Field<T>[] {
  if (columns !== undefined)
    return columns.split(",").map((asked) => {
      const key = asked.trim().toLowerCase();
      const field = fields.find((one) => keyOf(one) === key);
      if (field !== undefined) return field;
      const near = nearest(key, fields.map(keyOf));
      const remedy =
        near === undefined ? `there are ${fields.map(keyOf).join(",")}` : `did you mean ${near}?`;
      throw new CannotRun(`there is no column "${asked}"; ${remedy}`);
    });
  return fields.filter(({ shown = "always", text }) => {
    if (shown === "filled") return !people || items.some((item) => text(item, people) !== "");
    return shown === "always" || shown === (people ? "terminal" : "pipe");
  });
}

/** Several values of one option, e.g. `--tag a --tag b`. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Which devices, by tag and type. */
export const withSelection = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "-t, --tag <tag>",
        "devices with this tag; a,b: with both; given again: or; * matches anything",
      )
        .argParser(collect)
        .helpGroup("Which devices:"),
    )
    .addOption(new Option("--type <type>", "devices of this type, e.g. fan").helpGroup("Which devices:"));

export interface SelectionOptions {
  readonly tag?: readonly string[];
  readonly type?: string;
}
