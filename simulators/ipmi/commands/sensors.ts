import { command, type Command, refuse, u16 } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";
import { factorsOf } from "../sdr-records.ts";
import type { LiveSensor } from "../sensors.ts";

const sensorFn = 0x04;

/** Readings, thresholds, events of sensors. IPMI v2.0 §29, §35. */
export function sensorCommands(parts: BmcParts): readonly Command[] {
  const at = (number: number): LiveSensor => parts.sensors.get(number) ?? refuse(completion.notPresent);
  return [...readingCommands(at), ...thresholdCommands(at), ...eventCommands(parts, at)];
}

type Find = (number: number) => LiveSensor;

const flagsOf = ({ eventsOn, scanning, available }: LiveSensor): number =>
  (eventsOn ? 0x80 : 0) | (scanning ? 0x40 : 0) | (available ? 0 : 0x20);

function readingCommands(at: Find): readonly Command[] {
  return [
    command(sensorFn, 0x2d, "user", 1, ({ data }) => {
      const sensor = at(data.readUInt8(0));
      if (sensor.model.kind === "event-only") return refuse(completion.illegalForSensor);
      const raw = sensor.available && sensor.model.kind === "analog" ? sensor.raw & 0xff : 0;
      const states = sensor.available ? sensor.states : 0;
      return [raw, flagsOf(sensor), ...u16(states)];
    }),
    command(sensorFn, 0x2f, "user", 1, ({ data }) => {
      const { model } = at(data.readUInt8(0));
      return [model.type, model.kind === "analog" ? 0x01 : model.eventType];
    }),
    command(sensorFn, 0x23, "user", 2, ({ data }) => {
      const { model } = at(data.readUInt8(0));
      if (model.kind !== "analog") return refuse(completion.illegalForSensor);
      const [, m = 0, mHigh = 0, b = 0, bHigh = 0, accuracy = 0, exponents = 0] = factorsOf(model);
      return [data.readUInt8(1), m, mHigh, b, bHigh, accuracy, exponents];
    }),
  ];
}

function thresholdCommands(at: Find): readonly Command[] {
  const analog = (number: number): LiveSensor => {
    const sensor = at(number);
    return sensor.model.kind === "analog" ? sensor : refuse(completion.illegalForSensor);
  };
  const withThresholds = (number: number): LiveSensor => {
    const sensor = analog(number);
    return sensor.thresholdMask === 0 ? refuse(completion.illegalForSensor) : sensor;
  };
  return [
    command(sensorFn, 0x24, "operator", 4, ({ data }) => {
      analog(data.readUInt8(0)).hysteresis = [data.readUInt8(2), data.readUInt8(3)];
      return [];
    }),
    command(sensorFn, 0x25, "user", 2, ({ data }) => analog(data.readUInt8(0)).hysteresis),
    command(sensorFn, 0x26, "operator", 8, ({ data }) => {
      const sensor = withThresholds(data.readUInt8(0));
      const mask = data.readUInt8(1);
      if ((mask & ~sensor.thresholdMask & 0x3f) !== 0) refuse(completion.invalidField);
      const wanted = sensor.thresholds.map((old, i) =>
        (mask & (1 << i)) === 0 ? old : signedOf(sensor, data.readUInt8(2 + i)),
      );
      if (!inOrder(wanted, sensor.thresholdMask)) refuse(completion.invalidField);
      sensor.thresholds.splice(0, 6, ...wanted);
      return [];
    }),
    command(sensorFn, 0x27, "user", 1, ({ data }) => {
      const sensor = withThresholds(data.readUInt8(0));
      return [sensor.thresholdMask, ...sensor.thresholds.map((raw) => raw & 0xff)];
    }),
  ];
}

const signedOf = ({ model }: LiveSensor, raw: number): number =>
  model.kind === "analog" && model.signed === true && raw > 127 ? raw - 256 : raw;

/** Lower ones fall, upper ones rise with severity, and they do not meet. */
function inOrder(thresholds: readonly number[], mask: number): boolean {
  const rising = [2, 1, 0, 3, 4, 5].filter((i) => (mask & (1 << i)) !== 0).map((i) => thresholds[i] ?? 0);
  return rising.every((raw, i) => i === 0 || raw >= (rising[i - 1] ?? 0));
}

function eventCommands(parts: BmcParts, at: Find): readonly Command[] {
  return [
    command(sensorFn, 0x00, "operator", 2, () => []),
    command(sensorFn, 0x01, "user", 0, () => [0x20, 0x00]),
    command(sensorFn, 0x02, "operator", 7, ({ data }) => {
      const generator = [0x41, 0x00]; // software of a remote console
      parts.record([...generator, ...data]);
      return [];
    }),
    command(sensorFn, 0x28, "operator", [2, 6], ({ data }) => {
      setEvents(at(data.readUInt8(0)), data);
      return [];
    }),
    command(sensorFn, 0x29, "user", 1, ({ data }) => {
      const sensor = at(data.readUInt8(0));
      const flags = flagsOf(sensor) & 0xc0;
      return [flags, ...u16(sensor.assertMask), ...u16(sensor.deassertMask)];
    }),
    command(sensorFn, 0x2a, "operator", [2, 6], ({ data }) => {
      parts.sensors.rearm(at(data.readUInt8(0)));
      return [];
    }),
    command(sensorFn, 0x2b, "user", 1, ({ data }) => {
      const sensor = at(data.readUInt8(0));
      return [flagsOf(sensor), ...u16(sensor.asserted), ...u16(sensor.deasserted)];
    }),
  ];
}

const enableChosen = 1;
const disableChosen = 2;

/** Set Sensor Event Enable. IPMI v2.0 §35.10. */
function setEvents(sensor: LiveSensor, data: Buffer): void {
  const flags = data.readUInt8(1);
  sensor.eventsOn = (flags & 0x80) !== 0;
  sensor.scanning = (flags & 0x40) !== 0;
  const change = (flags >> 4) & 0x03;
  const word = (offset: number): number => (data[offset] ?? 0) | ((data[offset + 1] ?? 0) << 8);
  if (change === enableChosen) {
    sensor.assertMask |= word(2);
    sensor.deassertMask |= word(4);
  } else if (change === disableChosen) {
    sensor.assertMask &= ~word(2);
    sensor.deassertMask &= ~word(4);
  }
}
