import { command, type Call, type Command, refuse, u16, u32 } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";
import { fromRaw } from "../model.ts";
import type { LiveSensor } from "../sensors.ts";
import { lanChannel } from "./session.ts";

const group = 0x2c;
const dcmi = 0xdc;
const conformance = [1, 5, 2];
const noLimit = 0x80;

/** Data Center Manageability Interface v1.5 §6. Everything begins with DCh, both ways. */
export function dcmiCommands(parts: BmcParts): readonly Command[] {
  const { model, meter } = parts;
  const texts = { asset: model.frus[0]?.product?.asset ?? "", controller: "edge-bmc" };
  const within = (
    number: number,
    level: Command["level"],
    length: readonly [number, number],
    run: (data: Buffer, call: Call) => Uint8Array | readonly number[],
  ): Command =>
    command(group, number, level, [1, length[1] + 1], (call) => {
      // Other groups may be asked for here too; to them belongs another answer than to a wrong length.
      if (call.data[0] !== dcmi) return refuse(completion.unknownCommand);
      if (call.data.length - 1 < length[0]) return refuse(completion.wrongLength);
      return [dcmi, ...run(call.data.subarray(1), call)];
    });
  const text = (name: keyof typeof texts): ((data: Buffer) => readonly number[]) => {
    return ([offset = 0, count = 0]) => {
      const bytes = Buffer.from(texts[name], "latin1");
      if (offset > bytes.length) refuse(completion.outOfRange);
      return [bytes.length, ...bytes.subarray(offset, offset + Math.min(count, 16))];
    };
  };
  const setText =
    (name: keyof typeof texts) =>
    (data: Buffer): readonly number[] => {
      const [offset = 0] = data;
      const old = Buffer.from(texts[name], "latin1");
      if (offset > old.length) refuse(completion.outOfRange);
      texts[name] = Buffer.concat([old.subarray(0, offset), data.subarray(2)])
        .toString("latin1")
        .slice(0, 63);
      return [texts[name].length];
    };
  return [
    within(0x01, "user", [1, 1], (data) => capabilities(parts, data.readUInt8(0))),
    within(0x02, "user", [3, 3], () => {
      const { current, minimum, maximum, average, period } = meter.statistics();
      const watts = [current, minimum, maximum, average].flatMap((value) => u16(Math.round(value)));
      return [...watts, ...u32(parts.seconds()), ...u32(Math.min(period, 0xffffffff)), 0x40];
    }),
    ...limitCommands(parts, within),
    within(0x06, "user", [2, 2], text("asset")),
    within(0x08, "operator", [2, 18], setText("asset")),
    within(0x09, "user", [2, 2], text("controller")),
    within(0x0a, "administrator", [2, 18], setText("controller")),
    within(0x07, "user", [4, 4], (data) => sensorInfo(parts, data)),
    within(0x10, "user", [4, 4], (data) => temperatures(parts, data)),
  ];
}

type Within = (
  number: number,
  level: Command["level"],
  length: readonly [number, number],
  run: (data: Buffer, call: Call) => Uint8Array | readonly number[],
) => Command;

function limitCommands({ meter }: BmcParts, within: Within): readonly Command[] {
  return [
    within(0x03, "user", [2, 2], () => {
      const { active, watts, action, correction, sampling } = meter.limit;
      const known = [0, 0, action, ...u16(watts), ...u32(correction), 0, 0, ...u16(sampling)];
      return active ? known : refuse(noLimit, [dcmi, ...known]);
    }),
    within(0x04, "operator", [14, 14], (data) => {
      const action = data.readUInt8(3);
      const watts = data.readUInt16LE(4);
      if (action !== 0 && action !== 0x01 && action !== 0x11) refuse(completion.invalidField);
      if (watts === 0) refuse(0x84);
      Object.assign(meter.limit, {
        action,
        watts,
        correction: data.readUInt32LE(6),
        sampling: data.readUInt16LE(12),
      });
      return [];
    }),
    within(0x05, "operator", [3, 3], (data) => {
      if (meter.limit.watts === 0) refuse(noLimit);
      meter.limit.active = data.readUInt8(0) === 1;
      return [];
    }),
  ];
}

/** Get DCMI Capabilities Info. DCMI v1.5 table 6-2. */
function capabilities({ log }: BmcParts, parameter: number): readonly number[] {
  const none = 0xff;
  switch (parameter) {
    case 1: // power management; besides LAN only the system interface
      return [...conformance, 0x00, 0x01, 0x01];
    case 2: // log without rollover; asset tag; temperatures and how often
      return [...conformance, ...u16(log.capacity), 0x00, 0x00, 0x01];
    case 3:
      return [...conformance, 0x40, 0x00];
    case 4:
      return [...conformance, lanChannel, none, none];
    case 5:
      return [...conformance, 0];
    default:
      return refuse(completion.invalidField);
  }
}

/** Entities as DCMI numbers them, with those that mean the same in IPMI. DCMI v1.5 table 6-15. */
const aliases = new Map([
  [0x40, 0x37],
  [0x41, 0x03],
  [0x42, 0x07],
]);

function ofEntity({ sensors }: BmcParts, data: Buffer): readonly LiveSensor[] {
  const [type = 0, entity = 0, instance = 0] = data;
  const wanted = aliases.get(entity) ?? entity;
  return sensors.all.filter(
    ({ model }) =>
      model.type === type &&
      model.entity[0] === wanted &&
      model.kind === "analog" &&
      model.signed !== true && // a distance to a limit is no temperature
      (instance === 0 || model.entity[1] === instance),
  );
}

/** Get DCMI Sensor Info: which records describe the sensors of an entity. */
function sensorInfo(parts: BmcParts, data: Buffer): readonly number[] {
  const found = ofEntity(parts, data);
  const from = Math.max(0, data.readUInt8(3) - (data.readUInt8(2) === 0 ? 1 : 0));
  const ids = found
    .slice(data.readUInt8(2) === 0 ? from : 0)
    .slice(0, 8)
    .map(({ number }) => recordOf(parts, number));
  return [found.length, ids.length, ...ids.flatMap(u16)];
}

function recordOf({ repository }: BmcParts, sensor: number): number {
  const record = repository.records.find((bytes) => bytes.readUInt8(3) <= 0x03 && bytes[7] === sensor);
  return record?.readUInt16LE(0) ?? 0xffff;
}

/** Get Temperature Readings. */
function temperatures(parts: BmcParts, data: Buffer): readonly number[] {
  const found = ofEntity(parts, data);
  const shown = found.slice(0, 8).map(({ model, raw }) => {
    const value = model.kind === "analog" ? Math.round(fromRaw(model, raw)) : 0;
    const size = Math.min(Math.abs(value), 127);
    return [(value < 0 ? 0x80 : 0) | size, model.entity[1]];
  });
  return [found.length, shown.length, ...shown.flat()];
}
