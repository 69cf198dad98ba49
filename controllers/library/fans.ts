import { type Static, Type } from "typebox";
import { percent, plain, secondsOf } from "../settings.ts";
import {
  expectedSpeed,
  fanCurveSettings,
  fanSpeedSettings,
  learn,
  type Learnt,
  learntInit,
} from "./fan-speed.ts";
import { usable } from "./limit.ts";
import { heldFor, reached } from "./timing.ts";

/** How fans are watched over. */
export const fanSettings = Type.Object({
  ...fanSpeedSettings.properties,
  ...fanCurveSettings.properties,
  spinUp: secondsOf({
    default: 10,
    maximum: 300,
    description: "After a change of duty speeds are not judged for so long.",
  }),
  stoppedBelow: percent({
    default: 10,
    description: "Share of the expected speed below which a fan stands still.",
  }),
  stoppedAfter: secondsOf({ default: 5, maximum: 600, description: "For so long, before it is kicked." }),
  kickFor: secondsOf({
    default: 2,
    maximum: 60,
    description: "How long a kick at 100 % lasts, at least one step.",
  }),
  kickRetries: plain({
    default: 2,
    minimum: 0,
    maximum: 10,
    description: "Further kicks before the fan has failed.",
  }),
  slowBelow: percent({
    default: 80,
    description: "Share of the expected speed below which a fan is degraded.",
  }),
  failedBelow: percent({ default: 60, description: "Share below which it has failed." }),
  fastAbove: plain({
    default: 115,
    minimum: 100,
    maximum: 300,
    description: "Share, %, above which its way is blocked.",
  }),
  slowAfter: secondsOf({
    default: 60,
    maximum: 3600,
    description: "How long a fan must be slow, fast, silent or well again.",
  }),
  huntingSwings: plain({
    default: 6,
    minimum: 1,
    maximum: 100,
    description: "Swings per minute that are hunting.",
  }),
  huntingSwing: percent({ default: 10, description: "Share of the speed a swing must have." }),
  bearingFall: percent({
    default: 5,
    description: "Fall of the speed per 1000 h that calls for maintenance.",
  }),
});
export type FanSettings = Static<typeof fanSettings>;

/** `silent`: its speed should be there and is not; `unknown`: it is not known, which is no failure. */
export type FanStatus =
  "ok" | "kick" | "stopped" | "failed" | "silent" | "slow" | "fast" | "hunting" | "tach-fault" | "unknown";

/** What is remembered of one fan; JSON. Durations in seconds. */
export interface FanState {
  readonly status: FanStatus;
  /** Duty it was judged by last, and for how long it has been the same. */
  readonly duty: number;
  readonly steady: number;
  /** How long it has stood still, been kicked, been wrong, been well, been silent. */
  readonly still: number;
  readonly kicked: number;
  readonly kicks: number;
  readonly slow: number;
  readonly crawling: number;
  readonly fast: number;
  readonly well: number;
  readonly silent?: number;
  readonly rpm: number | null;
  /** Direction of its last swing, the speed at its end, and ages of the last swings. */
  readonly direction: number;
  readonly turn: number;
  readonly swings: readonly number[];
  readonly learnt: Learnt;
  /** Speed over expected speed, slowly filtered, and what it was when the trend began. Hours. */
  readonly ratio: number | null;
  readonly hours: number;
  readonly firstRatio: number | null;
  readonly firstHours: number;
}

export const fanInit = (): FanState => ({
  status: "ok",
  duty: 0,
  steady: 0,
  still: 0,
  kicked: 0,
  kicks: 0,
  slow: 0,
  crawling: 0,
  fast: 0,
  well: 0,
  rpm: null,
  direction: 0,
  turn: 0,
  swings: [],
  learnt: learntInit,
  ratio: null,
  hours: 0,
  firstRatio: null,
  firstHours: 0,
});

export interface FanInput {
  /** What is in force, %. */
  readonly duty: number;
  /** Undefined: not known. */
  readonly rpm: number | undefined;
  /** Whether a speed that is not known should be: the fan has a sensor, which gives nothing. Default: no. */
  readonly silent?: boolean;
  /** Whether current or pressure says that it moves air; undefined: nobody says. */
  readonly moves?: boolean | undefined;
  readonly dt: number;
}

