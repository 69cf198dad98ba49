import type { Cancel, Clock, Millis } from "../clock.ts";
import type { Chassis } from "./chassis.ts";
import { type Host, restartCause } from "./host.ts";

/** Whether the BMC itself lives: it needs power, and time to start. */
export interface Outlet {
  alive(): boolean;
  /** Looks whether there is power, and acts when that changed. */
  check(): void;
  /** Starts the BMC anew; the server goes on. */
  restart(silence?: Millis): void;
  close(): void;
}

export interface OutletOptions {
  readonly clock: Clock;
  /** How long the BMC takes to start. */
  readonly starting: Millis;
  readonly chassis: Chassis;
  readonly host: Host;
  /** Whether any power supply has power. */
  readonly supplied: () => boolean;
  /** Everything the BMC had in memory is gone. */
  readonly stopped: () => void;
}

const policy = { asBefore: 1, on: 2 };

export function createOutlet(options: OutletOptions): Outlet {
  const { clock, chassis, host } = options;
  let powered = options.supplied();
  let readyAt: Millis = -Infinity;
  let cancel: Cancel = () => undefined;

  const restored = (): void => {
    if (chassis.policy === policy.on) host.ask("on", restartCause.policyOn);
    else if (chassis.policy === policy.asBefore && chassis.ranBefore)
      host.ask("on", restartCause.policyPrevious);
  };
  const start = (silence: Millis): void => {
    cancel();
    readyAt = clock.monotonic() + silence;
  };
  const outlet: Outlet = {
    alive() {
      outlet.check();
      return powered && clock.monotonic() >= readyAt;
    },
    check() {
      const now = options.supplied();
      if (now === powered) return;
      powered = now;
      if (now) {
        start(options.starting);
        cancel = clock.at(readyAt, restored);
        return;
      }
      cancel();
      chassis.ranBefore = host.powered;
      chassis.powerLost = true;
      host.drop();
      options.stopped();
    },
    restart(silence = options.starting) {
      if (!powered) return;
      start(silence);
      options.stopped();
    },
    close: () => cancel(),
  };
  return outlet;
}
