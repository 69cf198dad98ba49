/** Sea level, hPa. */
export const standardPressure = 1013.25;

/** Magnus coefficients: over water, and over ice below 0 °C. */
const water = { base: 6.112, a: 17.62, b: 243.12 };
const ice = { base: 6.112, a: 22.46, b: 272.62 };
const ratio = 0.621945;

/** Saturation pressure of water vapour over water, hPa. @param celsius -45..60; below 0 °C of supercooled water */
export const saturationPressure = (celsius: number): number =>
  water.base * Math.exp((water.a * celsius) / (water.b + celsius));

/** The same over ice, hPa. @param celsius -65..0 */
export const saturationPressureIce = (celsius: number): number =>
  ice.base * Math.exp((ice.a * celsius) / (ice.b + celsius));

/** Sensors show up to 104 % in fog; nothing is ever quite dry. */
const believable = (humidity: number): number => Math.max(0.1, Math.min(100, humidity));

/**
 * Dew point over water, °C. Never above the temperature.
 * @param humidity relative, %; taken as 0.1..100
 */
export function dewPoint(celsius: number, humidity: number): number {
  const gamma = Math.log(believable(humidity) / 100) + (water.a * celsius) / (water.b + celsius);
  return (water.b * gamma) / (water.a - gamma);
}

/** Relative humidity, %, of air with that dew point; above 100 where it would condense. */
export const humidityAt = (celsius: number, dewPointCelsius: number): number =>
  (100 * saturationPressure(dewPointCelsius)) / saturationPressure(celsius);

/** Water in the air, kg per kg of dry air. @param pressure hPa */
export const humidityRatio = (dewPointCelsius: number, pressure = standardPressure): number => {
  const e = saturationPressure(dewPointCelsius);
  return (ratio * e) / (pressure - e);
};

/** The dew point, °C, of air with that humidity ratio, > 0. @param pressure hPa */
export function dewPointOf(humidityRatioOfAir: number, pressure = standardPressure): number {
  const e = (Math.max(humidityRatioOfAir, 1e-9) * pressure) / (ratio + Math.max(humidityRatioOfAir, 1e-9));
  const gamma = Math.log(e / water.base);
  return (water.b * gamma) / (water.a - gamma);
}

/** kJ per kg of dry air. */
export const enthalpy = (celsius: number, humidityRatioOfAir: number): number =>
  1.006 * celsius + humidityRatioOfAir * (2501 + 1.86 * celsius);

/** What a temperature and a relative humidity say together. */
export interface Air {
  readonly temperature: number;
  readonly dewPoint: number;
  readonly humidityRatio: number;
  readonly enthalpy: number;
}

/** @param humidity relative, % */
export function airOf(temperature: number, humidity: number, pressure = standardPressure): Air {
  const dew = dewPoint(temperature, humidity);
  const w = humidityRatio(dew, pressure);
  return { temperature, dewPoint: dew, humidityRatio: w, enthalpy: enthalpy(temperature, w) };
}