export interface FanResult {
  readonly status: FanStatus;
  /** In place of the wanted duty, %: a kick. */
  readonly override?: number;
  readonly expected: number | undefined;
  /** Fall of its speed per 1000 h, %, once that can be said. */
  readonly fall?: number;
  readonly state: FanState;
}

/** The state of the step that runs: copied once, then changed in place. */
type Draft = { -readonly [K in keyof FanState]: FanState[K] };

/**
 * Watches one fan: one step. Pure. A fan that stands still although its duty should turn it is kicked with full duty,
 * a few times, and has then failed; one that turns again for `slowAfter` is well. A fan whose speed is not known is
 * `unknown`, not failed; one that should say it and does not for `slowAfter` is `silent`: it may be without power.
 */
export function fanStep(state: FanState, input: FanInput, settings: FanSettings): FanResult {
  const { duty, rpm } = input;
  const dt = Math.max(0, input.dt);
  const next: Draft = { ...state };
  // During a kick the duty is ours; what it was judged by stays.
  const moved = state.status !== "kick" && Math.abs(duty - state.duty) > 5;
  next.steady = moved ? 0 : Math.min(state.steady + dt, 1e9);
  if (moved) next.duty = duty;
  if (!usable(rpm)) return speechless(next, input, dt, settings);
  next.rpm = rpm;
  next.silent = 0;
  const expected = expectedSpeed(duty, state.learnt, settings);
  swung(next, rpm, expected, dt, settings);
  if (state.status === "kick") return kicking(next, expected, dt, settings);
  // Without an expectation only a fan that does not turn at all can be told.
  const still = duty >= settings.startDuty && rpm < (expected ?? 500) * (settings.stoppedBelow / 100);
  if (still) return standing(next, input, expected, settings);
  return turning(next, { duty, rpm, expected, dt }, settings);
}

/** Its speed is not known now. What was wrong with it stands meanwhile. */
function speechless(next: Draft, { silent, moves }: FanInput, dt: number, settings: FanSettings): FanResult {
  next.rpm = null;
  if (next.status === "kick") next.status = "stopped";
  next.silent = heldFor(next.silent ?? 0, silent === true, dt);
  if (next.silent > 0 && reached(next.silent, settings.slowAfter)) {
    next.well = 0;
    if (next.status !== "failed") next.status = moves === true ? "tach-fault" : "silent";
  }
  const { status } = next;
  const told = status === "failed" || status === "silent" || status === "tach-fault" ? status : "unknown";
  return { status: told, expected: undefined, state: next };
}

/** One fan at work in one step: %, rpm, s. */
interface Turning {
  readonly duty: number;
  readonly rpm: number;
  readonly expected: number | undefined;
  readonly dt: number;
}

function kicking(next: Draft, expected: number | undefined, dt: number, settings: FanSettings): FanResult {
  next.kicked += dt;
  if (!reached(next.kicked, settings.kickFor))
    return { status: "kick", override: 100, expected, state: next };
  next.status = "stopped";
  next.kicked = 0;
  // One that stands still at the end of a kick has been seen to: its time counts from here.
  const stands = (next.rpm ?? 0) < (expected ?? 500) * (settings.stoppedBelow / 100);
  next.still = stands ? 1e-9 : 0;
  next.steady = 0;
  return { status: "stopped", expected, state: next };
}

function standing(
  next: Draft,
  input: FanInput,
  expected: number | undefined,
  settings: FanSettings,
): FanResult {
  // Seen once it may have stopped just now: time counts from the second time on.
  next.still = next.still === 0 ? 1e-9 : heldFor(next.still, true, Math.max(0, input.dt));
  next.well = 0;
  next.slow = 0;
  next.crawling = 0;
  next.fast = 0;
  const before = next.status;
  if (input.moves === true) next.status = "tach-fault";
  else if (before !== "failed") {
    if (!reached(next.still, settings.stoppedAfter)) next.status = before === "tach-fault" ? "ok" : before;
    else if (next.kicks > settings.kickRetries) next.status = "failed";
    else {
      next.status = "kick";
      next.kicks++;
      next.kicked = 0;
      next.still = 0;
      return { status: "kick", override: 100, expected, state: next };
    }
  }
  return { status: next.status, expected, state: next };
}

