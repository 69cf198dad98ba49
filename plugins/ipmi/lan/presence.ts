import { type Clock, type Millis, seconds } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { decodePong, encodePing, highestPingTag, type Pong } from "./asf.ts";
import { exchange } from "./exchange.ts";
import { rmcpPort } from "./rmcp.ts";
import type { IpmiSocket, Receiver } from "./socket.ts";

export interface PresenceOptions {
  readonly host: string;
  /** Default 623. */
  readonly port?: number;
  readonly clock: Clock;
  readonly socket: IpmiSocket;
  /** For each try. Default 1 s. */
  readonly timeout?: Millis;
  /** Default 2. */
  readonly tries?: number;
  readonly signal?: AbortSignal;
}

/** What answered a presence ping. */
export interface Presence extends Omit<Pong, "tag"> {
  readonly address: string;
  /** How long it took. */
  readonly took: Millis;
}

/**
 * Asks whether there is a BMC, without logging in. ASF v2.0 §3.2.4.2
 * @returns undefined when nothing answered: many BMCs never do, so it says nothing
 * @throws BothyError `LINE_DOWN` for a name that cannot be looked up, `STOPPED`
 */
export async function presence(options: PresenceOptions): Promise<Presence | undefined> {
  const { clock, host, port = rmcpPort, socket } = options;
  const [found] = await socket.resolve(host).catch((thrown: unknown) => {
    const fault = thrown instanceof Error ? thrown.message : String(thrown);
    throw new BothyError("LINE_DOWN", { source: host, fault: `it cannot be looked up: ${fault}` });
  });
  if (found === undefined) return undefined;
  let listener: Receiver | undefined;
  const endpoint = socket.attach({ ...found, port }, (packet) => listener?.(packet) ?? false);
  const wire = {
    ...{ name: host, clock, signal: options.signal ?? new AbortController().signal },
    tag: () => endpoint.tag(),
    send: (packet: Buffer) => endpoint.send(packet),
    listen: (receive: Receiver | undefined) => (listener = receive),
  };
  try {
    for (let attempt = 0; attempt < (options.tries ?? 2); attempt++) {
      const tag = endpoint.tag() % (highestPingTag + 1);
      const began = clock.monotonic();
      const pong = await exchange(wire, encodePing(tag), options.timeout ?? seconds(1), (packet) => {
        const answer = decodePong(packet);
        return answer?.tag === tag ? answer : undefined;
      });
      if (pong !== undefined) {
        const { enterprise, supportsIpmi } = pong;
        return { enterprise, supportsIpmi, address: found.address, took: clock.monotonic() - began };
      }
    }
    return undefined;
  } finally {
    endpoint.detach();
  }
}
