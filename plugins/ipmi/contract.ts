import type { Priority } from "../../devices/plugin.ts";

/** One command of IPMI. Numbers as in the tables of IPMI v2.0 appendix G. */
export interface IpmiRequest {
  /** The request's network function, even, 00h..3Eh. */
  readonly netFn: number;
  /** 00h..FFh. */
  readonly command: number;
  readonly data?: Uint8Array;
  /** Logical unit of the controller, 0..3. Default 0. */
  readonly lun?: number;
  /**
   * Whether doing it twice is the same as doing it once. Default true. A request that is not, is sent once: when no
   * answer comes it ends as `OUTCOME_UNKNOWN`, also when the session was lost meanwhile.
   */
  readonly repeatable?: boolean;
  /** A controller behind the BMC, reached by Send Message. IPMI v2.0 §6.13. Absent: the BMC itself. */
  readonly target?: { readonly channel: number; readonly address: number };
  /** Who goes first when several wait for the same BMC. Default `priority.poll`. */
  readonly priority?: Priority;
  /** The caller waits no longer; what was sent already is not called back. */
  readonly signal?: AbortSignal;
}

/** Whoever carries commands to one BMC and brings back what it said. */
export interface Requester {
  /** For messages: the BMC's name, or its address. */
  readonly name: string;
  /**
   * @returns the data behind completion code 00h
   * @throws BothyError for every other completion code (see `completionOf`), for silence (`NO_ANSWER`), for a session
   *   that cannot be had, and `OUTCOME_UNKNOWN` (see `IpmiRequest.repeatable`)
   */
  request(request: IpmiRequest): Promise<Buffer>;
}