/** It turns: how fast is judged once its duty has stood long enough. */
function turning(next: Draft, seen: Turning, settings: FanSettings): FanResult {
  const { rpm, expected, dt } = seen;
  const settled = reached(next.steady, settings.spinUp);
  const share = expected === undefined || !settled ? undefined : (100 * rpm) / expected;
  const fits =
    rpm > 0 &&
    (expected === undefined ||
      (share !== undefined && share >= settings.slowBelow && share <= settings.fastAbove));
  next.still = 0;
  next.slow = heldFor(next.slow, share !== undefined && share < settings.slowBelow, dt);
  next.crawling = heldFor(next.crawling, share !== undefined && share < settings.failedBelow, dt);
  next.fast = heldFor(next.fast, share !== undefined && share > settings.fastAbove, dt);
  next.well = heldFor(next.well, fits, dt);
  const well = reached(next.well, settings.slowAfter);
  const found = wrongSpeed(next, settled, settings);
  // What has failed or fallen silent stays so until it has been well for long enough.
  const failed = next.status === "failed" && !well;
  next.status = failed ? "failed" : (found ?? (well ? "ok" : turnsAgain(next.status)));
  if (next.status === "ok" && well) next.kicks = 0;
  const healthy = next.status === "ok" && settled && (share !== undefined || settings.fullSpeed === 0);
  if (healthy) aged(next, seen, settings);
  const fall = fallOf(next);
  if (fall === undefined) return { status: next.status, expected, state: next };
  return { status: next.status, expected, state: next, fall };
}

function wrongSpeed(state: FanState, settled: boolean, settings: FanSettings): FanStatus | undefined {
  if (reached(state.crawling, settings.slowAfter)) return "failed";
  if (reached(state.slow, settings.slowAfter)) return "slow";
  if (reached(state.fast, settings.slowAfter)) return "fast";
  return settled && state.swings.length > settings.huntingSwings ? "hunting" : undefined;
}

/** Turning again, but not for long enough: what was wrong with its speed still is; standing still is over. */
const turnsAgain = (before: FanStatus): FanStatus =>
  before === "stopped" || before === "kick" || before === "tach-fault" || before === "unknown"
    ? "ok"
    : before;

/** Counts swings of the speed at a steady duty that are large enough. */
function swung(
  next: Draft,
  rpm: number,
  expected: number | undefined,
  dt: number,
  settings: FanSettings,
): void {
  if (next.steady === 0 || next.turn === 0) {
    if (next.swings.length > 0) next.swings = [];
    next.turn = rpm;
    next.direction = 0;
    return;
  }
  if (next.swings.length > 0) next.swings = next.swings.map((age) => age + dt).filter((age) => age < 60);
  const change = rpm - next.turn;
  const size = (settings.huntingSwing / 100) * (expected ?? Math.max(rpm, next.turn));
  if (size === 0 || Math.abs(change) < size) return;
  const direction = Math.sign(change);
  if (direction !== next.direction && next.direction !== 0) next.swings = [0, ...next.swings].slice(0, 100);
  next.turn = rpm;
  next.direction = direction;
}

/** A day's filter; the trend is told over 200 h or more, and begins anew each 1000 h. */
const dayHours = 24;
const trendFrom = 200;
const trendOver = 1000;

function aged(next: Draft, { duty, rpm, expected, dt }: Turning, settings: FanSettings): void {
  next.hours += dt / 3600;
  if (settings.fullSpeed === 0 && next.learnt.n < 20_000) next.learnt = learn(next.learnt, duty, rpm);
  if (expected === undefined || expected <= 0) return;
  const share = rpm / expected;
  next.ratio = next.ratio === null ? share : next.ratio + (dt / 3600 / dayHours) * (share - next.ratio);
  const begins =
    next.hours >= 2 * dayHours && (next.firstRatio === null || next.hours - next.firstHours >= trendOver);
  if (!begins) return;
  next.firstRatio = next.ratio;
  next.firstHours = next.hours;
}

const fallOf = ({ ratio, firstRatio, hours, firstHours }: FanState): number | undefined => {
  if (ratio === null || firstRatio === null || hours - firstHours < trendFrom) return undefined;
  return ((firstRatio - ratio) / firstRatio) * 100 * (1000 / (hours - firstHours));
};
