import {
  type AnalogModel,
  type DiscreteModel,
  fromRaw,
  quantize,
  sensorKey,
  type SensorModel,
} from "./model.ts";
import type { Quantities } from "./quantities.ts";
import { thresholdEvents, thresholdMask, thresholdNames } from "./sdr-records.ts";

/** Something worth a line in the log. IPMI v2.0 §29.7. */
export interface SensorEvent {
  readonly type: number;
  readonly sensor: number;
  /** 01h threshold, 6Fh states of the sensor type, … */
  readonly eventType: number;
  readonly deassert: boolean;
  readonly data: readonly [number, number, number];
}

/** A sensor and what is known of it since the last scan. */
export interface LiveSensor {
  readonly name: string;
  readonly number: number;
  readonly model: SensorModel;
  /** Raw value of an analog one; two's complement where signed. */
  raw: number;
  /** Of a threshold sensor: those crossed, bit 0 lower non-critical. Of a discrete one: its states. */
  states: number;
  available: boolean;
  scanning: boolean;
  eventsOn: boolean;
  assertMask: number;
  deassertMask: number;
  /** Raw values in the order of the bits. */
  readonly thresholds: number[];
  readonly thresholdMask: number;
  /** Raw counts, positive going and negative going. */
  hysteresis: readonly [number, number];
  /** Events since they were last forgotten. */
  asserted: number;
  deasserted: number;
  /** The value it keeps giving, in its unit; states for a discrete one. */
  stuck?: number;
}

export interface Sensors {
  readonly all: readonly LiveSensor[];
  get(number: number): LiveSensor | undefined;
  /** By its name in faults. */
  find(key: string): LiveSensor | undefined;
  /** The value in its unit; states of a discrete one; undefined when it gives none. */
  value(sensor: LiveSensor): number | undefined;
  /** Measures everything and reports what changed. */
  scan(): void;
  /** Reports an event of a sensor that has nothing to read. */
  fire(source: string, data: SensorEvent["data"]): void;
  /** Forgets events and begins anew. */
  rearm(sensor: LiveSensor): void;
}

export interface SensorsOptions {
  readonly models: readonly SensorModel[];
  readonly quantities: Quantities;
  /** What tells the states of a discrete sensor, as bits. */
  readonly states: (source: string) => (() => number) | undefined;
  readonly happened: (event: SensorEvent, sensor: LiveSensor) => void;
}

const noData = 0xff;

