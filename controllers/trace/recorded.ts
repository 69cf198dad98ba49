import type { Frame, StepTrace } from "../runtime/frame.ts";

/** A step as it is kept: enough to say why, and to step it again. Plain JSON. */
export interface Recorded extends StepTrace {
  /** What each output was bound to, with what was in force there. */
  readonly targets: Frame["outputs"];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Which text it was: an id of the version store. */
  readonly versionId: string;
  /** Of `state`. */
  readonly stateVersion: number;
  /** Set in the first step after the program or the controller began. */
  readonly begins?: true;
}

/** What entered a recorded step. */
export const frameOf = ({ inputs, targets, dt, at, localHour, wantedMode }: Recorded): Frame => ({
  inputs,
  outputs: targets,
  dt,
  at,
  localHour,
  wanted: wantedMode,
});
