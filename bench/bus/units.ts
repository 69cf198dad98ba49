import type { Registers } from "./shortest.ts";

/**
 * What stands on the simulated line: a mix as found at a site. Each unit is its register map as islands of
 * neighbouring values, how long it takes to turn round, and how much it takes in one request.
 */
export interface BenchUnit {
  readonly unit: number;
  readonly kind: string;
  readonly turnaroundMs: number;
  readonly maxRegisters: number;
  readonly islands: readonly Island[];
}

export interface Island {
  readonly table: "input" | "holding";
  readonly address: number;
  /** Registers of one value. */
  readonly width: 1 | 2;
  readonly values: number;
}

const meter = (unit: number): BenchUnit => ({
  unit,
  kind: "meter",
  turnaroundMs: 8,
  maxRegisters: 80,
  islands: [
    { table: "input", address: 0x00, width: 2, values: 18 },
    { table: "input", address: 0x34, width: 2, values: 1 },
    { table: "input", address: 0x38, width: 2, values: 1 },
    { table: "input", address: 0x3c, width: 2, values: 2 },
    { table: "input", address: 0x46, width: 2, values: 3 },
    { table: "input", address: 0x156, width: 2, values: 1 },
  ],
});

const fanTray = (unit: number): BenchUnit => ({
  unit,
  kind: "fantray",
  turnaroundMs: 4,
  maxRegisters: 125,
  islands: [
    { table: "holding", address: 0, width: 1, values: 8 },
    { table: "input", address: 1, width: 1, values: 11 },
  ],
});

const probe = (unit: number): BenchUnit => ({
  unit,
  kind: "probe",
  turnaroundMs: 6,
  maxRegisters: 16,
  islands: [{ table: "input", address: 1, width: 1, values: 2 }],
});

const plant = (unit: number): BenchUnit => ({
  unit,
  kind: "plant",
  turnaroundMs: 5,
  maxRegisters: 125,
  islands: [
    { table: "holding", address: 1, width: 1, values: 13 },
    { table: "holding", address: 20, width: 1, values: 5 },
    { table: "holding", address: 30, width: 2, values: 1 },
  ],
});

export const units: readonly BenchUnit[] = [
  fanTray(1),
  fanTray(2),
  plant(3),
  meter(4),
  meter(5),
  probe(11),
  probe(12),
  probe(13),
  probe(14),
];

/** Every value of every unit. */
export const registers: readonly Registers[] = units.flatMap(({ unit, islands }) =>
  islands.flatMap(({ table, address, width, values }) =>
    Array.from({ length: values }, (_, i) => ({ unit, table, address: address + i * width, width })),
  ),
);
