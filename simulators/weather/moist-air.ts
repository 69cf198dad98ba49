// Magnus formula over water, as weather stations give humidity also below 0 °C.

const saturation = (celsius: number): number => 6.112 * Math.exp((17.62 * celsius) / (243.12 + celsius));

/** °C. @param humidity % RH, > 0; NaN for none */
export function dewPoint(celsius: number, humidity: number): number {
  const gamma = Math.log(humidity / 100) + (17.62 * celsius) / (243.12 + celsius);
  const dew = (243.12 * gamma) / (17.62 - gamma);
  return humidity > 0 ? Math.max(-70, Math.min(celsius, dew)) : NaN;
}

/** % RH, 0..100. */
export const relativeHumidity = (celsius: number, dew: number): number =>
  Math.min(100, (100 * saturation(dew)) / saturation(celsius));
