import { parse } from "yaml";
import type { BitTable, WordTable } from "./functions.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "./unit.ts";

type Table = BitTable | WordTable;

/** What a unit holds: numbers by address, of each table. */
export type Registers = Readonly<Partial<Record<Table, ReadonlyMap<number, number>>>>;

const tables: readonly Table[] = ["coil", "discrete", "input", "holding"];
const highest = 0xffff;

/** What is wrong with a list of registers, and where. */
export class RegistersError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RegistersError";
  }
}

/**
 * Reads registers as YAML: `{ input: { 1: [0x00EB, 612] }, holding: { 0x103: [0] }, coil: { 0: [1] } }`, runs of
 * numbers from an address on. Other keys belong to somebody else. The same files are the golden cases of register maps.
 * @throws RegistersError naming the place
 */
export function readRegisters(text: string): Registers {
  const data: unknown = parse(text);
  if (!isMap(data)) throw new RegistersError("a map of tables is wanted: coil, discrete, input, holding");
  const found = tables.flatMap((table) => {
    const runs = data[table];
    if (runs === undefined) return [];
    if (!isMap(runs)) throw new RegistersError(`${table}: runs of numbers by their first address are wanted`);
    return [[table, cellsOf(table, runs)] as const];
  });
  if (found.length === 0) throw new RegistersError(`nothing under ${tables.join(", ")}`);
  return Object.fromEntries(found);
}

function cellsOf(table: Table, runs: Readonly<Record<string, unknown>>): ReadonlyMap<number, number> {
  const cells = new Map<number, number>();
  const most = table === "coil" || table === "discrete" ? 1 : highest;
  for (const [from, run] of Object.entries(runs)) {
    for (const [at, number] of (Array.isArray(run) ? (run as unknown[]) : [run]).entries()) {
      const address = Number(from) + at;
      const place = `${table} ${from}`;
      if (!isWhole(address, highest))
        throw new RegistersError(`${place}: ${address} is no address 0..${highest}`);
      if (typeof number !== "number" || !isWhole(number, most))
        throw new RegistersError(`${place}: ${String(number)} is not 0..${most}`);
      if (cells.has(address)) throw new RegistersError(`${place}: ${address} is there twice`);
      cells.set(address, number);
    }
  }
  return cells;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;

export interface RegisterUnitOptions extends UnitOptions {
  /** Told of every change somebody writes. */
  readonly written?: (table: "coil" | "holding", address: number, value: number) => void;
}

/** A unit that holds what it is given: coils and holding registers take writes, other addresses are refused. */
export function createRegisterUnit(registers: Registers, options: RegisterUnitOptions): SimulatedUnit {
  const unit = createUnit(options);
  for (const table of tables) {
    for (const [address, initial] of registers[table] ?? []) {
      let held = initial;
      const take = (value: number): void => {
        held = value;
        if (table === "coil" || table === "holding") options.written?.(table, address, value);
      };
      if (table === "coil")
        unit.defineBit(table, address, { read: () => held === 1, write: (on) => take(on ? 1 : 0) });
      else if (table === "discrete") unit.defineBit(table, address, { read: () => held === 1 });
      else
        unit.defineWords(table, address, {
          width: 1,
          read: () => [held],
          ...(table === "holding" ? { write: ([word = 0]: readonly number[]) => take(word) } : {}),
        });
    }
  }
  return unit;
}
