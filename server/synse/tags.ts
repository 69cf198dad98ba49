import type { Device } from "../../devices/device.ts";
import { defaultNamespace } from "../../devices/tag.ts";

/** A device is selected by having all tags of one group; no groups select every device. Synse v3 §3.3. */
export type TagGroups = readonly (readonly string[])[];

/** Tags with their namespaces written out. They are not trimmed: Synse compares them as they stand. */
export const withNamespace = (groups: TagGroups, namespace: string = defaultNamespace): TagGroups =>
  groups.map((group) => group.map((tag) => (tag.includes("/") ? tag : `${namespace}/${tag}`)));

const all = "**";

/** Whether groups select a device: tags as they stand, or `**` for all of a namespace or annotation. */
export const selects = (groups: TagGroups, device: Device): boolean =>
  groups.length === 0 || groups.some((group) => group.every((tag) => hasTag(device.tags, tag)));

function hasTag(tags: readonly string[], tag: string): boolean {
  if (!tag.endsWith(all)) return tags.includes(tag);
  const stem = tag.slice(0, -all.length);
  return (stem.endsWith("/") || stem.endsWith(":")) && tags.some((having) => having.startsWith(stem));
}
