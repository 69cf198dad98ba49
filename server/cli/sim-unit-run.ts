import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { systemClock } from "../../devices/clock.ts";
import { createRegisterUnit, readRegisters } from "../../simulators/modbus/register-unit.ts";
import { serveRtu, serveTcp } from "../../simulators/modbus/serve.ts";
import type { SimulatedUnit } from "../../simulators/modbus/unit.ts";
import { openPty } from "../../simulators/pty.ts";
import { CannotRun, exit, type ExitCode, print, untilStopped } from "./terminal.ts";

export interface Options {
  readonly unit: number;
  readonly tcpPort: number;
  readonly port?: string;
  readonly baud: number;
}

/** Answers until it is told to stop. */
export async function simulate(file: string, options: Options): Promise<ExitCode> {
  if (!existsSync(file)) throw new CannotRun(`there is no file ${file}`);
  const unit = createRegisterUnit(registersOf(file), {
    product: basename(file),
    written: (table, address, value) => print(`${table} ${hex(address)} is now ${value} (${hex(value)})`),
  });
  const served = await serve(unit, options);
  print(`unit ${options.unit} with the registers of ${file}: ${served.where}; Ctrl-C ends it`);
  await untilStopped();
  await served.close();
  return exit.good;
}

function registersOf(file: string): ReturnType<typeof readRegisters> {
  try {
    return readRegisters(readFileSync(file, "utf8"));
  } catch (thrown) {
    throw new CannotRun(`${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

async function serve(
  unit: SimulatedUnit,
  { unit: id, port, tcpPort, baud }: Options,
): Promise<{ readonly where: string; close(): Promise<void> }> {
  const shared = { clock: systemClock, units: new Map([[id, unit]]) };
  if (port === undefined) {
    const listener = await serveTcp({ ...shared, port: tcpPort });
    return { where: `Modbus TCP on ${listener.host}:${listener.port}`, close: () => listener.close() };
  }
  const line = serveRtu({ ...shared, wire: await openPty({ link: port }), timing: { baudRate: baud } });
  return { where: `RTU on ${port}, ${baud} baud 8N1`, close: () => line.close() };
}

const hex = (word: number): string => `0x${word.toString(16).padStart(4, "0")}`;
