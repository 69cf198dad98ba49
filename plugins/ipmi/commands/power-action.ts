import { type Millis, minutes, seconds } from "../../../devices/clock.ts";
import { asBothyError, BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import type { ChassisAction, ChassisStatus } from "./chassis.ts";
import { PowerRun, type PowerRunOptions } from "./power-run.ts";

export type { PowerStep } from "./power-run.ts";

/** What can be done to the power of a machine. `soft-then-off` forces it off when the operating system does not. */
export type PowerAction = ChassisAction | "soft-then-off";

export interface PowerOptions extends PowerRunOptions {
  /** How long the wanted state may take. Default 30 s; 5 minutes for an operating system to end. */
  readonly limit?: Millis;
  /** `soft-then-off`: how long the operating system may take before power is cut. Default 5 minutes. */
  readonly softLimit?: Millis;
}

export interface PowerOutcome {
  readonly action: PowerAction;
  /**
   * `confirmed`: the status showed it. `accepted`: the controller took the command, and no status can show more: a
   * reset, a diagnostic interrupt, a cycle whose moment without power was between two looks.
   */
  readonly result: "confirmed" | "accepted";
  /** The status that was last seen. */
  readonly status: ChassisStatus;
  /** Power was cut because the operating system had not ended. */
  readonly forced: boolean;
  readonly took: Millis;
}

const defaultLimit = seconds(30);
const defaultSoftLimit = minutes(5);
/** How long a cycle is watched for its moment without power. */
const cycleWindow = seconds(10);
/** How long a command that may have arrived is given to show before a state is asked for again. */
const settleTime = seconds(5);
/** How often a state is asked for when the controller stays silent. */
const mostSends = 3;

interface Done {
  readonly status: ChassisStatus;
  readonly result?: "accepted";
  readonly forced?: boolean;
}

/**
 * Does something to the power of a machine and waits for the chassis status to show it. IPMI v2.0 §28.3: the command is
 * only accepted at first. Never repeats what is not a state: after silence the status is looked at, `on` and `off` may
 * then be sent again, everything else ends as `OUTCOME_UNKNOWN`. Never forces by itself: only `soft-then-off` does.
 * @throws BothyError `NOT_CONFIRMED` when another state is seen at the end of the limit, `OUTCOME_UNKNOWN` when none is or
 *   a command that cannot be repeated may have been lost, `STOPPED` when aborted; what was sent is not called back
 */
export async function powerAction(
  requester: Requester,
  action: PowerAction,
  options: PowerOptions,
): Promise<PowerOutcome> {
  const run = new PowerRun(requester, options);
  const began = options.clock.monotonic();
  const { status, result = "confirmed", forced = false } = await carryOut(run, action, options);
  return { action, result, status, forced, took: options.clock.monotonic() - began };
}

function carryOut(run: PowerRun, action: PowerAction, options: PowerOptions): Promise<Done> {
  const limit = options.limit ?? defaultLimit;
  switch (action) {
    case "on":
    case "off":
      return becomeState(run, action, limit);
    case "soft-off":
      return softOff(run, options.limit ?? defaultSoftLimit);
    case "soft-then-off":
      return softThenOff(run, limit, options.softLimit ?? defaultSoftLimit);
    case "cycle":
      return cycle(run, limit);
    case "reset":
    case "diag":
      return unseen(run, action, limit);
  }
}

/** On or off: a state, so asking again does no harm once the status shows that it is not there. */
async function becomeState(run: PowerRun, action: "on" | "off", limit: Millis): Promise<Done> {
  const wanted = action === "on";
  const deadline = run.clock.monotonic() + limit;
  for (let sends = 1; ; sends++) {
    const { doubt, done } = await sendUnlessThere(run, action, wanted);
    if (done !== undefined) return done;
    if (doubt === undefined || sends === mostSends) return { status: await run.until(wanted, deadline) };
    if ((await run.see(() => true, deadline)).status === undefined) throw doubt;
    const settled = Math.min(run.clock.monotonic() + settleTime, deadline);
    const { status } = await run.see(({ on }) => on === wanted, settled);
    if (status?.on === wanted) return { status };
    if (run.clock.monotonic() >= deadline) return { status: await run.until(wanted, deadline) };
  }
}

async function softOff(run: PowerRun, limit: Millis): Promise<Done> {
  const deadline = run.clock.monotonic() + limit;
  const { doubt, done } = await sendUnlessThere(run, "soft-off", false);
  return done ?? { status: await run.until(false, deadline, doubt) };
}

/** Sends; when it is refused for the present state (D5h), that may be because it is the wanted one. */
async function sendUnlessThere(
  run: PowerRun,
  action: ChassisAction,
  wanted: boolean,
): Promise<{ readonly doubt?: BothyError; readonly done?: Done }> {
  try {
    return await run.send(action);
  } catch (thrown) {
    if (completionOf(thrown) !== 0xd5) throw thrown;
    const { status } = await run.see(() => true, run.clock.monotonic());
    if (status?.on !== wanted) throw thrown;
    return { done: { status } };
  }
}

/** Soft off; when that is refused, or its time is over, power is cut. */
async function softThenOff(run: PowerRun, limit: Millis, softLimit: Millis): Promise<Done> {
  try {
    return await softOff(run, softLimit);
  } catch (thrown) {
    if (!leadsToOff(thrown)) throw thrown;
    run.tell("waited", asBothyError(thrown, run.name).message);
  }
  return { ...(await becomeState(run, "off", limit)), forced: true };
}

/** Whether a soft off that failed leaves a machine that is on, or has to be taken to be. */
function leadsToOff(thrown: unknown): boolean {
  const completion = completionOf(thrown);
  if (completion !== undefined) return completion !== 0xd4;
  return thrown instanceof BothyError && ["NOT_CONFIRMED", "OUTCOME_UNKNOWN"].includes(thrown.code);
}

/** Off shows for a second or so, or falls between two looks; in the end the machine is on. */
async function cycle(run: PowerRun, limit: Millis): Promise<Done> {
  const began = run.clock.monotonic();
  const { doubt } = await run.send("cycle");
  const { status } = await run.see(({ on }) => !on, began + Math.min(limit, cycleWindow));
  if (status?.on === false) return { status: await run.until(true, began + limit, doubt) };
  if (doubt !== undefined) throw doubt;
  return { status: await run.until(true, began + limit), result: "accepted" };
}

/** What no status shows: that the controller answers afterwards is all there is to see. */
async function unseen(run: PowerRun, action: "reset" | "diag", limit: Millis): Promise<Done> {
  const deadline = run.clock.monotonic() + limit;
  const { doubt } = await run.send(action);
  if (doubt !== undefined) throw doubt;
  return { status: await run.until(true, deadline), result: "accepted" };
}
