import type { AnalogModel, DiscreteModel, EventOnlyModel, SensorModel } from "../model.ts";

const celsius = 1;
const volts = 4;
const amperes = 5;
const watts = 6;
const rpm = 18;
/** Entity ids. IPMI v2.0 table 43-13. */
export const entity = {
  cpu: 3,
  board: 7,
  memory: 8,
  supply: 10,
  drive: 4,
  chassis: 23,
  fan: 29,
  battery: 40,
  inlet: 55,
  outside: 39,
  log: 6,
};

type Common = Pick<AnalogModel, "name" | "number" | "entity" | "source">;
/** A temperature in whole degrees. */
export const temperature = (common: Common, thresholds: AnalogModel["thresholds"] = {}): AnalogModel => ({
  ...common,
  kind: "analog",
  type: 0x01,
  unit: celsius,
  m: 1,
  thresholds,
  hysteresis: 2,
});
export const fanCount = 6;
const fan = (n: number): AnalogModel => ({
  name: `Fan${n}`,
  number: 0x0f + n,
  entity: [entity.fan, n],
  source: `fan-${n}`,
  kind: "analog",
  type: 0x04,
  unit: rpm,
  m: 60,
  thresholds: { lowerNonRecoverable: 300, lowerCritical: 600, lowerNonCritical: 1200 },
  hysteresis: 2,
  nominal: 6000,
  normalMinimum: 2400,
  normalMaximum: 12_000,
});
const rail = (
  common: Common,
  factors: Pick<AnalogModel, "m" | "b" | "bExponent" | "exponent">,
  nominal: number,
): AnalogModel => ({
  ...common,
  ...factors,
  kind: "analog",
  type: 0x02,
  unit: volts,
  nominal,
  thresholds: {
    lowerCritical: 0.9 * nominal,
    lowerNonCritical: 0.95 * nominal,
    upperNonCritical: 1.05 * nominal,
    upperCritical: 1.1 * nominal,
  },
  hysteresis: 1,
});
const power = (common: Common, type: number, m: number, upper: readonly [number, number]): AnalogModel => ({
  ...common,
  kind: "analog",
  type,
  unit: watts,
  m,
  thresholds: { upperNonCritical: upper[0], upperCritical: upper[1] },
  hysteresis: 2,
});
const discrete = (common: Common, type: number, eventType: number, states: number): DiscreteModel => ({
  ...common,
  kind: "discrete",
  type,
  eventType,
  states,
});
const eventOnly = (common: Common, type: number): EventOnlyModel => ({
  ...common,
  kind: "event-only",
  type,
  eventType: 0x6f,
});

