import { execFile } from "node:child_process";
import { type Clock, every, type Millis, seconds, sleep } from "../devices/clock.ts";
import { saidBy } from "../devices/errors.ts";
import type { Log } from "../devices/plugin.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What systemd is told, see sd_notify(3). */
export interface Notified {
  /** That it stops. Resolves when that is told, or cannot be. */
  stopping(): Promise<void>;
}

export interface NotifyDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly pid: number;
  /** Why nothing is to be expected of this program; undefined: it works. */
  readonly fault: () => string | undefined;
  /** Tells it one assignment such as `READY=1`. Rejects when that cannot be done. */
  readonly send: (text: string) => Promise<void>;
}

/** Longer than one message takes on any machine that still works; what could not be told is tried again so soon. */
const longestSend: Millis = seconds(10);
const leastPeriod: Millis = 100;
const ready = "READY=1";

/** Tells the systemd that `NOTIFY_SOCKET` names, by the program that comes with it: Node has no such sockets. */
export const systemdNotify = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { NOTIFY_SOCKET, PATH } = process.env;
    // Of a program that others wrote: it gets no secrets, and no say when it hangs.
    const options = { timeout: longestSend, killSignal: "SIGKILL", env: { NOTIFY_SOCKET, PATH } } as const;
    execFile("systemd-notify", [text], options, (error, _out, said) => {
      if (error === null) resolve();
      else reject(new Error(said.trim() === "" ? error.message : said.trim(), { cause: error }));
    });
  });

/**
 * Tells systemd that the site runs, and from then on, at half its `WATCHDOG_USEC`, that it still works: the event loop, as
 * nothing is told without it, and what `fault` knows of. What cannot be told is said once and tried again; nothing waits.
 * @returns undefined when no systemd wants to know
 */
export function notifySystemd(env: Environment, deps: NotifyDeps): Notified | undefined {
  if ((env["NOTIFY_SOCKET"] ?? "") === "") return undefined;
  const { clock, log, fault } = deps;
  const ended = new AbortController();
  let unheard = false;
  let before = Promise.resolve();
  let isReady = false;
  /** One after the other: that it stops is the last it hears. */
  const send = (text: string): Promise<void> => (before = before.then(() => tell(text)));
  const tell = async (text: string): Promise<void> => {
    try {
      await deps.send(text);
      isReady ||= text === ready;
      if (unheard) log.info({}, "systemd is told again how the site stands");
      unheard = false;
    } catch (thrown) {
      if (!unheard)
        log.error(
          {},
          `systemd cannot be told ${text}: ${saidBy(thrown)}; see whether systemd-notify is there, and set NotifyAccess=all`,
        );
      unheard = true;
    }
  };
  let said: string | undefined;
  const feed = (): Promise<void> | undefined => {
    const why = fault();
    if (why !== undefined && said === undefined) log.error({}, `the watchdog of systemd is not fed: ${why}`);
    if (why === undefined && said !== undefined) log.info({}, "the watchdog of systemd is fed again");
    said = why;
    return why === undefined ? send("WATCHDOG=1") : undefined;
  };
  const period = watchdogPeriod(env, deps);
  const done = new AbortController();
  const look = async (): Promise<void> => {
    // Whoever never hears it takes the start for failed, and ends what runs.
    if (!isReady) await send(ready);
    if (period !== undefined) await feed();
    else if (isReady) done.abort();
  };
  void every(
    clock,
    period === undefined ? longestSend : period / 2,
    look,
    AbortSignal.any([ended.signal, done.signal]),
  );
  return {
    stopping: async () => {
      ended.abort();
      const told = new AbortController();
      await Promise.race([send("STOPPING=1"), sleep(clock, longestSend, told.signal)]);
      told.abort();
    },
  };
}

/** How often it wants to hear, at the least; undefined: it does not. */
function watchdogPeriod(env: Environment, { pid, log }: NotifyDeps): Millis | undefined {
  const { WATCHDOG_USEC: micros, WATCHDOG_PID: whose } = env;
  if (micros === undefined || micros === "") return undefined;
  const period = Number(micros) / 1000;
  if (!Number.isFinite(period) || period <= 0) {
    log.error({}, `the watchdog of systemd is not fed: WATCHDOG_USEC=${micros} is no time`);
    return undefined;
  }
  if (whose !== undefined && whose !== "" && whose !== String(pid)) {
    log.error(
      {},
      `the watchdog of systemd is not fed: it watches process ${whose}, and this is ${pid}; start it without a shell or npx`,
    );
    return undefined;
  }
  return Math.max(period, leastPeriod);
}
