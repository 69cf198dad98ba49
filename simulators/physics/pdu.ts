import type { SiteParameters } from "./parameters.ts";
import type { OutletFault } from "./commands.ts";
import type { OutletState } from "./state.ts";

export type PduParameters = SiteParameters["pdu"];

export const createOutlet = (): OutletState => ({
  closed: true,
  commanded: true,
  open: Infinity,
  wait: 0,
  cycles: 0,
  amperes: 0,
  metered: 0,
  inrush: 0,
  watts: 0,
});

/**
 * One latching relay. Closing waits until it has been open long enough; a welded contact stays shut, and is seen only
 * by its current.
 * @param ratedAmperes of what hangs on it: for the inrush
 */
export function stepOutlet(
  outlet: OutletState,
  wanted: boolean,
  at: {
    readonly parameters: PduParameters;
    readonly powered: boolean;
    readonly fault: OutletFault;
    readonly ratedAmperes: number;
    readonly dt: number;
  },
): void {
  const { parameters, powered, fault, dt } = at;
  if (!outlet.closed) outlet.open += dt;
  outlet.inrush = 0;
  if (powered && outlet.wait > 0) outlet.wait = Math.max(0, outlet.wait - dt);
  if (powered && wanted !== outlet.commanded && (!wanted || outlet.open >= parameters.reclosureSeconds)) {
    outlet.commanded = wanted;
  }
  const shut =
    (outlet.commanded && outlet.wait === 0 && fault !== "stuck-open") ||
    (fault === "welded" && outlet.closed);
  if (shut === outlet.closed) return;
  outlet.closed = shut;
  if (!shut) {
    outlet.open = 0;
    return;
  }
  outlet.cycles++;
  outlet.inrush = parameters.inrushFactor * at.ratedAmperes;
}

/**
 * Power is back: outlets that are to be on close one after the other.
 * @param wanted what outlets are told; changed where the restore setting says so
 */
export function sequenceOutlets(
  outlets: readonly OutletState[],
  wanted: boolean[],
  parameters: PduParameters,
): void {
  let place = 0;
  outlets.forEach((outlet, i) => {
    if (parameters.restore !== "last") {
      outlet.commanded = parameters.restore === "on";
      wanted[i] = outlet.commanded;
    }
    if (!outlet.commanded) return;
    outlet.wait = place * parameters.sequenceSeconds;
    outlet.open = Infinity;
    place++;
  });
}

/** What the meter of an outlet shows, A. @param error of this meter, as share */
export function meteredAmperes(parameters: PduParameters, amperes: number, error: number): number {
  const shown = amperes * (1 + error);
  return shown < parameters.meterDeadBand ? 0 : shown;
}