const temperatures: readonly SensorModel[] = [
  temperature(
    { name: "Inlet Temp", number: 1, entity: [entity.inlet, 1], source: "inlet" },
    {
      lowerCritical: 2,
      lowerNonCritical: 5,
      upperNonCritical: 38,
      upperCritical: 42,
      upperNonRecoverable: 46,
    },
  ),
  temperature(
    { name: "Exhaust Temp", number: 2, entity: [entity.outside, 1], source: "exhaust" },
    { upperNonCritical: 65, upperCritical: 72 },
  ),
  temperature(
    { name: "CPU1 Temp", number: 3, entity: [entity.cpu, 1], source: "cpu-1" },
    { upperNonCritical: 85, upperCritical: 92, upperNonRecoverable: 98 },
  ),
  temperature(
    { name: "CPU2 Temp", number: 4, entity: [entity.cpu, 2], source: "cpu-2" },
    { upperNonCritical: 85, upperCritical: 92, upperNonRecoverable: 98 },
  ),
  {
    ...temperature({ name: "CPU1 Margin", number: 5, entity: [entity.cpu, 1], source: "margin-1" }),
    signed: true,
    thresholds: { upperNonCritical: -5, upperCritical: -2 },
  },
  {
    ...temperature({ name: "DIMM A Temp", number: 6, entity: [entity.memory, 1], source: "dimm-1" }),
    m: 5,
    b: -4,
    bExponent: 2,
    exponent: -1,
    thresholds: { upperNonCritical: 78, upperCritical: 85 },
  },
  {
    ...temperature({ name: "DIMM B Temp", number: 7, entity: [entity.memory, 2], source: "dimm-2" }),
    m: 5,
    b: -4,
    bExponent: 2,
    exponent: -1,
    thresholds: { upperNonCritical: 78, upperCritical: 85 },
  },
  temperature(
    { name: "PCH Temp", number: 8, entity: [entity.board, 1], source: "chipset" },
    { upperNonCritical: 80, upperCritical: 90 },
  ),
  temperature(
    { name: "VRM Temp", number: 9, entity: [entity.board, 2], source: "regulator" },
    { upperNonCritical: 95, upperCritical: 105 },
  ),
];
const rails: readonly SensorModel[] = [
  rail({ name: "12V", number: 0x20, entity: [entity.board, 1], source: "12v" }, { m: 6, exponent: -2 }, 12),
  rail({ name: "5V", number: 0x21, entity: [entity.board, 1], source: "5v" }, { m: 26, exponent: -3 }, 5),
  rail(
    { name: "3.3V", number: 0x22, entity: [entity.board, 1], source: "3v3" },
    { m: 16, b: 5, bExponent: 1, exponent: -3 },
    3.3,
  ),
  rail(
    { name: "CPU1 Vcore", number: 0x23, entity: [entity.cpu, 1], source: "core-1" },
    { m: 8, exponent: -3 },
    1.1,
  ),
  rail(
    { name: "VBAT", number: 0x24, entity: [entity.battery, 1], source: "battery" },
    { m: 13, exponent: -3 },
    3.05,
  ),
];
const supplies: readonly SensorModel[] = [
  power(
    { name: "PSU1 Input", number: 0x30, entity: [entity.supply, 1], source: "supply-1" },
    0x08,
    2,
    [420, 460],
  ),
  power(
    { name: "PSU2 Input", number: 0x31, entity: [entity.supply, 2], source: "supply-2" },
    0x08,
    2,
    [420, 460],
  ),
  {
    name: "PSU1 Current",
    number: 0x32,
    entity: [entity.supply, 1],
    source: "current-1",
    kind: "analog",
    type: 0x03,
    unit: amperes,
    m: 2,
    exponent: -2,
    thresholds: { upperCritical: 4.5 },
    hysteresis: 2,
  },
  power(
    { name: "Total Power", number: 0x33, entity: [entity.board, 3], source: "power" },
    0x0b,
    2,
    [440, 480],
  ),
];
const states: readonly SensorModel[] = [
  discrete(
    { name: "PSU1 Status", number: 0x40, entity: [entity.supply, 1], source: "supply-status-1" },
    0x08,
    0x6f,
    0x0b,
  ),
  discrete(
    { name: "PSU2 Status", number: 0x41, entity: [entity.supply, 2], source: "supply-status-2" },
    0x08,
    0x6f,
    0x0b,
  ),
  discrete({ name: "PSU Redundancy", number: 0x42, entity: [19, 1], source: "redundancy" }, 0x08, 0x0b, 0x0b),
  discrete(
    { name: "Intrusion", number: 0x43, entity: [entity.chassis, 1], source: "intrusion" },
    0x05,
    0x6f,
    0x01,
  ),
  discrete(
    { name: "CPU1 Status", number: 0x44, entity: [entity.cpu, 1], source: "cpu-status-1" },
    0x07,
    0x6f,
    0x82,
  ),
  discrete({ name: "ACPI State", number: 0x45, entity: [entity.board, 1], source: "acpi" }, 0x22, 0x6f, 0x21),
  discrete({ name: "Event Log", number: 0x46, entity: [entity.log, 1], source: "log" }, 0x10, 0x6f, 0x34),
  {
    ...discrete(
      { name: "Drive", number: 0x48, entity: [entity.drive, 1], source: "drive" },
      0x0d,
      0x6f,
      0x07,
    ),
    share: 4,
  },
];
const onlyEvents: readonly SensorModel[] = [
  eventOnly({ name: "Watchdog", number: 0x50, entity: [entity.board, 1], source: "watchdog" }, 0x23),
  eventOnly({ name: "NMI", number: 0x51, entity: [entity.board, 1], source: "nmi" }, 0x13),
];

/** The sensors of `generic-server-v1`. */
export const genericSensors: readonly SensorModel[] = [
  ...temperatures,
  ...Array.from({ length: fanCount }, (_, i) => fan(i + 1)),
  ...rails,
  ...supplies,
  ...states,
  ...onlyEvents,
];
