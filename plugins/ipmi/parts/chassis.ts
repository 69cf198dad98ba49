import { valuesOf } from "../../../devices/device.ts";
import type { Host } from "./host.ts";
import { ledDevice, ledReadings, switchLed } from "./led.ts";
import type { Part, PartDeps } from "./part.ts";
import { powerDevice, powerReadings, switchPower } from "./power.ts";

/** Power and the identify lamp: one answer shows both. IPMI v2.0 §28.2. */
export function chassisPart(deps: PartDeps, host: Host, lampIsSeen: boolean): Part {
  const { clock, settings } = deps;
  const power = powerDevice(settings);
  const led = ledDevice(settings, lampIsSeen);
  return {
    devices: settings.privilege < 3 && led.outputs.length === 0 ? [power] : [power, led],
    polls: [
      {
        id: "chassis",
        period: settings.fast,
        values: [...valuesOf(power), ...valuesOf(led)],
        read: async (options) => {
          const status = await host.look(options);
          const at = clock.now();
          return [...powerReadings(power, at, status), ...ledReadings(led, at, status)];
        },
      },
    ],
    write: (command, signal, superseded) =>
      command.device === power.id
        ? switchPower(deps, host, power, command, { signal, superseded })
        : switchLed(deps, host, led, command, signal),
  };
}
