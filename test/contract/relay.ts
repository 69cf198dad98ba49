import type { Wire } from "../../simulators/wire.ts";
import { listen } from "../../simulators/tcp.ts";
import { openPty } from "../../simulators/pty.ts";

/** Where a client reaches hardware through a relay. */
export type Near = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Stands between a client and hardware, passes bytes both ways, and knows of the protocol only where an answer ends.
 * So it can tell when a client asks twice at once, and cut a line in the middle of an answer.
 */
export interface Relay {
  readonly near: Near;
  /** Requests that came while an answer was owed. */
  readonly overlaps: number;
  /** Requests so far. */
  readonly requests: number;
  /** While true, requests are swallowed. */
  swallow: boolean;
  /** Lets the first byte of the next answer through, then the line is gone for good. */
  cutNextAnswer(): void;
  /** Resolves at the next request. */
  asked(): Promise<void>;
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly near: "tcp" | "pty";
  /** Opens a way to hardware; once for each client. */
  readonly far: () => Promise<Wire> | Wire;
  /** How many of these bytes are the first whole request or answer; 0 while it is not whole. */
  readonly frame: (bytes: Uint8Array) => number;
}

/** Puts a relay in front of hardware. */
export async function openRelay({ near, far, frame }: RelayOptions): Promise<Relay> {
  let overlaps = 0;
  let requests = 0;
  let cutting = false;
  let told: (() => void)[] = [];
  const wires = new Set<Wire>();
  const join = async (client: Wire): Promise<void> => {
    const early: Uint8Array[] = [];
    client.onData((bytes) => early.push(bytes));
    const hardware = await far();
    wires.add(client).add(hardware);
    let owed = 0;
    const requested = counter(frame);
    const answered = counter(frame);
    const ask = (bytes: Uint8Array): void => {
      const asked = requested(bytes);
      requests += asked;
      if (asked > 0 && owed + asked > 1) overlaps++;
      // What is swallowed is never answered: asking again then is no fault.
      owed = relay.swallow ? 0 : owed + asked;
      if (!relay.swallow) hardware.write(bytes);
      for (const tell of told.splice(0)) tell();
    };
    client.onData(ask);
    early.forEach(ask);
    hardware.onData((bytes) => {
      if (cutting) {
        client.write(bytes.slice(0, 1));
        void Promise.resolve().then(() => Promise.all([client.close(), hardware.close()]));
        return;
      }
      owed = Math.max(0, owed - answered(bytes));
      client.write(bytes);
    });
    void client.closed.then(() => hardware.close());
    void hardware.closed.then(() => client.close());
  };
  const door = await openDoor(near, (wire) => void join(wire));
  const relay: Relay = {
    near: door.near,
    get overlaps() {
      return overlaps;
    },
    get requests() {
      return requests;
    },
    swallow: false,
    cutNextAnswer: () => {
      cutting = true;
    },
    asked: () => new Promise((resolve) => told.push(resolve)),
    close: async () => {
      await Promise.all([...wires].map((wire) => wire.close()));
      await door.close();
      told = [];
    },
  };
  return relay;
}

/** Counts whole frames in a stream that comes in pieces. */
function counter(frame: RelayOptions["frame"]): (bytes: Uint8Array) => number {
  let held = Uint8Array.of();
  return (bytes) => {
    held = Uint8Array.from([...held, ...bytes]);
    let count = 0;
    for (let length = frame(held); length > 0; length = frame(held)) {
      held = held.slice(length);
      count++;
    }
    return count;
  };
}

async function openDoor(
  kind: "tcp" | "pty",
  enter: (wire: Wire) => void,
): Promise<{ readonly near: Near; close(): Promise<void> }> {
  if (kind === "tcp") {
    const listener = await listen({}, enter);
    return { near: { host: listener.host, port: listener.port }, close: () => listener.close() };
  }
  const pty = await openPty();
  enter(pty);
  return { near: { path: pty.path }, close: () => pty.close() };
}
