import type { BothyError } from "../../../devices/errors.ts";
import type { Requester } from "../contract.ts";
import type { BmcStatistics } from "./statistics.ts";

/** What was agreed on when the session was opened. Plain JSON. */
export interface SessionFacts {
  readonly version: "2.0" | "1.5";
  /** Absent for version 1.5. */
  readonly suite?: number;
  /** 2 user, 3 operator, 4 administrator. */
  readonly level: number;
  /** The address the BMC was reached at. */
  readonly address: string;
}

export type BmcState =
  /** Nobody has asked for anything yet, or it was closed. */
  | { readonly kind: "closed" }
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly session: SessionFacts }
  /** It is opened again when somebody asks for something. */
  | { readonly kind: "lost"; readonly reason: BothyError };

/** A client of one BMC. */
export interface BmcClient extends Requester {
  readonly state: BmcState;
  /**
   * Opens the session now, if it is not open.
   * @throws BothyError why there is none, see `Refusal`
   */
  connect(): Promise<SessionFacts>;
  /** Calls `listener` with every change of state, until the returned function is called. */
  onState(listener: (state: BmcState) => void): () => void;
  statistics(): BmcStatistics;
  /** Ends the session, without insisting; whatever waits rejects with `STOPPED`. May be called any number of times. */
  close(): Promise<void>;
}
