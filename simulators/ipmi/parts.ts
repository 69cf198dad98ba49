import type { Clock } from "../clock.ts";
import type { BootOptions } from "./boot-options.ts";
import type { Chassis } from "./chassis.ts";
import type { Host } from "./host.ts";
import type { LanParameters } from "./lan-parameters.ts";
import type { SessionTable } from "./lan/sessions.ts";
import type { BmcModel } from "./model.ts";
import type { Pef } from "./pef.ts";
import type { PowerMeter } from "./power-meter.ts";
import type { Repository } from "./repository.ts";
import type { EventLog } from "./sel.ts";
import type { Sensors } from "./sensors.ts";
import type { Users } from "./users.ts";
import type { Watchdog } from "./watchdog.ts";

/** Everything a BMC is made of, as its commands see it. */
export interface BmcParts {
  readonly clock: Clock;
  readonly model: BmcModel;
  readonly guid: Buffer;
  readonly users: Users;
  readonly sessions: SessionTable;
  readonly sensors: Sensors;
  readonly repository: Repository;
  readonly log: EventLog;
  /** Inventories by their id. */
  readonly frus: readonly Buffer[];
  readonly host: Host;
  readonly chassis: Chassis;
  readonly bootOptions: BootOptions;
  readonly watchdog: Watchdog;
  readonly lan: LanParameters;
  readonly pef: Pef;
  readonly meter: PowerMeter;
  /** What Get Channel Authentication Capabilities tells. */
  readonly login: { readonly suites: readonly number[]; readonly kg: boolean; readonly legacy: boolean };
  /** Seconds since 1970 by the BMC's own clock. */
  seconds(): number;
  setSeconds(seconds: number): void;
  /** Starts the BMC anew, the host goes on. */
  restart(): void;
  /** Writes an event into the log, and sends alerts where they are configured. 9 bytes from the generator id on. */
  record(rest: readonly number[]): void;
}
