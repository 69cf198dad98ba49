import { illegalValue, ModbusException } from "../functions.ts";
import { packBits, s16, u16, u32, type WordField } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";
import { createDxMachine, type DxMachine, type DxMode, type DxSettings } from "./dx-machine.ts";

/** What the unit measures: °C, % RH, W. */
export interface DxWorld {
  readonly returnTemperature: () => number;
  readonly supplyTemperature: () => number;
  readonly outdoorTemperature: () => number;
  readonly returnHumidity: () => number;
  readonly power: () => number;
  readonly powered: () => boolean;
  readonly smoke: () => boolean;
}

export interface Dx extends SimulatedUnit {
  readonly machine: DxMachine;
  readonly settings: DxSettings;
  /** @param busSeconds how much time passed for the bus, where simulated time is faster */
  tick(dtSeconds: number, busSeconds?: number): void;
}

const identity = 0x4458;
const bad = -0x8000;
const resetKey = 0xa5a5;
const modes: readonly DxMode[] = ["off", "auto", "remote"];

/** `generic-dx-v1`: a small air-conditioner with its own protection. */
export function createDx(world: DxWorld, options: Partial<UnitOptions> = {}): Dx {
  const settings: DxSettings & { fanDemand: number } = {
    mode: "auto",
    setpoint: 22,
    deadBand: 2,
    capacityDemand: 0,
    damperDemand: 0,
    minimumOn: 120,
    minimumOff: 180,
    busLoss: 60,
    fanDemand: 100,
  };
  const machine = createDxMachine(settings);
  const unit = createUnit({
    product: "generic-dx-v1",
    functions: [3, 4, 6, 8, 16],
    turnaround: 20,
    ...options,
    requested: () => machine.heard(),
  });
  defineInputs(unit, world, machine);
  const number = (
    key:
      | "setpoint"
      | "capacityDemand"
      | "fanDemand"
      | "damperDemand"
      | "deadBand"
      | "minimumOn"
      | "minimumOff"
      | "busLoss",
    scale: number,
    min: number,
    max: number,
  ): WordField =>
    u16({
      get: () => settings[key],
      set: (value) => {
        settings[key] = value;
      },
      scale,
      min,
      max,
    });
  const command = u16({
    get: () => modes.indexOf(settings.mode),
    set: (value) => {
      settings.mode = modes[value] ?? "off";
    },
    max: 2,
  });
  const holding = [
    command,
    number("setpoint", 10, 10, 35),
    number("capacityDemand", 10, 0, 100),
    number("fanDemand", 10, 0, 100),
    number("damperDemand", 10, 0, 100),
    number("deadBand", 10, 0.5, 10),
    number("minimumOn", 1, 0, 3600),
    number("minimumOff", 1, 0, 3600),
    number("busLoss", 1, 0, 65_535),
    resetField(machine),
  ];
  holding.forEach((field, address) => unit.defineWords("holding", address, field));
  return Object.assign(unit, {
    machine,
    settings,
    tick(dtSeconds: number, busSeconds = dtSeconds) {
      const inputs = { supply: world.supplyTemperature(), powered: world.powered() };
      machine.step(dtSeconds, inputs, busSeconds);
    },
  });
}

/** Takes one value only, and that only three times a day. */
const resetField = (machine: DxMachine): WordField => ({
  width: 1,
  read: () => [0],
  check([word]) {
    if (word !== resetKey) throw new ModbusException(illegalValue);
  },
  write() {
    if (!machine.resetLockout()) throw new ModbusException(illegalValue);
  },
});

function defineInputs(unit: SimulatedUnit, world: DxWorld, machine: DxMachine): void {
  const degrees = (name: string, measure: () => number): WordField =>
    s16({ get: unit.sensor(name, measure), scale: 10, absent: bad });
  const inputs: readonly (readonly [number, WordField])[] = [
    [0, u16({ get: () => identity })],
    [1, degrees("return", world.returnTemperature)],
    [2, degrees("supply", world.supplyTemperature)],
    [3, degrees("outdoor", world.outdoorTemperature)],
    [4, u16({ get: unit.sensor("humidity", world.returnHumidity), scale: 10 })],
    [5, u16({ get: () => machine.state })],
    [6, u16({ get: () => machine.capacity, scale: 10 })],
    [7, u32({ get: () => machine.starts })],
    [9, u32({ get: () => Math.floor(machine.runSeconds) })],
    [11, u16({ get: () => Math.ceil(machine.secondsToStart) })],
    [12, u16({ get: () => packBits([machine.tripped, false, false, false, false, world.smoke()]) })],
    [13, u16({ get: world.power })],
    [14, u16({ get: () => machine.damper, scale: 10 })],
  ];
  for (const [address, field] of inputs) unit.defineWords("input", address, field);
}
