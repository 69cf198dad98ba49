import { usable } from "./limit.ts";

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
