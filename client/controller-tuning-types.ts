import type { AskedBy } from "./asked-by.ts";

export interface TuneRequest {
  /** `relay`: a small oscillation. `step`: one step, and the course after it. Default: relay. */
  readonly method?: "relay" | "step";
  /** The output, %, around which it is. Default: what is in force. */
  readonly centre?: number;
  /** How far it goes from there, %. Default: 10. */
  readonly height?: number;
  /** The output stays within these, %, besides the devices' and the controller's own. */
  readonly least?: number;
  readonly most?: number;
  /** Further from where it began, in K, the test is called off. Default: 4. */
  readonly furthest?: number;
  /** Distance, in K, at which the relay switches. Default: 0.2. */
  readonly hysteresis?: number;
  /** After this it is called off, e.g. `2h`, which is the default. */
  readonly longest?: string;
  readonly why?: string;
}

export type TuningPhase = "settling" | "testing" | "done" | "failed";

/** A search for the gains of a controller's loop. */
export interface Tuning {
  readonly controller: string;
  readonly method: "relay" | "step";
  readonly phase: TuningPhase;
  /** What it does now, or why it ended; for people. */
  readonly text: string;
  readonly since: string;
  readonly ended?: string;
  readonly by: AskedBy;
  /** What it commands, and within which limits. */
  readonly output: string;
  readonly centre: number;
  readonly height: number;
  readonly least: number;
  readonly most: number;
  /** The measurement it swings around. */
  readonly reference?: number;
  /** Full cycles of a relay test so far. */
  readonly cycles?: number;
  /** What the plant was found to be, of a step test. */
  readonly plant?: {
    readonly gain: number;
    readonly tau: number;
    readonly theta: number;
    readonly explained: number;
  };
  /** Settings it proposes. */
  readonly proposal?: readonly ProposedSetting[];
  /** The last points of the course. */
  readonly course: readonly { readonly at: string; readonly pv: number; readonly output: number }[];
}

export interface ProposedSetting {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is in force. */
  readonly before: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether a limit of the setting had to cut it. */
  readonly limited: boolean;
}
