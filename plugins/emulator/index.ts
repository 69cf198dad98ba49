import { randomInt } from "node:crypto";
import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { EmulatorConnection } from "./connection.ts";
import { type EmulatorConfig, meta, planEmulator } from "./plan.ts";
import { seededFor } from "./random.ts";
import { type DeviceOptions, deviceSchema, type LinkOptions, linkSchema } from "./schema.ts";

function plan(config: EmulatorConfig): LinkPlan {
  const { plan: emulator, faults } = planEmulator(config);
  return {
    name: emulator.name,
    devices: emulator.devices.map(({ device }) => device),
    faults,
    open: ({ clock }) => {
      const seed = emulator.seed ?? randomInt(2 ** 32);
      const randomFor = (device: string) => seededFor(seed, device);
      return Promise.resolve(new EmulatorConnection(emulator, { clock, randomFor }));
    },
  };
}

/** Devices that exist only here: those of Synse's emulator plugin, with its ids and its behaviour. */
export const emulator: Plugin<LinkOptions, DeviceOptions> = {
  name: "emulator",
  meta,
  schema: { link: linkSchema, device: deviceSchema },
  plan,
};
