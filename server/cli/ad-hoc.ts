import { type Command, Option } from "commander";
import { portNumber, whole } from "./numbers.ts";
import { CannotRun } from "./terminal.ts";

/** A line named on the command line instead of in a configuration. */
export interface LineOptions {
  readonly port?: string;
  readonly baud?: number;
  readonly parity?: string;
  readonly stopBits?: number;
  readonly host?: string;
  readonly tcpPort?: number;
  readonly rtu?: boolean;
}

export const withSerialOptions = (command: Command): Command =>
  command
    .option("--port <path>", "serial port, e.g. /dev/ttyUSB0")
    .option("--baud <number>", "speed of the serial line (default: 9600)", whole(300, 4_000_000))
    .addOption(new Option("--parity <kind>", "default: none").choices(["none", "even", "odd"]))
    .option("--stop-bits <number>", "1 or 2 (default: 1)", whole(1, 2));

export const withTcpOptions = (command: Command): Command =>
  command
    .option("--host <address>", "a Modbus TCP endpoint, or a serial device server with --rtu")
    .option("--tcp-port <number>", "its TCP port (default: 502)", portNumber)
    .option("--rtu", "RTU frames over TCP");

/** The settings of the line, as a configuration would have them; undefined when none is named. */
export function settingsOf(options: LineOptions): Record<string, unknown> | undefined {
  const { port, baud, parity, stopBits, host, tcpPort, rtu } = options;
  if (port !== undefined && host !== undefined) throw new CannotRun("give --port or --host, not both");
  const timing = { baudRate: baud, parity, stopBits };
  if (port !== undefined) return present({ transport: "serial", path: port, ...timing });
  if (host === undefined) {
    const [alone] =
      Object.entries({ ...timing, tcpPort, rtu }).find(([, value]) => value !== undefined) ?? [];
    if (alone === undefined) return undefined;
    throw new CannotRun(`${flags[alone] ?? alone} belongs to a line: name it with --port or --host`);
  }
  return rtu === true
    ? present({ transport: "rtu-over-tcp", host, port: tcpPort, baudRate: baud })
    : present({ transport: "tcp", host, port: tcpPort });
}

const flags: Readonly<Record<string, string>> = {
  baudRate: "--baud",
  parity: "--parity",
  stopBits: "--stop-bits",
  tcpPort: "--tcp-port",
  rtu: "--rtu",
};

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
