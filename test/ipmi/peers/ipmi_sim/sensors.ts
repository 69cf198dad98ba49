/**
 * The sensors of the BMC that OpenIPMI's ipmi_sim plays, as data, and the two languages it wants them in: record
 * source for sdrcomp, and commands for its emulator. All values are raw bytes.
 */

/** Thresholds by their names in sdrcomp. */
type Threshold = "lnr" | "lc" | "lnc" | "unc" | "uc" | "unr";

interface AnalogSensor {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly entity: readonly [id: number, instance: number];
  readonly unit: string;
  readonly percent?: true;
  readonly signed?: true;
  readonly linearization?: number;
  readonly m: number;
  readonly b?: number;
  readonly rExponent?: number;
  readonly bExponent?: number;
  readonly at: number;
  readonly thresholds?: Readonly<Partial<Record<Threshold, number>>>;
  readonly hysteresis?: number;
}

interface DiscreteSensor {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly entity: readonly [id: number, instance: number];
  readonly eventType?: number;
  readonly states: readonly number[];
  /** The state it starts in. */
  readonly at?: number;
  /** How many sensors share the record. */
  readonly share?: number;
}

const codes: Readonly<Record<string, number>> = {
  Temperature: 0x01,
  Voltage: 0x02,
  Current: 0x03,
  Fan: 0x04,
  Physical_Security: 0x05,
  Power_Supply: 0x08,
  Power_Unit: 0x09,
  Cooling_Device: 0x0a,
  Other_Units_Based_Sensor: 0x0b,
  Drive_Slot: 0x0d,
  System_ACPI_Power_State: 0x22,
};

const fan = (number: number, m: number, at: number): AnalogSensor => ({
  ...{ number, name: `Fan ${number - 5}`, type: "Fan", entity: [29, number - 5], unit: "RPM", m, at },
  ...{ thresholds: { lnr: 5, lc: 10, lnc: 20 }, hysteresis: 1 },
});
const rail = (
  number: number,
  name: string,
  scale: Pick<AnalogSensor, "m" | "rExponent" | "b" | "bExponent">,
  at: number,
  thresholds: AnalogSensor["thresholds"] & object,
): AnalogSensor => ({
  ...{ number, name, type: "Voltage", entity: [number === 12 ? 40 : 7, 1], unit: "Volts", ...scale, at },
  ...{ thresholds, hysteresis: 1 },
});
const watts = (number: number, at: number): AnalogSensor => ({
  ...{ number, name: `PSU${number - 12} Input`, type: "Other_Units_Based_Sensor", entity: [10, number - 12] },
  ...{ unit: "Watts", m: 4, at, thresholds: { unc: 180, uc: 200 }, hysteresis: 2 },
});
const degrees = { type: "Temperature", unit: "degrees_C" } as const;

export const analogSensors: readonly AnalogSensor[] = [
  {
    ...{ ...degrees, number: 1, name: "Inlet Temp", entity: [64, 1], m: 1, at: 23, hysteresis: 2 },
    thresholds: { lc: 2, lnc: 5, unc: 38, uc: 42, unr: 46 },
  },
  {
    ...{ ...degrees, number: 2, name: "CPU1 Temp", entity: [3, 1], m: 1, at: 45, hysteresis: 3 },
    thresholds: { unc: 80, uc: 90, unr: 100 },
  },
  {
    ...{
      ...degrees,
      number: 3,
      name: "CPU2 Temp",
      entity: [3, 2],
      m: 5,
      rExponent: -1,
      at: 93,
      hysteresis: 4,
    },
    thresholds: { unc: 160, uc: 180, unr: 200 },
  },
  { ...degrees, number: 4, name: "VRM Delta", entity: [7, 1], m: 1, signed: true, at: 251 },
  {
    ...{ ...degrees, number: 5, name: "DIMM Temp", entity: [32, 1], m: 1, b: -40, at: 78, hysteresis: 2 },
    thresholds: { lnc: 45, unc: 120, uc: 125 },
  },
  fan(6, 60, 120),
  fan(7, 60, 118),
  fan(8, 75, 90),
  rail(9, "Rail 12V", { m: 6, rExponent: -2 }, 200, { lc: 180, lnc: 190, unc: 210, uc: 220 }),
  rail(10, "Rail 5V", { m: 26, rExponent: -3 }, 192, { lc: 173, lnc: 183, unc: 202, uc: 211 }),
  rail(11, "Rail 3V3", { m: 16, rExponent: -3, b: 5, bExponent: 1 }, 203, { lc: 183, uc: 222 }),
  // Only capitals: sdrcomp packs the name in 6-bit ASCII unless told not to.
  rail(12, "VBAT", { m: 13, rExponent: -3 }, 235, { lc: 177, lnc: 192 }),
  watts(13, 45),
  watts(14, 44),
  {
    ...{
      number: 15,
      name: "PSU1 Current",
      type: "Current",
      entity: [10, 1],
      unit: "Amps",
      m: 5,
      rExponent: -2,
    },
    ...{ at: 16, thresholds: { uc: 180 }, hysteresis: 1 },
  },
  {
    ...{ number: 16, name: "Total Power", type: "Power_Unit", entity: [19, 1], unit: "Watts", m: 5, at: 71 },
    ...{ thresholds: { unc: 220, uc: 240 }, hysteresis: 2 },
  },
  {
    ...{
      number: 17,
      name: "Humidity",
      type: "Other_Units_Based_Sensor",
      entity: [64, 1],
      unit: "unspecified",
    },
    ...{ percent: true, m: 5, rExponent: -1, at: 84, thresholds: { unc: 160, uc: 180 }, hysteresis: 2 },
  },
  {
    ...{ number: 18, name: "Airflow", type: "Cooling_Device", entity: [30, 1], unit: "CFM" },
    ...{ linearization: 8, m: 1, at: 12 },
  },
  {
    ...{ number: 19, name: "Tach", type: "Fan", entity: [29, 4], unit: "RPM" },
    ...{ linearization: 7, m: 1, rExponent: -6, at: 200 },
  },
];

