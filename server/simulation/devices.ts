import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { modbus } from "../../plugins/modbus/index.ts";
import type { UnitOptions } from "../../plugins/modbus/schema.ts";
import type { Equipment } from "../../simulators/equipment.ts";
import type { Values } from "./values.ts";

/** The one link of a site in one process. */
export const linkName = "site";

/** Tags of devices by the beginning of their aliases: those of the demonstration's configuration. */
const unitTags: readonly (readonly [alias: string, tags: readonly string[]])[] = [
  ["tray-a", ["rack:r1", "zone:cold"]],
  ["probe-inlet-3", ["zone:cold", "point:inlet", "position:top"]],
  ["probe-inlet", ["zone:cold", "point:inlet"]],
  ["probe-outlet", ["zone:hot", "point:outlet"]],
  ["probe-outdoor", ["point:outdoor"]],
  ["dx-", ["zone:cold"]],
  ["dc-1", ["rack:r2"]],
  ["pdu-1", ["rack:r1"]],
  ["ups-1", ["rack:r2"]],
];
const tagsOf = (alias: string): readonly string[] =>
  unitTags.find(([start]) => alias.startsWith(start))?.[1] ?? [];

function unitsOf(equipment: Equipment): readonly UnitOptions[] {
  const names: readonly (readonly [alias: string, product: string])[] = [
    ["tray-a", "generic-fantray-v1"],
    ...equipment.probes.map(({ name }) => [name, "xy-md02"] as const),
    ["io-1", "generic-io-v1"],
    ...equipment.dx.map((_, i) => [`dx-${i + 1}`, "generic-dx-v1"] as const),
    ["dc-1", "generic-dcplant-v1"],
    ["meter-1", "eastron-sdm630"],
    ["pdu-1", "generic-pdu-v1"],
    ...(equipment.ups === undefined ? [] : [["ups-1", "apc-smart-ups"] as const]),
  ];
  return names.map(([alias, product], i) => ({
    ...{ unit: i + 1, alias, product, tags: [...tagsOf(alias)] },
    ...(alias === "io-1" ? { deviceTags: relayTags } : {}),
    ...(alias === "pdu-1" ? { deviceTags: outletTags(equipment.pdu.outlets) } : {}),
  }));
}

/** What the relays of the simulated sites switch. */
const relayTags: Record<string, string[]> = {
  "relay-1": ["use:heater", "stage:1"],
  "relay-2": ["use:heater", "stage:2"],
  "relay-3": ["use:battery-heater"],
  "relay-4": ["use:generator"],
};

/** When power or cooling does not suffice: 9 goes first, 0 never. Those of the demonstration; further outlets go with 7. */
const priorities = [0, 1, 3, 3, 5, 7, 7, 9];
const mapped = 8; // outlets the product's map has

const outletTags = (outlets: number): Record<string, string[]> => ({
  inlet: ["point:it-power"],
  ...Object.fromEntries(
    Array.from({ length: Math.min(mapped, outlets) }, (_, i) => [
      `outlet-${i + 1}`,
      [`priority:${priorities[i] ?? 7}`],
    ]),
  ),
});

/**
 * The devices of a site as a configuration would bring them, with their types, tags, outputs and actions; what the site
 * in one process has no value for is left out.
 */
export function devicesOf(site: string, equipment: Equipment, values: Values): readonly Device[] {
  const { devices, faults } = modbus.plan({
    site: { id: site, tags: [`site/${site}`] },
    name: linkName,
    link: { path: [], config: { transport: "tcp", host: "127.0.0.1" } },
    devices: unitsOf(equipment).map((config, i) => ({ path: [i], config })),
    products: [],
  });
  const [fault] = faults;
  if (fault !== undefined)
    throw new BothyError("BAD_CONFIG", { source: "the simulated site", fault: fault.message });
  return devices.flatMap((device): readonly Device[] => {
    const alias = device.alias ?? device.id;
    const outputs = device.outputs.filter(({ output, channel }) => values.has(alias, output.name, channel));
    const actions = device.actions.filter(({ name }) => values.takes(alias, name));
    return outputs.length === 0 ? [] : [{ ...device, outputs, actions }];
  });
}
