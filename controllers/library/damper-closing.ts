import { type Static, Type } from "typebox";
import { secondsOf } from "../settings.ts";
import { heldFor, reached } from "./timing.ts";

/*
 * A damper that shuts while fans push against it makes a bump of pressure. The way back for the air opens first, and stays
 * open until everything has settled.
 */

export const damperClosingSettings = Type.Object({
  damperCloseAfter: secondsOf({
    default: 15,
    maximum: 600,
    description:
      "The damper shuts so long after outdoor air is no longer wanted; at once with smoke, frost, moisture or dust.",
  }),
  returnHold: secondsOf({
    default: 180,
    maximum: 3600,
    description: "For so long from then on a return damper of its own stays fully open.",
  }),
});
export type DamperClosingSettings = Static<typeof damperClosingSettings>;

/** s since outdoor air was shut out; 0 while it may come in. */
export type ShutFor = number;

/** Shut for as long as anybody can tell. */
export const initialShutFor: ShutFor = 1e9;

export interface DamperClosing {
  /** The damper stays where it is for now. */
  readonly waits: boolean;
  /** A return damper is fully open, wherever the damper is. */
  readonly returnOpen: boolean;
  readonly shutFor: ShutFor;
}

/**
 * One step.
 * @param now.shut outdoor air is not wanted
 * @param now.atOnce a protection wants the damper shut: nothing waits
 * @param dt seconds since the step before
 */
export function damperClosingStep(
  before: ShutFor,
  now: { readonly shut: boolean; readonly atOnce: boolean },
  { damperCloseAfter, returnHold }: DamperClosingSettings,
  dt: number,
): DamperClosing {
  // Of the step that shuts it out nothing has passed yet.
  const passed = now.shut ? before : initialShutFor;
  return {
    waits: now.shut && !now.atOnce && !reached(passed, damperCloseAfter),
    returnOpen: !reached(passed, returnHold),
    shutFor: heldFor(before, now.shut, dt),
  };
}
