import {
  choice,
  flag,
  group,
  maybe,
  number,
  ParameterError,
  readYaml,
  share,
  text,
  type ValueOf,
} from "./schema.ts";

const positive = (unit: string, max: number, fallback?: number) => number({ unit, min: 0, max }, fallback);
const count = (max: number) => number({ unit: "", min: 0, max, integer: true });
const celsius = (min: number, max: number, fallback?: number) => number({ unit: "°C", min, max }, fallback);

/** Heat capacities, J/K, and conductances, W/K, of the five nodes. */
const enclosure = group({
  /** Heat capacities. */
  cold: number({ unit: "J/K", min: 100, max: 1e7 }),
  hot: number({ unit: "J/K", min: 100, max: 1e7 }),
  mass: number({ unit: "J/K", min: 100, max: 1e9 }),
  wall: number({ unit: "J/K", min: 100, max: 1e9 }),
  battery: number({ unit: "J/K", min: 100, max: 1e9 }),
  /** Conductances. */
  coldToWall: positive("W/K", 1e5),
  hotToWall: positive("W/K", 1e5),
  wallToOutdoors: positive("W/K", 1e5),
  coldToBattery: positive("W/K", 1e5),
  /** Of the equipment to the hot plenum, at the nominal flow. */
  massToHot: number({ unit: "W/K", min: 0.1, max: 1e6 }),
  nominalFlow: number({ unit: "m³/s", min: 0.001, max: 100 }),
  /** Capacity rate of the air that leaks in with the door shut, and by what an open door multiplies it. */
  infiltration: positive("W/K", 1e5),
  doorFactor: number({ unit: "", min: 1, max: 200 }, 50),
  /** Effective area that takes in the sun. */
  solarAperture: positive("m²", 100),
  /** Of hot air that comes round to the sensor at the inlet; three times that at the top of the rack. */
  recirculation: share(),
  /** Moved by convection with every fan at rest. */
  naturalFlow: positive("m³/s", 1),
  airVolume: number({ unit: "m³", min: 0.01, max: 1e4 }),
  /** Of the air: 1.20 kg/m³, or from pressure and temperature. */
  density: choice(["standard", "from-pressure"], "standard"),
  /** Water given off inside. */
  moistureSource: positive("kg/s", 1, 0),
});

/** A heater pad on the battery. */
const batteryPad = maybe(group({ watts: positive("W", 5000) }));

const fans = group({
  count: number({ unit: "", min: 1, max: 64, integer: true }),
  topSpeed: number({ unit: "rpm", min: 100, max: 30_000 }),
  /** Of one fan: P = idle + full·n³. */
  idleWatts: positive("W", 1000),
  fullWatts: positive("W", 10_000),
  /** What a fan with a locked rotor draws. */
  lockedWatts: positive("W", 10_000),
  /** Δp = a·n² − b·q² of one fan; Δp = k·Q² of the enclosure with a clean filter. */
  pressure: number({ unit: "Pa", min: 1, max: 5000 }),
  slope: number({ unit: "Pa·s²/m⁶", min: 0.01, max: 1e7 }),
  resistance: number({ unit: "Pa·s²/m⁶", min: 0.001, max: 1e7 }),
  /** Whether a shutter stops the air that would flow back through a fan at rest. */
  backDraughtDamper: flag(true),
  /** s; % */
  spinUp: number({ unit: "s", min: 0.05, max: 60 }, 2),
  spinDown: number({ unit: "s", min: 0.05, max: 60 }, 4),
  startDuty: number({ unit: "%", min: 0, max: 60 }, 20),
  stopDuty: number({ unit: "%", min: 0, max: 60 }, 10),
  /** How long a start takes at the start duty. */
  startTime: positive("s", 30, 1),
  /** Duty without bus, for `bus-lost`. */
  lossDuty: number({ unit: "%", min: 0, max: 100 }, 75),
  pulsesPerTurn: number({ unit: "", min: 1, max: 12, integer: true }, 2),
  /** Standard deviation of the tachometer as share of the speed. */
  tachometerNoise: share(0.005),
  /** Speed left after a year of running. */
  yearlyWear: share(0.97),
  supply: choice(["dc", "mains"], "dc"),
});

const filter = group({
  /** Share of the resistance that is the clean filter. */
  ofResistance: share(0.3),
  /** Load gained in a year at full flow; 0 clean, 2 to be changed. */
  loadPerYear: positive("", 50, 0),
});

