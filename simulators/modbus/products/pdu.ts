import { f32, u16 } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

/** What the PDU measures and switches. Outlets count from 0. */
export interface PduWorld {
  readonly outlets: number;
  /** V */
  readonly voltage: () => number;
  readonly frequency: () => number;
  /** W */
  readonly outletPower: (outlet: number) => number;
  readonly isOn: (outlet: number) => boolean;
  readonly switchOutlet: (outlet: number, on: boolean) => void;
}

/** Registers from one outlet to the next; coil n−1 switches outlet n. Not in the maker's papers: set here. */
const outletStride = 64;

const inlet = 12_296;
const protector = 16_394;
const outlet1 = 32_776;
const powerFactor = 0.96;

/**
 * `generic-pdu-v1`: a rack PDU built like the Xerus family (Raritan PX2/PX3, Server Technology PRO3X/4X); Modbus
 * TCP, big-endian floats.
 */
export function createPdu(world: PduWorld, options: Partial<UnitOptions> = {}): SimulatedUnit {
  const unit = createUnit({
    product: "generic-pdu-v1",
    functions: [1, 3, 5, 6, 15, 16, 22, 43],
    turnaround: 8,
    identification: new Map([
      [0, "Raritan"],
      [1, "PX3-simulated"],
      [2, "4.1.0"],
      [4, "Rack PDU"],
    ]),
    ...options,
  });
  const outlets = Array.from({ length: world.outlets }, (_, i) => i);
  const counts = [1, 1, 1, world.outlets, 0];
  counts.forEach((count, address) => unit.defineWords("holding", address, u16({ get: () => count })));

  const total = (): number => outlets.reduce((sum, i) => sum + world.outletPower(i), 0);
  definePole(unit, inlet, unit.sensor("power", total), world);
  const peak = peakOf(() => amperes(total(), world.voltage()));
  unit.defineWords("holding", protector, f32({ get: () => amperes(total(), world.voltage()) }));
  unit.defineWords("holding", protector + 2, f32({ get: peak }));

  for (const i of outlets) {
    const base = outlet1 + i * outletStride;
    const power = unit.sensor(`outlet-${i + 1}`, () => world.outletPower(i));
    defineOutlet(unit, base, power, world);
    unit.defineBit("coil", i, {
      read: () => world.isOn(i),
      write: (on) => world.switchOutlet(i, on),
    });
  }
  return unit;
}

const amperes = (watts: number, volts: number): number => (volts < 1 ? 0 : watts / (volts * powerFactor));

/** The highest value seen so far, each time it is asked. */
function peakOf(measure: () => number): () => number {
  let highest = 0;
  return () => {
    highest = Math.max(highest, measure());
    return highest;
  };
}

const factorOf = (watts: number): number => (watts > 0.5 ? powerFactor : 0);

/** Voltage, current, peak current and unbalance; power, apparent power and power factor; angle, frequency, var. */
function definePole(unit: SimulatedUnit, base: number, power: () => number, world: PduWorld): void {
  const current = (): number => amperes(power(), world.voltage());
  floats(unit, base, [
    [0, world.voltage],
    [2, current],
    [4, peakOf(current)],
    [8, () => 0],
  ]);
  defineTotals(unit, base + 10, power, world);
}

/** As an inlet, with the inrush current in the fourth place. */
function defineOutlet(unit: SimulatedUnit, base: number, power: () => number, world: PduWorld): void {
  const current = (): number => amperes(power(), world.voltage());
  const peak = peakOf(current);
  floats(unit, base, [
    [0, world.voltage],
    [2, current],
    [4, peak],
    [6, () => peak() * 3],
    [8, () => 0],
  ]);
  defineTotals(unit, base + 10, power, world);
}

function defineTotals(unit: SimulatedUnit, base: number, power: () => number, world: PduWorld): void {
  const apparent = (): number => (factorOf(power()) === 0 ? 0 : power() / powerFactor);
  floats(unit, base, [
    [0, power],
    [2, apparent],
    [4, () => factorOf(power())],
    [14, () => (Math.acos(powerFactor) * 180) / Math.PI],
    [16, world.frequency],
    [18, () => Math.sqrt(apparent() ** 2 - (apparent() * powerFactor) ** 2)],
  ]);
}

function floats(
  unit: SimulatedUnit,
  base: number,
  values: readonly (readonly [offset: number, get: () => number])[],
): void {
  for (const [offset, get] of values) unit.defineWords("holding", base + offset, f32({ get }));
}
