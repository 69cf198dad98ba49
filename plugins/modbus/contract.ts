import type { Clock, Millis } from "../../devices/clock.ts";
import type { BothyError } from "../../devices/errors.ts";
import type { LinkMemory, Log, Priority, TappedFrame } from "../../devices/plugin.ts";
import type { Rs485Config } from "../transport/rs485.ts";
import type { Request, Response } from "./pdu.ts";
import type { BusStats } from "./stats.ts";

/** How a bus is reached and how patient to be with it. What is absent takes its value from `busDefaults`. */
export interface BusConfig {
  /** For messages. */
  readonly name: string;
  readonly transport: "serial" | "rtu-over-tcp" | "tcp";
  /** serial: the device, e.g. `/dev/ttyUSB0`. */
  readonly path?: string | undefined;
  /** serial: required. rtu-over-tcp: the speed behind the device server; when given, its wire time is respected. */
  readonly baudRate?: number | undefined;
  readonly dataBits?: 7 | 8 | undefined;
  readonly parity?: "none" | "even" | "odd" | undefined;
  readonly stopBits?: 1 | 2 | undefined;
  /** serial: direction control by the kernel. */
  readonly rs485?: Rs485Config | undefined;
  /** rtu-over-tcp, tcp. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** How long a unit may take from the end of the request to the beginning of its answer. */
  readonly responseTimeout?: Millis | undefined;
  /** After a broadcast: how long units get to carry it out. */
  readonly turnaround?: Millis | undefined;
  /** How often a failed request is tried again. */
  readonly retries?: number | undefined;
  /** Silence before each request, on top of the 3.5 characters every line needs. */
  readonly interFrameDelay?: Millis | undefined;
  /** How late an answer may still come. A unit that may owe one, and cannot be asked, is left alone this long. */
  readonly lateAnswers?: Millis | undefined;
  /** Whether the adapter gives back what it sends. */
  readonly localEcho?: boolean | undefined;
  /** tcp: requests under way at once, 1..16. */
  readonly maxInFlight?: number | undefined;
}

export const busDefaults = {
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  port: 502,
  responseTimeout: 200,
  turnaround: 100,
  retries: 1,
  interFrameDelay: 0,
  lateAnswers: 3000,
  localEcho: false,
  maxInFlight: 1,
} as const satisfies Partial<BusConfig>;

export interface RequestOptions {
  readonly priority: Priority;
  /** On `Clock.monotonic`; among equal priorities the earlier goes first. Does not end a request. */
  readonly deadline: Millis;
  readonly signal: AbortSignal;
  /** The unit's own response timeout; absent: the bus's. */
  readonly timeout?: Millis | undefined;
  /** Silence before the request, instead of the bus's `interFrameDelay`. */
  readonly interFrameDelay?: Millis | undefined;
  /** Instead of the bus's. Only what may be repeated is: reads, FC 5, 6, 15, 16. */
  readonly retries?: number | undefined;
  /** Who is asked, for error texts, e.g. `rs485-a unit 3`. */
  readonly source: string;
}

/** A client of the units on one line. Any number of requests may be made at once; they take turns. */
export interface ModbusClient {
  /**
   * @param unit RTU: 0 (broadcast, writes only: nothing is awaited) or 1..247; TCP: 0..255, always answered
   * @throws BothyError `BAD_INPUT` for what the protocol cannot say; `NO_ANSWER`, `LATE_ANSWER`, `BAD_CHECKSUM`,
   * `SHORT_FRAME`, `LONG_FRAME`, `WRONG_SENDER`, `BAD_FRAME`; the unit's exceptions (see exception.ts);
   * `LINE_DOWN` when the line goes, `STOPPED` when aborted or closed
   */
  request(unit: number, request: Request, options: RequestOptions): Promise<Response>;
  /** Settles when the line is gone: with the reason, or undefined after `close()`. */
  readonly closed: Promise<BothyError | undefined>;
  /** Ends it; what waits rejects with `STOPPED`. May be called any number of times. */
  close(): Promise<void>;
  /** Calls `listener` with every frame, until the returned function is called. */
  tap(listener: (frame: TappedFrame) => void): () => void;
  /** A snapshot: plain JSON. */
  stats(): BusStats;
}

export interface ClientDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps what units may still owe while the line is closed and opened again. */
  readonly memory: LinkMemory;
  /** Gives up opening. */
  readonly signal?: AbortSignal | undefined;
}
