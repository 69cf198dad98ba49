// Moist air at sea level, Magnus formula over water; good to 0.4 % of the pressure between −45 and 60 °C.

const pressure = 1013.25; // hPa

const saturation = (celsius: number): number => 6.112 * Math.exp((17.62 * celsius) / (243.12 + celsius));

/** kg of water per kg of dry air. @param humidity % RH */
export function humidityRatio(celsius: number, humidity: number): number {
  const vapour = (saturation(celsius) * humidity) / 100;
  return (0.621945 * vapour) / (pressure - vapour);
}

/** The most water air of this temperature holds, kg/kg. */
export const saturatedRatio = (celsius: number): number => humidityRatio(celsius, 100);

/** % RH, 0..100. @param ratio kg/kg */
export function relativeHumidity(celsius: number, ratio: number): number {
  const vapour = (ratio * pressure) / (0.621945 + ratio);
  return Math.min(100, (100 * vapour) / saturation(celsius));
}
