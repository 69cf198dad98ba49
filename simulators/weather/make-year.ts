import { createRandom, type Random } from "../random.ts";
import { daysInMonth, type Place, pressureAt } from "./epw-fields.ts";
import { type EpwWriteRow, writeEpw } from "./epw-writer.ts";

/** A climate: yearly mean, and half the swing over the year and over a day. °C and K. */
export interface Climate {
  readonly mean: number;
  readonly yearly: number;
  readonly daily: number;
  /** Standard deviation of what comes and goes over days, and of what changes from hour to hour, K. */
  readonly weather: number;
  readonly gusts: number;
  /** How far the dew point mostly is below the day's mean temperature, K, and how much that wanders. */
  readonly dryness: number;
  readonly drynessSpread: number;
  readonly place: Place;
}

const hoursPerYear = 8760;
/** Days on which an extreme begins, counted from 0, how long it is and what it adds. The ramps take half a day. */
const extremes = [
  { from: 13, days: 5, kelvin: -12 },
  { from: 200, days: 5, kelvin: 8 },
];

// The irradiance of a made-up day is half a sine from six to eighteen, all year: the sun of the equator.
const place = (city: string, elevation: number): Place => ({
  city,
  region: "-",
  country: "-",
  source: "Synthetic",
  station: "000000",
  latitude: 0,
  longitude: 0,
  timeZone: 0,
  elevation,
});

export const climates = {
  hot: {
    ...{ mean: 27, yearly: 7, daily: 6, weather: 2, gusts: 0.4, dryness: 14, drynessSpread: 6 },
    place: place("Synthetic hot", 300),
  },
  temperate: {
    ...{ mean: 11, yearly: 9, daily: 5, weather: 3, gusts: 0.4, dryness: 4, drynessSpread: 3 },
    place: place("Synthetic temperate", 150),
  },
  arctic: {
    ...{ mean: 3, yearly: 14, daily: 4, weather: 3.5, gusts: 0.4, dryness: 4, drynessSpread: 2.5 },
    place: place("Synthetic arctic", 50),
  },
} as const satisfies Record<string, Climate>;

export type ClimateName = keyof typeof climates;

/** What the shipped years are made with. */
export const shippedSeed = 1;

/**
 * A year of made-up weather as an EPW text: the sinusoids of a climate, seeded noise, a heat wave and a cold snap. The
 * same seed gives the same text.
 */
export function makeYear(climate: Climate, seed: number): string {
  const { mean, yearly, daily } = climate;
  const random = createRandom(seed, climate.place.city);
  const weather = wandering(random, 60, climate.weather);
  const gusts = wandering(random, 2, climate.gusts);
  const dryness = wandering(random, 48, climate.drynessSpread);
  const clouds = wandering(random, 10, 0.35);
  const air = wandering(random, 72, 700);
  const wind = wandering(random, 8, 0.5);
  const rows: EpwWriteRow[] = [];
  for (let hour = 0; hour < hoursPerYear; hour++) {
    const end = hour + 1; // temperatures are those at the end of the hour
    const season =
      mean - yearly * Math.cos((2 * Math.PI * (end - 360)) / hoursPerYear) + weather() + extremeAt(end / 24);
    const outdoor = season + daily * Math.cos((2 * Math.PI * ((end % 24) - 15)) / 24) + gusts();
    const dewPoint = Math.min(outdoor, Math.max(-60, season - Math.max(0.5, climate.dryness + dryness())));
    const noon = ((hour % 24) + 0.5 - 6) / 12;
    const clear = Math.min(1.1, Math.max(0.15, 1 - Math.abs(clouds())));
    rows.push({
      ...dateOf(hour),
      outdoor,
      dewPoint,
      pressure: coarse(pressureAt(climate.place.elevation) + air(), 100),
      irradiance: noon > 0 && noon < 1 ? coarse(700 * Math.sin(Math.PI * noon) * clear, 5) : 0,
      windSpeed: coarse(Math.min(30, 3 * Math.exp(wind())), 0.5),
    });
  }
  const comment = `made by a program from sinusoids and seed ${seed}: no place on earth; the sun is that of the equator`;
  return writeEpw({ place: climate.place, rows, comment });
}

/** Rounded, so that files stay small. */
const coarse = (value: number, step: number): number => Math.round(value / step) * step;

/** A first-order random walk around 0. @param tau hours it remembers; @param sigma its standard deviation */
function wandering(random: Random, tau: number, sigma: number): () => number {
  const keeps = Math.exp(-1 / tau);
  const adds = sigma * Math.sqrt(1 - keeps ** 2);
  let value = sigma * random.normal();
  return () => (value = keeps * value + adds * random.normal());
}

function extremeAt(day: number): number {
  return extremes.reduce((sum, { from, days, kelvin }) => {
    const inside = Math.min(day - from, from + days - day);
    return sum + kelvin * Math.min(1, Math.max(0, inside / 0.5));
  }, 0);
}

function dateOf(hour: number): Pick<EpwWriteRow, "month" | "day" | "hour"> {
  let day = Math.floor(hour / 24);
  let month = 0;
  while (day >= (daysInMonth[month] ?? Infinity)) day -= daysInMonth[month++] ?? 0;
  return { month: month + 1, day: day + 1, hour: (hour % 24) + 1 };
}
