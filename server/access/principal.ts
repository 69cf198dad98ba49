import type { Device } from "../../devices/device.ts";
import { matchesGroups } from "../../devices/tag.ts";
import { type Slot, slots } from "../../devices/transaction.ts";

/** What somebody may do, from least to most. */
export const roles = ["viewer", "operator", "controller", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * `read`: see devices, readings, writes. `write`: fill and relinquish slots. `administer`: what concerns the site as a
 * whole: who may do what, who did what, talking to lines past the writer.
 */
export type Permission = "read" | "write" | "administer";

const permissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["read"],
  operator: ["read", "write"],
  controller: ["read", "write"],
  admin: ["read", "write", "administer"],
};

/** Which slots a role fills; the first one unless it names another. Those above the operator's are the site's own. */
const slotsOf: Readonly<Record<Role, readonly Slot[]>> = {
  viewer: [],
  operator: [slots.operator],
  controller: [slots.controller, slots.plan, slots.schedule],
  admin: [slots.operator, slots.plan, slots.controller, slots.schedule, slots.default],
};

/** Somebody who asks, however they proved who they are. */
export interface Principal {
  /** For the audit log and the priority array, e.g. `token night-shift` or an address. */
  readonly name: string;
  readonly role: Role;
  /** Only devices with all tags of one of these groups; absent: all. Other devices are to them as if not there. */
  readonly scope?: readonly (readonly string[])[];
}

export const may = ({ role }: Principal, permission: Permission): boolean =>
  permissions[role].includes(permission);

/** The slots somebody may fill, the one they fill unasked first. */
export const slotsFor = ({ role }: Principal): readonly Slot[] => slotsOf[role];

export const sees = ({ scope }: Principal, device: Device): boolean =>
  scope === undefined || matchesGroups(device.tags, scope);

/** Whoever reaches a site that asks nobody who they are. */
export const anybody = (address: string): Principal => ({ name: address, role: "admin" });
