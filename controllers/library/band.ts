import { type Static, Type } from "typebox";
import { kelvin } from "../settings.ts";
import { wordOf } from "./words.ts";

/** When a loop runs at all, seen from its setpoint. */
export const bandSettings = Type.Object({
  direction: wordOf(["above", "below"], {
    default: "above",
    description:
      "above: a high reading needs the loop (temperature). below: a low one does (margin to a limit).",
  }),
  start: kelvin({ default: 1, description: "Distance past the setpoint from which the loop runs." }),
  stop: kelvin({
    default: 1,
    description: "Distance on the other side at which it idles at its smallest output.",
  }),
});
export type BandSettings = Static<typeof bandSettings>;

/** `run`: the loop decides; `hold`: its last output stays; `idle`: its smallest output. */
export type BandVerdict = "run" | "hold" | "idle";

/**
 * Whether a loop runs, holds or idles. The loop is stepped in each of them, with the held or smallest output as its
 * `manual`: so its memory stays fresh and the return makes neither a bump nor a spike of the derivative.
 */
export function bandOf(reading: number, setpoint: number, settings: BandSettings): BandVerdict {
  const past = settings.direction === "above" ? reading - setpoint : setpoint - reading;
  if (past > settings.start) return "run";
  return past < -settings.stop ? "idle" : "hold";
}
