import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { openClient } from "./client.ts";
import { ModbusConnection } from "./connection.ts";
import { meta } from "./meta.ts";
import { planBus } from "./plan.ts";
import type { Product } from "./product-schema.ts";
import { type LinkOptions, type ModbusConfig, schemas, type UnitOptions } from "./schema.ts";

function plan(config: ModbusConfig): LinkPlan {
  const { plan: bus, devices, faults } = planBus(config);
  return {
    name: config.name,
    devices,
    faults,
    open: async (deps) => new ModbusConnection(bus, await openClient(bus.bus, deps), deps),
  };
}

/** Modbus RTU on serial lines, RTU through serial device servers, and Modbus TCP. */
export const modbus: Plugin<LinkOptions, UnitOptions, Product> = {
  name: "modbus",
  meta,
  schema: schemas,
  plan,
};
