import { type TBoolean, type TNumber, Type } from "typebox";

/** What every setting says of itself. */
export interface SettingOptions {
  readonly default: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description: string;
}

/** A number with its unit's symbol, which appears in documentation, errors and the API. */
const numberIn =
  (unit: string, limits: { readonly minimum?: number; readonly maximum?: number } = {}) =>
  (options: SettingOptions): TNumber =>
    Type.Number({ unit, ...limits, ...options });

/** A temperature, °C. Default range -60..120. */
export const celsius = numberIn("°C", { minimum: -60, maximum: 120 });
/** A temperature difference, K. Default range 0..100. */
export const kelvin = numberIn("K", { minimum: 0, maximum: 100 });
/** A duty or share, %. Default range 0..100. */
export const percent = numberIn("%", { minimum: 0, maximum: 100 });
/** A span of time, s. Default range 0..604800. */
export const secondsOf = numberIn("s", { minimum: 0, maximum: 604_800 });
export const hoursOf = numberIn("h", { minimum: 0, maximum: 8784 });
export const watts = numberIn("W", { minimum: 0, maximum: 1e6 });
export const volts = numberIn("V", { minimum: 0, maximum: 1000 });
/** Change per second of a duty, %/s. */
export const percentPerSecond = numberIn("%/s", { minimum: 0, maximum: 1000 });
/** Any other unit; give the range. */
export const numberOf = (unit: string, options: SettingOptions): TNumber => numberIn(unit)(options);
/** A count, a factor or a ratio without a unit. */
export const plain = numberIn("");
export const flag = (options: { readonly default: boolean; readonly description: string }): TBoolean =>
  Type.Boolean(options);
