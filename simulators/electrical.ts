import type { Random } from "./random.ts";

/** What the equipment asks of it. */
export interface ElectricalInputs {
  mains: boolean;
  /** Whether the DC plant feeds its load. */
  dcLoadOn: boolean;
  /** V at which the rectifiers hold the bus. */
  dcSetpoint: number;
  /** Most the battery may be charged with, A. */
  chargeLimit: number;
  /** Modules of the rectifier that work. */
  modulesOk: number;
}

/** What draws power: W; and the air around the battery, °C. */
export interface ElectricalLoad {
  readonly fanPower: number;
  readonly itPower: number;
  readonly dxPower: number;
  readonly cold: number;
}

/** Power, battery and mains. V, A, W, Hz, Wh; states of charge in %. */
export interface ElectricalState {
  /** Phase to neutral; 0 without mains. */
  readonly mainsVoltage: readonly [number, number, number];
  mainsFrequency: number;
  /** What each phase supplies: UPS, DX unit, rectifiers. */
  readonly phasePower: readonly [number, number, number];
  energyImported: number;
  busVoltage: number;
  dcLoadPower: number;
  dcLoadCurrent: number;
  rectifierCurrent: number;
  /** Positive while charging. */
  batteryCurrent: number;
  batteryTemperature: number;
  batteryCharge: number;
  dcEnergy: number;
  /** Minutes the DC battery lasts at the present load; NaN while it does not discharge. */
  dcAutonomy: number;
  upsCharge: number;
  upsOutputOn: boolean;
  upsBatteryVoltage: number;
  /** Seconds the UPS lasts at the present load. */
  upsRuntime: number;
  upsEnergy: number;
  /** Whether the fans have power. */
  fansPowered: boolean;
}

const battery = { ampereHours: 100, emptyVolts: 47.28, fullVolts: 51.36, ohms: 0.03 };
const batteryHeat = 80_000; // J/K
const telecomLoad = 350; // W
const moduleCurrent = 20; // A each
const rectifierEfficiency = 0.96;
const ups = { wattHours: 1500, efficiency: 0.95, chargeWatts: 300, restartCharge: 5 };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Electrical {
  readonly state: ElectricalState;
  step(dt: number, inputs: ElectricalInputs, site: ElectricalLoad): void;
}

/** Mains, a 48 V plant with its battery, and the UPS that feeds the servers. */
export function createElectrical(random: Random): Electrical {
  const state: Mutable<ElectricalState> = startState();

  const stepMains = (inputs: ElectricalInputs): void => {
    const volts = (): number => (inputs.mains ? 230 + 0.8 * random.normal() : 0);
    state.mainsVoltage = [volts(), volts(), volts()];
    state.mainsFrequency = inputs.mains ? 50 + 0.01 * random.normal() : 0;
  };
  const openCircuit = (): number =>
    battery.emptyVolts + ((battery.fullVolts - battery.emptyVolts) * state.batteryCharge) / 100;
  const stepPlant = (dt: number, inputs: ElectricalInputs, fanPower: number): void => {
    state.dcLoadPower = inputs.dcLoadOn ? telecomLoad + fanPower : 0;
    const most = inputs.mains ? inputs.modulesOk * moduleCurrent : 0;
    state.busVoltage = inputs.dcSetpoint;
    state.dcLoadCurrent = state.dcLoadPower / state.busVoltage;
    if (most >= state.dcLoadCurrent && most > 0) charge(inputs, most - state.dcLoadCurrent);
    else discharge();
    state.rectifierCurrent = Math.max(0, state.dcLoadCurrent + state.batteryCurrent);
    const hours = dt / 3600;
    state.batteryCharge += (100 * state.batteryCurrent * hours) / battery.ampereHours;
    state.batteryCharge = Math.min(100, Math.max(0, state.batteryCharge));
    state.dcEnergy += state.dcLoadPower * hours;
    state.fansPowered = inputs.dcLoadOn && (most > 0 || state.batteryCharge > 0);
  };
  const charge = (inputs: ElectricalInputs, spare: number): void => {
    const wanted = (100 - state.batteryCharge) * 0.8;
    state.batteryCurrent = Math.min(wanted, inputs.chargeLimit, spare);
    state.dcAutonomy = NaN;
  };
  const discharge = (): void => {
    const open = openCircuit();
    const root = Math.max(0, open ** 2 - 4 * battery.ohms * state.dcLoadPower);
    const current = state.batteryCharge > 0 ? (open - Math.sqrt(root)) / (2 * battery.ohms) : 0;
    state.busVoltage = state.batteryCharge > 0 ? open - current * battery.ohms : 0;
    state.dcLoadCurrent = current;
    state.batteryCurrent = -current;
    const left = (battery.ampereHours * state.batteryCharge) / 100;
    state.dcAutonomy = current > 0 ? (60 * left) / current : NaN;
  };
  const stepUps = (dt: number, inputs: ElectricalInputs, load: number): number => {
    const hours = dt / 3600;
    let drawn = 0;
    if (inputs.mains) {
      const charging = state.upsCharge < 100 ? ups.chargeWatts : 0;
      state.upsCharge = Math.min(100, state.upsCharge + (100 * charging * hours) / ups.wattHours);
      drawn = load / ups.efficiency + charging + 20;
      if (state.upsCharge >= ups.restartCharge) state.upsOutputOn = true;
    } else {
      state.upsCharge = Math.max(0, state.upsCharge - (100 * (load / 0.9) * hours) / ups.wattHours);
      if (state.upsCharge === 0) state.upsOutputOn = false;
    }
    state.upsBatteryVoltage = (inputs.mains ? 26.4 : 23.2) + state.upsCharge / 100;
    state.upsRuntime = (ups.wattHours * state.upsCharge * 0.9 * 36) / Math.max(load, 50);
    state.upsEnergy += load * hours;
    return drawn;
  };

  return {
    state,
    step(dt, inputs, site) {
      stepMains(inputs);
      stepPlant(dt, inputs, site.fanPower);
      const upsInput = stepUps(dt, inputs, site.itPower);
      const dcInput = inputs.mains ? (state.rectifierCurrent * state.busVoltage) / rectifierEfficiency : 0;
      state.phasePower = inputs.mains ? [upsInput, 25 + site.dxPower, dcInput] : [0, 0, 0];
      state.energyImported += (state.phasePower.reduce((sum, watts) => sum + watts, 0) * dt) / 3600;
      const warming = (state.batteryCurrent ** 2 * battery.ohms) / batteryHeat;
      state.batteryTemperature += ((site.cold - state.batteryTemperature) / 7200 + warming) * dt;
    },
  };
}

function startState(): Mutable<ElectricalState> {
  return {
    mainsVoltage: [230, 230, 230],
    mainsFrequency: 50,
    phasePower: [0, 0, 0],
    energyImported: 1_250_000,
    busVoltage: 54,
    dcLoadPower: telecomLoad,
    dcLoadCurrent: telecomLoad / 54,
    rectifierCurrent: telecomLoad / 54,
    batteryCurrent: 0,
    batteryTemperature: 22,
    batteryCharge: 100,
    dcEnergy: 250_000,
    dcAutonomy: NaN,
    upsCharge: 100,
    upsOutputOn: true,
    upsBatteryVoltage: 27.4,
    upsRuntime: 3600,
    upsEnergy: 900_000,
    fansPowered: true,
  };
}
