import { u16 } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

/** The contacts wired to the inputs, as they stand: closed is true. */
export interface IoWorld {
  /** Closed while the door is shut. */
  readonly doorContact: () => boolean;
  /** Closed while there is no smoke. */
  readonly smokeContact: () => boolean;
  readonly leak: () => boolean;
  readonly mains: () => boolean;
  readonly surgeProtector: () => boolean;
  readonly generator: () => boolean;
  readonly firePanelFault: () => boolean;
  readonly tamper: () => boolean;
  /** A relay, from 0, was switched. */
  relay(relay: number, on: boolean): void;
}

export interface Io extends SimulatedUnit {
  readonly relays: readonly boolean[];
  /** Looks at the contacts and counts those that closed since. */
  tick(): void;
}

const relayCount = 8;
const counterCount = 4;

/** `generic-io-v1`: eight inputs, eight relays, and counters of how often the first four inputs closed. */
export function createIo(world: IoWorld, options: Partial<UnitOptions> = {}): Io {
  const unit = createUnit({
    product: "generic-io-v1",
    functions: [1, 2, 4, 5, 8, 15],
    turnaround: 3,
    ...options,
  });
  const contacts = [
    world.doorContact,
    world.smokeContact,
    world.leak,
    world.mains,
    world.surgeProtector,
    world.generator,
    world.firePanelFault,
    world.tamper,
  ];
  const relays = new Array<boolean>(relayCount).fill(false);
  const counters = new Array<number>(counterCount).fill(0);
  let before = contacts.map((contact) => contact());
  contacts.forEach((read, i) => unit.defineBit("discrete", i, { read }));
  relays.forEach((_, i) =>
    unit.defineBit("coil", i, {
      read: () => relays[i] === true,
      write: (on) => {
        relays[i] = on;
        world.relay(i, on);
      },
    }),
  );
  counters.forEach((_, i) => unit.defineWords("input", i, u16({ get: () => (counters[i] ?? 0) % 0x10000 })));
  return Object.assign(unit, {
    relays,
    tick() {
      const now = contacts.map((contact) => contact());
      for (let i = 0; i < counterCount; i++) {
        if (now[i] === true && before[i] === false) counters[i] = (counters[i] ?? 0) + 1;
      }
      before = now;
    },
  });
}
