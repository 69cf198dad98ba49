import type { Millis } from "./clock.ts";
import { type Accepts, type Action, defaultWriteTimeout, type Device, type DeviceOutput } from "./device.ts";
import { dataComponent, deviceId, pluginId, pluginTag } from "./ids.ts";
import type { PluginMeta } from "./plugin.ts";
import type { DeviceId } from "./value-id.ts";
import { fullTag, generatedTags } from "./tag.ts";

/** Where a device is: what its id follows from, besides its plugin and type. */
export interface DevicePlace {
  readonly site: { readonly id: string };
  readonly link: string;
  /** What tells it from the others on its link and stays the same for ever: a unit id, an address, a name. */
  readonly at: readonly (string | number)[];
}

/** What a plugin says of a device. */
export interface DeviceParts {
  /** An id it has from elsewhere, e.g. from the system this site replaces. */
  readonly id?: DeviceId;
  /** What enters the id as its handler. Default: the plugin's name. */
  readonly handler?: string;
  /** Default: none. */
  readonly otherActions?: Accepts;
  readonly alias?: string;
  readonly type: string;
  readonly info: string;
  /** As configured, of the site, the link and the device; in the order they are to be shown. */
  readonly tags?: readonly string[];
  readonly context?: Readonly<Record<string, string>>;
  readonly outputs: readonly DeviceOutput[];
  readonly actions?: readonly Action[];
  /** Order in listings; default 0, unset. */
  readonly sortIndex?: number;
  /** Default 30 s. */
  readonly writeTimeout?: Millis;
}

/** The id of a plugin at a site: two sites' equal devices must not get one id. Synse v3 §3.4, docs/decisions/004. */
export const sitePluginId = (meta: PluginMeta, site: { readonly id: string }): string => {
  const tag = pluginTag(meta.maintainer, meta.name);
  return meta.everywhere === true ? pluginId(tag) : pluginId(tag, site.id);
};

/**
 * A device of a plugin. Its id follows from the site's id, the link's name, `at` and its type, and from nothing else;
 * its tags are completed with the generated ones.
 */
export function makeDevice(meta: PluginMeta, place: DevicePlace, parts: DeviceParts): Device {
  const plugin = sitePluginId(meta, place.site);
  // A list, because Synse's default component puts nothing between values: unit 1, name 11 would equal unit 11, name 1.
  const component = dataComponent({ at: [place.link, ...place.at] });
  const handler = parts.handler ?? meta.name;
  const id = parts.id ?? deviceId(plugin, parts.type, handler, component);
  const own = new Set((parts.tags ?? []).map((tag) => fullTag(tag)));
  return {
    id,
    ...(parts.alias === undefined ? {} : { alias: parts.alias }),
    type: parts.type,
    info: parts.info,
    plugin,
    handler,
    link: place.link,
    tags: [...own, ...generatedTags(id, parts.type)],
    context: parts.context ?? {},
    outputs: parts.outputs,
    actions: parts.actions ?? [],
    ...(parts.otherActions === undefined ? {} : { otherActions: parts.otherActions }),
    sortIndex: parts.sortIndex ?? 0,
    writeTimeout: parts.writeTimeout ?? defaultWriteTimeout,
  };
}
