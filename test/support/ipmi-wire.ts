import type { Clock, Millis } from "../../devices/clock.ts";
import type { IpmiSocket, Receiver } from "../../plugins/ipmi/lan/index.ts";
import type { SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import type { Random } from "../../simulators/random.ts";

/** What happens to datagrams, in both directions. Shares 0..1. */
export interface WireFaults {
  lost: number;
  /** Arrive twice, the second time maybe much later. */
  doubled: number;
  /** Are overtaken: take up to `longest`. */
  late: number;
  /** Arrive in time, and once more up to `longest` later. */
  echoed: number;
  longest: Millis;
}

/** A network in memory: datagrams of clients on one socket to BMCs by their address, and back. */
export interface IpmiWire {
  readonly socket: IpmiSocket;
  readonly faults: WireFaults;
  connect(address: string, bmc: Pick<SimulatedBmc, "receive">): void;
}

const usual: Millis = 1;

/** @param random decides what goes wrong */
export function ipmiWire(clock: Clock, random: Random): IpmiWire {
  const faults: WireFaults = { lost: 0, doubled: 0, late: 0, echoed: 0, longest: 0 };
  const bmcs = new Map<string, Pick<SimulatedBmc, "receive">>();
  const receivers = new Map<string, Receiver[]>();
  const counts = {
    ...{ sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 },
    ...{ strange: 0, unclaimed: 0, unsent: 0 },
  };
  let tag = 0;

  const carry = (packet: Buffer, arrived: (packet: Buffer) => void): void => {
    if (random.next() < faults.lost) return;
    const after = (extra: Millis): void => {
      // A copy of its own: nobody may rely on what others do with theirs.
      clock.at(clock.monotonic() + usual + extra, () => arrived(Buffer.from(packet)));
    };
    const copies = random.next() < faults.doubled ? 2 : 1;
    for (let n = 0; n < copies; n++)
      after(random.next() < faults.late ? faults.longest * random.next() : random.next());
    if (faults.echoed > 0 && random.next() < faults.echoed) after(faults.longest * random.next());
  };
  const back = (address: string) => (packet: Buffer) =>
    carry(packet, (answer) => {
      counts.received++;
      for (const receive of receivers.get(address) ?? []) if (receive(answer)) return;
      counts.unclaimed++;
    });
  const send = (address: string, packet: Buffer): void => {
    counts.sent++;
    const from = { address: "192.0.2.1", port: 50_623 };
    carry(packet, (arrived) => bmcs.get(address)?.receive(arrived, from, back(address)));
  };
  const socket: IpmiSocket = {
    resolve: (address) => Promise.resolve([{ address, family: 4 }]),
    attach(remote, receive) {
      const { address } = remote;
      receivers.set(address, [...(receivers.get(address) ?? []), receive]);
      return {
        remote,
        tag: () => (tag = (tag + 1) & 0xff),
        send: (packet) => send(address, packet),
        detach: () =>
          receivers.set(
            address,
            (receivers.get(address) ?? []).filter((one) => one !== receive),
          ),
      };
    },
    counts: () => ({ ...counts }),
    close: () => Promise.resolve(),
  };
  return { socket, faults, connect: (address, bmc) => void bmcs.set(address, bmc) };
}
