import type { Instant } from "../../devices/clock.ts";
import { type Device, isReadable, isWritable } from "../../devices/device.ts";
import { type Principal, sees } from "../access/principal.ts";
import { HttpError } from "../faults.ts";
import { toJson } from "../json.ts";
import type { SiteParts } from "../parts.ts";
import { deviceInfo, deviceSummary } from "./shapes.ts";
import { selects, type TagGroups } from "./tags.ts";

type Parts = Pick<SiteParts, "registry" | "clock">;

/** Scans that are asked for again and again. */
const mostScans = 64;

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** What devices can be sorted by, under the names Synse clients use. Synse v3 §1.3. */
const sortKeys: Readonly<Record<string, (device: Device) => string | number>> = {
  timestamp: () => 0,
  id: (device) => device.id,
  type: (device) => device.type,
  plugin: (device) => device.plugin,
  info: (device) => device.info,
  alias: (device) => device.alias ?? "",
  metadata: (device) => JSON.stringify(device.context),
  capabilities: (device) => (isReadable(device) ? 1 : 0) + (isWritable(device) ? 2 : 0),
  tags: (device) => device.tags.join(","),
  outputs: (device) => device.outputs.map(({ output }) => output.name).join(","),
  sortIndex: (device) => device.sortIndex,
};

/** @throws HttpError 400 for a key that is none */
function sorted(devices: readonly Device[], sort: string | undefined): readonly Device[] {
  if (sort === undefined) return devices;
  const keys = sort.split(",").map((name) => {
    const key = Object.hasOwn(sortKeys, name) ? sortKeys[name] : undefined;
    if (key === undefined)
      throw new HttpError(400, `cannot sort by ${name}; known: ${Object.keys(sortKeys).join(", ")}`);
    return key;
  });
  return [...devices].sort((a, b) => keys.reduce((order, key) => order || compare(key(a), key(b)), 0));
}

/** A text that identifies what somebody sees. */
export const scopeKey = ({ scope }: Principal): string => (scope === undefined ? "" : JSON.stringify(scope));

/** Devices as somebody sees them. Those out of their scope are not there. */
export class DeviceViews {
  readonly #parts: Parts;
  readonly #scans = new Map<string, { version: number; body: Buffer }>();
  readonly #infos = new WeakMap<Device, { readonly version: number; readonly body: Buffer }>();
  #known: { version: number; since: Instant } = { version: -1, since: 0 };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws HttpError 404 with `context` as Synse clients know it */
  named(by: Principal, name: string, context = `plugin not found for device ${name}`): Device {
    const device = this.#parts.registry.get(name);
    if (device === undefined || !sees(by, device)) throw new HttpError(404, context);
    return device;
  }

  /** The buses whose devices somebody sees; undefined: all of them. */
  buses(by: Principal): ReadonlySet<string> | undefined {
    if (by.scope === undefined) return undefined;
    return new Set(this.selected(by, []).map(({ link }) => link));
  }

  /** Whether somebody sees a device. */
  has(by: Principal, name: string): boolean {
    const device = this.#parts.registry.get(name);
    return device !== undefined && sees(by, device);
  }

  selected(by: Principal, groups: TagGroups): readonly Device[] {
    const all = this.#parts.registry.all();
    const visible = by.scope === undefined ? all : all.filter((device) => sees(by, device));
    return groups.length === 0 ? visible : visible.filter((device) => selects(groups, device));
  }

  /** Summaries as a JSON list, kept ready until a device comes or goes. @throws HttpError 400 */
  scan(by: Principal, groups: TagGroups, sort: string | undefined): Buffer {
    const { version } = this.#parts.registry;
    const key = JSON.stringify([groups, sort, by.scope]);
    const kept = this.#scans.get(key);
    if (kept?.version === version) return kept.body;
    const devices = sorted(this.selected(by, groups), sort);
    const body = Buffer.from(toJson(devices.map(deviceSummary)));
    if (this.#scans.size >= mostScans) this.#scans.clear();
    this.#scans.set(key, { version, body });
    return body;
  }

  /** Sorted by code point. No namespaces: all of them. */
  tags(by: Principal, namespaces: readonly string[], ids: boolean): readonly string[] {
    const found = new Set(this.selected(by, []).flatMap((device) => device.tags));
    return [...found]
      .filter((tag) => ids || !tag.startsWith("system/id:"))
      .filter((tag) => namespaces.length === 0 || namespaces.includes(tag.split("/")[0] ?? ""))
      .sort(compare);
  }

  /** The same as ready JSON, kept until a device comes or goes. @throws HttpError 404 */
  infoText(by: Principal, name: string): Buffer {
    const device = this.named(by, name, `device not found: ${name}`);
    const { version } = this.#parts.registry;
    const kept = this.#infos.get(device);
    if (kept?.version === version) return kept.body;
    const body = Buffer.from(toJson(this.info(by, name)));
    this.#infos.set(device, { version, body });
    return body;
  }

  /** @throws HttpError 404 */
  info(by: Principal, name: string): object {
    const { registry, clock } = this.#parts;
    const device = this.named(by, name, `device not found: ${name}`);
    if (this.#known.version !== registry.version)
      this.#known = { version: registry.version, since: clock.now() };
    return deviceInfo(device, this.#known.since);
  }
}
