import { u16 } from "./command.ts";
import {
  type AnalogModel,
  type BmcModel,
  type DiscreteModel,
  type EventOnlyModel,
  type FruModel,
  quantize,
  type SensorModel,
  type ThresholdModel,
} from "./model.ts";

/** In the order of bits of a threshold mask. IPMI v2.0 §35.8. */
export const thresholdNames = [
  "lowerNonCritical",
  "lowerCritical",
  "lowerNonRecoverable",
  "upperNonCritical",
  "upperCritical",
  "upperNonRecoverable",
] as const satisfies readonly (keyof ThresholdModel)[];

/** Which thresholds a sensor has, bit 0 the lower non-critical one. */
export const thresholdMask = (thresholds: ThresholdModel): number =>
  thresholdNames.reduce((mask, name, i) => mask | (thresholds[name] === undefined ? 0 : 1 << i), 0);

/** The events of its thresholds: lower ones going low, upper ones going high. Bits 0..11. */
export const thresholdEvents = (thresholds: ThresholdModel): number =>
  thresholdNames.reduce(
    (mask, name, i) => mask | (thresholds[name] === undefined ? 0 : 1 << (2 * i + (i < 3 ? 0 : 1))),
    0,
  );

const bmcAddress = 0x20;
const own = [bmcAddress, 0x00];
const text = (name: string): readonly number[] => [0xc0 | name.length, ...Buffer.from(name, "ascii")];

const record = (id: number, type: number, body: readonly number[]): Buffer =>
  Buffer.from([...u16(id), 0x51, type, body.length, ...body]);

/** Everything in the repository, ids from 1. IPMI v2.0 §43. */
export function repositoryOf(model: BmcModel): readonly Buffer[] {
  const makers: ((id: number) => Buffer)[] = [
    (id) => controllerRecord(id, model),
    ...model.frus.map((fru, i) => (id: number) => fruRecord(id, i, fru)),
    ...model.sensors.map((sensor) => (id: number) => sensorRecord(id, sensor)),
    ...(model.oemRecords ?? []).map((body) => (id: number) => record(id, 0xc0, [...body])),
  ];
  return makers.map((make, i) => make(i + 1));
}

function controllerRecord(id: number, model: BmcModel): Buffer {
  // Capabilities: chassis, event generator and receiver, inventory, event log, repository, sensors.
  const body = [bmcAddress, 0, 0, 0xbf, 0, 0, 0, 7, 1, 0, ...text(model.controller)];
  return record(id, 0x12, body);
}

function fruRecord(id: number, device: number, { entity, name }: FruModel): Buffer {
  return record(id, 0x11, [bmcAddress, device, 0x80, 0, 0, 0x10, 0, entity[0], entity[1], 0, ...text(name)]);
}

function sensorRecord(id: number, sensor: SensorModel): Buffer {
  switch (sensor.kind) {
    case "analog":
      return record(id, 0x01, fullRecord(sensor));
    case "discrete":
      return record(id, 0x02, compactRecord(sensor));
    case "event-only":
      return record(id, 0x03, eventOnlyRecord(sensor));
  }
}

const signedBits = (value: number, bits: number): number => value & ((1 << bits) - 1);
const byteOf = (raw: number): number => raw & 0xff;

function fullRecord(sensor: AnalogModel): readonly number[] {
  const thresholds = sensor.thresholds ?? {};
  const mask = thresholdMask(thresholds);
  const events = thresholdEvents(thresholds);
  const raw = (value: number | undefined): number =>
    value === undefined ? 0 : byteOf(quantize(sensor, value));
  const given =
    (sensor.nominal === undefined ? 0 : 1) |
    (sensor.normalMaximum === undefined ? 0 : 2) |
    (sensor.normalMinimum === undefined ? 0 : 4);
  const hysteresis = sensor.hysteresis ?? 0;
  const [low, high] = sensor.signed === true ? [-128, 127] : [0, 255];
  return [
    ...own,
    sensor.number,
    ...sensor.entity,
    0x7f, // scanning, events, thresholds, hysteresis and type are set up at start
    0x40 | (hysteresis > 0 ? 0x20 : 0) | (mask === 0 ? 0 : 0x08),
    sensor.type,
    0x01,
    ...u16(events | ((mask & 0x07) << 12)),
    ...u16(events | ((mask & 0x38) << 9)),
    mask,
    mask,
    sensor.signed === true ? 0x80 : 0x00,
    sensor.unit,
    0,
    ...factorsOf(sensor),
    given,
    raw(sensor.nominal),
    raw(sensor.normalMaximum),
    raw(sensor.normalMinimum),
    byteOf(high),
    byteOf(low),
    ...[...thresholdNames.slice(3)].reverse().map((name) => raw(thresholds[name])),
    ...[...thresholdNames.slice(0, 3)].reverse().map((name) => raw(thresholds[name])),
    hysteresis,
    hysteresis,
    0,
    0,
    0,
    ...text(sensor.name),
  ];
}

/** Linearization, M, tolerance, B, accuracy, direction, exponents. IPMI v2.0 table 43-1, bytes 24 to 30. */
export function factorsOf(sensor: AnalogModel): readonly number[] {
  const m = signedBits(sensor.m, 10);
  const b = signedBits(sensor.b ?? 0, 10);
  const exponents = (signedBits(sensor.exponent ?? 0, 4) << 4) | signedBits(sensor.bExponent ?? 0, 4);
  const tolerance = 1;
  return [0, m & 0xff, ((m >> 8) << 6) | tolerance, b & 0xff, (b >> 8) << 6, 0, exponents];
}

function compactRecord(sensor: DiscreteModel): readonly number[] {
  const share = sensor.share ?? 1;
  return [
    ...own,
    sensor.number,
    ...sensor.entity,
    0x67,
    0x40,
    sensor.type,
    sensor.eventType,
    ...u16(sensor.states),
    ...u16(sensor.states),
    ...u16(sensor.states),
    0xc0, // no analog value
    0,
    0,
    share,
    share > 1 ? 0x80 : 0x00, // instances count up; names from 0
    0,
    0,
    0,
    0,
    0,
    0,
    ...text(sensor.name),
  ];
}

function eventOnlyRecord(sensor: EventOnlyModel): readonly number[] {
  return [
    ...own,
    sensor.number,
    ...sensor.entity,
    sensor.type,
    sensor.eventType,
    1,
    0,
    0,
    0,
    ...text(sensor.name),
  ];
}
