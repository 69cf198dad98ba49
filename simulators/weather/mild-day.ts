import { standardPressure, type Weather } from "../physics/weather.ts";

export interface DayOptions {
  /** Hour of the day at which the simulation begins, 0..24. Default 9. */
  readonly startHour?: number;
  /** Mean of the temperature and half its swing, °C and K. Default 18 and 8. */
  readonly mean?: number;
  readonly swing?: number;
}

/** The same fair day again and again, warmest at 15 h. Allocates nothing when asked. */
export function mildDay(options: DayOptions = {}): Weather {
  const { startHour = 9, mean = 18, swing = 8 } = options;
  const sample = { outdoor: 0, dewPoint: 0, irradiance: 0, pressure: standardPressure };
  return {
    at(seconds) {
      const hour = (startHour + seconds / 3600) % 24;
      sample.outdoor = mean + swing * Math.sin((2 * Math.PI * (hour - 9)) / 24);
      sample.dewPoint = Math.min(sample.outdoor, mean - 9);
      sample.irradiance = hour > 6 && hour < 18 ? 700 * Math.sin((Math.PI * (hour - 6)) / 12) : 0;
      return sample;
    },
  };
}
