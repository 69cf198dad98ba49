import { standardPressure } from "./weather.ts";

// Moist air. Magnus formulas, within 0.35 % of the pressure from −45 to 60 °C. Temperatures °C, pressures Pa, relative
// humidity %, humidity ratio kg of water per kg of dry air, enthalpy kJ per kg of dry air.

const water = { pascals: 611.2, slope: 17.62, offset: 243.12 };
const ice = { slope: 22.46, offset: 272.62 };
const vapourToAir = 0.621945;

/** Saturation pressure over water, also below 0 °C. */
export const saturationPressure = (celsius: number): number =>
  water.pascals * Math.exp((water.slope * celsius) / (water.offset + celsius));

/** Saturation pressure over ice, for temperatures below 0 °C. */
export const saturationPressureIce = (celsius: number): number =>
  water.pascals * Math.exp((ice.slope * celsius) / (ice.offset + celsius));

const dewPointOfVapour = (pascals: number): number => {
  const gamma = Math.log(pascals / water.pascals);
  return (water.offset * gamma) / (water.slope - gamma);
};

/** @param humidity > 0 */
export const dewPoint = (celsius: number, humidity: number): number =>
  dewPointOfVapour((saturationPressure(celsius) * humidity) / 100);

/** Relative humidity of air with that dew point; above 100 when it is higher than the temperature. */
export const humidityAtDewPoint = (celsius: number, dew: number): number =>
  (100 * saturationPressure(dew)) / saturationPressure(celsius);

/** Of air that holds `ratio` of water. Perfectly dry air has none; its dew point is given as −100 °C. */
export function dewPointOfRatio(ratio: number, pressure = standardPressure): number {
  if (ratio < 1e-9) return -100;
  return dewPointOfVapour(vapourPressure(ratio, pressure));
}

/** Highest ratio given, kg/kg: near boiling the formula has no meaning any more. */
const wettest = 5;

export function humidityRatio(celsius: number, humidity: number, pressure = standardPressure): number {
  const vapour = (saturationPressure(celsius) * humidity) / 100;
  const dry = pressure - vapour;
  return dry <= (vapourToAir * vapour) / wettest ? wettest : (vapourToAir * vapour) / dry;
}

/** The most water air of this temperature holds. */
export const saturatedRatio = (celsius: number, pressure = standardPressure): number =>
  humidityRatio(celsius, 100, pressure);

/** Of the water in air that holds `ratio` of it, Pa. */
export const vapourPressure = (ratio: number, pressure = standardPressure): number =>
  (ratio * pressure) / (vapourToAir + ratio);

/** Not limited: above 100 % the air is foggy. */
export function relativeHumidity(celsius: number, ratio: number, pressure = standardPressure): number {
  return (100 * vapourPressure(ratio, pressure)) / saturationPressure(celsius);
}

export const enthalpy = (celsius: number, ratio: number): number =>
  1.006 * celsius + ratio * (2501 + 1.86 * celsius);

/** Humidity ratio of air of this temperature whose wet bulb is `wetBulb`. */
const ratioAtWetBulb = (celsius: number, wetBulb: number, pressure: number): number => {
  const saturated = saturatedRatio(wetBulb, pressure);
  const drop = celsius - wetBulb;
  return ((2501 - 2.326 * wetBulb) * saturated - 1.006 * drop) / (2501 + 1.86 * celsius - 4.186 * wetBulb);
};

/** Wet bulb of air of this temperature and humidity ratio, found by bisection to 1e-9 K. */
export function wetBulb(celsius: number, ratio: number, pressure = standardPressure): number {
  let low = Math.min(celsius, dewPointOfRatio(ratio, pressure)) - 1;
  let high = celsius + 0.001;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (ratioAtWetBulb(celsius, middle, pressure) > ratio) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/**
 * One step of Newton's method from an earlier wet bulb: enough where the air changes slowly, and far cheaper.
 */
export function followWetBulb(
  from: number,
  celsius: number,
  ratio: number,
  pressure = standardPressure,
): number {
  const guess = Math.min(from, celsius);
  const here = ratioAtWetBulb(celsius, guess, pressure);
  const slope = (ratioAtWetBulb(celsius, guess + 0.01, pressure) - here) / 0.01;
  const next = slope > 0 ? guess + (ratio - here) / slope : guess;
  return Math.min(celsius, Math.max(guess - 10, Math.min(guess + 10, next)));
}

/** kg/m³ of dry air. */
export const airDensity = (celsius: number, pressure = standardPressure): number =>
  pressure / (287.05 * (celsius + 273.15));
