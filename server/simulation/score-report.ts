import type { AlarmScore } from "./score-alarms.ts";
import type { BusScore } from "./score-bus.ts";
import type { ChangeScore } from "./score-changes.ts";
import type { CompressorScore } from "./score-cooling.ts";
import type { InletScore } from "./score-inlet.ts";
import type { OutageScore } from "./score-outage.ts";

/** How a site fared, from its true state. Temperatures °C, times as named. */
export interface ScoreReport {
  readonly hours: number;
  /** K·min beyond each limit, at the inlet. */
  readonly above: InletScore["above"];
  readonly below: InletScore["below"];
  readonly inlet: InletScore["inlet"];
  readonly minutesOutside: InletScore["minutesOutside"] & { readonly battery: number };
  /** The inlet as controllers saw it. */
  readonly seen: InletScore;
  /** K, largest within any 15 min and any hour. */
  readonly rate: { readonly quarter: number; readonly hour: number };
  readonly dewPoint: {
    readonly minimumMargin: number;
    readonly minutesBelow2K: number;
    readonly minutesWet: number;
  };
  /** Outside −9..15 °C dew point, or above 60 % at the inlet. */
  readonly minutesHumid: number;
  /** Relative failure factor; 1 at 20 °C. */
  readonly exposure: number;
  readonly energy: {
    readonly it: number;
    readonly fans: number;
    readonly dx: number;
    readonly heater: number;
    readonly mains: number;
    /** kWh of fans, DX and heater. */
    readonly cooling: number;
    readonly partialPue: number;
  };
  readonly compressors: CompressorScore;
  readonly cycles: {
    readonly outlets: number;
    readonly fanStarts: number;
    readonly damperStrokesPerDay: number;
  };
  /** RMS in K and IAE in K·h of inlet less setpoint; absent without a setpoint. */
  readonly tracking?: { readonly rms: number; readonly iae: number };
  /** Total variation per day: % of the fans' mean duty, of the damper and of the first compressor. */
  readonly activity: { readonly fans: number; readonly damper: number; readonly dx: number };
  readonly outage: OutageScore;
  /** Ageing of the battery as multiple of that at 25 °C. */
  readonly batteryAgeing: number;
  readonly safety: {
    /** s from smoke until no fan is to turn; NaN: no smoke, Infinity: never. */
    readonly smokeToFansOff: number;
    /** s of heating and cooling against each other. */
    readonly interlockSeconds: number;
  };
  readonly alarms: AlarmScore;
  readonly failSafe: { readonly minutes: number; readonly entries: number; readonly unnecessary: number };
  readonly changes: ChangeScore;
  readonly bus: BusScore;
  readonly noise: { readonly minutes: number };
  /** What must not be, in words; empty when all is well. Comes before the composite. */
  readonly gates: readonly string[];
  /** For regression only: lower is better. NaN without a reference. */
  readonly composite: number;
}
