import { command, type Command, refuse } from "../command.ts";
import { lastProcessed } from "../pef.ts";
import type { BmcParts } from "../parts.ts";

const sensorFn = 0x04;
const revision = 0x11;
const unknown = 0x80;

/** Platform event filtering and alerts. IPMI v2.0 §30. */
export function pefCommands({ pef, log }: BmcParts): readonly Command[] {
  return [
    command(sensorFn, 0x10, "user", 0, () => [0x51, 0x01, 8]), // alerts; 8 filters
    command(sensorFn, 0x12, "administrator", [2, 22], ({ data }) => {
      const code = pef.set(data.readUInt8(0) & 0x7f, data.subarray(1));
      return code === 0 ? [] : refuse(code);
    }),
    command(sensorFn, 0x13, "operator", 3, ({ data }) => {
      if ((data.readUInt8(0) & 0x80) !== 0) return [revision];
      return [revision, ...(pef.get(data.readUInt8(0) & 0x7f, data.readUInt8(1)) ?? refuse(unknown))];
    }),
    command(sensorFn, 0x15, "administrator", 0, () => lastProcessed(log.lastAdded)),
    command(sensorFn, 0x16, "administrator", [3, 11], ({ data }) => {
      const [, where = 0, , , , sensorType = 0, sensor = 0, kind = 0, ...rest] = data;
      const [data1 = 0, data2 = 0xff, data3 = 0xff] = rest;
      const event = {
        sensorType,
        eventType: kind & 0x7f,
        deassert: (kind & 0x80) !== 0,
        sensor,
        entity: [0, 0] as const,
        data: [data1, data2, data3] as const,
      };
      return pef.alert(where & 0x0f, event) ? [] : refuse(0x83);
    }),
    command(sensorFn, 0x17, "none", 12, ({ data }) => {
      pef.acknowledge(data.readUInt16BE(0));
      return [];
    }),
  ];
}
