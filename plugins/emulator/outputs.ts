import { type Output, outputNamed, outputs } from "../../devices/output.ts";

/** Outputs that only Synse's emulator has. `airflow` is another one than that of the catalogue. Synse v3 §8. */
const own: readonly Output[] = [
  {
    name: "airflow",
    type: "speed",
    precision: 3,
    unit: { name: "millimeters per second", symbol: "mm/s" },
  },
  { name: "json", type: "json", precision: 0 },
];

const ownByName: ReadonlyMap<string, Output> = new Map(own.map((output) => [output.name, output]));

/** @throws RangeError for a name that is in no catalogue */
export const emulatorOutput = (name: string): Output => ownByName.get(name) ?? outputNamed(name);

export const isOutput = (name: string): boolean => ownByName.has(name) || outputs.has(name);
