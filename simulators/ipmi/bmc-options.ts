import type { Clock, Millis } from "../clock.ts";
import type { Random } from "../random.ts";
import type { HostTiming } from "./host.ts";
import type { BmcModel } from "./model.ts";
import type { UserOptions } from "./users.ts";
import type { ServerWorld } from "./world.ts";

export interface BmcOptions {
  readonly clock: Clock;
  /** For faults, and to tell one from another: GUID, MAC address. Default `bmc`. */
  readonly name?: string;
  /** Default: the generic server. */
  readonly model?: BmcModel;
  /** Default: 23 °C, 230 V, 150 W. */
  readonly world?: ServerWorld;
  readonly random?: Random;
  /** Default: `admin`, `operator` and `monitor` with `admin-pass`, `oper-pass`, `moni-pass`. */
  readonly users?: readonly UserOptions[];
  /** The BMC key of two-key logins, 20 bytes at most. */
  readonly kg?: string | Uint8Array;
  /** Cipher suites accepted, of 0, 1, 2, 3, 15, 16, 17. Default 3 and 17. Suite 0 lets anybody in. */
  readonly suites?: readonly number[];
  /** Whether IPMI v1.5 sessions with MD5 may be opened. Default false. */
  readonly legacy?: boolean;
  /** Sessions at a time, half-open ones counted. Default 8. */
  readonly sessions?: number;
  /** How long the server takes for what it is told. */
  readonly timing?: Partial<HostTiming>;
  /** How long the BMC itself takes to start. Default 12 s. */
  readonly starting?: Millis;
  /** How often sensors are scanned; 0: only by `tick`. Default 1 s. */
  readonly period?: Millis;
  /** Whether the server runs at the beginning. Default true. */
  readonly running?: boolean;
  /** Port traps are sent to. Default 162. */
  readonly trapPort?: number;
}
