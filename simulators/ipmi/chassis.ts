import type { Clock, Millis } from "../clock.ts";

/** What a BMC knows of the box, beside its power. */
export interface Chassis {
  /** 0 stay off, 1 as before, 2 on. */
  policy: number;
  /** Whether it ran when power was lost: what policy 1 asks for. */
  ranBefore: boolean;
  /** Whether power was lost since the host last started. */
  powerLost: boolean;
  /** Whether the lid is open. */
  open: boolean;
  /** @param seconds 0: off; Infinity: until told otherwise */
  identify(seconds: number): void;
  identifying(): "off" | "timed" | "on";
  readonly drives: DriveState[];
}

/** States of a drive slot as bits: 0 present, 1 faulty, 2 failing soon. */
export type DriveState = number;

export function createChassis(clock: Clock): Chassis {
  let until: Millis = -Infinity;
  return {
    policy: 1,
    ranBefore: true,
    powerLost: false,
    open: false,
    drives: [1, 1, 1, 1],
    identify(seconds) {
      until = seconds === 0 ? -Infinity : clock.monotonic() + seconds * 1000;
    },
    identifying: () => (until === Infinity ? "on" : until > clock.monotonic() ? "timed" : "off"),
  };
}
