import {
  daysInMonth,
  type EpwColumn,
  epwColumns,
  type EpwColumnName,
  hoursOf,
  type Place,
  readPlace,
} from "./epw-fields.ts";

/** A weather file that cannot be used: where, what, and what to do about it. */
export class EpwError extends Error {
  override readonly name = "EpwError";
}

/** One row. Temperatures and pressure at the end of its hour, irradiance the mean over it; wind at its end. */
export interface EpwRow {
  readonly month: number;
  readonly day: number;
  /** 1..24: hour 1 is 00:00–01:00 of local standard time. */
  readonly hour: number;
  /** Dry bulb and dew point, °C. */
  readonly outdoor: number;
  readonly dewPoint: number;
  /** % RH */
  readonly humidity: number;
  /** Pa */
  readonly pressure: number;
  /** Global horizontal, W/m². */
  readonly irradiance: number;
  /** m/s, and where from in degrees from north. */
  readonly windSpeed: number;
  readonly windDirection: number;
}

/** Values that were not there, or outside what is possible, and what stands in for them. */
export interface EpwGap {
  readonly field: string;
  readonly count: number;
  /** The first, counted from 1. */
  readonly line: number;
  readonly instead: string;
}

export interface Epw {
  readonly place: Place;
  /** The eight lines before the rows, as they stand. */
  readonly header: readonly string[];
  readonly rowsPerHour: number;
  /** A whole year: 8760 or 8784 hours from January 1st on. */
  readonly rows: readonly EpwRow[];
  readonly gaps: readonly EpwGap[];
}

const headerLines = 8;
const fewestFields = 30;

/**
 * Reads an EPW weather file: a year of hours, or of shares of hours. The year of a row is not looked at: typical years
 * are put together of months of different ones.
 * @param source what the text is, for messages: a file name
 * @throws EpwError for what is no such file, naming line and remedy
 */
export function readEpw(text: string, source = "weather file"): Epw {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  const header = lines.slice(0, headerLines);
  const fail = (line: number, fault: string): never => {
    throw new EpwError(`${source}:${line}: ${fault}`);
  };
  const place = readPlace(header[0] ?? "", (fault) => fail(1, fault));
  const periods = header[headerLines - 1]?.split(",") ?? [];
  if (periods[0]?.trim().toUpperCase() !== "DATA PERIODS") {
    fail(
      header.length || 1,
      `line ${headerLines} of an EPW file begins with DATA PERIODS; check that none is missing`,
    );
  }
  const rowsPerHour = Number(periods[2] ?? "1");
  if (!Number.isInteger(rowsPerHour) || rowsPerHour < 1 || 60 % rowsPerHour !== 0) {
    fail(headerLines, `${periods[2] ?? ""} rows an hour; give a divisor of 60, for most files 1`);
  }
  const cells = lines.slice(headerLines).map((line, i) => {
    const fields = line.split(",");
    if (fields.length >= fewestFields) return fields;
    return fail(
      headerLines + 1 + i,
      `has ${fields.length} fields, an EPW row at least ${fewestFields}; the line is cut off: get the file again`,
    );
  });
  checkSuccession(cells, rowsPerHour, fail);
  const columns = new Map<EpwColumnName, Float64Array>();
  for (const column of epwColumns) columns.set(column.name, readColumn(column, cells, fail));
  const gaps = epwColumns.flatMap((column) => mend(column, columns, place, rowsPerHour, fail) ?? []);
  return { place, header, rowsPerHour, rows: cells.map((fields, i) => rowOf(fields, columns, i)), gaps };
}

type Fail = (line: number, fault: string) => never;

const days = 365;

