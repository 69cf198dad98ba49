/**
 * Units a device may speak in, and how to get to the unit of the output: `value × factor + offset`.
 * Inside the program every value is in its output's unit; conversion happens once, where a value is decoded.
 */
interface Scale {
  readonly dimension: string;
  readonly factor: number;
  readonly offset: number;
}

const linear = (dimension: string, factor: number, offset = 0): Scale => ({ dimension, factor, offset });

const scales: Readonly<Record<string, Scale>> = {
  "": linear("number", 1),
  C: linear("temperature", 1),
  "\u00b0C": linear("temperature", 1),
  F: linear("temperature", 5 / 9, -160 / 9),
  "\u00b0F": linear("temperature", 5 / 9, -160 / 9),
  K: linear("temperature-difference", 1),
  "%": linear("ratio", 1),
  "\u2030": linear("ratio", 0.1),
  V: linear("voltage", 1),
  mV: linear("voltage", 1e-3),
  kV: linear("voltage", 1e3),
  A: linear("current", 1),
  mA: linear("current", 1e-3),
  W: linear("power", 1),
  kW: linear("power", 1e3),
  VA: linear("apparent power", 1),
  kVA: linear("apparent power", 1e3),
  var: linear("reactive power", 1),
  kvar: linear("reactive power", 1e3),
  Wh: linear("energy", 1),
  kWh: linear("energy", 1e3),
  MWh: linear("energy", 1e6),
  J: linear("energy", 1 / 3600),
  kJ: linear("energy", 1 / 3.6),
  varh: linear("reactive energy", 1),
  kvarh: linear("reactive energy", 1e3),
  Hz: linear("frequency", 1),
  RPM: linear("speed", 1),
  rpm: linear("speed", 1),
  Pa: linear("pressure", 1),
  hPa: linear("pressure", 100),
  kPa: linear("pressure", 1e3),
  mbar: linear("pressure", 100),
  bar: linear("pressure", 1e5),
  psi: linear("pressure", 6894.757293168),
  "m/s": linear("velocity", 1),
  "m\u00b3/s": linear("airflow", 1),
  "m\u00b3/h": linear("airflow", 1 / 3600),
  cfm: linear("airflow", 4.719474432e-4),
  "g/kg": linear("humidity ratio", 1),
  "kg/kg": linear("humidity ratio", 1e3),
  Ah: linear("charge", 1),
  mAh: linear("charge", 1e-3),
  ns: linear("time", 1e-9),
  "\u00b5s": linear("time", 1e-6),
  ms: linear("time", 1e-3),
  s: linear("time", 1),
  min: linear("time", 60),
  h: linear("time", 3600),
  d: linear("time", 86_400),
  "\u00b0": linear("angle", 1),
  "/s": linear("rate", 1),
  "\u03a9": linear("resistance", 1),
  Vs: linear("flux", 1),
  Wb: linear("flux", 1),
};

/** A map, so that `constructor` is no unit. */
const units: ReadonlyMap<string, Scale> = new Map(Object.entries(scales));

/** A straight line from one unit to another: `to = from × factor + offset`. */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

export const knownUnits: readonly string[] = [...units.keys()].filter((symbol) => symbol !== "");

/**
 * How to get from unit `from` to unit `to`, both as symbols (`kW`, `°F`, `%`; empty for none).
 * @returns undefined when either is unknown or they measure different things
 */
export function conversion(from: string, to: string): Conversion | undefined {
  const a = units.get(from);
  const b = units.get(to);
  if (a === undefined || b === undefined || a.dimension !== b.dimension) return undefined;
  return { factor: a.factor / b.factor, offset: (a.offset - b.offset) / b.factor };
}
