import type { Place } from "./epw-fields.ts";
import type { EpwRow } from "./epw.ts";

type Optional = "humidity" | "windDirection" | "windSpeed";
export type EpwWriteRow = Omit<EpwRow, Optional> & Partial<Pick<EpwRow, Optional>>;

export interface EpwToWrite {
  readonly place: Place;
  readonly rows: readonly EpwWriteRow[];
  /** Stands in every row; nobody looks at it. Default 2001. */
  readonly year?: number;
  readonly rowsPerHour?: number;
  readonly comment?: string;
}

/** Writes a weather file: what there is, and the codes for missing values in all other fields. Lines end in CR LF. */
export function writeEpw({ place, rows, year = 2001, rowsPerHour = 1, comment = "" }: EpwToWrite): string {
  const { city, region, country, source, station, latitude, longitude, timeZone, elevation } = place;
  const header = [
    ["LOCATION", city, region, country, source, station, latitude, longitude, timeZone, elevation].join(","),
    "DESIGN CONDITIONS,0",
    "TYPICAL/EXTREME PERIODS,0",
    "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
    `COMMENTS 1,${comment}`,
    "COMMENTS 2,",
    `DATA PERIODS,1,${rowsPerHour},Data,Monday, 1/ 1,12/31`,
  ];
  return [...header, ...rows.map((row, i) => rowText(row, year, i, rowsPerHour))]
    .map((line) => `${line}\r\n`)
    .join("");
}

function rowText(row: EpwWriteRow, year: number, index: number, rowsPerHour: number): string {
  const { month, day, hour, outdoor, dewPoint, humidity, pressure, irradiance, windDirection, windSpeed } =
    row;
  const minute = rowsPerHour === 1 ? 60 : ((index % rowsPerHour) + 1) * (60 / rowsPerHour);
  const one = (value: number): string => String(Math.round(value * 10) / 10 + 0);
  return [
    ...[year, month, day, hour, minute, "?0"],
    ...[
      one(outdoor),
      one(dewPoint),
      humidity === undefined ? 999 : Math.round(humidity),
      Math.round(pressure),
    ],
    ...[9999, 9999, 9999, Math.round(irradiance), 9999, 9999],
    ...[999_999, 999_999, 999_999, 9999],
    ...[
      windDirection === undefined ? 999 : Math.round(windDirection),
      windSpeed === undefined ? 999 : one(windSpeed),
    ],
    ...[99, 99, 9999, 99_999, 9, 999_999_999],
    ...[999, 0.999, 999, 99, 999, 999, 99],
  ].join(",");
}
