import type { Millis } from "../clock.ts";
import {
  allFunctions,
  type BitTable,
  type Identification,
  illegalAddress,
  ModbusException,
  type UnitAccess,
  type WordTable,
} from "./functions.ts";
import type { BitField, WordField } from "./fields.ts";

/**
 * What reading an address nobody defined gives: a refusal (exception 2), zeros, or zeros only while the request
 * touches something defined as well, as on some products.
 */
export type Holes = "refuse" | "zeros" | "zeros-in-block";

export interface UnitOptions {
  readonly product: string;
  /** Function codes of the product; default: all. */
  readonly functions?: readonly number[];
  /** Most registers in one request; default: what the protocol allows. */
  readonly registerLimit?: number;
  readonly holes?: Holes;
  /** How long the unit thinks before its answer begins. Default 5 ms. */
  readonly turnaround?: Millis;
  readonly identification?: Identification;
  /** Told of every request, before it is looked at. */
  readonly requested?: () => void;
}

/** A measured value that can be made to stick. */
export interface Sensor {
  /** What it gives now. */
  value(): number;
  /** Keeps giving `given` (default: what it gives now) until `release`. */
  stick(given?: number): void;
  release(): void;
}

export interface SimulatedUnit extends UnitAccess {
  readonly product: string;
  turnaround: Millis;
  /** By how many its registers have moved up, as with other firmware; what is then not defined reads 0. */
  shift: number;
  /** Adds a field of one or more registers. @throws Error when it overlaps another one */
  defineWords(table: WordTable, address: number, field: WordField): void;
  /** @throws Error when the address is taken */
  defineBit(table: BitTable, address: number, field: BitField): void;
  /** Names a measured value; the returned function gives it, or what it sticks at. */
  sensor(name: string, measure: () => number): () => number;
  readonly sensors: ReadonlyMap<string, Sensor>;
  /** How often a register was written, for products whose setpoints live in memory that wears out. */
  writeCount(table: "coil" | "holding", address: number): number;
}

interface Placed {
  readonly start: number;
  readonly field: WordField;
}

export function createUnit(options: UnitOptions): SimulatedUnit {
  const words: Record<WordTable, Map<number, Placed>> = { input: new Map(), holding: new Map() };
  const bits: Record<BitTable, Map<number, BitField>> = { coil: new Map(), discrete: new Map() };
  const counts = new Map<string, number>();
  const sensors = new Map<string, Sensor>();

  const requested = options.requested ?? (() => undefined);

  const checkHoles = (table: ReadonlyMap<number, unknown>, address: number, count: number): void => {
    let defined = 0;
    for (let at = address; at < address + count; at++) if (table.has(at)) defined++;
    const holes = unit.shift === 0 ? (options.holes ?? "refuse") : "zeros";
    const refused = holes === "refuse" ? defined < count : holes === "zeros-in-block" && defined === 0;
    if (refused) throw new ModbusException(illegalAddress);
  };
  const count = (table: string, address: number): void => {
    const key = `${table} ${address}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };

  const unit: SimulatedUnit = {
    product: options.product,
    shift: 0,
    turnaround: options.turnaround ?? 5,
    functions: new Set(options.functions ?? allFunctions),
    registerLimit: options.registerLimit ?? 125,
    identification:
      options.identification ??
      new Map([
        [0, "Bothy"],
        [1, options.product],
        [2, "1.0"],
      ]),
    sensors,
    defineWords(table, address, field) {
      for (let at = address; at < address + field.width; at++) {
        if (words[table].has(at))
          throw new Error(`${options.product}: ${table} register ${at} is defined twice`);
        words[table].set(at, { start: address, field });
      }
    },
    defineBit(table, address, field) {
      if (bits[table].has(address))
        throw new Error(`${options.product}: ${table} ${address} is defined twice`);
      bits[table].set(address, field);
    },
    sensor(name, measure) {
      let held: number | undefined;
      const value = (): number => held ?? measure();
      sensors.set(name, {
        value,
        stick: (given) => {
          held = given ?? value();
        },
        release: () => {
          held = undefined;
        },
      });
      return value;
    },
    writeCount: (table, address) => counts.get(`${table} ${address}`) ?? 0,
    readBits(table, address, wanted) {
      requested();
      checkHoles(bits[table], address, wanted);
      return range(address, wanted).map((at) => bits[table].get(at)?.read() ?? false);
    },
    readWords(table, address, wanted) {
      requested();
      const from = address - unit.shift;
      checkHoles(words[table], from, wanted);
      const seen = new Map<Placed, readonly number[]>();
      return range(from, wanted).map((at) => {
        const placed = words[table].get(at);
        if (placed === undefined) return 0;
        const value = seen.get(placed) ?? placed.field.read();
        seen.set(placed, value); // both words of a pair come from one moment
        return value[at - placed.start] ?? 0;
      });
    },
    writeBits(address, values) {
      requested();
      const writes = values.map((on, i) => {
        const field = bits.coil.get(address + i);
        if (field?.write === undefined) throw new ModbusException(illegalAddress);
        return () => {
          count("coil", address + i);
          field.write?.(on);
        };
      });
      for (const write of writes) write();
    },
    writeWords(address, values) {
      requested();
      const writes = writesOf(words.holding, address - unit.shift, values);
      for (const { field, part } of writes) field.check?.(part);
      for (const { start, field, part } of writes) {
        part.forEach((_, i) => count("holding", start + i));
        field.write?.(part);
      }
    },
  };
  return unit;
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Cuts a write into whole fields; half of a pair, a hole and a read-only field are refused with exception 2. */
function writesOf(
  table: ReadonlyMap<number, Placed>,
  address: number,
  values: readonly number[],
): { readonly start: number; readonly field: WordField; readonly part: readonly number[] }[] {
  const writes = [];
  for (let i = 0; i < values.length;) {
    const placed = table.get(address + i);
    const whole = placed?.start === address + i && i + placed.field.width <= values.length;
    if (!whole || placed.field.write === undefined) throw new ModbusException(illegalAddress);
    writes.push({ start: placed.start, field: placed.field, part: values.slice(i, i + placed.field.width) });
    i += placed.field.width;
  }
  return writes;
}
