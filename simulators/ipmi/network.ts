import type { Cancel, Clock, Millis } from "../clock.ts";
import type { Random } from "../random.ts";
import type { BmcFaults } from "./faults.ts";

/** The way from a BMC to its clients, with everything that goes wrong on it. */
export interface Network {
  /** Whether a packet gets lost. */
  lost(): boolean;
  send(packet: Buffer, reply: (packet: Buffer) => void): void;
  close(): void;
}

/** An answer that is to be overtaken waits this long for the next one. */
const overtaken: Millis = 40;

export function createNetwork(clock: Clock, random: Random, faults: BmcFaults): Network {
  const timers = new Set<Cancel>();
  let held: (() => void) | undefined;

  const later = (delay: Millis, run: () => void): void => {
    const cancel = clock.at(clock.monotonic() + delay, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  };
  const happens = (share: number): boolean => share > 0 && random.next() < share;
  const release = (): void => {
    const run = held;
    held = undefined;
    run?.();
  };
  const pass = (packet: Buffer, reply: (packet: Buffer) => void): void => {
    if (held === undefined && happens(faults.reorder)) {
      held = () => reply(packet);
      later(overtaken, release);
      return;
    }
    reply(packet);
    if (happens(faults.duplicate)) reply(packet);
    release();
  };
  return {
    lost: () => faults.silent || happens(faults.unheard) || happens(faults.lossy),
    send(packet, reply) {
      if (happens(faults.lossy)) return;
      if (faults.slow > 0 && happens(faults.slowShare)) later(faults.slow, () => pass(packet, reply));
      else pass(packet, reply);
    },
    close() {
      timers.forEach((cancel) => cancel());
      timers.clear();
      held = undefined;
    },
  };
}
