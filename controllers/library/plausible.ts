import { type Static, Type } from "typebox";
import { kelvin, numberOf, secondsOf, watts } from "../settings.ts";
import { usable } from "./limit.ts";
import { shown } from "./timing.ts";

/** What is known of a site, so that sensors can be held against each other. */
export const plausibleSettings = Type.Object({
  ratedHeat: watts({
    default: 0,
    description:
      "Power of the racks at full load: from a fifth of it on, the air must warm over them as it should. 0: not known, not looked at.",
  }),
  fullFlow: numberOf("m³/s", {
    default: 0,
    minimum: 0,
    maximum: 1000,
    description: "Air all fans move at 100 %, for that. 0: not known.",
  }),
  swappedBy: kelvin({
    default: 1,
    minimum: 0.2,
    maximum: 20,
    description:
      "An inlet this much warmer than the outlet of its rack, while there is power: their probes may be in each other's place.",
  }),
  implausibleAfter: secondsOf({
    default: 900,
    minimum: 60,
    maximum: 86_400,
    description: "How long sensors must contradict each other before it is told.",
  }),
});
export type PlausibleSettings = Static<typeof plausibleSettings>;

/** Air at the site's usual density, J/(m³·K). */
const heatPerVolume = 1.2 * 1006;

/** Air flow, m³/s, that carries `heat` W away with a rise of `rise` K. */
export const flowFor = (heat: number, rise: number, density = 1.2): number => heat / (density * 1006 * rise);

export interface ModelView {
  /** °C; whatever is not known is left out, and then nothing is concluded from it. */
  readonly inlet?: number | undefined;
  readonly outlet?: number | undefined;
  readonly outdoor?: number | undefined;
  /** W */
  readonly heat?: number | undefined;
  readonly ratedHeat?: number | undefined;
  /** m³/s */
  readonly flow?: number | undefined;
  /** Whether mechanical cooling runs. */
  readonly dxRuns?: boolean | undefined;
}

/**
 * What cannot be true at once, in words. Pure. It raises doubt, it fails no sensor. The rise
 * over the racks is within ±50 % of P/(ρ·cp·V) above 20 % of the rated heat; an inlet more than 2 K colder than outdoors
 * needs mechanical cooling.
 */
export function implausible(view: ModelView): readonly string[] {
  const said: string[] = [];
  const { inlet, outlet, outdoor, heat, ratedHeat, flow } = view;
  if (usable(inlet) && usable(outlet) && usable(heat) && usable(ratedHeat) && usable(flow) && flow > 0) {
    const rise = outlet - inlet;
    const expected = heat / (heatPerVolume * flow);
    if (heat > 0.2 * ratedHeat && (rise < 0.5 * expected || rise > 1.5 * expected))
      said.push(`the air warms by ${rise.toFixed(1)} K over the racks, expected ${expected.toFixed(1)} K`);
  }
  if (usable(inlet) && usable(outdoor) && view.dxRuns === false && inlet < outdoor - 2)
    said.push(`the inlet is ${(outdoor - inlet).toFixed(1)} K colder than outdoors with no cooling running`);
  return said;
}

/** A probe before a rack and one behind it, °C. */
export interface ProbePair {
  readonly inlet: { readonly name: string; readonly value: number };
  readonly outlet: { readonly name: string; readonly value: number };
}

/** W that surely warm the air, where nothing is known of the racks' full load. */
const someHeat = 100;

/**
 * Pairs of probes that may be in each other's place, in words: equipment at work warms its air, and never cools it. Pure.
 * @param heat W; undefined: nothing is concluded
 */
export function swapped(
  pairs: readonly ProbePair[],
  heat: number | undefined,
  { ratedHeat, swappedBy }: Pick<PlausibleSettings, "ratedHeat" | "swappedBy">,
): readonly string[] {
  if (!usable(heat) || heat < (ratedHeat > 0 ? 0.2 * ratedHeat : someHeat)) return [];
  return pairs
    .filter(({ inlet, outlet }) => inlet.value > outlet.value + swappedBy)
    .map(
      ({ inlet, outlet }) =>
        `${inlet.name} before the racks has ${shown(inlet.value)} °C and ${outlet.name} behind them ${shown(outlet.value)} °C (each in the other's place?)`,
    );
}
