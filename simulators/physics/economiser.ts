import type { SiteParameters } from "./parameters.ts";
import type { DamperFault } from "./commands.ts";

type EconomiserParameters = SiteParameters["economiser"];

/** Positions in percent open to outdoors. */
export interface DamperState {
  /** Of the blades, which is what the air sees, and of the motor, which is what the feedback shows. */
  damper: number;
  damperMotor: number;
  damperFeedback: number;
  outdoorShare: number;
}

/** Share of rack air taken from outdoors with the blades at a position, 0..1. @param position 0..100 % */
export function outdoorShare(parameters: EconomiserParameters, position: number): number {
  if (!parameters.fitted) return 0;
  const open = parameters.exponent === 1 ? position / 100 : Math.pow(position / 100, parameters.exponent);
  return parameters.leak + (1 - parameters.leak) * open;
}

/**
 * Moves the damper at the speed of its motor, or of its spring without power: closed to outdoors.
 * @param error of the feedback, %
 * @returns distance the blades moved, %
 */
export function stepDamper(
  state: DamperState,
  demand: number,
  at: { readonly parameters: EconomiserParameters; readonly powered: boolean; readonly fault: DamperFault },
  error: number,
  dt: number,
): number {
  const { parameters, powered, fault } = at;
  const before = state.damper;
  if (fault !== "stuck") {
    const target = powered ? Math.min(100, Math.max(0, demand)) : 0;
    const most = (100 * dt) / (powered ? parameters.strokeSeconds : parameters.springSeconds);
    const away = target - state.damperMotor;
    state.damperMotor = Math.abs(away) <= most ? target : state.damperMotor + Math.sign(away) * most;
    if (fault !== "slipped") state.damper = state.damperMotor;
  }
  state.damperFeedback = Math.min(100, Math.max(0, state.damperMotor + error));
  state.outdoorShare = outdoorShare(parameters, (before + state.damper) / 2);
  return Math.abs(state.damper - before);
}