/** Every hour of one year, once and in order; the 29th of February may be there. */
function checkSuccession(cells: readonly (readonly string[])[], rowsPerHour: number, fail: Fail): void {
  const leap = cells.length === (days + 1) * 24 * rowsPerHour;
  const line = (row: number): number => headerLines + 1 + row;
  let row = 0;
  for (let month = 1; month <= 12; month++) {
    const length = (daysInMonth[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
    for (let day = 1; day <= length; day++) {
      for (let hour = 1; hour <= 24; hour++) {
        for (let part = 0; part < rowsPerHour; part++, row++) {
          const fields = cells[row];
          const wanted = `month ${month}, day ${day}, hour ${hour}`;
          if (fields === undefined)
            return fail(line(row), `the file ends before ${wanted}; a whole year is needed`);
          const [m, d, h] = [fields[1], fields[2], fields[3]].map((field) => hoursOf(field ?? ""));
          if (m === month && d === day && h === hour) continue;
          const found = `month ${String(m)}, day ${String(d)}, hour ${String(h)}`;
          fail(
            line(row),
            `is ${found} where ${wanted} should be; put the rows in order, none missing, none twice`,
          );
        }
      }
    }
  }
  if (row < cells.length)
    fail(line(row), `there are rows behind the end of the year; leave one year in the file`);
}

/** Values as they stand; NaN for those that are missing or impossible. */
function readColumn(
  { at, missing, min, max, name }: EpwColumn,
  cells: readonly (readonly string[])[],
  fail: Fail,
): Float64Array {
  return Float64Array.from(cells, (fields, row) => {
    const cell = (fields[at - 1] ?? "").trim();
    const value = cell === "" ? NaN : Number(cell);
    if (cell !== "" && Number.isNaN(value)) {
      return fail(
        headerLines + 1 + row,
        `${name} is ${JSON.stringify(cell.slice(0, 20))}; give a number, or ${missing} for a missing one`,
      );
    }
    return value >= min && value <= max && value < missing ? value : NaN;
  });
}

/** Puts something in place of what is missing, and says what. */
function mend(
  column: EpwColumn,
  columns: ReadonlyMap<EpwColumnName, Float64Array>,
  place: Place,
  rowsPerHour: number,
  fail: Fail,
): EpwGap | undefined {
  const values = columns.get(column.name) ?? new Float64Array(0);
  const holes = [...values.keys()].filter((row) => Number.isNaN(values[row]));
  const [first] = holes;
  if (first === undefined) return undefined;
  const none = holes.length === values.length;
  const { fallback, fallbackText = "", deriveText = "" } = column;
  const derived = column.derive?.(columns);
  const last = column.step > 1 ? "the value of the day before" : "the last good value";
  const instead = new Set<string>();
  for (const row of holes) {
    const own = derived?.(row) ?? NaN;
    if (!Number.isNaN(own)) values[row] = own;
    else if (!none) values[row] = lastGood(values, row, column.step * rowsPerHour);
    else if (fallback !== undefined) values[row] = fallback(place);
    else return fail(headerLines + 1 + row, `${column.name} is missing in every row; get another file`);
    instead.add(Number.isNaN(own) ? (none ? fallbackText : last) : deriveText);
  }
  const line = headerLines + 1 + first;
  return { field: column.name, count: holes.length, line, instead: [...instead].join(", or ") };
}

/** The last value there is, that many rows back or a multiple of it; at the start of the file the next one there is. */
function lastGood(values: Float64Array, row: number, step: number): number {
  for (const direction of [-step, step, -1, 1]) {
    for (let i = row + direction; i >= 0 && i < values.length; i += direction) {
      const value = values[i] ?? NaN;
      if (!Number.isNaN(value)) return value;
    }
  }
  return NaN;
}

function rowOf(
  fields: readonly string[],
  columns: ReadonlyMap<EpwColumnName, Float64Array>,
  i: number,
): EpwRow {
  const of = (name: EpwColumnName): number => columns.get(name)?.[i] ?? 0;
  const outdoor = of("dry bulb");
  return {
    month: Number(fields[1]),
    day: Number(fields[2]),
    hour: Number(fields[3]),
    outdoor,
    dewPoint: Math.min(outdoor, of("dew point")),
    humidity: of("relative humidity"),
    pressure: of("pressure"),
    irradiance: of("global irradiance"),
    windSpeed: of("wind speed"),
    windDirection: of("wind direction"),
  };
}
