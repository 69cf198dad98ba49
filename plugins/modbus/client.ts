import { BothyError } from "../../devices/errors.ts";
import type { BusConfig, ClientDeps, ModbusClient } from "./contract.ts";

export { busDefaults } from "./contract.ts";
export type { BusConfig, ClientDeps, ModbusClient, RequestOptions } from "./contract.ts";
export type { BusStats, UnitStats } from "./stats.ts";

/**
 * Opens the line of a bus.
 * @throws BothyError `LINE_DOWN` with a remedy when it cannot be opened
 */
export function openClient(bus: BusConfig, _deps: ClientDeps): Promise<ModbusClient> {
  return Promise.reject(new BothyError("LINE_DOWN", { source: bus.name, fault: "not built yet" }));
}
