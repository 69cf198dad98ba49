import type { SiteCommands, SiteFaults, SiteWorld } from "./commands.ts";
import type { SiteState } from "./state.ts";

/** Everything a site's course depends on; plain data (with `Infinity` in it), deep-copied. */
export interface SiteSnapshot {
  readonly parameters: string;
  readonly state: unknown;
  readonly commands: unknown;
  readonly world: unknown;
  readonly faults: unknown;
  readonly hidden: unknown;
}

/** A micro-datacenter as equations. No clock, no input or output; the same seed and commands give the same course. */
export interface SitePhysics {
  readonly commands: SiteCommands;
  readonly world: SiteWorld;
  readonly faults: SiteFaults;
  /** Live: the same object throughout, read it after a step. */
  readonly state: Readonly<SiteState>;
  /**
   * One step of RK4 and of everything that surrounds it.
   * @param dtSeconds > 0, at most `longestStep()`
   * @throws RangeError when the step is no positive number or too long to be stable
   */
  step(dtSeconds: number): void;
  /** As many equal steps of at most `longest` (default 10 s, and never more than is stable) as it takes. @throws RangeError below 0 s */
  advance(seconds: number, longest?: number): void;
  /** Longest stable step with the present airflow, s. */
  longestStep(): number;
  /** Reads the tachometer of a fan, rpm. @param windowSeconds time over which pulses are counted; default 1 */
  tachometer(fan: number, windowSeconds?: number): number;
  /** Cycles power to a tripped DX unit: the lock-out is gone. */
  resetDx(unit: number): void;
  /** The filter is changed. */
  changeFilter(): void;
  /** s the battery lasts at the present load; Infinity while it is not discharging. */
  autonomy(): number;
  upsAutonomy(): number;
  snapshot(): SiteSnapshot;
  /** @throws RangeError when the snapshot is of a site with other parameters */
  restore(snapshot: SiteSnapshot): void;
}
