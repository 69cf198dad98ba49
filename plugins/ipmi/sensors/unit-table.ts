/**
 * Units by their code. IPMI v2.0 table 43-15. Line by line: name, symbol, and when an output of ours fits, that output
 * with factor and offset to get there.
 */
export interface UnitRow {
  readonly name: string;
  readonly symbol: string;
  readonly output?: string;
  readonly factor?: number;
  readonly offset?: number;
}

type Row = readonly [name: string, symbol: string, output?: string, factor?: number, offset?: number];

const rows: readonly Row[] = [
  ["", ""],
  ["degrees Celsius", "\u00b0C", "temperature"],
  ["degrees Fahrenheit", "\u00b0F", "temperature", 5 / 9, -160 / 9],
  ["kelvin", "K", "temperature", 1, -273.15],
  ["volts", "V", "voltage"],
  ["amperes", "A", "electric-current"],
  ["watts", "W", "watt"],
  ["joules", "J", "kilojoule", 1e-3],
  ["coulombs", "C", "amp-hour", 1 / 3600],
  ["volt-amperes", "VA", "volt-ampere"],
  ["nits", "cd/m\u00b2"],
  ["lumens", "lm"],
  ["lux", "lx"],
  ["candelas", "cd"],
  ["kilopascals", "kPa", "pascal", 1e3],
  ["pounds per square inch", "psi", "psi"],
  ["newtons", "N"],
  ["cubic feet per minute", "CFM", "airflow", 4.719474432e-4],
  ["revolutions per minute", "RPM", "rpm"],
  ["hertz", "Hz", "frequency"],
  ["microseconds", "\u00b5s", "microseconds"],
  ["milliseconds", "ms", "milliseconds"],
  ["seconds", "s", "seconds"],
  ["minutes", "min", "minutes"],
  ["hours", "h", "run-hours"],
  ["days", "d", "run-hours", 24],
  ["weeks", "wk", "run-hours", 168],
  ["mils", "mil"],
  ["inches", "in"],
  ["feet", "ft"],
  ["cubic inches", "in\u00b3"],
  ["cubic feet", "ft\u00b3"],
  ["millimetres", "mm"],
  ["centimetres", "cm"],
  ["metres", "m"],
  ["cubic centimetres", "cm\u00b3"],
  ["cubic metres", "m\u00b3"],
  ["litres", "l"],
  ["fluid ounces", "fl oz"],
  ["radians", "rad", "phase-angle", 180 / Math.PI],
  ["steradians", "sr"],
  ["revolutions", "rev"],
  ["cycles", "cycles"],
  ["gravities", "g"],
  ["ounces", "oz"],
  ["pounds", "lb"],
  ["foot-pounds", "ft\u00b7lb"],
  ["ounce-inches", "oz\u00b7in"],
  ["gauss", "G"],
  ["gilberts", "Gb"],
  ["henries", "H"],
  ["millihenries", "mH"],
  ["farads", "F"],
  ["microfarads", "\u00b5F"],
  ["ohms", "\u03a9", "electric-resistance"],
  ["siemens", "S"],
  ["moles", "mol"],
  ["becquerels", "Bq"],
  ["parts per million", "ppm"],
  ["", ""],
  ["decibels", "dB"],
  ["decibels A-weighted", "dBA"],
  ["decibels C-weighted", "dBC"],
  ["grays", "Gy"],
  ["sieverts", "Sv"],
  ["kelvin of colour temperature", "K"],
  ["bits", "bit"],
  ["kilobits", "kbit"],
  ["megabits", "Mbit"],
  ["gigabits", "Gbit"],
  ["bytes", "B"],
  ["kilobytes", "kB"],
  ["megabytes", "MB"],
  ["gigabytes", "GB"],
  ["words", "words"],
  ["double words", "dwords"],
  ["quad words", "qwords"],
  ["cache lines", "lines"],
  ["hits", "hits", "count"],
  ["misses", "misses", "count"],
  ["retries", "retries", "count"],
  ["resets", "resets", "count"],
  ["overruns", "overruns", "count"],
  ["underruns", "underruns", "count"],
  ["collisions", "collisions", "count"],
  ["packets", "packets", "count"],
  ["messages", "messages", "count"],
  ["characters", "characters", "count"],
  ["errors", "errors", "count"],
  ["correctable errors", "correctable errors", "count"],
  ["uncorrectable errors", "uncorrectable errors", "count"],
  ["fatal errors", "fatal errors", "count"],
  ["grams", "g"],
];

const row = ([name, symbol, output, factor, offset]: Row): UnitRow => ({
  name,
  symbol,
  ...(output === undefined ? {} : { output, factor: factor ?? 1, offset: offset ?? 0 }),
});

const table: readonly UnitRow[] = rows.map(row);

/** The unit of a code; those the table does not have are called by their number. */
export const unitRow = (code: number): UnitRow =>
  table[code] ?? { name: `unit ${code}`, symbol: `unit ${code}` };
