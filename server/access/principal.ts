import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { fullTag, matchesGroups, parseTag } from "../../devices/tag.ts";
import { type Origin, type Slot, slots } from "../../devices/transaction.ts";

/** What somebody may do, from least to most. */
export const roles = ["viewer", "operator", "controller", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * `read`: see devices, readings, writes. `write`: fill and relinquish slots. `administer`: what concerns the site as a
 * whole: who may do what, who did what, talking to lines past the writer. `force`: pass the guards of a device.
 */
export type Permission = "read" | "write" | "force" | "administer";

const permissions: Readonly<Record<Role | "nobody", readonly Permission[]>> = {
  nobody: [],
  viewer: ["read"],
  operator: ["read", "write"],
  controller: ["read", "write"],
  admin: ["read", "write", "force", "administer"],
};

/** Which slots a role fills; the first one unless it names another. Those above the operator's are the site's own. */
const slotsOf: Readonly<Record<Role | "nobody", readonly Slot[]>> = {
  nobody: [],
  viewer: [],
  operator: [slots.operator],
  controller: [slots.controller, slots.plan, slots.schedule],
  admin: [slots.operator, slots.plan, slots.controller, slots.schedule, slots.default],
};

/** How somebody proved who they are; `open`: the site asks nobody. */
export type Via = "open" | "loopback" | "anonymous" | "token" | "jwt" | "certificate";

/** Tags: only devices with all of one of these groups. */
export type Scope = readonly (readonly string[])[];

/** Somebody who asks, however they proved who they are. */
export interface Principal {
  /** For the audit log and the priority array, e.g. `token night-shift` or an address. */
  readonly name: string;
  /** `nobody`: they have not said who they are, and the site wants to know. */
  readonly role: Role | "nobody";
  /** Only devices with all tags of one of these groups; absent: all. Other devices are to them as if not there. */
  readonly scope?: Scope;
  readonly via?: Via;
  /** The address they ask from. */
  readonly from?: string;
  /** The request, or that which opened the connection. */
  readonly request?: string;
  /** Whether what proved it is still good; absent: it always is. */
  readonly isGood?: () => boolean;
}

/** Whoever is limited to some devices does not administer the site as a whole, whatever their role. */
export const may = ({ role, scope }: Principal, permission: Permission): boolean =>
  permissions[role].includes(permission) && (permission !== "administer" || scope === undefined);

/**
 * @throws BothyError `UNAUTHENTICATED` when they have not said who they are, `FORBIDDEN` when their role is too small
 */
export function demand(by: Principal, permission: Permission): void {
  if (!may(by, permission)) throw refusal(by, permission);
}

/** Why somebody may not; for who knows already that they may not. */
export function refusal(by: Principal, action: string): BothyError {
  if (by.role !== "nobody")
    return new BothyError("FORBIDDEN", {
      source: by.name,
      action,
      fault: `the role is ${by.role}${limited(by)}`,
    });
  const fault = "say who you are: Authorization: Bearer TOKEN";
  return new BothyError("UNAUTHENTICATED", { source: "this site asks who you are", fault });
}

const limited = ({ scope }: Principal): string => (scope === undefined ? "" : ", for some devices");

/** The slots somebody may fill, the one they fill unasked first. */
export const slotsFor = ({ role }: Principal): readonly Slot[] => slotsOf[role];

export const sees = ({ role, scope }: Principal, device: Device): boolean =>
  role !== "nobody" &&
  // No groups are no device; to `matchesGroups` they would be every one.
  (scope === undefined || (scope.length > 0 && matchesGroups(device.tags, scope)));

/** What the audit log says of a write besides who. */
export const originOf = ({ via, from, request }: Principal): Origin => ({
  ...(via === undefined ? {} : { via }),
  ...(from === undefined ? {} : { from }),
  ...(request === undefined ? {} : { request }),
});

/** Whoever reaches a site that asks nobody who they are. */
export const anybody = (address: string, request?: string): Principal => ({
  name: address,
  role: "admin",
  via: "open",
  from: address,
  ...(request === undefined ? {} : { request }),
});

/**
 * Reads a scope as it is written: each text a comma-joined group of tags.
 * @throws BothyError `BAD_INPUT` for what is no tag
 */
export function parseScope(groups: readonly string[]): Scope {
  return groups.map((group) =>
    group.split(",").map((text) => {
      const tag = text.trim();
      if (parseTag(tag) !== undefined) return fullTag(tag);
      throw new BothyError("BAD_INPUT", { source: "scope", fault: `\`${tag}\` is no tag` });
    }),
  );
}
