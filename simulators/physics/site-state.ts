import { parallelFlow } from "./airflow.ts";
import { createDxUnit } from "./dx-unit.ts";
import { createFan } from "./fans.ts";
import type { SiteParameters } from "./parameters.ts";
import { createOutlet } from "./pdu.ts";
import { createPlant } from "./plant.ts";
import { dewPoint, humidityRatio } from "./psychrometrics.ts";
import { createServer } from "./server.ts";
import type { SiteCommands, SiteFaults, SiteWorld } from "./commands.ts";
import type {
  Counters,
  DxState,
  Energies,
  FanState,
  OutletState,
  PlantState,
  ServerState,
  SiteState,
  UpsState,
} from "./state.ts";
import { createUps } from "./ups.ts";
import { standardPressure } from "./weather.ts";

type Nested =
  | "fans"
  | "dx"
  | "servers"
  | "outlets"
  | "plant"
  | "ups"
  | "energy"
  | "counters"
  | "mainsVolts"
  | "phaseWatts";

/** The state as the model writes it. */
export interface LiveState extends Omit<SiteState, Nested> {
  readonly fans: FanState[];
  readonly dx: DxState[];
  readonly servers: ServerState[];
  readonly outlets: OutletState[];
  readonly plant: PlantState;
  readonly ups: UpsState | undefined;
  readonly energy: Energies;
  readonly counters: Counters;
  readonly mainsVolts: [number, number, number];
  readonly phaseWatts: [number, number, number];
}

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const startCommands = (site: SiteParameters): SiteCommands => ({
  fanDuty: many(site.fans.count, () => site.start.fanDuty),
  dx: many(site.dx.units, () => ({
    mode: "auto" as const,
    capacity: 0,
    setpoint: site.dx.setpoint,
    deadBand: site.dx.deadBand,
    minimumOn: site.dx.minimumOn,
    minimumOff: site.dx.minimumOff,
  })),
  damper: 0,
  heaterStages: 0,
  batteryPad: false,
  outlets: many(site.pdu.outlets, () => true),
  servers: many(site.servers.count, () => ({
    run: true,
    utilisation: site.servers.utilisation,
    limit: Infinity,
    activity: -1,
  })),
  plant: {
    setpoint: site.plant.floatVolts,
    chargeLimit: site.plant.chargeLimit,
    loadOn: true,
    nonEssentialVolts: site.plant.nonEssentialVolts,
    disconnectVolts: site.plant.disconnectVolts,
    reconnectVolts: site.plant.reconnectVolts,
  },
  generator: false,
});

export const startWorld = (): SiteWorld => ({ mains: true, doorOpen: false, smoke: false, leak: false });

export const startFaults = (site: SiteParameters): SiteFaults => ({
  fans: many(site.fans.count, () => "none" as const),
  dx: many(site.dx.units, () => ({ compressor: false, capacityLoss: 0, fouling: 1, blocked: false })),
  damper: "none",
  heaterWelded: 0,
  heaterDead: 0,
  outlets: many(site.pdu.outlets, () => "none" as const),
  servers: many(site.servers.count, () => "none" as const),
  modulesFailed: 0,
  batteryOpen: false,
  batteryFade: 0,
  leakage: 1,
});

const noEnergy = (): Energies => ({
  it: 0,
  fans: 0,
  dx: 0,
  heater: 0,
  mains: 0,
  generator: 0,
  conversion: 0,
  dcLoad: 0,
  itUnserved: 0,
  dcUnserved: 0,
  upsOutput: 0,
  dxHeat: 0,
  economiserHeat: 0,
});

const noCount = (): Counters => ({
  condensation: 0,
  nearCondensation: 0,
  damperTravel: 0,
  doorOpen: 0,
  mainsOut: 0,
});

/** Everything inside at one temperature, fans and servers running, batteries as the parameters say. */
export function startState(site: SiteParameters): LiveState {
  const { temperature: t, humidity } = site.start;
  return {
    ...startAir(t, humidity),
    ...startEquipment(t, site),
    airflow: parallelFlow(site.fans, site.fans.count, site.start.fanDuty / 100),
    fans: many(site.fans.count, () => createFan(site.fans, site.start.fanDuty)),
    dx: many(site.dx.units, () => createDxUnit(site.dx, t)),
    servers: many(site.servers.count, () => createServer(site.servers, t)),
    outlets: many(site.pdu.outlets, createOutlet),
    plant: createPlant(site),
    ups: site.ups === undefined ? undefined : createUps(site.ups),
    energy: noEnergy(),
    counters: noCount(),
    imbalance: 0,
  };
}

type Air =
  | "time"
  | "outdoor"
  | "outdoorDewPoint"
  | "outdoorHumidity"
  | "outdoorRatio"
  | "irradiance"
  | "pressure"
  | "solarHeat";
type Inside =
  "cold" | "hot" | "mass" | "wall" | "batteryTemperature" | "inlet" | "inletTop" | "mixed" | "supply";
type Moist =
  | "humidityRatio"
  | "dewPoint"
  | "inletHumidity"
  | "hotHumidity"
  | "coldHumidity"
  | "dewPointMargin"
  | "condensate"
  | "dew";
type Flow = "airflow" | "fanFlow" | "fanPressure" | "filterPressure" | "filterLoad" | "outdoorShare";

const startAir = (t: number, humidity: number): Pick<LiveState, Air | Inside | Moist | Flow> => ({
  time: 0,
  outdoor: t,
  outdoorDewPoint: t - 10,
  outdoorHumidity: 50,
  outdoorRatio: -1,
  irradiance: 0,
  pressure: standardPressure,
  solarHeat: 0,
  cold: t,
  hot: t,
  mass: t,
  wall: t,
  batteryTemperature: t,
  inlet: t,
  inletTop: t,
  mixed: t,
  supply: t,
  humidityRatio: humidityRatio(t, humidity),
  dewPoint: humidity > 0 ? dewPoint(t, humidity) : -100,
  inletHumidity: humidity,
  hotHumidity: humidity,
  coldHumidity: humidity,
  dewPointMargin: humidity > 0 ? t - dewPoint(t, humidity) : t + 100,
  condensate: 0,
  dew: 0,
  airflow: 0,
  fanFlow: 0,
  fanPressure: 0,
  filterPressure: 0,
  filterLoad: 0,
  outdoorShare: 0,
});

type Set = ReturnType<typeof startAir>;
type Equipment = Omit<LiveState, keyof Set | Exclude<Nested, "mainsVolts" | "phaseWatts"> | "imbalance">;

const startEquipment = (t: number, site: SiteParameters): Equipment => ({
  damper: 0,
  damperMotor: 0,
  damperFeedback: 0,
  itPower: 0,
  fanPower: 0,
  dxPower: 0,
  dxCooling: 0,
  dxLatent: 0,
  economiserPower: 0,
  heaterPower: 0,
  heaterStages: 0,
  heaterTemperature: t,
  heaterCutOut: false,
  batteryPadPower: 0,
  conversionLoss: 0,
  converterHeat: 0,
  mainsVolts: [site.mains.volts, site.mains.volts, site.mains.volts],
  mainsHertz: site.mains.hertz,
  acPresent: true,
  generatorRunning: false,
  generatorWait: 0,
  phaseWatts: [0, 0, 0],
  fansPowered: true,
  pduVolts: site.pdu.volts,
});
