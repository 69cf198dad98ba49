import { clamp, usable } from "./limit.ts";
import type { QuietSettings } from "./quiet.ts";

/**
 * The largest fan duty while somebody works at the open door, %; undefined: no limit. Fans may go no faster than they did
 * when the door opened; heat goes before that, as before quiet.
 * @param opened duty when the door opened
 * @param inlet °C
 */
export function doorCeiling(
  opened: number | undefined,
  inlet: number,
  setpoint: number,
  { quietRelease, quietFull }: Pick<QuietSettings, "quietRelease" | "quietFull">,
): number | undefined {
  if (!usable(opened)) return undefined;
  const share = clamp((inlet - setpoint - quietRelease) / (quietFull - quietRelease), 0, 1);
  return share >= 1 ? undefined : opened + share * (100 - opened);
}
