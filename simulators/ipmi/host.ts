import type { Cancel, Clock, Millis } from "../clock.ts";
import type { Random } from "../random.ts";

/** `starting`: power-on self test and boot; `stopping`: the operating system shuts down. */
export type HostState = "off" | "starting" | "running" | "stopping";

/** How long things take, each a range in which every time is drawn anew. */
export interface HostTiming {
  /** From the command to the relay. */
  readonly relay: readonly [Millis, Millis];
  /** From power or reset to a running operating system. */
  readonly boot: readonly [Millis, Millis];
  readonly shutdown: readonly [Millis, Millis];
  /** Without power during a power cycle. */
  readonly pause: readonly [Millis, Millis];
  /** From an NMI to the reset: memory is written out. */
  readonly dump: readonly [Millis, Millis];
}

const usualTiming: HostTiming = {
  relay: [200, 500],
  boot: [20_000, 40_000],
  shutdown: [6000, 15_000],
  pause: [3000, 5000],
  dump: [8000, 12_000],
};

/** Why the host last started: Get System Restart Cause. IPMI v2.0 table 28-11. */
export const restartCause = {
  unknown: 0,
  command: 1,
  button: 3,
  watchdog: 4,
  policyOn: 6,
  policyPrevious: 7,
  pef: 8,
  cycle: 9,
};

/** `start`: power came on; `reset`: it stayed on, and the host begins anew. */
export type HostChange = "state" | "start" | "reset" | "nmi";

export type HostAction = "on" | "off" | "cycle" | "reset" | "nmi" | "soft-off";

export interface Host {
  readonly state: HostState;
  /** Whether its main power is on. */
  readonly powered: boolean;
  /** 0..1; see `ServerWorld.drive`. */
  readonly activity: number;
  readonly restartCause: number;
  /** Whether it was last switched on by a command. */
  readonly onByCommand: boolean;
  /** Time its main power was on, all in all. */
  poweredFor(): Millis;
  /** Counts what it was asked for and did not refuse: for tests that nothing is done twice. */
  readonly asked: Readonly<Record<HostAction, number>>;
  /** Begins it, and returns at once. @returns false when that cannot be done in this state */
  ask(action: HostAction, cause?: number): boolean;
  /** Power is gone. */
  drop(): void;
  /** Calls off whatever is under way, for good. */
  close(): void;
}

export interface HostOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timing?: Partial<HostTiming>;
  readonly running?: boolean;
  /** Told after every change of state or activity. */
  readonly changed: (host: Host, happened: HostChange) => void;
}

/** Share of the boot after which the operating system begins to load, and activities until then and from then on. */
const boot = { test: 0.7, testing: 0.85, loading: 0.6, stopping: 0.5 };

/** The computer a BMC looks after: what it does when it is switched, and how long it takes. */
export function createHost(options: HostOptions): Host {
  const { clock, random } = options;
  const timing = { ...usualTiming, ...options.timing };
  const asked: Record<HostAction, number> = { on: 0, off: 0, cycle: 0, reset: 0, nmi: 0, "soft-off": 0 };
  let state: HostState = options.running === false ? "off" : "running";
  let activity = state === "off" ? 0 : 1;
  let cause: number = state === "off" ? restartCause.unknown : restartCause.button;
  let onByCommand = false;
  let onSince = clock.monotonic();
  let onBefore: Millis = 0;
  let hung = false;
  let cancel: Cancel = () => undefined;

  const later = ([least, most]: readonly [Millis, Millis], run: () => void): void => {
    cancel();
    cancel = clock.at(clock.monotonic() + least + (most - least) * random.next(), run);
  };
  const enter = (next: HostState, share: number, happened: HostChange = "state"): void => {
    const now = clock.monotonic();
    if (state !== "off") onBefore += now - onSince;
    onSince = now;
    state = next;
    activity = share;
    options.changed(host, happened);
  };
  const start = (why: number, happened: "start" | "reset" = "start"): void => {
    cause = why;
    hung = false;
    onByCommand = why === restartCause.command;
    const [least, most] = timing.boot;
    const takes = least + (most - least) * random.next();
    enter("starting", boot.testing, happened);
    const test = takes * boot.test;
    later([test, test], () => {
      activity = boot.loading;
      options.changed(host, "state");
      later([takes - test, takes - test], () => enter("running", 1));
    });
  };
  const stop = (): void => {
    cancel();
    enter("off", 0);
  };
  const act: Readonly<Record<HostAction, (why: number) => void>> = {
    on: (why) => later(timing.relay, () => (state === "off" ? start(why) : undefined)),
    off: () => later(timing.relay, stop),
    cycle: (why) =>
      later(timing.relay, () => {
        stop();
        later(timing.pause, () => start(why));
      }),
    reset: (why) => later(timing.relay, () => start(why, "reset")),
    nmi(why) {
      hung = true;
      options.changed(host, "nmi");
      later(timing.dump, () => start(why, "reset"));
    },
    "soft-off"() {
      if (state !== "running" || hung) return;
      enter("stopping", boot.stopping);
      later(timing.shutdown, stop);
    },
  };
  const possible = (action: HostAction): boolean =>
    state !== "off" || action === "on" || action === "off" || action === "soft-off";

  const host: Host = {
    get state() {
      return state;
    },
    get powered() {
      return state !== "off";
    },
    get activity() {
      return activity;
    },
    get restartCause() {
      return cause;
    },
    get onByCommand() {
      return onByCommand;
    },
    asked,
    poweredFor: () => onBefore + (state === "off" ? 0 : clock.monotonic() - onSince),
    ask(action, why = action === "cycle" ? restartCause.cycle : restartCause.command) {
      if (!possible(action)) return false;
      asked[action]++;
      if (action === "on" && state !== "off") return true;
      if (action === "off" && state === "off") cancel();
      if ((action === "off" || action === "soft-off") && state === "off") return true;
      act[action](why);
      return true;
    },
    drop: stop,
    close: () => cancel(),
  };
  return host;
}
