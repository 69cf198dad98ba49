import { type Static, Type } from "typebox";
import { kelvin, secondsOf } from "../settings.ts";
import {
  delayStep,
  type DelayState,
  initialDelay,
  initialOscillation,
  oscillationStep,
  type OscillationState,
} from "./alarms.ts";

/** When a loop counts as swinging. */
export const loopWatchSettings = Type.Object({
  oscillationAmplitude: kelvin({
    default: 1,
    minimum: 0.1,
    maximum: 20,
    description: "Swings of the error above it count as oscillation.",
  }),
  oscillationAfter: secondsOf({
    default: 600,
    maximum: 86_400,
    description: "How long the loop must swing before it is told.",
  }),
});
export type LoopWatchSettings = Static<typeof loopWatchSettings>;

export interface LoopWatchState {
  readonly oscillation: OscillationState;
  readonly told: DelayState;
}
export const loopWatchInit: LoopWatchState = { oscillation: initialOscillation, told: initialDelay };

/**
 * Whether a loop swings: its error crosses zero more than six times within ten of its integral times.
 * @param error of the loop, K; @param integralTime of the loop, s; @param dt seconds since the step before
 */
export function loopWatchStep(
  before: LoopWatchState,
  error: number,
  integralTime: number,
  s: LoopWatchSettings,
  dt: number,
): { readonly oscillates: boolean; readonly state: LoopWatchState } {
  const limits = { window: 10 * integralTime, amplitude: s.oscillationAmplitude };
  const { oscillates, state: oscillation } = oscillationStep(before.oscillation, error, limits, dt);
  const told = delayStep(before.told, oscillates, { on: s.oscillationAfter, off: 0 }, dt);
  return { oscillates: told.on, state: { oscillation, told } };
}