export const discreteSensors: readonly DiscreteSensor[] = [
  { number: 20, name: "PSU1 Status", type: "Power_Supply", entity: [10, 1], states: [0, 1, 3], at: 0 },
  { number: 21, name: "PSU2 Status", type: "Power_Supply", entity: [10, 2], states: [0, 1, 3], at: 0 },
  { number: 22, name: "Intrusion", type: "Physical_Security", entity: [23, 1], states: [0] },
  {
    ...{ number: 23, name: "PSU Redundancy", type: "Power_Unit", entity: [19, 1] },
    ...{ eventType: 0x0b, states: [0, 1, 2, 3], at: 0 },
  },
  { number: 24, name: "Drive", type: "Drive_Slot", entity: [26, 1], states: [0, 1, 2], at: 0, share: 4 },
  { number: 28, name: "ACPI State", type: "System_ACPI_Power_State", entity: [7, 1], states: [0, 5], at: 0 },
];

/** @param count how many further sensors, numbered from 32: half degrees, starting at 50, upper thresholds only */
export const extraSensors = (count: number): readonly AnalogSensor[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ ...degrees, number: 32 + index, name: `Extra ${32 + index}`, entity: [7, 2], m: 5, rExponent: -1 },
    ...{ at: 100, thresholds: { unc: 160, uc: 180, unr: 200 }, hysteresis: 2 },
  }));

const record = (type: number, fields: readonly (readonly [string, string | number])[]): string =>
  [`sdr type ${type}`, ...fields.map(([name, value]) => `\t${name}\t${value}`), "endsdr", ""].join("\n");
const yes = (...names: readonly string[]): (readonly [string, string])[] =>
  names.map((name) => [name, "true"]);
const owner = (number: number): (readonly [string, string | number])[] => [
  ["sensor_owner_id", "0x20"],
  ["sensor_owner_lun", 0],
  ["channel_number", 0],
  ["sensor_number", number],
];
const initialised = yes(
  "init_scanning",
  "init_events",
  "init_sensor_type",
  "default_event_gen_on",
  "default_sensor_scan_on",
  "sensor_auto_rearm",
);

/** A full record. IPMI v2.0 §43.1. */
export function fullRecord(sensor: AnalogSensor): string {
  const given = Object.entries(sensor.thresholds ?? {});
  const access = given.length > 0 ? "settable" : "no";
  return record(1, [
    ...owner(sensor.number),
    ["entity_id", sensor.entity[0]],
    ["entity_instance", sensor.entity[1]],
    ["sensor_type", sensor.type],
    ["event_reading_type_code", 1],
    ...initialised,
    ...(given.length > 0 ? yes("init_thresholds", "init_hysteresis") : []),
    ["sensor_hysteresis", access],
    ["sensor_threshold_access", access],
    ["sensor_event_msg_ctrl", given.length > 0 ? "per_state" : "no"],
    ...given.flatMap(([name]) => {
      const going = `${name}g${name.startsWith("u") ? "h" : "l"}`;
      return yes(`assert_${going}`, `deassert_${going}`, `return_${name}`).concat(
        yes(`${name}_thrsh_readable`, `${name}_thrsh_settable`),
      );
    }),
    ["analog_data_format", sensor.signed === true ? "2s_complement" : "unsigned"],
    ...(sensor.percent === true ? yes("percentage") : []),
    ["base_unit", sensor.unit],
    ["linearization", sensor.linearization ?? 0],
    ["m", sensor.m],
    ["b", sensor.b ?? 0],
    ["r_exp", sensor.rExponent ?? 0],
    ["b_exp", sensor.bExponent ?? 0],
    ["sensor_direction", "input"],
    ...yes("nominal_specified"),
    ["nominal_reading", sensor.at],
    ["sensor_maximum", sensor.signed === true ? 127 : 255],
    ["sensor_minimum", sensor.signed === true ? 128 : 0],
    ...given.map(([name, raw]) => [`${name}_thresh`, raw] as const),
    ...(sensor.hysteresis === undefined
      ? []
      : ([
          ["positive_hysteresis", sensor.hysteresis],
          ["negative_hysteresis", sensor.hysteresis],
        ] as const)),
    ["id_string", `"${sensor.name}"`],
  ]);
}

