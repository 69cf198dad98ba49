import { type Static, Type } from "typebox";
import { numberOf, percent, plain } from "../settings.ts";
import { median } from "./filter.ts";
import { clamp, usable } from "./limit.ts";
import { type PidInput, type PidResult, type PidSettings, type PidState, pidStep } from "./pid.ts";
import { wordOf } from "./words.ts";

/** How fans that share a wanted speed are held at it. */
export const fanLoopSettings = Type.Object({
  speedOf: wordOf(["slowest", "mean", "median"], {
    default: "slowest",
    description: "Which speed of several fans is held. Those that stand still do not count.",
  }),
  speedGain: numberOf("%/rpm", {
    default: 0,
    minimum: 0,
    maximum: 1,
    description: "Duty given for each rpm wanted, before the loop corrects it. 0: none.",
  }),
  speedOffset: numberOf("rpm", {
    default: 0,
    minimum: -100_000,
    maximum: 100_000,
    description: "Added to the wanted speed for that.",
  }),
  trimGain: plain({
    default: 0,
    minimum: 0,
    maximum: 10,
    description: "How much of its own error, %, each fan makes up by itself. 0: all have one duty.",
  }),
  trimMost: percent({ default: 5, maximum: 50, description: "Largest difference of one fan's duty." }),
});
export type FanLoopSettings = Static<typeof fanLoopSettings>;

export interface FanLoopResult {
  /** % by name; the one of all, moved by each fan's own trim. */
  readonly duties: Readonly<Record<string, number>>;
  /** rpm; undefined: no fan turns, and the duty holds. */
  readonly speed: number | undefined;
  readonly pid: PidResult;
}

/** The speed that stands for several, rpm. Those that stand still or are not known do not count; undefined: all. */
export function speedOf(
  speeds: readonly (number | undefined)[],
  how: FanLoopSettings["speedOf"],
): number | undefined {
  const turning = speeds.filter((one): one is number => usable(one) && one > 0);
  if (turning.length === 0) return undefined;
  if (how === "median") return median(turning);
  return how === "slowest"
    ? Math.min(...turning)
    : turning.reduce((sum, one) => sum + one, 0) / turning.length;
}

/**
 * One step of a loop that holds fans at a speed: the inner loop of a zone. Pure. A fan that stands still is left to
 * `fanStep` and `compensate`: it does not drive the others to full speed. Without any speed the duty holds.
 * @param input `setpoint` in rpm; `feedForward`, %, is added to that of the wanted speed
 */
export function fanLoopStep(
  state: PidState,
  fans: Readonly<Record<string, number | undefined>>,
  input: Omit<PidInput, "pv">,
  settings: FanLoopSettings & PidSettings,
): FanLoopResult {
  const speed = speedOf(Object.values(fans), settings.speedOf);
  const { outputMin, outputMax, trimGain, trimMost, speedGain, speedOffset } = settings;
  const feedForward = (input.feedForward ?? 0) + (input.setpoint + speedOffset) * speedGain;
  const pid = pidStep(state, { ...input, feedForward, pv: speed ?? NaN }, settings);
  const duties = Object.entries(fans).map(([name, rpm]) => {
    const turns = usable(rpm) && rpm > 0 && input.setpoint > 0;
    const off = turns ? (100 * (input.setpoint - rpm)) / input.setpoint : 0;
    const trim = clamp(trimGain * off, -trimMost, trimMost);
    return [name, clamp(pid.output + trim, outputMin, outputMax)] as const;
  });
  return { duties: Object.fromEntries(duties), speed, pid };
}