export function createSensors(options: SensorsOptions): Sensors {
  const scanned = options.models
    .flatMap(expand)
    .map((model) => ({ sensor: live(model), measure: measureOf(model, options) }));
  const all = scanned.map(({ sensor }) => sensor);
  const byNumber = new Map(all.map((sensor) => [sensor.number, sensor]));
  let first = true;

  const report = (sensor: LiveSensor, bit: number, deassert: boolean, data: SensorEvent["data"]): void => {
    const mask = deassert ? sensor.deassertMask : sensor.assertMask;
    if (!sensor.eventsOn || (mask & (1 << bit)) === 0) return;
    if (deassert) sensor.deasserted |= 1 << bit;
    else sensor.asserted |= 1 << bit;
    const { type, number } = sensor.model;
    const eventType = sensor.model.kind === "analog" ? 0x01 : sensor.model.eventType;
    options.happened({ type, sensor: sensor.number || number, eventType, deassert, data }, sensor);
  };
  const scanAnalog = (sensor: LiveSensor, model: AnalogModel, value: number): void => {
    sensor.raw = quantize(model, value);
    const before = sensor.states;
    sensor.states = crossed(sensor);
    const changed = before ^ sensor.states;
    for (let i = 0; changed !== 0 && i < 6; i++) {
      if ((changed & (1 << i)) === 0) continue;
      const gone = (sensor.states & (1 << i)) === 0;
      const offset = 2 * i + (i < 3 ? 0 : 1);
      report(sensor, offset, gone, [0x50 | offset, sensor.raw & 0xff, (sensor.thresholds[i] ?? 0) & 0xff]);
    }
  };
  const scanDiscrete = (sensor: LiveSensor, model: DiscreteModel, value: number): void => {
    const before = sensor.states;
    sensor.states = value & model.states;
    const changed = first ? 0 : before ^ sensor.states;
    for (let i = 0; changed !== 0 && i < 15; i++) {
      if ((changed & (1 << i)) === 0) continue;
      report(sensor, i, (sensor.states & (1 << i)) === 0, [i, noData, noData]);
    }
  };

  return {
    all,
    get: (number) => byNumber.get(number),
    find: (key) => all.find(({ name }) => sensorKey(name) === key),
    value({ available, scanning, model, raw, states }) {
      if (!available || !scanning) return undefined;
      return model.kind === "analog" ? fromRaw(model, raw) : states;
    },
    scan() {
      for (const { sensor, measure } of scanned) {
        const { model } = sensor;
        if (!sensor.scanning || model.kind === "event-only") continue;
        const measured = measure();
        sensor.available = measured !== undefined;
        if (measured === undefined) {
          sensor.states = 0;
          continue;
        }
        const value = sensor.stuck ?? measured;
        if (model.kind === "analog") scanAnalog(sensor, model, value);
        else scanDiscrete(sensor, model, value);
      }
      first = false;
    },
    fire(source, data) {
      const sensor = all.find(({ model }) => model.kind === "event-only" && model.source === source);
      if (sensor !== undefined) report(sensor, data[0] & 0x0f, false, data);
    },
    rearm(sensor) {
      sensor.states = 0;
      sensor.asserted = 0;
      sensor.deasserted = 0;
    },
  };
}

/** One sensor for each number of a shared record. */
function expand(model: SensorModel): readonly SensorModel[] {
  if (model.kind !== "discrete" || model.share === undefined) return [model];
  return Array.from({ length: model.share }, (_, i) => ({
    ...model,
    name: `${model.name}${i}`,
    number: model.number + i,
    source: `${model.source}-${i}`,
  }));
}

function live(model: SensorModel): LiveSensor {
  const thresholds = model.kind === "analog" ? (model.thresholds ?? {}) : {};
  const events =
    model.kind === "analog" ? thresholdEvents(thresholds) : model.kind === "discrete" ? model.states : 0x7fff;
  const hysteresis = model.kind === "analog" ? (model.hysteresis ?? 0) : 0;
  return {
    name: model.name,
    number: model.number,
    model,
    raw: 0,
    states: 0,
    available: model.kind !== "event-only",
    scanning: true,
    eventsOn: true,
    assertMask: events,
    deassertMask: events,
    thresholds: thresholdNames.map((name) => {
      const value = thresholds[name];
      return model.kind !== "analog" || value === undefined ? 0 : quantize(model, value);
    }),
    thresholdMask: thresholdMask(thresholds),
    hysteresis: [hysteresis, hysteresis],
    asserted: 0,
    deasserted: 0,
  };
}

function measureOf(model: SensorModel, { quantities, states }: SensorsOptions): () => number | undefined {
  const find = model.kind === "discrete" ? states : quantities.find;
  return find(model.source) ?? (() => undefined);
}

/** Thresholds crossed, each held until the value has come back by the hysteresis. IPMI v2.0 §35.8, §36. */
function crossed(sensor: LiveSensor): number {
  const { raw, states, thresholds, hysteresis } = sensor;
  let now = 0;
  for (let i = 0; i < 6; i++) {
    const bit = 1 << i;
    if ((sensor.thresholdMask & bit) === 0) continue;
    const limit = thresholds[i] ?? 0;
    const held = (states & bit) !== 0;
    const lower = i < 3;
    const back = held ? hysteresis[lower ? 1 : 0] : 0;
    if (lower ? raw <= limit + back : raw >= limit - back) now |= bit;
  }
  return now;
}
