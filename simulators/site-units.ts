import { createDcPlant } from "./modbus/products/dc-plant.ts";
import { createDx, type Dx } from "./modbus/products/dx.ts";
import { createFanTray } from "./modbus/products/fan-tray.ts";
import { createIo } from "./modbus/products/io.ts";
import { createMeter } from "./modbus/products/meter.ts";
import { createPdu } from "./modbus/products/pdu.ts";
import { createProbe } from "./modbus/products/probe.ts";
import { createUps } from "./modbus/products/ups.ts";
import type { SimulatedUnit } from "./modbus/unit.ts";
import { fanTopSpeed, rectifierModules, serverCount, type SitePhysics } from "./physics.ts";
import { createRandom } from "./random.ts";
import { createSensor, type LaggingSensor } from "./sensor.ts";

/** Where a unit is reached: one of the two RS-485 lines or the Modbus TCP endpoint. */
export type LineName = "line-a" | "line-b" | "tcp";

export interface SiteUnit {
  readonly name: string;
  readonly line: LineName;
  readonly id: number;
  readonly unit: SimulatedUnit;
}

export interface SiteUnits {
  readonly all: readonly SiteUnit[];
  readonly dx: Dx;
  /**
   * Lets units measure and act: after every step of the physics.
   * @param busSeconds time that passed on the lines, where simulated time is faster
   */
  tick(dtSeconds: number, busSeconds: number): void;
}

const airSensor = { tauSeconds: 25, sigma: 0.04 };
const humiditySensor = { tauSeconds: 10, sigma: 0.2 };

/** The equipment of the site, joined to the physics. */
export function createUnits(physics: SitePhysics, seed: number): SiteUnits {
  const { state, inputs } = physics;
  const sensors: LaggingSensor[] = [];
  const lagging = (name: string, measure: () => number, how: typeof airSensor): (() => number) => {
    const sensor = createSensor(measure, { ...how, random: createRandom(seed, name) });
    sensors.push(sensor);
    return () => sensor.value();
  };
  const air = (name: string, measure: () => number): (() => number) => lagging(name, measure, airSensor);
  const probe = (name: string, id: number, temperature: () => number, humidity: () => number): SiteUnit => ({
    name,
    line: "line-a",
    id,
    unit: createProbe({
      temperature: air(`${name} temperature`, temperature),
      humidity: lagging(`${name} humidity`, humidity, humiditySensor),
      unitId: id,
    }),
  });

  const tachoNoise = createRandom(seed, "tacho");
  const tachos = state.fanSpeed.map((speed) => tacho(speed, 0));
  const tray = createFanTray({
    present: () => true,
    speed: (fan) => tachos[fan] ?? 0,
    failed: (fan) => tray.duty(fan) >= 20 && (state.fanSpeed[fan] ?? 0) < fanTopSpeed / 20,
    boardTemperature: air("board", () => state.cold + 3),
  });
  const dx = createDx({
    returnTemperature: air("dx return", () => state.hot),
    supplyTemperature: lagging("dx supply", () => state.supply, { tauSeconds: 8, sigma: 0.04 }),
    outdoorTemperature: air("dx outdoor", () => state.outdoor),
    returnHumidity: () => state.outletHumidity,
    power: () => state.dxPower,
    powered: () => inputs.mains,
    smoke: () => inputs.smoke,
  });
  const plant = createDcPlant({
    busVoltage: () => state.busVoltage,
    loadCurrent: () => state.dcLoadCurrent,
    rectifierCurrent: () => state.rectifierCurrent,
    batteryCurrent: () => state.batteryCurrent,
    batteryTemperature: () => state.batteryTemperature,
    charge: () => state.batteryCharge,
    mainsVoltage: () => state.mainsVoltage[0],
    mainsFrequency: () => state.mainsFrequency,
    modules: () => rectifierModules,
    modulesOk: () => inputs.modulesOk,
    autonomy: () => state.dcAutonomy,
    energy: () => state.dcEnergy,
    hold: (volts) => {
      inputs.dcSetpoint = volts;
    },
    limitCharge: (amperes) => {
      inputs.chargeLimit = amperes;
    },
    feedLoad: (on) => {
      inputs.dcLoadOn = on;
    },
  });
  const io = createIo({
    doorContact: () => !inputs.doorOpen,
    smokeContact: () => !inputs.smoke,
    leak: () => inputs.leak,
    mains: () => inputs.mains,
    surgeProtector: () => false,
    generator: () => false,
    firePanelFault: () => false,
    tamper: () => false,
  });

  const all: readonly SiteUnit[] = [
    { name: "tray-a", line: "line-a", id: 1, unit: tray },
    probe(
      "probe-inlet",
      11,
      () => state.inlet,
      () => state.inletHumidity,
    ),
    probe(
      "probe-outlet",
      12,
      () => state.hot,
      () => state.outletHumidity,
    ),
    probe(
      "probe-outdoor",
      13,
      () => state.outdoor,
      () => state.outdoorHumidity,
    ),
    { name: "io-1", line: "line-a", id: 20, unit: io },
    { name: "dx-1", line: "line-b", id: 2, unit: dx },
    { name: "dc-1", line: "line-b", id: 3, unit: plant },
    { name: "meter-1", line: "line-b", id: 4, unit: meterOf(physics) },
    { name: "pdu-1", line: "tcp", id: 1, unit: pduOf(physics) },
    { name: "ups-1", line: "tcp", id: 2, unit: upsOf(physics) },
  ];
  return {
    all,
    dx,
    tick(dtSeconds, busSeconds) {
      sensors.forEach((sensor) => sensor.step(dtSeconds));
      state.fanSpeed.forEach((speed, fan) => {
        tachos[fan] = tacho(speed, tachoNoise.normal());
      });
      tray.tick(busSeconds);
      inputs.fanDuty.forEach((_, fan) => {
        inputs.fanDuty[fan] = tray.duty(fan);
      });
      dx.tick(dtSeconds, busSeconds);
      inputs.dxCapacity = dx.machine.capacity / 100;
      inputs.damper = dx.machine.damper / 100;
      plant.tick(dtSeconds);
      io.tick();
    },
  };
}