const dx = group({
  units: count(8),
  /** 1: linear in the outdoor temperature; 2: biquadratic. */
  level: choice(["linear", "biquadratic"], "linear"),
  /** Of one unit, at 35 °C outdoors. */
  ratedWatts: number({ unit: "W", min: 10, max: 1e6 }),
  ratedCop: number({ unit: "", min: 0.5, max: 20 }),
  /** What it draws besides the compressor while its fan turns. */
  fanWatts: positive("W", 10_000, 0),
  /** Air its own fan moves over the coil. */
  airflow: number({ unit: "m³/s", min: 0.001, max: 100 }),
  /** Least capacity the compressor runs at; 100: on and off only. */
  least: number({ unit: "%", min: 5, max: 100 }, 100),
  rampSeconds: number({ unit: "s", min: 1, max: 600 }, 75),
  minimumOn: positive("s", 3600, 150),
  minimumOff: positive("s", 3600, 180),
  startsPerHour: number({ unit: "", min: 1, max: 60, integer: true }, 6),
  /** After mains loss the compressor waits this long, and up to `restartSpread` more. */
  restartDelay: positive("s", 3600, 180),
  restartSpread: positive("s", 600, 60),
  highPressureOutdoor: celsius(30, 90, 60),
  lowPressureOutdoor: celsius(-60, 10, -20),
  /** With an outdoor kit it runs below that too. */
  winterKit: flag(false),
  /** The evaporating temperature lies this far below the coil's surface. */
  coilApproach: number({ unit: "K", min: 0, max: 20 }, 4),
  /** Of the evaporator, below which the low-pressure switch trips. */
  lowPressureEvaporating: celsius(-60, 0, -25),
  frostBelow: celsius(-20, 5, -2),
  frostAfter: positive("s", 7200, 1200),
  thawAfter: positive("s", 7200, 600),
  /** Dew point of the coil and the share of air that misses it. */
  coilDewPoint: celsius(0, 20, 10),
  bypassFactor: share(0.2),
  /** Thermostat of its own. */
  setpoint: celsius(5, 45, 24),
  deadBand: number({ unit: "K", min: 0.1, max: 15 }, 4),
  senses: choice(["cold", "hot", "supply"], "cold"),
});

const economiser = group({
  fitted: flag(true),
  strokeSeconds: number({ unit: "s", min: 1, max: 600 }, 90),
  springSeconds: number({ unit: "s", min: 1, max: 600 }, 20),
  leak: share(0.02),
  exponent: number({ unit: "", min: 0.2, max: 5 }, 1),
  feedbackError: number({ unit: "%", min: 0, max: 10 }, 1),
  supply: choice(["dc", "mains"], "dc"),
});

const heater = group({
  stages: count(8),
  wattsPerStage: positive("W", 100_000),
  cutOut: celsius(30, 150, 60),
  cutIn: celsius(10, 140, 50),
  /** Airflow it needs, as share of the flow at full speed. */
  leastFlow: share(0.2),
});

const servers = group({
  count: count(256),
  idleWatts: positive("W", 20_000),
  /** With everything busy, without fans. */
  busyWatts: positive("W", 20_000),
  /** Of the server's own fans at 25 °C and below. */
  fanWatts: positive("W", 2000),
  standbyWatts: positive("W", 500),
  utilisation: share(0.5),
  /** Standard deviation of the utilisation as it wanders; 0 constant. */
  wander: share(0),
  bootSeconds: positive("s", 3600, 60),
  shutdownSeconds: positive("s", 3600, 60),
  throttleAt: celsius(20, 90, 40),
  throttledShare: share(0.7),
  tripAt: celsius(20, 100, 50),
  tripSeconds: positive("s", 3600, 60),
  /** Capacity rate of the air through it, for the exhaust. */
  airRate: number({ unit: "W/K", min: 0.1, max: 10_000 }),
  /** What feeds the PDU. */
  supply: choice(["dc", "ups", "mains"], "dc"),
  /** Of the inverter between the 48 V bus and the PDU. */
  inverterEfficiency: number({ unit: "", min: 0.5, max: 1 }, 1),
});

const pdu = group({
  outlets: count(256),
  /** What outlets do when power comes back. */
  restore: choice(["last", "on", "off"], "last"),
  sequenceSeconds: positive("s", 600, 1),
  reclosureSeconds: positive("s", 600, 10),
  inrushFactor: number({ unit: "", min: 1, max: 50 }, 10),
  meterError: share(0.01),
  meterDeadBand: positive("A", 10, 0.1),
  volts: number({ unit: "V", min: 24, max: 400 }, 230),
});

const battery = group({
  chemistry: choice(["vrla", "lfp"]),
  cells: number({ unit: "", min: 1, max: 400, integer: true }),
  /** At the rate of `ratedHours`, 25 °C, new. */
  ampereHours: number({ unit: "Ah", min: 0.5, max: 100_000 }),
  ratedHours: number({ unit: "h", min: 0.1, max: 120 }, 10),
  peukert: number({ unit: "", min: 1, max: 2 }),
  ohms: number({ unit: "Ω", min: 0, max: 10 }),
  chargeEfficiency: share(),
  /** Charge current a nearly full battery takes: (1 − soc)·Ah divided by this. */
  acceptanceHours: number({ unit: "h", min: 0.01, max: 20 }),
  selfDischargePerDay: share(0.001),
  /** Years to 80 % of the capacity at 25 °C. */
  lifeYears: number({ unit: "a", min: 0.1, max: 50 }),
  soc: share(1),
});

