import { command, type Command, refuse, u16 } from "../command.ts";
import { completion } from "../lan/message.ts";
import type { BmcParts } from "../parts.ts";

const app = 0x06;
const acpi = { s0: 0x00, s5: 0x05, unknown: 0x2a };

/** The controller itself. IPMI v2.0 §20, §22.14, §27. */
export function appCommands(parts: BmcParts): readonly Command[] {
  const { model, guid, host, watchdog } = parts;
  return [
    command(app, 0x01, "user", 0, () => [
      model.deviceId,
      model.revision,
      model.firmware[0],
      model.firmware[1],
      0x02, // IPMI 2.0
      0xbf, // everything but bridging
      ...u16(model.manufacturer),
      model.manufacturer >> 16,
      ...u16(model.product),
      0,
      0,
      0,
      0,
    ]),
    command(app, 0x02, "administrator", 0, () => restart(parts)),
    command(app, 0x03, "administrator", 0, () => restart(parts)),
    command(app, 0x04, "user", 0, () => [0x55, 0x00]),
    command(app, 0x07, "user", 0, () => (host.powered ? [acpi.s0, 0x00] : [acpi.s5, 0x03])),
    command(app, 0x08, "user", 0, () => guid),
    command(app, 0x37, "none", 0, () => guid),
    command(app, 0x22, "operator", 0, () => (watchdog.reset() ? [] : refuse(0x80))),
    command(app, 0x24, "operator", 6, ({ data }) => {
      const use = data.readUInt8(0) & 0x07;
      if (use === 0 || use > 5 || (data.readUInt8(1) & 0x07) > 3) refuse(completion.invalidField);
      watchdog.set(data);
      return [];
    }),
    command(app, 0x25, "user", 0, () => watchdog.get()),
    command(app, 0x2f, "user", 0, () => [0x08]), // event log on, message channel without interrupts
    ...systemInfo(),
  ];
}

function restart(parts: BmcParts): readonly number[] {
  parts.restart();
  return [];
}

const blockSize = 16;

/** Get and Set System Info Parameters: names the operating system left. IPMI v2.0 §22.14a–b. */
function systemInfo(): readonly Command[] {
  const texts = new Map([
    [1, "2.14.0"],
    [2, ""],
    [3, ""],
    [4, ""],
  ]);
  let progress = 0;
  const get = (data: Buffer): readonly number[] => {
    const [flags = 0, parameter = 0, set = 0] = data;
    if ((flags & 0x80) !== 0) return [0x11];
    if (parameter === 0) return [0x11, progress];
    const text = texts.get(parameter);
    if (text === undefined) return refuse(0x80);
    const whole = Buffer.concat([Uint8Array.of(0, text.length), Buffer.from(text, "latin1")]);
    if (set * blockSize >= whole.length) return refuse(completion.outOfRange);
    const block = Buffer.alloc(blockSize);
    block.set(whole.subarray(set * blockSize, (set + 1) * blockSize));
    return [0x11, set, ...block];
  };
  const set = (data: Buffer): readonly number[] => {
    const [parameter = 0, block = 0] = data;
    if (parameter === 0) progress = block & 0x03;
    else if (!texts.has(parameter)) return refuse(0x80);
    else if (block === 0 && data.length > 4) {
      texts.set(parameter, data.subarray(4, 4 + data.readUInt8(3)).toString("latin1"));
    }
    return [];
  };
  return [
    command(app, 0x58, "administrator", [2, 18], ({ data }) => set(data)),
    command(app, 0x59, "user", 4, ({ data }) => get(data)),
  ];
}
