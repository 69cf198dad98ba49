import type { Cancel, Clock, Millis } from "../clock.ts";

/** What the host is to boot from next, as data of parameters. IPMI v2.0 table 28-14. */
export interface BootOptions {
  /** @returns undefined for a parameter that does not exist */
  get(parameter: number): Buffer | undefined;
  /** @returns whether it could be set */
  set(parameter: number, data: Buffer): boolean;
  /** Marks a parameter as not to be used. */
  invalid(parameter: number): boolean;
  mark(parameter: number): void;
  /** The host took notice of them. */
  booted(): void;
  close(): void;
}

export const bootParameter = {
  progress: 0,
  partition: 1,
  scan: 2,
  validity: 3,
  acknowledge: 4,
  flags: 5,
  initiator: 6,
  mailbox: 7,
};
/** How long flags stay valid unless parameter 3 says otherwise. */
const validFor: Millis = 60_000;
const valid = 0x80;
const persistent = 0x40;
const dontClearOnTimeout = 0x08;
const dontClearOnCommand = 0x01;
const lengths = new Map([
  [bootParameter.progress, 1],
  [bootParameter.partition, 1],
  [bootParameter.scan, 1],
  [bootParameter.validity, 1],
  [bootParameter.acknowledge, 2],
  [bootParameter.flags, 5],
]);

export function createBootOptions(clock: Clock): BootOptions {
  const values = new Map([...lengths].map(([parameter, length]) => [parameter, Buffer.alloc(length)]));
  const marked = new Set<number>();
  let cancel: Cancel = () => undefined;

  const flags = (): Buffer => values.get(bootParameter.flags) ?? Buffer.alloc(5);
  const lapse = (): void => {
    flags().writeUInt8(flags().readUInt8(0) & ~valid & 0xff, 0);
  };
  const keeps = (bit: number): boolean => ((values.get(bootParameter.validity)?.[0] ?? 0) & bit) !== 0;
  const arm = (): void => {
    cancel();
    if ((flags().readUInt8(0) & valid) === 0 || keeps(dontClearOnTimeout)) return;
    cancel = clock.at(clock.monotonic() + validFor, lapse);
  };
  return {
    get: (parameter) => values.get(parameter),
    set(parameter, data) {
      const length = lengths.get(parameter);
      if (length === undefined || data.length !== length) return false;
      if (parameter === bootParameter.acknowledge) {
        const kept = values.get(parameter)?.readUInt8(1) ?? 0;
        const [mask = 0, bits = 0] = data;
        values.set(parameter, Buffer.from([0, (kept & ~mask) | (bits & mask)]));
      } else values.set(parameter, Buffer.from(data));
      if (parameter === bootParameter.flags) arm();
      return true;
    },
    invalid: (parameter) => marked.has(parameter),
    mark: (parameter) => void marked.add(parameter),
    booted() {
      if ((flags().readUInt8(0) & persistent) !== 0 || keeps(dontClearOnCommand)) return;
      cancel();
      lapse();
    },
    close: () => cancel(),
  };
}
