import { bootParameter } from "../boot-options.ts";
import { command, type Command, refuse, u32 } from "../command.ts";
import type { HostAction } from "../host.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";

const chassisFn = 0x00;
const actions: readonly HostAction[] = ["off", "on", "cycle", "reset", "nmi", "soft-off"];
const defaultIdentify = 15;
const minute = 60_000;

/** Power, identification, boot. IPMI v2.0 §28. */
export function chassisCommands(parts: BmcParts): readonly Command[] {
  const { chassis, host } = parts;
  return [
    command(chassisFn, 0x00, "user", 0, () => [0x01, 0x20, 0x20, 0x20, 0x20]), // intrusion sensor
    command(chassisFn, 0x01, "user", 0, () => status(parts)),
    command(chassisFn, 0x02, "operator", 1, ({ data }) => {
      const action = actions[data.readUInt8(0) & 0x0f];
      if (action === undefined) return refuse(completion.invalidField);
      return host.ask(action) ? [] : refuse(completion.notNow);
    }),
    command(chassisFn, 0x04, "operator", [0, 2], ({ data }) => {
      const [seconds = defaultIdentify, force = 0] = data;
      chassis.identify((force & 1) !== 0 ? Infinity : seconds);
      return [];
    }),
    command(chassisFn, 0x06, "operator", 1, ({ data }) => {
      const policy = data.readUInt8(0) & 0x07;
      if (policy > 3) refuse(completion.invalidField);
      if (policy < 3) chassis.policy = policy;
      return [0x07];
    }),
    command(chassisFn, 0x07, "user", 0, () => [host.restartCause, 0x01]),
    command(chassisFn, 0x0f, "user", 0, () => [60, ...u32(Math.floor(host.poweredFor() / (60 * minute)))]),
    ...bootCommands(parts),
  ];
}

const identifyStates = { off: 0x00, timed: 0x10, on: 0x20 };

/** Get Chassis Status. IPMI v2.0 §28.2. */
function status({ chassis, host, sensors }: BmcParts): readonly number[] {
  const fanFault = sensors.all.some(({ model, states }) => model.type === 0x04 && (states & 0x06) !== 0);
  const driveFault = chassis.drives.some((drive) => (drive & 0x02) !== 0);
  return [
    (chassis.policy << 5) | (host.powered ? 0x01 : 0),
    (host.onByCommand ? 0x10 : 0) | (chassis.powerLost ? 0x01 : 0),
    0x40 | // the identify state is meant
      identifyStates[chassis.identifying()] |
      (fanFault ? 0x08 : 0) |
      (driveFault ? 0x04 : 0) |
      (chassis.open ? 0x01 : 0),
    0x00,
  ];
}

function bootCommands({ bootOptions }: BmcParts): readonly Command[] {
  const unknown = 0x80;
  return [
    command(chassisFn, 0x08, "operator", [1, 17], ({ data }) => {
      const parameter = data.readUInt8(0) & 0x7f;
      if (bootOptions.get(parameter) === undefined) return refuse(unknown);
      if ((data.readUInt8(0) & 0x80) !== 0) bootOptions.mark(parameter);
      if (data.length === 1) return [];
      const sane = parameter !== bootParameter.progress || data.readUInt8(1) < 2;
      if (!sane || !bootOptions.set(parameter, data.subarray(1))) refuse(completion.invalidField);
      return [];
    }),
    command(chassisFn, 0x09, "operator", 3, ({ data }) => {
      const parameter = data.readUInt8(0) & 0x7f;
      const value = bootOptions.get(parameter) ?? refuse(unknown);
      return [0x01, (bootOptions.invalid(parameter) ? 0x80 : 0) | parameter, ...value];
    }),
  ];
}