/** Two pulses a turn counted over one second: steps of 30 rpm, with 0.5 % noise. */
function tacho(speed: number, normal: number): number {
  return Math.max(0, Math.floor((speed * (1 + 0.005 * normal)) / 30 + 0.5) * 30);
}

function meterOf({ state }: SitePhysics): SimulatedUnit {
  return createMeter({
    voltage: (phase) => state.mainsVoltage[phase],
    power: (phase) => state.phasePower[phase],
    frequency: () => state.mainsFrequency,
    energyImported: () => state.energyImported,
  });
}

const upsOutput = { volts: 230, hertz: 50 };

function pduOf({ state, inputs }: SitePhysics): SimulatedUnit {
  return createPdu({
    outlets: serverCount,
    voltage: () => (state.upsOutputOn ? upsOutput.volts : 0),
    frequency: () => (state.upsOutputOn ? upsOutput.hertz : 0),
    outletPower: (outlet) => state.serverPower[outlet] ?? 0,
    isOn: (outlet) => inputs.outletOn[outlet] === true,
    switchOutlet: (outlet, on) => {
      inputs.outletOn[outlet] = on;
    },
  });
}

function upsOf({ state }: SitePhysics): SimulatedUnit {
  return createUps({
    runtime: () => state.upsRuntime,
    charge: () => state.upsCharge,
    batteryVoltage: () => state.upsBatteryVoltage,
    temperature: () => state.cold + 4,
    outputPower: () => state.itPower,
    outputEnergy: () => state.upsEnergy,
    outputOn: () => state.upsOutputOn,
    inputVoltage: () => state.mainsVoltage[0],
  });
}
