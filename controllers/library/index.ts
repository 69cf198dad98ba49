/** The pieces controllers are built of, for controllers of one's own: part of `bothy/controllers`. */
export * from "./alarms.ts";
export * from "./band.ts";
export * from "./battery.ts";
export * from "./cascade.ts";
export * from "./cold-start.ts";
export * from "./combine.ts";
export * from "./compressor-guard.ts";
export * from "./cooling-watch.ts";
export * from "./damper-closing.ts";
export * from "./damper-watch.ts";
export * from "./drift-watch.ts";
export * from "./door.ts";
export * from "./economiser.ts";
export * from "./emergency.ts";
export * from "./fail-safe.ts";
export * from "./fan-group.ts";
export * from "./fan-loop.ts";
export * from "./fan-speed.ts";
export * from "./fan-test.ts";
export * from "./fans.ts";
export * from "./feasible.ts";
export * from "./filter.ts";
export * from "./freeze.ts";
export * from "./heater.ts";
export * from "./humidity.ts";
export * from "./latch.ts";
export * from "./lead-lag.ts";
export * from "./leak.ts";
export * from "./limit.ts";
export * from "./mains.ts";
export * from "./loop-watch.ts";
export * from "./margin.ts";
export {
  checkPid,
  type Freeze,
  pidInit,
  type PidInput,
  type PidLimit,
  type PidResult,
  pidSettings,
  type PidSettings,
  pidShift,
  type PidState,
  pidStep,
  pidWith,
} from "./pid.ts";
export * from "./plausible.ts";
export * from "./psychrometrics.ts";
export * from "./quiet.ts";
export * from "./ramp.ts";
export * from "./rest.ts";
export * from "./safety.ts";
export * from "./schedule.ts";
export * from "./sensor.ts";
export * from "./sequence.ts";
export * from "./shedding-settings.ts";
export * from "./shedding.ts";
export * from "./short-term.ts";
export * from "./split-range.ts";
export * from "./staging-settings.ts";
export * from "./staging.ts";
export * from "./stepwise.ts";
export { heldFor, hysteresis, shown } from "./timing.ts";
export * from "./travel.ts";
export * from "./trim-and-respond.ts";
export * from "./validate.ts";
export * from "./velocity.ts";
export * from "./vote.ts";
export * from "./wear.ts";
export * from "./words.ts";
