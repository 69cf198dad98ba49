import { type Static, Type } from "typebox";
import { percent, plain, secondsOf } from "../settings.ts";
import {
  compensation,
  expectedSpeed,
  fanCurveSettings,
  fanSpeedSettings,
  learn,
  type Learnt,
  learntInit,
} from "./fan-speed.ts";
import { usable } from "./limit.ts";
import { heldFor, reached } from "./timing.ts";

/** How fans are watched over. thermal-control.md §2.8. */
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
    description: "How long a fan must be slow, fast or well again.",
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

export type FanStatus =
  "ok" | "kick" | "stopped" | "failed" | "slow" | "fast" | "hunting" | "tach-fault" | "unknown";

/** What is remembered of one fan; JSON. Durations in seconds. */
export interface FanState {
  readonly status: FanStatus;
  /** Duty it was judged by last, and for how long it has been the same. */
  readonly duty: number;
  readonly steady: number;
  /** How long it has stood still, been kicked, been wrong, been well. */
  readonly still: number;
  readonly kicked: number;
  readonly kicks: number;
  readonly slow: number;
  readonly crawling: number;
  readonly fast: number;
  readonly well: number;
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

/**
 * Watches one fan: one step. Pure. A fan that stands still although its duty should turn it is kicked with full duty,
 * a few times, and has then failed; one that turns again for `slowAfter` is well. A fan whose speed is not known is
 * `unknown`, not failed.
 */
export function fanStep(state: FanState, input: FanInput, settings: FanSettings): FanResult {
  const { duty, rpm } = input;
  const dt = Math.max(0, input.dt);
  // During a kick the duty is ours; what it was judged by stays.
  const moved = state.status !== "kick" && Math.abs(duty - state.duty) > 5;
  const steady = moved ? 0 : Math.min(state.steady + dt, 1e9);
  const timed = { ...state, duty: moved ? duty : state.duty, steady };
  if (!usable(rpm))
    return {
      status: "unknown",
      expected: undefined,
      state: { ...timed, status: statusKept(state), rpm: null },
    };
  const expected = expectedSpeed(duty, state.learnt, settings);
  const watched = swung({ ...timed, rpm }, rpm, expected, dt);
  if (state.status === "kick") return kicking(watched, expected, dt, settings);
  // Without an expectation only a fan that does not turn at all can be told.
  const still = duty >= settings.startDuty && rpm < (expected ?? 500) * (settings.stoppedBelow / 100);
  if (still) return standing(watched, input, expected, settings);
  return turning({ ...watched, still: 0 }, rpm, expected, dt, settings);
}

const statusKept = (state: FanState): FanStatus => (state.status === "kick" ? "stopped" : state.status);

function kicking(
  state: FanState,
  expected: number | undefined,
  dt: number,
  settings: FanSettings,
): FanResult {
  const kicked = state.kicked + dt;
  if (!reached(kicked, settings.kickFor))
    return { status: "kick", override: 100, expected, state: { ...state, kicked } };
  return {
    status: "stopped",
    expected,
    state: { ...state, status: "stopped", kicked: 0, still: 0, steady: 0 },
  };
}

function standing(
  state: FanState,
  input: FanInput,
  expected: number | undefined,
  settings: FanSettings,
): FanResult {
  // Seen once it may have stopped just now: time counts from the second time on.
  const still = state.still === 0 ? 1e-9 : heldFor(state.still, true, Math.max(0, input.dt));
  const next = { ...state, still, well: 0, slow: 0, crawling: 0, fast: 0 };
  const as = (status: FanStatus): FanResult => ({ status, expected, state: { ...next, status } });
  if (input.moves === true) return as("tach-fault");
  if (state.status === "failed") return as("failed");
  if (!reached(still, settings.stoppedAfter)) return as(state.status === "tach-fault" ? "ok" : state.status);
  if (state.kicks > settings.kickRetries) return as("failed");
  const kicks = state.kicks + 1;
  return {
    status: "kick",
    override: 100,
    expected,
    state: { ...next, status: "kick", kicks, kicked: 0, still: 0 },
  };
}

/** It turns: how fast is judged once its duty has stood long enough. */
function turning(
  state: FanState,
  rpm: number,
  expected: number | undefined,
  dt: number,
  settings: FanSettings,
): FanResult {
  const settled = reached(state.steady, settings.spinUp);
  const share = expected === undefined || !settled ? undefined : (100 * rpm) / expected;
  const slow = heldFor(state.slow, share !== undefined && share < settings.slowBelow, dt);
  const crawling = heldFor(state.crawling, share !== undefined && share < settings.failedBelow, dt);
  const fast = heldFor(state.fast, share !== undefined && share > settings.fastAbove, dt);
  const fits =
    rpm > 0 &&
    (expected === undefined ||
      (share !== undefined && share >= settings.slowBelow && share <= settings.fastAbove));
  const well = heldFor(state.well, fits, dt);
  const late = (since: number) => reached(since, settings.slowAfter);
  const timed = { ...state, slow, crawling, fast, well };
  const hunts = settled && state.swings.length > settings.huntingSwings;
  const found: FanStatus | undefined = late(crawling)
    ? "failed"
    : late(slow)
      ? "slow"
      : late(fast)
        ? "fast"
        : hunts
          ? "hunting"
          : undefined;
  // A failed fan stays failed until it has been well for long enough.
  const status =
    state.status === "failed" && !late(well)
      ? "failed"
      : (found ?? (late(well) ? "ok" : fresh(state.status)));
  const kicks = status === "ok" && late(well) ? 0 : state.kicks;
  const healthy = status === "ok" && settled && (share !== undefined || settings.fullSpeed === 0);
  const next = healthy
    ? aged({ ...timed, status, kicks }, rpm, expected, dt, settings)
    : { ...timed, status, kicks };
  const fall = fallOf(next);
  return { status, expected, state: next, ...(fall === undefined ? {} : { fall }) };
}

/** Turning again, but not for long enough: what was wrong with its speed still is; standing still is over. */
const fresh = (before: FanStatus): FanStatus =>
  before === "stopped" || before === "kick" || before === "tach-fault" || before === "unknown"
    ? "ok"
    : before;

/** Counts swings of the speed at a steady duty that are large enough. */
function swung(state: FanState, rpm: number, expected: number | undefined, dt: number): FanState {
  const swings =
    state.swings.length === 0 ? state.swings : state.swings.map((age) => age + dt).filter((age) => age < 60);
  const change = rpm - state.turn;
  const size = 0.1 * (expected ?? Math.max(rpm, state.turn));
  if (state.steady === 0 || state.turn === 0) return { ...state, swings: [], turn: rpm, direction: 0 };
  const direction = Math.sign(change);
  if (Math.abs(change) < size || size === 0) return { ...state, swings };
  if (direction === state.direction) return { ...state, swings, turn: rpm };
  return {
    ...state,
    swings: state.direction === 0 ? swings : [0, ...swings].slice(0, 100),
    turn: rpm,
    direction,
  };
}

/** A day's filter; the trend is told over 200 h or more, and begins anew each 1000 h. */
const [dayHours, trendFrom, trendOver] = [24, 200, 1000];

function aged(
  state: FanState,
  rpm: number,
  expected: number | undefined,
  dt: number,
  settings: FanSettings,
): FanState {
  const hours = state.hours + dt / 3600;
  const learnt =
    settings.fullSpeed === 0 && state.learnt.n < 20_000 ? learn(state.learnt, state.duty, rpm) : state.learnt;
  if (expected === undefined || expected <= 0) return { ...state, hours, learnt };
  const share = rpm / expected;
  const ratio = state.ratio === null ? share : state.ratio + (dt / 3600 / dayHours) * (share - state.ratio);
  const begins =
    hours >= 2 * dayHours && (state.firstRatio === null || hours - state.firstHours >= trendOver);
  const first = begins ? { firstRatio: ratio, firstHours: hours } : {};
  return { ...state, hours, learnt, ratio, ...first };
}

const fallOf = ({ ratio, firstRatio, hours, firstHours }: FanState): number | undefined => {
  if (ratio === null || firstRatio === null || hours - firstHours < trendFrom) return undefined;
  return ((firstRatio - ratio) / firstRatio) * 100 * (1000 / (hours - firstHours));
};

export interface FanGroup {
  /** Fans that move air as they should, or nearly; of how many. */
  readonly remaining: number;
  readonly all: number;
  /** What their duty is to be multiplied with; never below 1. */
  readonly factor: number;
  /** The largest factor that can be had at the wanted duty is not enough: the flow of all cannot be restored. */
  readonly insufficient: boolean;
}

/**
 * What the failed fans of a group mean for the others: a floor, so that loops stay in charge.
 * @param wanted duty all fans together would run at, %
 */
export function compensate(statuses: readonly FanStatus[], wanted: number, settings: FanSettings): FanGroup {
  const all = statuses.length;
  const remaining = statuses.filter((one) => one !== "failed").length;
  const factor = remaining === all ? 1 : Math.max(1, compensation(all, remaining, settings));
  return { all, remaining, factor, insufficient: remaining < all && wanted * factor > 100 };
}
