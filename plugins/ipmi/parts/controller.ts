import { valuesOf } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import { outputNamed } from "../../../devices/output.ts";
import { getPowerOnHours } from "../commands/chassis.ts";
import { getSelfTest, type SelfTest } from "../commands/controller.ts";
import { type DeviceId, getDeviceId } from "../commands/device-id.ts";
import type { Reading } from "../../../devices/reading.ts";
import { badReading } from "../../../devices/store.ts";
import { bmcDevice, each, good, type Part, type PartDeps, valueAt } from "./part.ts";

export interface ControllerParts {
  readonly identity: DeviceId | undefined;
  readonly hours: boolean;
  readonly selfTest: boolean;
}

/** The BMC itself: its firmware, how it finds itself, and how long its machine has been on over its life. */
export function controllerPart({ bmc, clock, settings }: PartDeps, parts: ControllerParts): Part {
  const { hours, selfTest, identity } = parts;
  const device = bmcDevice(settings, ["bmc"], "bmc", {
    type: "bmc",
    info: "BMC",
    tags: ["ipmi/chassis-part:bmc"],
    context: {
      address: settings.port === 623 ? settings.host : `${settings.host}:${settings.port}`,
      ...(identity === undefined ? {} : factsOf(identity)),
    },
    outputs: [
      { output: outputNamed("string"), channel: "firmware" },
      ...(selfTest ? [{ output: outputNamed("status") }] : []),
      ...(hours ? [{ output: outputNamed("run-hours") }] : []),
    ],
  });
  return {
    devices: [device],
    polls: [
      {
        id: "bmc",
        period: settings.slow,
        values: valuesOf(device),
        read: async (options) => {
          const now = await getDeviceId(bmc, options);
          const at = clock.now();
          const readings: Reading[] = [
            good(valueAt(device, "string", "firmware"), at, now.firmware, factsOf(now)),
          ];
          if (selfTest) {
            const said = await each(getSelfTest(bmc, options), device.info);
            const id = valueAt(device, "status");
            readings.push(said instanceof BothyError ? badReading(id, at, said) : good(id, at, wordOf(said)));
          }
          if (hours) {
            const said = await each(getPowerOnHours(bmc, options), device.info);
            const id = valueAt(device, "run-hours");
            readings.push(said instanceof BothyError ? badReading(id, at, said) : good(id, at, said));
          }
          return readings;
        },
      },
    ],
  };
}

const factsOf = ({ makerName, product, ipmi }: DeviceId): Readonly<Record<string, string>> => ({
  maker: makerName,
  product: String(product),
  ipmi,
});

const wordOf = ({ result, faults }: SelfTest): string => {
  if (result === "passed") return "ok";
  return result === "not-implemented" ? "not tested" : [result, ...faults].join(", ");
};
