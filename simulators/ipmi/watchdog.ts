import type { Cancel, Clock, Millis } from "../clock.ts";

/** The timer that acts when the host's software stops resetting it. IPMI v2.0 §27. */
export interface Watchdog {
  /** 6 bytes as Set Watchdog Timer takes them. */
  set(data: Buffer): void;
  /** 8 bytes as Get Watchdog Timer gives them. */
  get(): readonly number[];
  /** Starts it anew. @returns false when it was never set up */
  reset(): boolean;
  stop(): void;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  /**
   * Told when the time is up.
   * @param action 0 nothing, 1 hard reset, 2 power down, 3 power cycle
   * @param use what the timer was for, 1..5
   */
  readonly expired: (action: number, use: number) => void;
  readonly warned: (use: number, interrupt: number) => void;
}

const tick: Millis = 100;
const dontLog = 0x80;
const dontStop = 0x40;
const running = 0x40;

export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { clock } = options;
  let setUp = false;
  let [use, action, warning, expiry, initial] = [0, 0, 0, 0, 0];
  let due: Millis | undefined;
  let left = 0;
  let cancels: readonly Cancel[] = [];

  const stop = (): void => {
    if (due !== undefined) left = remaining();
    due = undefined;
    cancels.forEach((cancel) => cancel());
    cancels = [];
  };
  const remaining = (): number =>
    due === undefined ? left : Math.max(0, Math.ceil((due - clock.monotonic()) / tick));
  const expire = (): void => {
    stop();
    left = 0;
    expiry |= 1 << (use & 0x07);
    // Bit 7 of the use says that this is not to be logged; the action is taken all the same.
    options.expired(action & 0x07, (use & dontLog) === 0 ? use & 0x07 : 0);
  };
  const start = (): void => {
    stop();
    due = clock.monotonic() + initial * tick;
    cancels = [clock.at(due, expire)];
    const interrupt = (action >> 4) & 0x07;
    if (interrupt === 0 || warning === 0) return;
    const early = Math.max(clock.monotonic(), due - warning * 1000);
    cancels = [...cancels, clock.at(early, () => options.warned(use & 0x07, interrupt))];
  };

  return {
    set(data) {
      const wasRunning = due !== undefined;
      stop();
      [use = 0, action = 0, warning = 0] = data;
      use &= ~dontStop;
      expiry &= ~(data[3] ?? 0);
      initial = data.readUInt16LE(4);
      left = initial;
      setUp = true;
      if (wasRunning && ((data[0] ?? 0) & dontStop) !== 0) start();
    },
    get() {
      const now = remaining();
      const state = use | (due === undefined ? 0 : running);
      return [state, action, warning, expiry, initial & 0xff, initial >> 8, now & 0xff, now >> 8];
    },
    reset() {
      if (!setUp) return false;
      start();
      return true;
    },
    stop,
  };
}
