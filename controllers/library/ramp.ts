import { type Static, Type } from "typebox";
import { numberOf } from "../settings.ts";
import { countedSeconds, slewed, usable } from "./limit.ts";

/** How fast a setpoint may move. */
export const rampSettings = Type.Object({
  setpointUp: numberOf("K/h", {
    default: 6,
    minimum: 0,
    maximum: 1e4,
    description: "Fastest rise of the setpoint. 0: at once.",
  }),
  setpointDown: numberOf("K/h", {
    default: 12,
    minimum: 0,
    maximum: 1e4,
    description: "Fastest fall of the setpoint. 0: at once.",
  }),
});
export type RampSettings = Static<typeof rampSettings>;

/**
 * A setpoint on its way to a target. Pure.
 * @param current where it is; null: nowhere yet, it begins at the target
 */
export function rampStep(
  current: number | null,
  target: number,
  step: { readonly dt: number; readonly nominal: number },
  { setpointUp, setpointDown }: RampSettings,
): number {
  if (!usable(target)) return current ?? target;
  if (!usable(current)) return target;
  return slewed(
    current,
    target,
    setpointUp / 3600,
    setpointDown / 3600,
    countedSeconds(step.dt, step.nominal),
  );
}
