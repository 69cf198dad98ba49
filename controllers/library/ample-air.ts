import { type Static, Type } from "typebox";
import { kelvin, percent } from "../settings.ts";
import { firstOrder } from "./filter.ts";
import { clamp, usable } from "./limit.ts";

/*
 * Where no outdoor air comes in, fans only move the air round: it is cooled elsewhere, and all their power becomes heat in
 * it. Once the air warms little over the racks, more of it takes nothing away, and cooling that is at its limit loses what
 * the fans add. A loop that answers heat with more air would then drive itself to full speed.
 */

export const ampleAirSettings = Type.Object({
  leastRise: kelvin({
    default: 10,
    maximum: 30,
    description:
      "While no outdoor air comes in, fans go no faster than the air warms by this over the racks: more brings in more heat of their own than it takes away. 0: no such limit.",
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
  /** Whether no outdoor air comes in. */
  readonly closed: boolean;
}

/** s; as slow as the sensors are, twice. */
const filterTime = 120;

/**
 * The largest useful fan duty, %. Pure. What the racks give off does not depend on the flow, so that duty times rise stays
 * the same when the duty is changed: the limit does not depend on where the fans are.
 * @param state filtered duty times rise, %·K; null: none yet
 * @param dt seconds since the step before
 * @returns no ceiling when something is not known, or outdoor air comes in
 */
export function ampleAirStep(
  state: number | null,
  { inlet, outlet, duty, closed }: AmpleAirInput,
  { leastRise, ampleDuty }: AmpleAirSettings,
  dt: number,
): { readonly ceiling?: number; readonly state: number | null } {
  if (!closed || leastRise === 0 || !usable(inlet) || !usable(outlet) || !usable(duty))
    return { state: null };
  const next = firstOrder(state, Math.max(0, outlet - inlet) * duty, filterTime, dt) ?? 0;
  return { ceiling: clamp(next / leastRise, ampleDuty, 100), state: next };
}
