import { type Action, type Device, valuesOf } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type Command, priority } from "../../../devices/plugin.ts";
import type { Reading } from "../../../devices/reading.ts";
import { nameOf } from "../../../devices/registry.ts";
import {
  activatePowerLimit,
  getPowerLimit,
  getPowerReading,
  type PowerLimit,
  type PowerReading,
  setPowerLimit,
} from "../commands/dcmi.ts";
import { bad, bmcDevice, good, type Part, type PartDeps, valueAt } from "./part.ts";

/** What the whole machine draws, as its BMC measures it. DCMI v1.5 §6.6.1. */
export function powerReadingPart({ bmc, clock, settings }: PartDeps): Part {
  const device = bmcDevice(settings, ["dcmi", "power"], "power-draw", {
    type: "power",
    info: "power drawn",
    tags: ["ipmi/sensor:dcmi-power"],
    outputs: [{ output: outputNamed("watt") }],
  });
  return {
    devices: [device],
    polls: [
      {
        id: "power-draw",
        period: settings.fast,
        values: valuesOf(device),
        read: async (options) => [drawn(device, clock.now(), await getPowerReading(bmc, options))],
      },
    ],
  };
}

function drawn(device: Device, at: number, reading: PowerReading): Reading {
  const id = valueAt(device, "watt");
  if (!reading.measuring) return bad(device, id, at, "ABSENT", { fault: "power is not being measured" });
  const { watts, minimum, maximum, average } = reading;
  return good(id, at, watts, {
    minimum: `${minimum} W`,
    maximum: `${maximum} W`,
    average: `${average} W`,
  });
}

/** What is assumed of a limit where there has been none. */
const usual = { correction: 1000, periodSeconds: 1, exceeded: "none" } as const;

const limitActions: readonly Action[] = [
  {
    name: "limit",
    kind: "level",
    accepts: { kind: "number", min: 1, max: 65_535, step: 1, unit: "W" },
    shows: { output: "watt" },
    settle: 3000,
    // Kept by the BMC for good: it is not to be written again and again.
    storage: "eeprom",
  },
  { name: "remove", kind: "pulse", accepts: { kind: "none" }, shows: { output: "watt" }, storage: "eeprom" },
];

/** How much the machine may draw. DCMI v1.5 §6.6.2 to §6.6.4. */
export function powerLimitPart({ bmc, clock, settings }: PartDeps): Part {
  const device = bmcDevice(settings, ["dcmi", "limit"], "power-limit", {
    type: "power-limit",
    info: "power limit",
    tags: ["ipmi/chassis-part:power-limit"],
    outputs: [{ output: outputNamed("watt") }],
    actions: settings.privilege < 3 ? [] : limitActions,
  });
  const shown = (limit: PowerLimit | undefined): readonly Reading[] => [
    limitReading(device, clock.now(), limit),
  ];
  return {
    devices: [device],
    polls: [
      {
        id: "power-limit",
        period: settings.slow,
        values: valuesOf(device),
        read: async (options) => shown(await getPowerLimit(bmc, options)),
      },
    ],
    write: async ({ action, value }: Command, signal) => {
      const asked = { priority: priority.write, signal };
      if (action.name === "remove") {
        await activatePowerLimit(bmc, false, asked);
        const left = await getPowerLimit(bmc, asked);
        if (left === undefined) return shown(left);
        throw new BothyError("NOT_CONFIRMED", {
          source: nameOf(device),
          wanted: "no limit",
          got: `${left.watts} W`,
        });
      }
      const before = await getPowerLimit(bmc, asked);
      await setPowerLimit(bmc, { ...usual, ...before, watts: Math.round(Number(value)) }, asked);
      await activatePowerLimit(bmc, true, asked);
      return shown(await getPowerLimit(bmc, asked));
    },
  };
}

function limitReading(device: Device, at: number, limit: PowerLimit | undefined): Reading {
  const id = valueAt(device, "watt");
  if (limit === undefined) return bad(device, id, at, "ABSENT", { fault: "no limit is in force" });
  const { exceeded, correction } = limit;
  const action = typeof exceeded === "object" ? `maker's own (${exceeded.oem})` : exceeded;
  return good(id, at, limit.watts, { whenExceeded: action, within: `${correction} ms` });
}
