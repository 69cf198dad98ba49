import { f32 } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

type Phase = 0 | 1 | 2;

/** What the meter is connected to. V, W, Hz, Wh. */
export interface MeterWorld {
  readonly voltage: (phase: Phase) => number;
  readonly power: (phase: Phase) => number;
  readonly frequency: () => number;
  readonly energyImported: () => number;
}

const phases: readonly Phase[] = [0, 1, 2];
const powerFactor = 0.95;

/** Eastron SDM630: a three-phase meter; function 4, floats, at most 80 registers at once, settings by function 16. */
export function createMeter(world: MeterWorld, options: Partial<UnitOptions> = {}): SimulatedUnit {
  const unit = createUnit({
    product: "eastron-sdm630",
    functions: [3, 4, 8, 16],
    registerLimit: 80,
    holes: "zeros-in-block",
    turnaround: 15,
    ...options,
  });
  const volts = phases.map((p) => unit.sensor(`voltage-${p + 1}`, () => world.voltage(p)));
  const watts = phases.map((p) => unit.sensor(`power-${p + 1}`, () => world.power(p)));
  const sum = (of: readonly (() => number)[]): number => of.reduce((total, get) => total + get(), 0);
  const apparent = watts.map((get) => () => get() / powerFactor);
  const reactive = apparent.map((get) => () => get() * Math.sqrt(1 - powerFactor ** 2));
  const factor = watts.map((get) => () => (get() > 0 ? powerFactor : 0));
  const current = watts.map((get, p) => () => {
    const voltage = volts[p]?.() ?? 0;
    return voltage < 1 ? 0 : get() / powerFactor / voltage;
  });
  const define = (address: number, get: () => number): void =>
    unit.defineWords("input", address, f32({ get }));

  [volts, current, watts, apparent, reactive, factor].forEach((values, block) => {
    values.forEach((get, p) => define(block * 6 + p * 2, get));
  });
  const total = (): number => sum(watts);
  const imported = (): number => world.energyImported() / 1000;
  define(0x34, total);
  define(0x38, () => sum(apparent));
  define(0x3c, () => sum(reactive));
  define(0x3e, () => (total() > 0 ? powerFactor : 0));
  define(0x46, world.frequency);
  define(0x48, imported);
  define(0x4a, () => 0);
  define(0x54, total);
  for (const address of [0xea, 0xec, 0xee, 0xf8]) define(address, () => 2.1);
  define(0x156, imported);
  phases.forEach((p) => {
    define(0x15a + p * 2, () => imported() / 3);
    define(0x160 + p * 2, () => 0);
  });
  defineSettings(unit);
  return unit;
}

/** Demand period in minutes and system type (1 = 1p2w, 2 = 3p3w, 3 = 3p4w); both words of a float at once. */
function defineSettings(unit: SimulatedUnit): void {
  const settings: readonly (readonly [address: number, initial: number, min: number, max: number])[] = [
    [2, 60, 0, 60],
    [10, 3, 1, 3],
  ];
  for (const [address, initial, min, max] of settings) {
    let held = initial;
    const set = (value: number): void => {
      held = value;
    };
    unit.defineWords("holding", address, f32({ get: () => held, set, min, max }));
  }
}
