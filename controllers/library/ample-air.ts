import { type Static, Type } from "typebox";
import { kelvin, percent, secondsOf } from "../settings.ts";
import { type DelayState, delayStep, initialDelay } from "./alarms.ts";
import { firstOrder } from "./filter.ts";
import { clamp, usable } from "./limit.ts";

/*
 * Where no outdoor air comes in, fans only move the air round: it is cooled elsewhere, and all their power becomes heat in
 * it. Once the air warms little over the racks, more of it takes nothing away, and cooling that is at its limit loses what
 * the fans add. A loop that answers heat with more air would then drive itself to full speed. What is short, as until a
 * compressor has rested, is another matter: then air that moves keeps hot spots away.
 */

export const ampleAirSettings = Type.Object({
  leastRise: kelvin({
    default: 10,
    maximum: 30,
    description:
      "While no outdoor air comes in and more air has not helped, fans go no faster than the air warms by this over the racks: more brings in more heat of their own than it takes away. 0: no such limit.",
  }),
  ampleAfter: secondsOf({
    default: 600,
    maximum: 7200,
    description: "How long more air must not have helped before that limit holds.",
  }),
  ampleDuty: percent({ default: 50, description: "That limit is never below this duty." }),
});
export type AmpleAirSettings = Static<typeof ampleAirSettings>;

export interface AmpleAirInput {
  /** Air of the racks, °C: before the coolest of them, and behind. */
  readonly inlet: number | undefined;
  readonly outlet: number | undefined;
  /** Duty of the fans that made it so, %. */
  readonly duty: number | undefined;
  /** Duty the loop asked for last, %, and whether it is still too warm. */
  readonly asked: number;
  readonly warm: boolean;
  /** Whether no outdoor air comes in. */
  readonly closed: boolean;
}

export interface AmpleAirState {
  /** Filtered duty times rise, %·K; null: none yet. */
  readonly heat: number | null;
  readonly vain: DelayState;
}
export const initialAmpleAir: AmpleAirState = { heat: null, vain: initialDelay };

/** s; as slow as the sensors are, twice. */
const filterTime = 120;

/** s; the limit stays that long when it is no longer too warm. */
const offAfter = 300;

/**
 * The largest useful fan duty, %. Pure. What the racks give off does not depend on the flow, so that duty times rise stays
 * the same when the duty is changed: the limit does not depend on where the fans are.
 * @param dt seconds since the step before
 * @returns no ceiling when something is not known, outdoor air comes in, or more air may still help
 */
export function ampleAirStep(
  state: AmpleAirState,
  { inlet, outlet, duty, asked, warm, closed }: AmpleAirInput,
  { leastRise, ampleAfter, ampleDuty }: AmpleAirSettings,
  dt: number,
): { readonly ceiling?: number; readonly state: AmpleAirState } {
  if (!closed || leastRise === 0 || !usable(inlet) || !usable(outlet) || !usable(duty))
    return { state: initialAmpleAir };
  const heat = firstOrder(state.heat, Math.max(0, outlet - inlet) * duty, filterTime, dt) ?? 0;
  const ceiling = clamp(heat / leastRise, ampleDuty, 100);
  const vain = delayStep(state.vain, warm && asked >= ceiling - 1, { on: ampleAfter, off: offAfter }, dt);
  return vain.on ? { ceiling, state: { heat, vain } } : { state: { heat, vain } };
}
