import { createDxFace, type DxFace } from "./dx-face.ts";
import type { DcPlantWorld } from "./modbus/products/dc-plant.ts";
import type { FanTrayWorld } from "./modbus/products/fan-tray.ts";
import type { IoWorld } from "./modbus/products/io.ts";
import type { MeterWorld } from "./modbus/products/meter.ts";
import type { PduWorld } from "./modbus/products/pdu.ts";
import type { UpsWorld } from "./modbus/products/ups.ts";
import type { SiteParameters } from "./physics/parameters.ts";
import type { SitePhysics } from "./physics/types.ts";
import { airSensor, createSensorBank, humiditySensor, metalSensor, type SensorBank } from "./sensor-bank.ts";

/** A probe of temperature and humidity, and where it hangs. */
export interface Probe {
  readonly name: string;
  readonly temperature: () => number;
  readonly humidity: () => number;
}

/** What the site's devices show of it and do to it, however they are reached. */
export interface Equipment {
  readonly physics: SitePhysics;
  readonly parameters: SiteParameters;
  readonly sensors: SensorBank;
  readonly tray: FanTrayWorld & { setDuty(fan: number, percent: number): void };
  readonly probes: readonly Probe[];
  readonly io: IoWorld;
  readonly dx: readonly DxFace[];
  readonly plant: DcPlantWorld;
  readonly meter: MeterWorld;
  readonly pdu: PduWorld;
  readonly ups: UpsWorld | undefined;
  /** Lets sensors follow: after every step of the physics. */
  tick(dtSeconds: number): void;
}

export interface SiteModel {
  readonly physics: SitePhysics;
  readonly parameters: SiteParameters;
  readonly seed: number;
}

/** What the relays of the I/O module switch, from the first on; the others are free. */
const relayUses = ["heater-1", "heater-2", "battery-pad", "generator"] as const;

export function createEquipment(site: SiteModel): Equipment {
  const { physics, parameters, seed } = site;
  const sensors = createSensorBank(seed);
  const dx = Array.from({ length: parameters.dx.units }, (_, i) => createDxFace(site, sensors, i));
  const tray = trayOf(site, sensors);
  return {
    physics,
    parameters,
    sensors,
    tray,
    probes: probesOf(physics, sensors),
    io: ioOf(physics),
    dx,
    plant: plantOf(site, sensors),
    meter: meterOf(physics),
    pdu: pduOf(site),
    ups: upsOf(physics),
    tick(dtSeconds) {
      sensors.step(dtSeconds);
      tray.measure();
      for (const unit of dx) unit.tick(dtSeconds);
    },
  };
}

function probesOf({ state }: SitePhysics, sensors: SensorBank): readonly Probe[] {
  const probe = (name: string, temperature: () => number, humidity: () => number): Probe => ({
    name,
    temperature: sensors.add(name, "temperature", temperature, airSensor),
    humidity: sensors.add(name, "humidity", humidity, humiditySensor),
  });
  const inletHumidity = (): number => state.inletHumidity;
  return [
    probe("probe-inlet", () => state.inlet, inletHumidity),
    probe("probe-inlet-2", () => state.inlet, inletHumidity),
    probe("probe-inlet-3", () => state.inletTop, inletHumidity),
    probe(
      "probe-outlet",
      () => state.hot,
      () => state.hotHumidity,
    ),
    probe(
      "probe-outdoor",
      () => state.outdoor,
      () => state.outdoorHumidity,
    ),
  ];
}

function trayOf({ physics, parameters }: SiteModel, sensors: SensorBank) {
  const { state, commands } = physics;
  const { count, startDuty, topSpeed } = parameters.fans;
  const shown = Array.from({ length: count }, (_, fan) => physics.tachometer(fan));
  return {
    present: (fan: number): boolean => fan < count,
    speed: (fan: number): number => shown[fan] ?? 0,
    failed: (fan: number): boolean =>
      (commands.fanDuty[fan] ?? 0) >= startDuty && (shown[fan] ?? 0) < topSpeed / 20,
    boardTemperature: sensors.add("tray-a", "board", () => state.cold + 3, airSensor),
    setDuty(fan: number, percent: number): void {
      if (fan < count) commands.fanDuty[fan] = percent;
    },
    measure(): void {
      for (let fan = 0; fan < count; fan++) shown[fan] = physics.tachometer(fan);
    },
  };
}

