import { connect } from "node:net";
import { systemClock } from "../../devices/clock.ts";
import { modbus } from "../../plugins/modbus/index.ts";
import { createRegisterUnit, readRegisters } from "../../simulators/modbus/register-unit.ts";
import { serveRtu, serveTcp } from "../../simulators/modbus/serve.ts";
import { socketWire } from "../../simulators/tcp.ts";
import { createMemoryWire, type Wire } from "../../simulators/wire.ts";
import { crc } from "../support/rtu-units.ts";
import { pluginContract, type Rig } from "./suite.ts";

const registers = `
input: { 1: [235, 0x8000, 1, 1] }
holding: { 0: [10], 20: [7, 7, 7] }
coil: { 0: [1] }
`;

/** Some of each kind, with holes between. */
const products = `
products:
  - product: contract-unit
    title: Unit for the contract
    manual: none
    certainty: S
    devices:
      - name: probe
        type: temperature
        info: Probe
        outputs:
          - { output: temperature, table: input, address: 1, type: int16, scale: 0.1 }
          - { output: humidity, table: input, address: 2, type: int16, scale: 0.1, absent: [0x8000] }
          - { output: kilowatt-hour, table: input, address: 3, type: uint32, poll: slow }
      - name: fan
        type: fan
        info: Fan
        outputs:
          - { output: duty, table: holding, address: 0, type: uint16 }
          - { output: number, channels: [a, b, c], table: holding, address: 20, type: uint16 }
          - { output: switch, table: coil, address: 0, type: bit, states: { 0: "off", 1: "on" } }
        actions:
          - { name: speed, table: holding, address: 0, type: uint16, min: 0, max: 100, shows: { output: duty } }
`;

const unit = () => createRegisterUnit(readRegisters(registers), { product: "contract-unit" });

/** Its timeouts are longer than anything here takes on a machine that has more to do. */
const rigOf = (hardware: Pick<Rig, "near" | "far" | "frame" | "close">, bus: object): Rig => ({
  ...hardware,
  config: (near) => `
site: { id: contract, tags: ["site/contract"] }
buses: { line: ${JSON.stringify({ ...near, ...bus, responseTimeout: "1s", lateAnswers: "1s" })} }
devices: [{ bus: line, unit: 1, product: contract-unit, alias: unit, tags: ["rack:r1"] }]
${products}`,
  absent: { alias: "unit.probe", output: "humidity" },
  write: { alias: "unit.fan", action: "speed", values: [80, 0] },
});

/** The shortest start whose checksum fits. */
function rtuFrame(bytes: Uint8Array): number {
  for (let length = 4; length <= bytes.length; length++) {
    const [body, sum] = [bytes.slice(0, length - 2), bytes.slice(length - 2, length)];
    if (crc([...body]).join() === sum.join()) return length;
  }
  return 0;
}

function mbapFrame(bytes: Uint8Array): number {
  const length = 6 + (bytes[4] ?? 0) * 256 + (bytes[5] ?? 0);
  return bytes.length > 6 && bytes.length >= length ? length : 0;
}

/** A line that lasts while its clients come and go. */
function rtuRig(near: "tcp" | "pty", transport: string): Rig {
  const [client, wire] = createMemoryWire();
  const timing = { baudRate: 115_200 };
  const line = serveRtu({ clock: systemClock, units: new Map([[1, unit()]]), wire, timing });

  const far = (): Wire => ({ ...client, close: () => Promise.resolve() });
  return rigOf({ near, far, frame: rtuFrame, close: () => line.close() }, { transport, baudRate: 115_200 });
}

pluginContract("Modbus RTU over TCP", modbus, () => Promise.resolve(rtuRig("tcp", "rtu-over-tcp")));

pluginContract("Modbus RTU on a serial port", modbus, () => Promise.resolve(rtuRig("pty", "serial")));

pluginContract("Modbus TCP", modbus, async () => {
  const served = await serveTcp({ clock: systemClock, units: new Map([[1, unit()]]) });
  const far = (): Wire => socketWire(connect({ host: served.host, port: served.port }));
  return rigOf({ near: "tcp", far, frame: mbapFrame, close: () => served.close() }, { transport: "tcp" });
});
