import { illegalValue, ModbusException } from "../functions.ts";
import { packBits, s16, u16, u32, type WordField } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

export type DxMode = "off" | "auto" | "remote";

/** What the unit was told. */
export interface DxSettings {
  mode: DxMode;
  /** °C */
  setpoint: number;
  /** K */
  deadBand: number;
  /** 0..100 % */
  capacityDemand: number;
  fanDemand: number;
  damperDemand: number;
  /** s */
  minimumOn: number;
  minimumOff: number;
  /** s without a request before the unit controls by itself; 0: never. */
  busLoss: number;
}

/** What the unit measures (°C, % RH, W), does, and is told. */
export interface DxWorld {
  readonly settings: DxSettings;
  /** Takes changed settings into use. */
  changed(): void;
  readonly returnTemperature: () => number;
  readonly supplyTemperature: () => number;
  readonly outdoorTemperature: () => number;
  readonly returnHumidity: () => number;
  readonly power: () => number;
  /** Register 5. */
  readonly state: () => number;
  /** 0..100 % */
  readonly capacity: () => number;
  readonly damper: () => number;
  readonly starts: () => number;
  readonly runSeconds: () => number;
  readonly secondsToStart: () => number;
  /** Bits of register 12, from the lowest. */
  readonly alarms: () => readonly boolean[];
  /** Nobody asks any more, or somebody does again. */
  lose(lost: boolean): void;
  /** @returns false when the lockout was reset too often today already */
  resetLockout(): boolean;
}

export interface Dx extends SimulatedUnit {
  /** Lets time pass on the bus, where simulated time is faster. */
  tick(busSeconds: number): void;
}

const identity = 0x4458;
const bad = -0x8000;
const resetKey = 0xa5a5;
const modes: readonly DxMode[] = ["off", "auto", "remote"];

/** `generic-dx-v1`: a small air-conditioner with its own protection. */
export function createDx(world: DxWorld, options: Partial<UnitOptions> = {}): Dx {
  const { settings } = world;
  let quiet = 0;
  const unit = createUnit({
    product: "generic-dx-v1",
    functions: [3, 4, 6, 8, 16],
    turnaround: 20,
    ...options,
    requested() {
      quiet = 0;
      world.lose(false);
    },
  });
  defineInputs(unit, world);
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
        world.changed();
      },
      scale,
      min,
      max,
    });
  const command = u16({
    get: () => modes.indexOf(settings.mode),
    set: (value) => {
      settings.mode = modes[value] ?? "off";
      world.changed();
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
    resetField(world),
  ];
  holding.forEach((field, address) => unit.defineWords("holding", address, field));
  return Object.assign(unit, {
    tick(busSeconds: number) {
      quiet += busSeconds;
      world.lose(settings.busLoss > 0 && quiet >= settings.busLoss);
    },
  });
}

/** Takes one value only, and that only three times a day. */
const resetField = (world: DxWorld): WordField => ({
  width: 1,
  read: () => [0],
  check([word]) {
    if (word !== resetKey) throw new ModbusException(illegalValue);
  },
  write() {
    if (!world.resetLockout()) throw new ModbusException(illegalValue);
  },
});

function defineInputs(unit: SimulatedUnit, world: DxWorld): void {
  const degrees = (name: string, measure: () => number): WordField =>
    s16({ get: unit.sensor(name, measure), scale: 10, absent: bad });
  const inputs: readonly (readonly [number, WordField])[] = [
    [0, u16({ get: () => identity })],
    [1, degrees("return", world.returnTemperature)],
    [2, degrees("supply", world.supplyTemperature)],
    [3, degrees("outdoor", world.outdoorTemperature)],
    [4, u16({ get: unit.sensor("humidity", world.returnHumidity), scale: 10 })],
    [5, u16({ get: world.state })],
    [6, u16({ get: world.capacity, scale: 10 })],
    [7, u32({ get: world.starts })],
    [9, u32({ get: () => Math.floor(world.runSeconds()) })],
    [11, u16({ get: () => Math.ceil(world.secondsToStart()) })],
    [12, u16({ get: () => packBits(world.alarms()) })],
    [13, u16({ get: world.power })],
    [14, u16({ get: world.damper, scale: 10 })],
  ];
  for (const [address, field] of inputs) unit.defineWords("input", address, field);
}
