/*
 * What is asked of a site, what happens to it, and what is broken in it. Temperatures °C, power W, current A, voltage V,
 * time s. What a controller demands (duty, capacity, damper) is in percent 0..100; shares are 0..1. Lists have as many
 * entries as the parameters say.
 */

/** `auto`: its own thermostat; `remote`: the capacity that is demanded. */
export type DxMode = "off" | "auto" | "remote";

export interface DxCommand {
  mode: DxMode;
  /** 0..100 %; below the least capacity the compressor stops. */
  capacity: number;
  setpoint: number;
  /** K */
  deadBand: number;
  minimumOn: number;
  minimumOff: number;
}

export interface ServerCommand {
  /** What its operating system should do: run, or shut down and stay in standby. */
  run: boolean;
  /** 0..1, around which it wanders when the parameters say so. */
  utilisation: number;
  /** Most it may draw, W; Infinity: no limit. */
  limit: number;
  /**
   * −1: the model boots and stops it by itself. 0..1: somebody else does (a BMC): 0 standby, 1 at work, between: it
   * starts or stops.
   */
  activity: number;
}

export interface PlantCommand {
  /** At 25 °C; what the bus is held at when the battery's temperature is compensated. */
  setpoint: number;
  chargeLimit: number;
  /** The contactor of the load. */
  loadOn: boolean;
  nonEssentialVolts: number;
  disconnectVolts: number;
  reconnectVolts: number;
}

/** What equipment and controllers demand. Write to it at any time; the next step takes it into account. */
export interface SiteCommands {
  /** % of each fan. */
  readonly fanDuty: number[];
  readonly dx: DxCommand[];
  /** % open to outdoors. */
  damper: number;
  /** Heater stages that are on. */
  heaterStages: number;
  batteryPad: boolean;
  /** Wanted state of each outlet; `SiteState.outlets` has the true one. */
  readonly outlets: boolean[];
  readonly servers: ServerCommand[];
  readonly plant: PlantCommand;
  generator: boolean;
}

/** What happens to a site. */
export interface SiteWorld {
  mains: boolean;
  doorOpen: boolean;
  smoke: boolean;
  leak: boolean;
}

export type FanFault =
  | "none"
  | "locked"
  | "worn"
  | "tach-lost"
  | "tach-stuck"
  | "stuck-duty"
  | "bus-lost"
  | "reversed"
  | "intermittent";

export interface DxFault {
  /** The compressor does not start. */
  compressor: boolean;
  /** Share of the capacity that is lost, 0..1. */
  capacityLoss: number;
  /** Condenser: 1 clean; multiplies how far outdoors is above 35 °C, and brings the high-pressure trip nearer. */
  fouling: number;
  /** The condenser is blocked: trips on high pressure. */
  blocked: boolean;
}

export type DamperFault = "none" | "stuck" | "slipped";
export type ServerFault = "none" | "dead" | "fans";
export type OutletFault = "none" | "welded" | "stuck-open";

/** What is broken. Write to it at any time. */
export interface SiteFaults {
  readonly fans: FanFault[];
  readonly dx: DxFault[];
  damper: DamperFault;
  /** Heater stages that stay on whatever is demanded, and those that never come on. */
  heaterWelded: number;
  heaterDead: number;
  readonly outlets: OutletFault[];
  readonly servers: ServerFault[];
  /** Modules of the rectifier that have failed. */
  modulesFailed: number;
  /** The battery is disconnected, or a cell is open. */
  batteryOpen: boolean;
  /** Share of its capacity the battery has lost, beside ageing, 0..1. */
  batteryFade: number;
  /** Share the infiltration is multiplied by beside the door: a missing seal. 1 sound. */
  leakage: number;
}
