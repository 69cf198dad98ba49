import type { Weather, WeatherSample } from "../physics/weather.ts";
import type { Epw, EpwRow } from "./epw.ts";
import { sineOfElevation, sunOver } from "./sun.ts";

/** Outdoors, with wind as well. */
export interface OutdoorSample extends WeatherSample {
  /** m/s */
  readonly windSpeed: number;
}

/** Weather of a year that begins anew when it is over. */
export interface YearWeather extends Weather {
  at(seconds: number): OutdoorSample;
  /** Seconds after which it repeats. */
  readonly length: number;
}

export interface EpwWeatherOptions {
  /** Hours after the start of the year at which the simulation begins; may be fractional. Default 0. */
  readonly startHour?: number;
  /**
   * How the mean irradiance of an hour is spread over it: `sun` follows the sun's elevation, `hold` keeps it constant.
   * Either way an hour's sum is what the file says. Default `sun`.
   */
  readonly irradiance?: "sun" | "hold";
}

const lowSun = 0.02; // mean sine of the elevation below which an hour's light is not shaped: twilight, a clock that is off

/**
 * The weather of an EPW file. Temperatures, dew point, pressure and wind are interpolated between the ends of the rows'
 * hours, and from the year's end to its beginning. Allocates nothing when asked: the sample is the same object each time.
 */
export function epwWeather(epw: Epw, options: EpwWeatherOptions = {}): YearWeather {
  const { rows, rowsPerHour, place } = epw;
  const count = rows.length;
  const span = 3600 / rowsPerHour;
  const length = count * span;
  const start = ((((options.startHour ?? 0) * 3600) % length) + length) % length;
  const column = (name: keyof EpwRow): Float64Array => Float64Array.from(rows, (row) => row[name]);
  const [outdoor, dewPoint, pressure, wind] = [
    column("outdoor"),
    column("dewPoint"),
    column("pressure"),
    column("windSpeed"),
  ];
  const light = column("irradiance");
  // The mean of the sun over each row's span; NaN where the light is held.
  const sun = Float64Array.from(rows, (row, i) => {
    const mean = options.irradiance === "hold" ? 0 : sunOver(place, i * span, (i + 1) * span);
    return mean < lowSun || row.irradiance === 0 ? NaN : mean;
  });
  const sample = { outdoor: 0, dewPoint: 0, irradiance: 0, pressure: 0, windSpeed: 0 };
  return {
    length,
    at(seconds) {
      const time = (start + seconds) % length;
      const index = Math.min(count - 1, Math.floor(time / span));
      const before = index === 0 ? count - 1 : index - 1;
      const share = time / span - index;
      sample.outdoor = between(outdoor, before, index, share);
      sample.dewPoint = Math.min(sample.outdoor, between(dewPoint, before, index, share));
      sample.pressure = between(pressure, before, index, share);
      sample.windSpeed = between(wind, before, index, share);
      const mean = sun[index] ?? NaN;
      const held = light[index] ?? 0;
      sample.irradiance = Number.isNaN(mean)
        ? held
        : (held * Math.max(0, sineOfElevation(place, time))) / mean;
      return sample;
    },
  };
}

function between(values: Float64Array, before: number, index: number, share: number): number {
  const from = values[before] ?? 0;
  return from + ((values[index] ?? 0) - from) * share;
}
