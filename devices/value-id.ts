/** A device's id: a UUID that stays the same across restarts (see ids.ts). */
export type DeviceId = string;
/** The name of an entry of the output catalogue, e.g. `rpm`. */
export type OutputName = string;

/**
 * Which value: the same three fields serve as map key, URL, log field and history key.
 * `channel` tells equal outputs of one device apart, e.g. `l1`, `l2`, `l3`.
 */
export interface ValueId {
  readonly device: DeviceId;
  readonly output: OutputName;
  readonly channel?: string;
}

/** A text that is the same for, and only for, the same value: `device/output` or `device/output/channel`. */
export const valueKey = (id: ValueId): string =>
  [id.device, id.output, ...(id.channel === undefined ? [] : [id.channel])].map(encodeURIComponent).join("/");

/**
 * Reads what `valueKey` wrote.
 * @returns undefined when `key` is not two or three non-empty, well-encoded parts
 */
export function parseValueKey(key: string): ValueId | undefined {
  const parts = key.split("/");
  if (parts.length < 2 || parts.length > 3 || parts.includes("")) return undefined;
  try {
    const [device = "", output = "", channel] = parts.map(decodeURIComponent);
    return channel === undefined ? { device, output } : { device, output, channel };
  } catch {
    return undefined;
  }
}
