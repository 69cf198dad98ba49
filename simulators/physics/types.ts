/**
 * What is asked of a site, what happens to it, and what is true in it. Temperatures °C, power W, flow m³/s, pressure Pa,
 * current A, voltage V, energy Wh, time s. What a controller demands (duty, capacity, damper) is in percent 0..100;
 * shares, states of charge and efficiencies are 0..1. Lists have as many entries as the parameters say.
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

export interface FanState {
  /** Share of the top speed, 0..1; and its mean over the last step. */
  speed: number;
  meanSpeed: number;
  rpm: number;
  /** Share of the duty a worn fan still turns: falls with use. */
  health: number;
  /** Duty in force, %. */
  duty: number;
  /** Started, and not stalled since. */
  turning: boolean;
  /** s it has had the duty to start. */
  starting: number;
  /** s until an intermittent fan changes its mind. */
  phase: number;
  resting: boolean;
  /** Last reading of the tachometer. */
  shown: number;
  watts: number;
  runSeconds: number;
  /** Run time up to which `health` is worked out. */
  wornUntil: number;
  starts: number;
}

export type DxTrip = "none" | "high-pressure" | "low-pressure";

export interface DxState {
  running: boolean;
  /** Whether it has AC. */
  powered: boolean;
  /** Speed of the compressor, 0..100 %. */
  capacity: number;
  /** First-order follower of `capacity`: what reaches the air. */
  ramp: number;
  /** s since it started or stopped. */
  inState: number;
  /** s it must still wait after mains came back. */
  restart: number;
  starts: number;
  runSeconds: number;
  /** Starts in the hour gone by: times of the last ones, oldest replaced first. */
  readonly recentStarts: number[];
  nextStart: number;
  trip: DxTrip;
  /** s spent at too low an evaporating temperature, and with the compressor at rest while frosted. */
  frosting: number;
  thawing: number;
  lowPressure: number;
  frosted: boolean;
  integral: number;
  /** Heat taken out: sensible and latent, W. */
  sensible: number;
  latent: number;
  watts: number;
  /** What it takes out, and its compressor draws, at full load as things are outdoors. */
  fullCapacity: number;
  fullPower: number;
  /** Air leaving the coil. */
  supply: number;
  evaporating: number;
  /** Of the air entering, for the biquadratic level. */
  wetBulb: number;
  /** Shortest times it ran, unless it was cut off, and stood still, s; Infinity: none yet. */
  shortestOn: number;
  shortestOff: number;
}

export type ServerPhase = "unpowered" | "standby" | "booting" | "running" | "stopping" | "tripped";

export interface ServerState {
  phase: ServerPhase;
  /** s in that phase. */
  inPhase: number;
  /** s its BMC has had power. */
  powered: number;
  utilisation: number;
  /** How far that is from its mean, and s until it moves again. */
  wander: number;
  wanderIn: number;
  throttled: boolean;
  /** s above the temperature at which it switches itself off. */
  hot: number;
  /** Drawn, fans included, and what its fans draw of that. */
  watts: number;
  fanWatts: number;
  exhaust: number;
  /** Times it lost power without having been shut down. */
  hardStops: number;
}

export interface OutletState {
  /** The contact. */
  closed: boolean;
  /** What the relay was told last; differs from `closed` when the contact has welded. */
  commanded: boolean;
  /** s since it last opened. */
  open: number;
  /** s until it may close in the sequence after power-up; 0: now. */
  wait: number;
  cycles: number;
  amperes: number;
  /** As its meter shows it. */
  metered: number;
  /** Largest of one cycle when it last closed, A. */
  inrush: number;
  watts: number;
}

export interface BatteryState {
  /** 0..1 */
  soc: number;
  /** Positive while charging. */
  amperes: number;
  volts: number;
  /** I²R and what charging wastes. */
  heat: number;
  /** Capacity left by age, 0..1; and years of age at 25 °C. */
  ageYears: number;
  /** Ah put through it, discharging. */
  throughput: number;
}

export interface PlantState extends BatteryState {
  busVolts: number;
  loadWatts: number;
  loadAmperes: number;
  rectifierAmperes: number;
  /** What the rectifiers draw from the mains, W. */
  inputWatts: number;
  loadOn: boolean;
  nonEssentialOn: boolean;
  /** What the low-voltage disconnects did. */
  shed: boolean;
  disconnected: boolean;
  /** Whether the bus has power at all. */
  alive: boolean;
  modulesOk: number;
}

export interface UpsState extends BatteryState {
  outputOn: boolean;
  inputWatts: number;
  outputWatts: number;
}

/** Wh since the start. */
export interface Energies {
  it: number;
  fans: number;
  dx: number;
  heater: number;
  /** Drawn from the mains and from the generator. */
  mains: number;
  generator: number;
  /** Lost in rectifiers, UPS and inverter. */
  conversion: number;
  dcLoad: number;
  /** What servers that should run, and the DC load, were not given. */
  itUnserved: number;
  dcUnserved: number;
  upsOutput: number;
  /** Heat taken out by DX, and carried away by outdoor air. */
  dxHeat: number;
  economiserHeat: number;
}

