import { everything } from "./everything.ts";
import type { YearDay } from "./year-day.ts";

/** All shipped controllers of the demonstration's cabinet with one loop for the zone, whose fans creep down. */
export const byZone = {
  ...Object.fromEntries(
    Object.entries(everything).filter(([name]) => name !== "fan-zone" && name !== "economiser"),
  ),
  "staged-cooling": { use: "staged-cooling", settings: { capacityBand: 4, leastCapacity: 25 } },
  "zone-temperature": { use: "zone-temperature", settings: { fullSpeed: 4000, setpoint: 24 } },
  "trim-respond-floor": "trim-respond-floor",
};

/** The usual ones, whose fans have a floor that creeps down. */
export const withFloor = {
  ...everything,
  "trim-respond-floor": { use: "trim-respond-floor", settings: { setpoint: 26 } },
};

type Row = Omit<YearDay, "from" | "controllers"> & Partial<Pick<YearDay, "from">>;

/** A row of a table that is played with these controllers, from the beginning of a year where it says nothing else. */
export const playedWith =
  (controllers: NonNullable<YearDay["controllers"]>) =>
  (row: Row): YearDay => ({ from: [0, 0], controllers, ...row });
