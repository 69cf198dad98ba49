import { damperClosingStep, initialShutFor, type ShutFor } from "../library/damper-closing.ts";
import { type EconomiserResult, mixedAirLimit } from "../library/economiser.ts";
import { countedSeconds, slewed } from "../library/limit.ts";
import { openingFor, safePosition, shutOut } from "./economiser-parts.ts";
import { least, median, there } from "./parts.ts";
import { lockedWords } from "./staged-units.ts";
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

interface Dampers {
  readonly damper: number;
  readonly returnDamper: number;
}

/**
 * Where both stay when no inlet is known, %. Where no unit can cool, and outdoor air is colder than what comes back, as far open
 * as makes air of the setpoint.
 */
export function damperBlind(context: Context, damper: number): Dampers {
  const { inputs: seen, settings: s } = context;
  const [outdoor, back] = [median(seen.outdoor), median(seen.back) ?? median(seen.outlet)];
  const words = there(seen.states).map(({ value }) => value);
  const lost = seen.states.length > 0 && words.length === seen.states.length && words.every(isLocked);
  const helps = outdoor !== undefined && back !== undefined && outdoor < back - s.dryBulbBelow;
  if (!lost || !helps || shutOut(seen).length > 0) return damperSafe(context, damper);
  const opening = openingFor(s.setpoint, { temperature: back }, { temperature: outdoor });
  const position = Math.round(Math.min(opening, damperMost(context)));
  return { damper: position, returnDamper: 100 - position };
}

const isLocked = (word: string): boolean => lockedWords.includes(word);

/** Where both stay when nobody decides, %: in cool weather where they are. */
export function damperSafe(context: Context, damper: number): Dampers {
  const { inputs: seen, settings: s } = context;
  const position = safePosition(Math.min(damper, damperMost(context)), median(seen.outdoor), shutOut(seen), {
    damperMinimum: s.damperMin,
  });
  return { damper: position, returnDamper: 100 - position };
}
