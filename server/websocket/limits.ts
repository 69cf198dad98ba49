import { type Millis, seconds } from "../../devices/clock.ts";

/** What one client, or all together, can make a server hold. */
export interface SocketLimits {
  /** Sockets open at a time; the next is refused. */
  readonly sockets: number;
  /** A longer message closes its socket with 1009. Synse v3 §2. */
  readonly messageBytes: number;
  /** Requests of one socket that are carried out at a time; while they are that many, nothing more is read from it. */
  readonly atOnce: number;
  /** Answers of one socket that wait for it to read; the same beyond that. */
  readonly unsentBytes: number;
  /** Streams of one socket. */
  readonly streams: number;
  /** How often a client is asked whether it is there, and how long it has to show that it is. */
  readonly ping: Millis;
  /** How long a client has to agree to the end. */
  readonly close: Millis;
}

export const socketLimits: SocketLimits = {
  sockets: 2000,
  messageBytes: 1_048_576,
  atOnce: 32,
  unsentBytes: 1_048_576,
  streams: 100,
  ping: seconds(20),
  close: seconds(2),
};
