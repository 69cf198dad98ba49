/*
 * What is true in a site. Temperatures °C, power W, flow m³/s, pressure Pa, current A, voltage V, energy Wh, time s;
 * shares, states of charge and efficiencies 0..1. Lists have as many entries as the parameters say.
 */

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