const plant = group({
  modules: number({ unit: "", min: 1, max: 64, integer: true }),
  moduleAmperes: number({ unit: "A", min: 1, max: 1000 }),
  efficiency: number({ unit: "", min: 0.5, max: 1 }, 0.96),
  /** The modules give full power up to the first temperature and none from the second. */
  derateFrom: celsius(20, 90, 50),
  derateTo: celsius(30, 120, 75),
  floatVolts: number({ unit: "V", min: 10, max: 500 }),
  equaliseVolts: number({ unit: "V", min: 10, max: 500 }),
  /** Of the float voltage, for all cells in series. */
  compensation: number({ unit: "V/K", min: -0.5, max: 0 }),
  chargeLimit: positive("A", 10_000),
  loadWatts: positive("W", 1e6),
  /** Below it everything but what may never be lost is cut off; then everything. */
  nonEssentialVolts: number({ unit: "V", min: 0, max: 500 }),
  disconnectVolts: number({ unit: "V", min: 0, max: 500 }),
  reconnectVolts: number({ unit: "V", min: 0, max: 500 }),
  /** Share of `loadWatts` that the first disconnect keeps. */
  essentialShare: share(0.5),
  /** Share of `loadWatts`, and of what converters lose, that becomes heat inside. */
  loadInside: share(0),
  lossesInside: share(0),
});

const ups = group({
  battery,
  efficiency: number({ unit: "", min: 0.5, max: 1 }, 0.95),
  inverterEfficiency: number({ unit: "", min: 0.5, max: 1 }, 0.9),
  idleWatts: positive("W", 1000, 20),
  chargeWatts: positive("W", 100_000),
  /** State of charge at which it gives output again after it ran empty. */
  restartSoc: share(0.05),
  cutOffVolts: number({ unit: "V", min: 5, max: 1000 }),
});

const mains = group({
  volts: number({ unit: "V", min: 90, max: 300 }, 230),
  hertz: number({ unit: "Hz", min: 45, max: 65 }, 50),
  voltNoise: positive("V", 20, 0.8),
  hertzNoise: positive("Hz", 1, 0.01),
  /** What a generator takes to give power after it is asked to; 0: there is none. */
  generatorSeconds: positive("s", 3600, 0),
  /** Controls, lights and whatever else is always on. */
  houseWatts: positive("W", 100_000, 0),
});

const start = group({
  /** Everything inside has this temperature. */
  temperature: celsius(-60, 80, 22),
  /** % at that temperature. */
  humidity: number({ unit: "%", min: 0, max: 100 }, 45),
  fanDuty: number({ unit: "%", min: 0, max: 100 }, 50),
});

const schema = group({
  name: text(),
  enclosure,
  fans,
  filter,
  dx,
  economiser,
  heater,
  batteryPad,
  servers,
  pdu,
  battery,
  plant,
  ups: maybe(ups),
  mains,
  start,
});

export type SiteParameters = ValueOf<typeof schema>;
export type EnclosureParameters = SiteParameters["enclosure"];
export type FanParameters = SiteParameters["fans"];
export type DxParameters = SiteParameters["dx"];
export type BatteryParameters = SiteParameters["battery"];

/**
 * Reads the parameters of a site.
 * @param source name of the file, for messages
 * @throws ParameterError naming every fault: its line, its place, and what is allowed there
 */
export function readParameters(yaml: string, source = "parameters"): SiteParameters {
  const read = readYaml(source, yaml, schema);
  const faults = consistencyFaults(read);
  if (faults.length > 0) throw new ParameterError(faults.map((fault) => `${source}: ${fault}`).join("\n"));
  return read;
}

/** What is wrong between values that are each in order. */
function consistencyFaults(site: SiteParameters): readonly string[] {
  const { plant, heater, servers, pdu, fans } = site;
  const faults: string[] = [];
  const rule = (broken: boolean, fault: string): void => {
    if (broken) faults.push(fault);
  };
  rule(
    servers.supply === "ups" && site.ups === undefined,
    "servers.supply is ups; describe it under ups, or choose dc",
  );
  rule(servers.count > pdu.outlets, "pdu.outlets is below servers.count; every server needs an outlet");
  rule(servers.busyWatts < servers.idleWatts, "servers.busyWatts is below servers.idleWatts; raise it");
  rule(heater.cutIn >= heater.cutOut, "heater.cutIn is not below heater.cutOut; lower it");
  rule(plant.derateFrom >= plant.derateTo, "plant.derateFrom is not below plant.derateTo; lower it");
  rule(
    plant.disconnectVolts >= plant.reconnectVolts,
    "plant.reconnectVolts is not above plant.disconnectVolts; raise it",
  );
  rule(
    plant.disconnectVolts > plant.nonEssentialVolts,
    "plant.nonEssentialVolts is below plant.disconnectVolts; raise it",
  );
  rule(fans.stopDuty > fans.startDuty, "fans.stopDuty is above fans.startDuty; lower it");
  return faults;
}
