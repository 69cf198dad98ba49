import { damperClosingStep, initialShutFor, type ShutFor } from "../library/damper-closing.ts";
import { type EconomiserResult, mixedAirLimit } from "../library/economiser.ts";
import { countedSeconds, slewed } from "../library/limit.ts";
import { safePosition, shutOut } from "./economiser-parts.ts";
import { least, median } from "./parts.ts";
import { appliedMean } from "./zone-parts.ts";
import type { Context } from "./zone-sequence.ts";

/** Furthest the damper may be open, %: mixed air that is too cold closes it. */
const damperMost = ({ inputs: seen, settings: s }: Context): number =>
  Math.max(s.damperMin, mixedAirLimit(least(seen.supply), s));

/** It opens slowly, so that the loop can take back fans and compressors meanwhile; it closes at once. */
function damperMoved(wanted: number, { state, mode, applied, settings: s, dt, nominal }: Context): number {
  // Steps smaller than what is sent add up here.
  const before =
    mode === "manual" ? appliedMean(applied.damper) : (state.damper ?? appliedMean(applied.damper));
  if (before === undefined) return wanted;
  return slewed(before, wanted, s.damperRate, 0, countedSeconds(dt, nominal));
}

export interface Damper {
  readonly damper: number;
  readonly returnDamper: number;
  readonly shutFor: ShutFor;
  readonly limits: readonly string[];
}

/** Where damper and return damper are sent, %. @param wanted by the loop */
export function damperStep(context: Context, wanted: number, { mode, atOnce }: EconomiserResult): Damper {
  const { state, settings: s, dt, applied } = context;
  const most = damperMost(context);
  const now = { shut: mode === "mechanical", atOnce };
  const closing = damperClosingStep(state.shutFor ?? initialShutFor, now, s, dt);
  const inForce = appliedMean(applied.damper);
  const held = closing.waits ? (state.damper ?? inForce ?? wanted) : wanted;
  const damper = damperMoved(Math.min(held, most), context);
  return {
    damper,
    returnDamper: closing.returnOpen ? 100 : 100 - (inForce ?? damper),
    shutFor: closing.shutFor,
    limits: [
      ...(most < 100 ? [`mixed air is cold: damper at most ${Math.round(most)} %`] : []),
      ...(closing.waits ? ["the damper waits until the way back for the air is open"] : []),
    ],
  };
}

/** Where both stay when nobody decides, %: in cool weather where they are. */
export function damperSafe(
  context: Context,
  damper: number,
): { readonly damper: number; readonly returnDamper: number } {
  const { inputs: seen, settings: s } = context;
  const position = safePosition(Math.min(damper, damperMost(context)), median(seen.outdoor), shutOut(seen), {
    damperMinimum: s.damperMin,
  });
  return { damper: position, returnDamper: 100 - position };
}
