import { type Action, type Device, valuesOf } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type Command, priority } from "../../../devices/plugin.ts";
import type { Reading } from "../../../devices/reading.ts";
import { nameOf } from "../../../devices/registry.ts";
import {
  type BootDevice,
  bootDevices,
  type BootSettings,
  getBootFlags,
  setBootFlags,
} from "../commands/boot.ts";
import { bmcDevice, good, type Part, type PartDeps, valueAt } from "./part.ts";

const choices = Object.keys(bootDevices) as readonly BootDevice[];

/** Each action, and how it differs from booting once, the way the firmware likes. */
const ways: Readonly<Record<string, { readonly persistent: boolean; readonly efi: boolean }>> = {
  target: { persistent: false, efi: false },
  "target-efi": { persistent: false, efi: true },
  persistent: { persistent: true, efi: false },
  "persistent-efi": { persistent: true, efi: true },
};

/**
 * Where the server boots from next. Pulses: the BMC forgets what it was told after the next boot, or after a minute, and
 * nobody is to tell it again then. IPMI v2.0 §28.12.
 */
export function bootPart({ bmc, clock, settings }: PartDeps): Part {
  const actions = Object.keys(ways).map((name): Action => ({
    name,
    kind: "pulse",
    accepts: { kind: "choice", choices },
    shows: { output: "state" },
    storage: "eeprom",
  }));
  const device = bmcDevice(settings, ["chassis", "boot"], "boot", {
    type: "boot-target",
    info: "boot target",
    tags: ["ipmi/chassis-part:boot"],
    outputs: [{ output: outputNamed("state") }],
    actions: settings.privilege < 3 ? [] : actions,
  });
  return {
    devices: [device],
    polls: [
      {
        id: "boot",
        period: settings.slow,
        values: valuesOf(device),
        read: async (options) => bootReadings(device, clock.now(), await getBootFlags(bmc, options)),
      },
    ],
    write: async ({ action, value }: Command, signal) => {
      const way = ways[action.name];
      const target = choices.find((one) => one === value);
      if (way === undefined || target === undefined)
        throw new BothyError("BAD_VALUE", {
          source: nameOf(device),
          value: String(value),
          expected: `one of ${choices.join(", ")}`,
        });
      const asked = { priority: priority.write, signal };
      await setBootFlags(bmc, { device: target, ...way }, asked);
      const now = await getBootFlags(bmc, asked);
      if (!isSet(now, target, way))
        throw new BothyError("NOT_CONFIRMED", {
          source: nameOf(device),
          wanted: `${action.name} ${target}`,
          got: said(now),
        });
      return bootReadings(device, clock.now(), now);
    },
  };
}

/** "None" is the same whether it is said or not. */
const isSet = (
  now: BootSettings,
  target: BootDevice,
  way: { readonly persistent: boolean; readonly efi: boolean },
): boolean =>
  target === "none"
    ? !now.valid || now.device === "none"
    : now.valid && now.device === target && now.persistent === way.persistent && now.efi === way.efi;

const said = ({ valid, device, persistent, efi }: BootSettings): string =>
  valid ? `${device}${persistent ? ", persistent" : ""}${efi ? ", EFI" : ""}` : "nothing in force";

/** What is not in force is `none`: the firmware's own order. */
function bootReadings(device: Device, at: number, flags: BootSettings): readonly Reading[] {
  const { valid, persistent, efi, device: target } = flags;
  const context: Record<string, string> = valid
    ? { lasts: persistent ? "every boot" : "next boot", ...(efi ? { mode: "EFI" } : {}) }
    : {};
  return [good(valueAt(device, "state"), at, valid ? target : "none", context)];
}
