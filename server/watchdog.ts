import { closeSync, constants, openSync, writeSync } from "node:fs";
import { type Static, Type } from "typebox";
import type { ControllerStatus } from "../controllers/runtime/api.ts";
import { type Clock, every, type Millis, seconds } from "../devices/clock.ts";
import { parseDuration } from "../devices/duration.ts";
import { saidBy } from "../devices/errors.ts";
import type { Log } from "../devices/plugin.ts";

export const watchdogSection = Type.Object(
  {
    file: Type.String({
      minLength: 1,
      description: "The device of the machine's watchdog, e.g. `/dev/watchdog`.",
    }),
    every: Type.Optional(
      Type.String({
        pattern: "^(?:[1-9]|[12][0-9]|30)s$",
        default: "10s",
        description:
          "How often it is fed, `1s` to `30s`: well below the time after which it starts the machine anew.",
      }),
    ),
  },
  { additionalProperties: false, description: "Starts the machine anew when Bothy no longer works." },
);
export type WatchdogSection = Static<typeof watchdogSection>;

export interface Watchdog {
  /** @param calm whether it is to let the machine run on; otherwise somebody else has to feed it, or it starts anew */
  close(calm: boolean): void;
}

export interface WatchdogDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Why nothing is to be expected of this program; undefined: it works. */
  readonly fault: () => string | undefined;
}

/** A step that could not begin for so long will not. Whatever a controller itself does wrong ends sooner. */
const longestLate: Millis = seconds(30);
/** Any byte feeds it; this one, right before it is closed, has it let the machine run on. Linux, watchdog-api. */
const magicClose = "V";

/** Why the runtime of controllers cannot be relied on any more: one of those that run is not stepped. */
export function stuck(controllers: readonly Pick<ControllerStatus, "name" | "late">[]): string | undefined {
  const found = controllers.find(({ late = 0 }) => late > longestLate);
  return found === undefined
    ? undefined
    : `controller ${found.name} is ${Math.round((found.late ?? 0) / 1000)} s late for its step`;
}

/**
 * Feeds the watchdog of the machine for as long as this program works: the event loop, as nothing is fed without it, and
 * what `fault` knows of. A device that cannot be had is said and tried again; nothing else waits for it.
 */
export function startWatchdog(
  { file, every: period = "10s" }: WatchdogSection,
  deps: WatchdogDeps,
): Watchdog {
  const { clock, log, fault } = deps;
  const ended = new AbortController();
  let descriptor: number | undefined;
  let said: string | undefined;
  const say = (what: string | undefined): void => {
    if (what !== undefined && said === undefined) log.error({ file }, `the watchdog is not fed: ${what}`);
    if (what === undefined && said !== undefined) log.info({ file }, "the watchdog is fed again");
    said = what;
  };
  const feed = (): void => {
    try {
      // Never made when it is missing, and nobody waits for the other end of a pipe.
      descriptor ??= openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
      const why = fault();
      if (why === undefined) writeSync(descriptor, "1");
      say(why);
    } catch (thrown) {
      say(`${saidBy(thrown)}; check the name, its rights, and that nobody else has it open`);
    }
  };
  void every(clock, parseDuration(period) ?? seconds(10), feed, ended.signal);
  return {
    close(calm) {
      ended.abort();
      if (descriptor === undefined) return;
      try {
        if (calm) writeSync(descriptor, magicClose);
      } catch (thrown) {
        log.warn({ file }, `the watchdog cannot be told to let the machine run on: ${saidBy(thrown)}`);
      }
      closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
