import { type AmpleAirState, ampleAirStep, initialAmpleAir } from "../library/ample-air.ts";
import { doorCeiling } from "../library/door.ts";
import { quietCeiling } from "../library/quiet.ts";
import { positionOf } from "../library/split-range.ts";
import { shown } from "../library/timing.ts";
import { dryCeiling, floorOf, flowDuty, shut } from "./fan-zone-decide.ts";
import { least, median, said } from "./parts.ts";
import { appliedMean } from "./zone-parts.ts";
import type { Context } from "./zone-sequence.ts";

/** Between what the fans of a sequence may move, %, and why. */
export interface AirLimits {
  readonly floor: number;
  readonly most: number;
  /** What the racks' power needs. */
  readonly flow: number;
  /** The largest duty that does not bring in more heat than it takes away; undefined: all there is. */
  readonly ample: number | undefined;
  /** Who holds them at `most`, for people. */
  readonly who: string | undefined;
  readonly state: { readonly ample: AmpleAirState; readonly door?: number };
}

/** In closed circulation and with compressors at their limit more air may only add the fans' heat. */
function ampleAir(
  { inputs: seen, state, settings: s, applied, dt }: Context,
  pv: number,
  setpoint: number,
  outdoorAir: boolean,
  inForce: number | undefined,
): ReturnType<typeof ampleAirStep> {
  const before = state.ample ?? initialAmpleAir;
  const position = positionOf(state.pid.output ?? 0, state.outdoorAir, s);
  // Once it holds it ends where the sequence has left mechanical cooling: not where less heat needs less of that.
  const atLimit = position >= (before.vain.on ? s.fansUntil : s.saturatedAt);
  const air = {
    inlet: least(seen.inlet),
    outlet: median(seen.outlet) ?? median(seen.back),
    duty: inForce,
    asked: atLimit ? 100 : 0,
    warm: before.vain.on || pv > setpoint,
    closed: !outdoorAir && (appliedMean(applied.damper) ?? 0) <= shut,
  };
  return ampleAirStep(before, air, s, dt);
}

/** @param inForce duty of the fans, before compensation, % */
export function airLimits(
  context: Context,
  pv: number,
  setpoint: number,
  outdoorAir: boolean,
  inForce: number | undefined,
): AirLimits {
  const { inputs: seen, state, settings: s, localHour } = context;
  const flow = flowDuty(seen.power?.value, s);
  const asked = Math.max(s.minDuty, flow, floorOf(seen));
  // Airflow is held back for whoever works at the open door.
  const door = said(seen.doorHold) ? (state.door ?? state.duty ?? inForce) : undefined;
  const ample = ampleAir(context, pv, setpoint, outdoorAir, inForce);
  const useful = ample.ceiling === undefined ? undefined : Math.max(asked, ample.ceiling);
  const ceilings: readonly (readonly [who: string, most: number | undefined])[] = [
    ["quiet hours", quietCeiling(localHour, pv, setpoint, s)],
    ["somebody works at the open door", doorCeiling(door, pv, setpoint, s)],
    ["the air is being dried", dryCeiling(seen, asked, pv, setpoint, s)],
    ["more air would only add the fans' heat", useful],
  ];
  let [who, most]: [string | undefined, number] = [undefined, 100];
  for (const [name, ceiling] of ceilings)
    if (ceiling !== undefined && ceiling < most) [who, most] = [name, ceiling];
  return {
    floor: Math.min(most, asked),
    most,
    flow,
    ample: useful,
    who,
    state: { ample: ample.state, ...(door === undefined ? {} : { door }) },
  };
}

/** What limits a duty the sequence wants, for people. */
export const airLimitTexts = ({ most, who }: AirLimits, wanted: number): readonly string[] =>
  who !== undefined && wanted > most ? [`${who}: fans at most ${shown(most)} %`] : [];
