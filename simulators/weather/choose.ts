import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { constantWeather, type Weather } from "../physics/weather.ts";
import { EpwError, readEpw } from "./epw.ts";
import { epwWeather, type EpwWeatherOptions } from "./epw-weather.ts";
import { shippedNames, shippedYear } from "./shipped.ts";

/** What was chosen, with what a person should know of it. */
export interface ChosenWeather {
  readonly weather: Weather;
  readonly notes: readonly string[];
}

/** For messages and help. */
const weatherChoices = `${shippedNames.join(", ")}, FILE.epw, or constant:DEGREES`;

/**
 * Weather by a word: one of the shipped years, a file, or a temperature that stays (`constant:25`, or `constant:25,12`
 * with a dew point).
 * @throws EpwError for anything else, and for a file that cannot be read or used
 */
export function chooseWeather(word: string, options: EpwWeatherOptions = {}): ChosenWeather {
  const [, outdoor, dewPoint] = /^constant:(-?\d+(?:\.\d+)?)(?:,(-?\d+(?:\.\d+)?))?$/.exec(word) ?? [];
  if (outdoor !== undefined) return { weather: constantOf(word, Number(outdoor), dewPoint), notes: [] };
  const shipped = shippedNames.find((name) => name === word);
  if (shipped !== undefined) return { weather: epwWeather(shippedYear(shipped), options), notes: [] };
  if (!/\.epw(\.gz)?$/i.test(word)) {
    throw new EpwError(`no weather is called ${JSON.stringify(word)}; choose ${weatherChoices}`);
  }
  const epw = readEpw(textOf(word), word);
  const notes = epw.gaps.map(
    ({ field, count, line, instead }) =>
      `${word}: ${field} is missing in ${count} of ${epw.rows.length} rows, first in line ${line}; taken ${instead}`,
  );
  return { weather: epwWeather(epw, options), notes };
}

function constantOf(word: string, outdoor: number, dewPoint: string | undefined): Weather {
  if (outdoor < -70 || outdoor > 70) throw new EpwError(`${word}: give a temperature -70..70 °C`);
  return constantWeather({ outdoor, ...(dewPoint === undefined ? {} : { dewPoint: Number(dewPoint) }) });
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.toLowerCase().endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new EpwError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
