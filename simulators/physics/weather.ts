/** Outdoors at one time. */
export interface WeatherSample {
  /** Dry bulb, °C. */
  readonly outdoor: number;
  /** °C, at most `outdoor`. */
  readonly dewPoint: number;
  /** Global, on the enclosure, W/m². */
  readonly irradiance: number;
  /** Pa */
  readonly pressure: number;
}

export interface Weather {
  /**
   * @param seconds since the start of the simulation, never negative
   * @returns good until the next call: an implementation may give the same object every time
   */
  at(seconds: number): WeatherSample;
}

export const standardPressure = 101_325; // Pa

/** Weather that never changes. Absent values: 20 °C, dew point 10 K below, no sun, sea level. */
export function constantWeather(sample: Partial<WeatherSample> = {}): Weather {
  const outdoor = sample.outdoor ?? 20;
  const fixed: WeatherSample = {
    outdoor,
    dewPoint: Math.min(outdoor, sample.dewPoint ?? outdoor - 10),
    irradiance: sample.irradiance ?? 0,
    pressure: sample.pressure ?? standardPressure,
  };
  return { at: () => fixed };
}
