import { packBits, s16, u16, u32, type WordField } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

/** What the UPS measures: %, V, °C, W, Hz, Wh, s. */
export interface UpsWorld {
  readonly runtime: () => number;
  readonly charge: () => number;
  readonly batteryVoltage: () => number;
  readonly temperature: () => number;
  readonly outputPower: () => number;
  readonly outputEnergy: () => number;
  readonly outputOn: () => boolean;
  readonly inputVoltage: () => number;
}

export interface Ups extends SimulatedUnit {
  /** The last command word written; this unit acknowledges commands and carries none out. */
  command(): number;
}

const rated = 1500; // W and VA
const powerFactor = 0.96;
const outputVolts = 230;
const goodInput = 180;
/** Values are binary fractions: raw / 2^n. */
const point = {
  power: 256,
  charge: 512,
  ac: 64,
  hertz: 128,
  amperes: 32,
  battery: 32,
  celsius: 128,
} as const;

/** APC Smart-UPS (SMT, SMX, SRT): functions 3, 6 and 16; an undefined register alone is refused, in a block it is 0. */
export function createUps(world: UpsWorld, options: Partial<UnitOptions> = {}): Ups {
  const unit = createUnit({
    product: "apc-smart-ups",
    functions: [3, 6, 16],
    holes: "zeros-in-block",
    turnaround: 25,
    ...options,
  });
  const commands = [0, 0];
  const inputGood = (): boolean => world.inputVoltage() >= goodInput;
  const power = unit.sensor("power", world.outputPower);
  const volts = (): number => (world.outputOn() ? outputVolts : 0);
  /** From bit 1: online, on battery, bypass, output off, fault, input bad. */
  const status = (): number => {
    const on = world.outputOn();
    return packBits([false, on && inputGood(), on && !inputGood(), false, !on, false, !inputGood()]);
  };
  const percent = (watts: number): number => (100 * watts) / rated;
  const none = u16({ get: () => 0 });
  const fields: readonly (readonly [number, WordField])[] = [
    [0, u32({ get: status })],
    [2, none],
    [18, none],
    [19, none],
    [20, u32({ get: () => 0 })],
    [22, none],
    [128, u32({ get: unit.sensor("runtime", world.runtime) })],
    [130, u16({ get: unit.sensor("charge", world.charge), scale: point.charge })],
    [131, s16({ get: unit.sensor("battery", world.batteryVoltage), scale: point.battery })],
    [135, s16({ get: unit.sensor("temperature", world.temperature), scale: point.celsius })],
    [136, u16({ get: () => percent(power()), scale: point.power })],
    [138, u16({ get: () => percent(power() / powerFactor), scale: point.power })],
    [140, u16({ get: () => power() / powerFactor / outputVolts, scale: point.amperes })],
    [142, u16({ get: volts, scale: point.ac })],
    [144, u16({ get: () => (world.outputOn() ? 50 : 0), scale: point.hertz })],
    [145, u32({ get: world.outputEnergy })],
    [150, u16({ get: () => (inputGood() ? 1 : 0) })],
    [151, u16({ get: unit.sensor("input", world.inputVoltage), scale: point.ac })],
    [1536, commandField(commands, 0)],
    [1538, commandField(commands, 1)],
  ];
  for (const [address, field] of fields) unit.defineWords("holding", address, field);
  return Object.assign(unit, { command: () => commands[0] ?? 0 });
}

const commandField = (commands: number[], i: number): WordField =>
  u32({
    get: () => commands[i] ?? 0,
    set: (value) => {
      commands[i] = value;
    },
  });