function ioOf({ state, world, commands }: SitePhysics): IoWorld {
  const uses: Readonly<Record<(typeof relayUses)[number], (on: boolean) => void>> = {
    "heater-1": (on) => (stages[0] = on),
    "heater-2": (on) => (stages[1] = on),
    "battery-pad": (on) => (commands.batteryPad = on),
    generator: (on) => (commands.generator = on),
  };
  const stages = [false, false];
  return {
    doorContact: () => !world.doorOpen,
    smokeContact: () => !world.smoke,
    leak: () => world.leak,
    mains: () => world.mains,
    surgeProtector: () => false,
    generator: () => state.generatorRunning,
    firePanelFault: () => false,
    tamper: () => false,
    relay(relay, on) {
      const use = relayUses[relay];
      if (use === undefined) return;
      uses[use](on);
      commands.heaterStages = stages.filter(Boolean).length;
    },
  };
}

function plantOf({ physics, parameters }: SiteModel, sensors: SensorBank): DcPlantWorld {
  const { state, commands } = physics;
  const { plant } = state;
  const temperature = (): number => state.batteryTemperature;
  return {
    busVoltage: () => plant.busVolts,
    loadCurrent: () => plant.loadAmperes,
    rectifierCurrent: () => plant.rectifierAmperes,
    batteryCurrent: () => plant.amperes,
    batteryTemperature: sensors.add("dc-1", "temperature", temperature, metalSensor),
    charge: () => plant.soc * 100,
    mainsVoltage: () => state.mainsVolts[0],
    mainsFrequency: () => state.mainsHertz,
    modules: () => parameters.plant.modules,
    modulesOk: () => plant.modulesOk,
    autonomy: () => (plant.amperes < 0 ? physics.autonomy() / 60 : NaN),
    energy: () => state.energy.dcLoad,
    shed: () => plant.shed,
    disconnected: () => plant.disconnected,
    hold: (volts) => {
      commands.plant.setpoint = volts;
    },
    limitCharge: (amperes) => {
      commands.plant.chargeLimit = amperes;
    },
    disconnectAt(first, second) {
      commands.plant.nonEssentialVolts = first;
      commands.plant.disconnectVolts = second;
    },
    feedLoad: (on) => {
      commands.plant.loadOn = on;
    },
  };
}

function meterOf({ state }: SitePhysics): MeterWorld {
  return {
    voltage: (phase) => state.mainsVolts[phase],
    power: (phase) => (state.mainsVolts[phase] === 0 ? 0 : state.phaseWatts[phase]),
    frequency: () => state.mainsHertz,
    energyImported: () => meterStart + state.energy.mains,
  };
}

/** What a meter had counted when the simulation began, Wh: none begins at 0. */
const meterStart = 1_250_000;

function pduOf({ physics, parameters }: SiteModel): PduWorld {
  const { state, commands } = physics;
  return {
    outlets: parameters.pdu.outlets,
    voltage: () => state.pduVolts,
    frequency: () => (state.pduVolts > 0 ? parameters.mains.hertz : 0),
    outletPower: (outlet) => state.outlets[outlet]?.watts ?? 0,
    isOn: (outlet) => commands.outlets[outlet] === true,
    switchOutlet: (outlet, on) => {
      commands.outlets[outlet] = on;
    },
  };
}

const longestRuntime = 24 * 3600; // s: what the display of a UPS ends at

function upsOf(physics: SitePhysics): UpsWorld | undefined {
  const { state } = physics;
  const { ups } = state;
  if (ups === undefined) return undefined;
  return {
    runtime: () => Math.min(longestRuntime, physics.upsAutonomy()),
    charge: () => ups.soc * 100,
    batteryVoltage: () => ups.volts,
    temperature: () => state.cold + 4,
    outputPower: () => ups.outputWatts,
    outputEnergy: () => upsStart + state.energy.upsOutput,
    outputOn: () => ups.outputOn,
    inputVoltage: () => (state.acPresent ? Math.max(state.mainsVolts[0], 0) : 0),
  };
}

const upsStart = 900_000;
