import { BothyError } from "../../devices/errors.ts";
import type { Line } from "../transport/line.ts";
import { openSerial } from "../transport/serial.ts";
import { openTcp } from "../transport/tcp.ts";
import { type BusConfig, busDefaults, type ClientDeps, type ModbusClient } from "./contract.ts";
import { RtuClient } from "./rtu-client.ts";
import { TcpClient } from "./tcp-client.ts";

export { busDefaults } from "./contract.ts";
export type { BusConfig, ClientDeps, ModbusClient, RequestOptions } from "./contract.ts";
export type { BusStats, UnitStats } from "./stats.ts";

/**
 * Opens the line of a bus.
 * @throws BothyError `LINE_DOWN` with a remedy when it cannot be opened, `STOPPED` when aborted
 */
export async function openClient(bus: BusConfig, deps: ClientDeps): Promise<ModbusClient> {
  return clientOn(await openLine(bus, deps), bus, deps);
}

/** A client on a line that is open already. */
export const clientOn = (line: Line, bus: BusConfig, deps: ClientDeps): ModbusClient =>
  bus.transport === "tcp" ? new TcpClient(line, bus, deps) : new RtuClient(line, bus, deps);

/**
 * Opens the line of a bus, to speak or only to listen.
 * @throws BothyError as `openClient`
 */
export async function openLine(bus: BusConfig, deps: ClientDeps): Promise<Line> {
  if (bus.transport !== "serial") {
    const { host, port = busDefaults.port } = bus;
    if (host === undefined) throw missing(bus, "host");
    return openTcp({ host, port }, deps.clock, deps.signal);
  }
  const { path, baudRate } = bus;
  if (path === undefined) throw missing(bus, "path");
  if (baudRate === undefined) throw missing(bus, "baudRate");
  const line = await openSerial({ ...bus, path, baudRate }, deps.log);
  if (deps.signal?.aborted !== true) return line;
  await line.close();
  throw new BothyError("STOPPED", { source: bus.name });
}

const missing = (bus: BusConfig, key: string): BothyError =>
  new BothyError("BAD_CONFIG", { source: bus.name, fault: `${bus.transport} needs ${key}` });
