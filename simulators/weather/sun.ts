import type { Place } from "./epw-fields.ts";

const day = 86_400;
const radians = Math.PI / 180;

/** Declination by the day of the year; within half a degree. */
const declination = (seconds: number): number =>
  23.45 * radians * Math.sin((2 * Math.PI * (284 + Math.floor(seconds / day) + 1)) / 365);

/** Solar noon less clock noon, h: the place's distance from the middle of its time zone, and the equation of time. */
function clockError(place: Pick<Place, "longitude" | "timeZone">, seconds: number): number {
  const b = (2 * Math.PI * (Math.floor(seconds / day) - 80)) / 364;
  const equation = (9.87 * Math.sin(2 * b) - 7.53 * Math.cos(b) - 1.5 * Math.sin(b)) / 60;
  return (place.longitude - 15 * place.timeZone) / 15 + equation;
}

type Where = Pick<Place, "latitude" | "longitude" | "timeZone">;

/** Solar hour angle in radians at noon's distance; the day's own declination and equation are taken as constant. */
const hourAngle = (place: Where, seconds: number): number =>
  ((2 * Math.PI) / 24) * ((seconds % day) / 3600 - 12 + clockError(place, seconds));

/** Sine of the sun's elevation; below 0 it has set. @param seconds of local standard time since the start of the year */
export function sineOfElevation(place: Where, seconds: number): number {
  const tilt = declination(seconds);
  const phi = place.latitude * radians;
  return (
    Math.sin(phi) * Math.sin(tilt) + Math.cos(phi) * Math.cos(tilt) * Math.cos(hourAngle(place, seconds))
  );
}

/** Mean of the sine of the elevation while the sun is up, over a span within one day. */
export function sunOver(place: Where, from: number, to: number): number {
  const tilt = declination(from);
  const phi = place.latitude * radians;
  const a = Math.sin(phi) * Math.sin(tilt);
  const b = Math.cos(phi) * Math.cos(tilt);
  const middle = hourAngle(place, from);
  const width = ((2 * Math.PI) / day) * (to - from);
  // The sun is up between −set and +set around noon.
  const ratio = b < 1e-9 ? (a > 0 ? -1 : 1) : -a / b;
  const set = ratio >= 1 ? 0 : ratio <= -1 ? Math.PI : Math.acos(ratio);
  let sum = 0;
  // Noon of the day before and after reach over midnight where the solar clock is far from the local one.
  for (const turn of [-2 * Math.PI, 0, 2 * Math.PI]) {
    const low = Math.max(middle, turn - set);
    const high = Math.min(middle + width, turn + set);
    if (high > low) sum += a * (high - low) + b * (Math.sin(high) - Math.sin(low));
  }
  return sum / width;
}
