/** What a reading is measured in. Both parts as Synse clients see them. */
export interface Unit {
  readonly name: string;
  readonly symbol: string;
}

/** A kind of value: its name, its Synse type, how many decimals mean something, and its unit if it has one. */
export interface Output {
  readonly name: string;
  readonly type: string;
  /** Decimals worth showing. Values are never rounded to it. */
  readonly precision: number;
  readonly unit?: Unit;
  /**
   * Its values are JSON text: one that is an object or a list is shown to Synse clients as that, not as a text.
   * Synse v3 §1.5, as plugins write bytes.
   */
  readonly embedded?: true;
}

type Row = readonly [name: string, type: string, precision: number, unit?: string, symbol?: string];

/** The outputs of Synse's SDK: names, types, precisions and units are contract. */
const synse: readonly Row[] = [
  ["color", "color", 0],
  ["count", "count", 0],
  ["direction", "direction", 0],
  ["electric-current", "current", 3, "ampere", "A"],
  ["electric-resistance", "resistance", 2, "ohm", "\u03a9"],
  ["frequency", "frequency", 2, "hertz", "Hz"],
  ["humidity", "humidity", 2, "percent humidity", "%"],
  ["kilojoule", "energy", 3, "kilojoule", "kJ"],
  ["kilowatt-hour", "energy", 3, "kilowatt-hour", "kWh"],
  ["microseconds", "duration", 6, "microseconds", "\u00b5s"],
  ["milliseconds", "duration", 6, "milliseconds", "ms"],
  ["minutes", "duration", 6, "minutes", "min"],
  ["nanoseconds", "duration", 6, "nanoseconds", "ns"],
  ["number", "number", 2],
  ["pascal", "pressure", 3, "pascal", "Pa"],
  ["percentage", "percentage", 0, "percent", "%"],
  ["psi", "pressure", 3, "pounds per square inch", "psi"],
  ["rpm", "frequency", 2, "revolutions per minute", "RPM"],
  ["seconds", "duration", 3, "seconds", "s"],
  ["state", "state", 0],
  ["status", "status", 0],
  ["string", "string", 0],
  ["switch", "state", 1],
  ["temperature", "temperature", 2, "celsius", "C"],
  ["timestamp", "timestamp", 0],
  ["velocity", "velocity", 3, "meters per second", "m/s"],
  ["voltage", "voltage", 5, "volt", "V"],
  ["volt-second", "flux", 3, "volt second", "Vs"],
  ["watt", "power", 3, "watt", "W"],
  ["weber", "flux", 3, "weber", "Wb"],
];

/** What micro-datacenters need and Synse's SDK lacks. */
const added: readonly Row[] = [
  ["duty", "duty", 1, "percent", "%"],
  ["dew-point", "temperature", 2, "celsius", "C"],
  ["temperature-difference", "temperature-difference", 2, "kelvin", "K"],
  ["specific-humidity", "humidity", 3, "gram per kilogram", "g/kg"],
  ["differential-pressure", "pressure", 1, "pascal", "Pa"],
  ["airflow", "airflow", 4, "cubic meters per second", "m\u00b3/s"],
  ["state-of-charge", "charge", 1, "percent", "%"],
  ["amp-hour", "charge", 2, "ampere-hour", "Ah"],
  ["watt-hour", "energy", 0, "watt-hour", "Wh"],
  ["kilovar-hour", "energy", 3, "kilovolt-ampere reactive hour", "kvarh"],
  ["volt-ampere", "power", 3, "volt-ampere", "VA"],
  ["var", "power", 3, "volt-ampere reactive", "var"],
  ["power-factor", "power-factor", 4],
  ["phase-angle", "angle", 2, "degree", "\u00b0"],
  ["run-hours", "duration", 1, "hours", "h"],
  ["utilisation", "utilisation", 1, "percent", "%"],
  ["rate", "rate", 1, "per second", "/s"],
];

const output = ([name, type, precision, unit, symbol]: Row): Output => ({
  name,
  type,
  precision,
  ...(unit === undefined || symbol === undefined ? {} : { unit: { name: unit, symbol } }),
});

/** Every output there is, by name. */
export const outputs: ReadonlyMap<string, Output> = new Map(
  [...synse, ...added].map((row) => [row[0], output(row)] as const),
);

/** @throws RangeError for a name that is not in the catalogue; meant for names written in code */
export function outputNamed(name: string): Output {
  const found = outputs.get(name);
  if (found === undefined) throw new RangeError(`no output is called ${name}`);
  return found;
}
