import { type Static, Type } from "typebox";
import { flag, kelvin, numberOf, percent } from "../settings.ts";
import { clamp, usable } from "./limit.ts";

const hour = (initial: number, text: string) =>
  numberOf("h", { default: initial, minimum: 0, maximum: 24, description: text });

/** Quiet hours. */
export const quietSettings = Type.Object({
  quiet: flag({ default: false, description: "Whether there are quiet hours." }),
  quietFrom: hour(22, "Local hour at which they begin."),
  quietTo: hour(6, "Local hour at which they end; before the beginning: on the next day."),
  quietMax: percent({ default: 60, description: "Largest fan duty in quiet hours." }),
  quietRelease: kelvin({
    default: 3,
    description: "Inlet this far above the setpoint: the limit begins to rise.",
  }),
  quietFull: kelvin({ default: 6, description: "Inlet this far above the setpoint: no limit any more." }),
});
export type QuietSettings = Static<typeof quietSettings>;

export const checkQuiet = ({ quietRelease, quietFull }: QuietSettings): string | undefined =>
  quietFull > quietRelease
    ? undefined
    : `quietFull ${quietFull} K must be above quietRelease ${quietRelease} K`;

/** Whether a local hour (0..24, with its fraction) is inside a window that may go over midnight. */
export const inWindow = (hourNow: number, from: number, to: number): boolean =>
  from <= to ? hourNow >= from && hourNow < to : hourNow >= from || hourNow < to;

/**
 * The largest fan duty allowed, %; undefined: no limit. Heat goes before quiet: the limit rises with the inlet, and
 * without an inlet there is none.
 * @param inlet °C
 */
export function quietCeiling(
  localHour: number,
  inlet: number | undefined,
  setpoint: number,
  settings: QuietSettings,
): number | undefined {
  if (!settings.quiet || !usable(inlet) || !usable(setpoint)) return undefined;
  if (!inWindow(localHour, settings.quietFrom, settings.quietTo)) return undefined;
  const { quietRelease, quietFull, quietMax } = settings;
  const share = clamp((inlet - setpoint - quietRelease) / (quietFull - quietRelease), 0, 1);
  return share >= 1 ? undefined : quietMax + share * (100 - quietMax);
}

/** By how many dB a fan's sound power changes with its speed: 50·log10 of the ratio. */
export const soundChange = (speedRatio: number): number => 50 * Math.log10(speedRatio);