/** Counted since the start, in seconds but for the strokes of the damper. */
export interface Counters {
  /** A surface inside is below the dew point; within 2 K of it. */
  condensation: number;
  nearCondensation: number;
  /** Full strokes. */
  damperTravel: number;
  doorOpen: number;
  mainsOut: number;
}

export interface SiteState {
  /** Since the start. */
  time: number;
  outdoor: number;
  outdoorDewPoint: number;
  /** % */
  outdoorHumidity: number;
  /** kg/kg */
  outdoorRatio: number;
  irradiance: number;
  pressure: number;
  /** The five nodes. */
  cold: number;
  hot: number;
  mass: number;
  wall: number;
  batteryTemperature: number;
  /** What a sensor in front of the servers feels, and one at the top of the rack. */
  inlet: number;
  inletTop: number;
  /** Air entering the cold plenum from outdoors and the hot plenum, before DX. */
  mixed: number;
  /** Air leaving the DX units; `mixed` when none runs. */
  supply: number;
  /** kg/kg inside. */
  humidityRatio: number;
  dewPoint: number;
  /** % */
  inletHumidity: number;
  hotHumidity: number;
  coldHumidity: number;
  /** Coldest surface inside, less the dew point, K. */
  dewPointMargin: number;
  /** Water that ran off, kg: at the coil; on walls and as fog. */
  condensate: number;
  dew: number;
  /** Through the rack: what the fans move, or convection where that is more. */
  airflow: number;
  fanFlow: number;
  /** Across the fans, Pa; and across the filter. */
  fanPressure: number;
  filterPressure: number;
  filterLoad: number;
  /** Share of rack air taken from outdoors, 0..1. */
  outdoorShare: number;
  /** 0..100 %: the damper's blades, its motor, and what it feeds back. */
  damper: number;
  damperMotor: number;
  damperFeedback: number;
  itPower: number;
  fanPower: number;
  dxPower: number;
  /** Heat taken out, latent and sensible; the latent part; and what outdoor air carries away. */
  dxCooling: number;
  dxLatent: number;
  economiserPower: number;
  heaterPower: number;
  heaterStages: number;
  /** The heater's own temperature, and whether its cut-out is open. */
  heaterTemperature: number;
  heaterCutOut: boolean;
  batteryPadPower: number;
  /** What converters lose, and what of it and of the DC load becomes heat inside. */
  conversionLoss: number;
  converterHeat: number;
  solarHeat: number;
  mainsVolts: readonly [number, number, number];
  mainsHertz: number;
  /** Whether there is AC, from mains or generator. */
  acPresent: boolean;
  generatorRunning: boolean;
  /** s the generator has been asked for. */
  generatorWait: number;
  /** What each phase supplies: PDU or UPS; DX and heater; rectifiers and house. */
  phaseWatts: readonly [number, number, number];
  fansPowered: boolean;
  /** V at the PDU's inlet. */
  pduVolts: number;
  readonly fans: readonly FanState[];
  readonly dx: readonly DxState[];
  readonly servers: readonly ServerState[];
  readonly outlets: readonly OutletState[];
  readonly plant: Readonly<PlantState>;
  readonly ups: Readonly<UpsState> | undefined;
  readonly energy: Readonly<Energies>;
  readonly counters: Readonly<Counters>;
  /** What the energy balance of the last step left unexplained, J; rounding only. */
  imbalance: number;
}

/** Everything a site's course depends on; plain data (with `Infinity` in it), deep-copied. */
export interface SiteSnapshot {
  readonly parameters: string;
  readonly state: unknown;
  readonly commands: unknown;
  readonly world: unknown;
  readonly faults: unknown;
  readonly hidden: unknown;
}

/** A micro-datacenter as equations. No clock, no input or output; the same seed and commands give the same course. */
export interface SitePhysics {
  readonly commands: SiteCommands;
  readonly world: SiteWorld;
  readonly faults: SiteFaults;
  /** Live: the same object throughout, read it after a step. */
  readonly state: Readonly<SiteState>;
  /**
   * One step of RK4 and of everything that surrounds it.
   * @param dtSeconds > 0, at most `longestStep()`
   * @throws RangeError when the step is no positive number or too long to be stable
   */
  step(dtSeconds: number): void;
  /** As many equal steps of at most `longest` (default 10 s, and never more than is stable) as it takes. @throws RangeError below 0 s */
  advance(seconds: number, longest?: number): void;
  /** Longest stable step with the present airflow, s. */
  longestStep(): number;
  /** Reads the tachometer of a fan, rpm. @param windowSeconds time over which pulses are counted; default 1 */
  tachometer(fan: number, windowSeconds?: number): number;
  /** Cycles power to a tripped DX unit: the lock-out is gone. */
  resetDx(unit: number): void;
  /** The filter is changed. */
  changeFilter(): void;
  /** s the battery lasts at the present load; Infinity while it is not discharging. */
  autonomy(): number;
  upsAutonomy(): number;
  snapshot(): SiteSnapshot;
  /** @throws RangeError when the snapshot is of a site with other parameters */
  restore(snapshot: SiteSnapshot): void;
}
