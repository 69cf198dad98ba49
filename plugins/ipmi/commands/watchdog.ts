import type { Millis } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import {
  ask,
  type AskOptions,
  atLeast,
  bit,
  explained,
  type Meanings,
  nothing,
  within,
  word,
} from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** Who feeds the watchdog. IPMI v2.0 table 27-3. */
export type WatchdogUse = "bios-frb2" | "bios-post" | "os-load" | "os" | "oem";
const uses = ["reserved", "bios-frb2", "bios-post", "os-load", "os", "oem"] as const;
export type WatchdogAction = "none" | "reset" | "power-down" | "power-cycle";
const actions = ["none", "reset", "power-down", "power-cycle"] as const;
export type WatchdogInterrupt = "none" | "smi" | "nmi" | "message";
const interrupts = ["none", "smi", "nmi", "message"] as const;

/** What the watchdog is told. */
export interface WatchdogSettings {
  readonly use: WatchdogUse;
  readonly action: WatchdogAction;
  /** Comes `preTimeout` before the action. Default none. */
  readonly interrupt?: WatchdogInterrupt;
  /** In ms, whole seconds up to 255 s. Default 0. */
  readonly preTimeout?: Millis;
  /** In ms, tenths of a second up to 6553.5 s. */
  readonly timeout: Millis;
  /** Whether running out is written to the event log. Default true. */
  readonly log?: boolean;
  /** Goes on running with the new settings, if it runs. Default false: stops until it is reset. */
  readonly keepRunning?: boolean;
}

/** IPMI v2.0 §27.7. */
export interface Watchdog extends Required<Omit<WatchdogSettings, "use" | "keepRunning">> {
  readonly use: WatchdogUse | "reserved";
  readonly running: boolean;
  /** Uses whose time has run out since that was cleared. */
  readonly expired: readonly WatchdogUse[];
  /** Time left, in ms; absent when the controller does not say. */
  readonly left?: Millis;
}

/** @throws BothyError `OUT_OF_RANGE` */
export function encodeSetWatchdog(settings: WatchdogSettings): IpmiRequest {
  const { use, action, timeout, interrupt = "none", preTimeout = 0 } = settings;
  const { log = true, keepRunning = false } = settings;
  const pre = within("watchdog pre-timeout", preTimeout / 1000, 0, 255, "s");
  const count = within("watchdog timeout", timeout / 100, 0, 0xffff, "tenths of a second");
  const code = uses.indexOf(use);
  return {
    netFn: 0x06,
    command: 0x24,
    data: Uint8Array.of(
      (Number(!log) << 7) | (Number(keepRunning) << 6) | code,
      (interrupts.indexOf(interrupt) << 4) | actions.indexOf(action),
      pre,
      1 << code,
      ...word(count),
    ),
  };
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeWatchdog(data: Buffer, source = "watchdog"): Watchdog {
  const [use = 0, action = 0, pre = 0, flags = 0] = atLeast(data, 6, source, "watchdog timer");
  return {
    use: uses[use & 7] ?? "reserved",
    running: bit(use, 6),
    log: !bit(use, 7),
    action: actions[action & 7] ?? "none",
    interrupt: interrupts[(action >> 4) & 7] ?? "none",
    preTimeout: pre * 1000,
    timeout: data.readUInt16LE(4) * 100,
    expired: uses.filter((name, n): name is WatchdogUse => name !== "reserved" && bit(flags, n)),
    ...(data.length >= 8 ? { left: data.readUInt16LE(6) * 100 } : {}),
  };
}

/** The watchdog as it is. Some controllers now and then send too little (Supermicro): asked twice. */
export async function getWatchdog(requester: Requester, options?: AskOptions): Promise<Watchdog> {
  const request = { netFn: 0x06, command: 0x25 };
  try {
    return await ask(requester, request, decodeWatchdog, options);
  } catch (thrown) {
    if (!(thrown instanceof BothyError) || thrown.code !== "SHORT_FRAME") throw thrown;
    return ask(requester, request, decodeWatchdog, options);
  }
}

/** IPMI v2.0 §27.6. The flag of its use is cleared; it starts with `resetWatchdog`. @throws BothyError */
export const setWatchdog = async (
  requester: Requester,
  settings: WatchdogSettings,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeSetWatchdog(settings), nothing, options);

const resetMeanings = {
  0x80: ["REFUSED", "the watchdog has not been set since the controller started"],
} as const satisfies Meanings;

/** Starts the watchdog, or feeds it. IPMI v2.0 §27.5. @throws BothyError `REFUSED` when it was never set */
export const resetWatchdog = (requester: Requester, options?: AskOptions): Promise<void> =>
  explained(ask(requester, { netFn: 0x06, command: 0x22 }, nothing, options), resetMeanings);
