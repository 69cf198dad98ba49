import { Type } from "typebox";
import type { WatchSettings } from "../library/alarms.ts";
import type { Sample } from "../sample.ts";
import { from, optional } from "../select.ts";
import { kelvin } from "../settings.ts";

/** What inlets may come to on battery, as `outage` publishes it; 0 with mains. */
export const batteryInputs = {
  inletLimit: optional(from("outage", "inletLimit").max()),
  inletShort: optional(from("outage", "inletShort").max()),
};
type Seen = { readonly [K in keyof typeof batteryInputs]: Sample | undefined };

export const batterySettings = Type.Object({
  belowLimit: kelvin({
    default: 2,
    maximum: 15,
    description: "On battery the setpoint rises to so far below the inlet limit that `outage` publishes.",
  }),
});

/** The setpoint that is wanted now, °C: on battery fans take no more power than is needed. */
export const wantedSetpoint = (
  seen: Seen,
  { setpoint, belowLimit }: { readonly setpoint: number; readonly belowLimit: number },
): number => Math.max(setpoint, (seen.inletLimit?.value ?? 0) - belowLimit);

/** Limits of the alarms of high temperature: on battery none is below what is allowed for a while. */
export function raisedLevels<S extends WatchSettings>(seen: Seen, s: S): S {
  const short = seen.inletShort?.value ?? 0;
  if (short <= s.highWarning) return s;
  return {
    ...s,
    highWarning: short,
    highMajor: Math.max(s.highMajor, short),
    highCritical: Math.max(s.highCritical, short),
  };
}
