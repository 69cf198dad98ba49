import type { Millis } from "../../devices/clock.ts";

/** Direction control of an RS-485 port by the kernel, as its driver offers it (TIOCSRS485). */
export interface Rs485Config {
  /** Level of RTS while sending. Default true. */
  readonly rtsOnSend?: boolean | undefined;
  /** Level of RTS after sending. Default false. */
  readonly rtsAfterSend?: boolean | undefined;
  /** Whole milliseconds between RTS and the first bit. Default 0. */
  readonly delayBeforeSend?: Millis | undefined;
  /** Whole milliseconds between the last bit and RTS going back. Default 0. */
  readonly delayAfterSend?: Millis | undefined;
  /** Listen while sending: gives a local echo. Default false. */
  readonly receiveWhileSending?: boolean | undefined;
}