/** A compact record. IPMI v2.0 §43.2. */
export function compactRecord(sensor: DiscreteSensor): string {
  const shared = sensor.share !== undefined;
  return record(2, [
    ...owner(sensor.number),
    ["entity_id", sensor.entity[0]],
    ["entity_instance", sensor.entity[1]],
    ["sensor_type", sensor.type],
    ["event_reading_type_code", `0x${(sensor.eventType ?? 0x6f).toString(16)}`],
    ...initialised,
    ["sensor_event_msg_ctrl", "per_state"],
    ...sensor.states.flatMap((bit) =>
      yes(`assert_event${bit}`, `deassert_event${bit}`, `event${bit}_state_ret`),
    ),
    ...(shared ? ([["id_string_modifier", "numeric"]] as const) : []),
    ["share_count", sensor.share ?? 1],
    ...(shared ? yes("entity_instance_incr") : []),
    ...(shared ? ([["instance_modifier_off", 0]] as const) : []),
    ["id_string", `"${sensor.name}"`],
  ]);
}

const fruLocator = (id: number, entity: string, instance: number, name: string): string =>
  record(17, [
    ["device_access_address", "0x20"],
    ["fru_device_address", id],
    ...yes("logical_fru"),
    ["lun", 0],
    ["channel_number", 0],
    ["device_type", "0x10"],
    ["device_type_modifier", 0],
    ["fru_entity_id", entity],
    ["fru_entity_instance", instance],
    ["id_string", `"${name}"`],
  ]);

/** The BMC itself and its inventories. */
export const locatorRecords: readonly string[] = [
  record(18, [
    ["device_slave_address", "0x20"],
    ["device_channel_number", 0],
    ...yes("chassis", "ipmb_event_gen", "ipmb_event_recv", "fru_inventory", "sel", "sdr", "sensor"),
    ["entity_id", "system_board"],
    ["entity_instance", 1],
    ["id_string", `"Edge BMC"`],
  ]),
  fruLocator(0, "system_chassis", 1, "Chassis FRU"),
  fruLocator(1, "power_supply", 1, "PSU1 Inventory"),
  fruLocator(2, "power_supply", 2, "PSU2 Inventory"),
];

const eventOnly = (number: number, name: string, type: string): string =>
  record(3, [
    ...owner(number),
    ["entity_id", "system_board"],
    ["entity_instance", 1],
    ["sensor_type", type],
    ["event_reading_type_code", "0x6f"],
    ["share_count", 1],
    ["id_string", `"${name}"`],
  ]);

/** What can only be seen in events, and that both power supplies sit in the power unit. */
export const otherRecords: readonly string[] = [
  eventOnly(0, "Watchdog", "Watchdog_2"),
  eventOnly(29, "Front Button", "Button_Switch"),
  record(8, [
    ["container_entity_id", "power_unit"],
    ["container_entity_inst", 1],
    ...yes("entities_are_range"),
    ["entity_1_id", "power_supply"],
    ["entity_1_inst", 1],
    ["entity_2_id", "power_supply"],
    ["entity_2_inst", 2],
  ]),
];

const code = (type: string): string => `0x${(codes[type] ?? 0).toString(16)}`;

/** @param poll a file whose decimal number the sensor follows, looked at every so many milliseconds */
export const analogCommands = (
  { number, type, at }: AnalogSensor,
  poll?: { readonly file: string; readonly millis: number },
): readonly string[] =>
  poll === undefined
    ? [`sensor_add 0x20 0 ${number} ${code(type)} 0x01`, `sensor_set_value 0x20 0 ${number} ${at} 0`]
    : [`sensor_add 0x20 0 ${number} ${code(type)} 0x01 poll ${poll.millis} file "${poll.file}"`];

export const discreteCommands = (sensor: DiscreteSensor): readonly string[] =>
  Array.from({ length: sensor.share ?? 1 }, (_, index) => sensor.number + index).flatMap((number) => [
    `sensor_add 0x20 0 ${number} ${code(sensor.type)} 0x${(sensor.eventType ?? 0x6f).toString(16)}`,
    // Those that share a record get nothing from it but the first.
    ...(number === sensor.number ? [] : [eventSupport(number, sensor.states)]),
    ...(sensor.at === undefined ? [] : [`sensor_set_bit 0x20 0 ${number} ${sensor.at} 1 0`]),
  ]);

function eventSupport(number: number, states: readonly number[]): string {
  const bits = Array.from({ length: 15 }, (_, index) => (states.includes(14 - index) ? "1" : "0")).join("");
  return `sensor_set_event_support 0x20 0 ${number} enable scanning per-state ${bits} ${bits} ${bits} ${bits}`;
}
