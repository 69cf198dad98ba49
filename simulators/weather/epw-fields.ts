import { dewPoint, humidityAtDewPoint } from "../physics/psychrometrics.ts";
import { standardPressure } from "../physics/weather.ts";

/** Where a weather file is from: its LOCATION line. */
export interface Place {
  readonly city: string;
  readonly region: string;
  readonly country: string;
  readonly source: string;
  /** Number of the station with the World Meteorological Organization; it may have letters. */
  readonly station: string;
  /** Degrees: north and east are positive. */
  readonly latitude: number;
  readonly longitude: number;
  /** Hours ahead of UTC. */
  readonly timeZone: number;
  /** m */
  readonly elevation: number;
}

export type EpwColumnName =
  | "dry bulb"
  | "relative humidity"
  | "dew point"
  | "pressure"
  | "global irradiance"
  | "wind direction"
  | "wind speed";

/** Of a year that is no leap year, from January on. */
export const daysInMonth: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

type Columns = ReadonlyMap<EpwColumnName, Float64Array>;

/** A column of the rows that is used. */
export interface EpwColumn {
  readonly name: EpwColumnName;
  /** Its field, counted from 1. */
  readonly at: number;
  /** Values from here on say that there is none. */
  readonly missing: number;
  readonly min: number;
  readonly max: number;
  /** How many hours before the last good value is looked for: a day for what follows the sun. */
  readonly step: number;
  /** From other columns of the same row; NaN when that cannot be. */
  readonly derive?: (columns: Columns) => (row: number) => number;
  readonly deriveText?: string;
  /** When the whole column is missing. */
  readonly fallback?: (place: Place) => number;
  readonly fallbackText?: string;
}

/** Pressure of the standard atmosphere, Pa. @param elevation m */
export const pressureAt = (elevation: number): number =>
  standardPressure * (1 - 2.25577e-5 * elevation) ** 5.25588;

/** °C, as a file may have it. @param humidity % RH; NaN for none unless it is > 0 */
const dewPointFrom = (celsius: number, humidity: number): number =>
  humidity > 0 ? Math.max(-70, Math.min(celsius, dewPoint(celsius, humidity))) : NaN;

/** % RH, at most 100. */
const humidityFrom = (celsius: number, dew: number): number =>
  Math.min(100, humidityAtDewPoint(celsius, dew));

const nothing = { fallback: () => 0, fallbackText: "0" };

/** In the order in which gaps are mended: what others are derived from comes first. */
export const epwColumns: readonly EpwColumn[] = [
  { name: "dry bulb", at: 7, missing: 99.9, min: -70, max: 70, step: 1 },
  {
    name: "pressure",
    at: 10,
    missing: 999_999,
    min: 31_000,
    max: 120_000,
    step: 1,
    fallback: ({ elevation }) => pressureAt(elevation),
    fallbackText: "that of the place's elevation",
  },
  {
    name: "dew point",
    at: 8,
    missing: 99.9,
    min: -70,
    max: 70,
    step: 1,
    derive: (columns) => (row) =>
      dewPointFrom(columns.get("dry bulb")?.[row] ?? NaN, columns.get("relative humidity")?.[row] ?? NaN),
    deriveText: "from the relative humidity",
  },
  {
    name: "relative humidity",
    at: 9,
    missing: 999,
    min: 0,
    max: 110,
    step: 1,
    derive: (columns) => (row) =>
      humidityFrom(columns.get("dry bulb")?.[row] ?? NaN, columns.get("dew point")?.[row] ?? NaN),
    deriveText: "from the dew point",
    fallback: () => 50,
    fallbackText: "50 %",
  },
  { name: "global irradiance", at: 14, missing: 9999, min: 0, max: 2000, step: 24, ...nothing },
  { name: "wind direction", at: 21, missing: 999, min: 0, max: 360, step: 1, ...nothing },
  { name: "wind speed", at: 22, missing: 999, min: 0, max: 40, step: 1, ...nothing },
];

/** A whole number of a date; NaN for anything else. */
export const hoursOf = (field: string): number => (/^\s*\d{1,2}\s*$/.test(field) ? Number(field) : NaN);

/** The LOCATION line. @param fail told what is wrong; never returns */
export function readPlace(line: string, fail: (fault: string) => never): Place {
  const [word, city, region, country, source, station, ...numbers] = line
    .split(",")
    .map((field) => field.trim());
  if (word?.toUpperCase() !== "LOCATION") {
    fail("an EPW file begins with LOCATION; this is something else, or its first line is missing");
  }
  const number = (index: number, name: string, min: number, max: number): number => {
    const text = numbers[index] ?? "";
    const value = text === "" ? NaN : Number(text);
    return value >= min && value <= max
      ? value
      : fail(`the ${name} of LOCATION is ${JSON.stringify(text)}; give a number ${min}..${max}`);
  };
  return {
    city: city ?? "",
    region: region ?? "",
    country: country ?? "",
    source: source ?? "",
    station: station ?? "",
    latitude: number(0, "latitude", -90, 90),
    longitude: number(1, "longitude", -180, 180),
    timeZone: number(2, "time zone", -12, 14),
    elevation: number(3, "elevation", -1000, 9000),
  };
}
