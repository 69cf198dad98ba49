import type { Millis } from "../../devices/clock.ts";
import {
  type Accepts,
  type Action,
  type Device,
  type DeviceOutput,
  namePattern,
} from "../../devices/device.ts";
import { generatedTags, parseTag, tagText } from "../../devices/tag.ts";
import type { V3Device, V3Reading, V3Tag } from "./messages.ts";
import { expected, keptOutputs, type KnownOutputs, outputsOf } from "./outputs.ts";
import { oneLine, plainMap } from "./text.ts";

/** What a configuration adds to a device of a plugin. */
export interface Overlay {
  readonly alias?: string | undefined;
  readonly info?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly context?: Readonly<Record<string, string>> | undefined;
}

export interface DeviceParts {
  readonly link: string;
  /** The id the plugin says it has. */
  readonly plugin: string;
  /** Of the site and the bus, in full. */
  readonly tags: readonly string[];
  readonly writeTimeout: Millis;
  readonly overlays: ReadonlyMap<string, Overlay>;
}

/** A device and what of the plugin's words about it could not be kept. */
export interface Mapped {
  readonly device: Device;
  readonly complaints: readonly string[];
}

/** Ids appear in URLs, tags and logs; those of Synse plugins are UUIDs. */
const idShape = /^[\w.:-]{1,128}$/;
export const isId = (text: string): boolean => idShape.test(text);

const longestData = 4096;
const anyText: Accepts = { kind: "text", maxLength: longestData };
const mostActions = 100;

/**
 * A device of a plugin as one of ours. Pure, and never throws. Synse v3 §1.4 and §7.
 * @param readings of this device, in the plugin's order
 * @param before the outputs it is known to have: they stay, as some plugins tell them only from the last readings
 * @returns undefined when its id is none
 */
export function mapDevice(
  message: V3Device,
  readings: readonly V3Reading[],
  before: KnownOutputs | undefined,
  parts: DeviceParts,
): Mapped | undefined {
  const { id } = message;
  if (!isId(id)) return undefined;
  const overlay = parts.overlays.get(id);
  const type = oneLine(message.type, 100) || "unknown";
  const { alias, complaint } = aliasOf(overlay?.alias ?? message.alias);
  const { tags, dropped } = tagsOf(message.tags, [...parts.tags, ...(overlay?.tags ?? [])], id, type);
  const mode = message.capabilities?.mode ?? "";
  const device: Device = {
    id,
    ...(alias === undefined ? {} : { alias }),
    type,
    info: overlay?.info ?? (oneLine(message.info) || type),
    plugin: parts.plugin,
    handler: type,
    link: parts.link,
    tags,
    context: { ...plainMap(message.metadata), ...overlay?.context },
    outputs: readable(mode)
      ? outputsOrExpected(message, readings, before ?? { all: [], seen: [] }, type)
      : [],
    ...actionsOf(message, mode),
    sortIndex: message.sortIndex,
    writeTimeout: parts.writeTimeout,
  };
  return { device, complaints: [...(complaint === undefined ? [] : [complaint]), ...dropped] };
}

/** Not every plugin says what its devices can do. */
const readable = (mode: string): boolean => mode === "" || mode.includes("r");

/** A device that never showed anything has a value all the same: one that has not been read yet. */
function outputsOrExpected(
  { outputs }: V3Device,
  readings: readonly V3Reading[],
  before: KnownOutputs,
  type: string,
): readonly DeviceOutput[] {
  const found = outputsOf(outputs, readings);
  const all = keptOutputs(found, before);
  return all.length > 0 ? all : [{ output: expected(type) }];
}

/** Listed actions are all there are; without a list, only the device knows (Synse v3 §7.3). */
function actionsOf({ capabilities }: V3Device, mode: string): Pick<Device, "actions" | "otherActions"> {
  if (!mode.includes("w")) return { actions: [] };
  const names = new Set((capabilities?.write?.actions ?? []).slice(0, mostActions));
  const actions = [...names].map((name): Action => ({
    name,
    kind: "pulse",
    accepts: anyText,
    storage: "ram",
  }));
  return actions.length > 0 ? { actions } : { actions, otherActions: anyText };
}

function aliasOf(text: string): { readonly alias?: string; readonly complaint?: string } {
  if (text === "") return {};
  const fitting = new RegExp(namePattern);
  if (fitting.test(text) && text.length <= 128) return { alias: text };
  const alias = oneLine(text, 128)
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "");
  const quoted = JSON.stringify(text.slice(0, 80));
  return fitting.test(alias)
    ? { alias, complaint: `its alias ${quoted} cannot stand in a URL; it is called ${alias} here` }
    : { complaint: `its alias ${quoted} has nothing that can stand in a URL; it is left out` };
}

function tagsOf(
  messages: readonly V3Tag[],
  own: readonly string[],
  id: string,
  type: string,
): { readonly tags: readonly string[]; readonly dropped: readonly string[] } {
  const last = generatedTags(id, type);
  const dropped: string[] = [];
  const kept = new Set<string>();
  for (const { namespace, annotation, label } of messages.slice(0, mostTags)) {
    const text = tagText({ namespace: namespace || "default", annotation, label });
    if (parseTag(text) === undefined || tagText(parseTag(text) ?? { namespace, annotation, label }) !== text)
      dropped.push(`its tag ${JSON.stringify(text.slice(0, 80))} is none; it is left out`);
    else if (!last.includes(text)) kept.add(text);
  }
  return { tags: [...new Set([...own, ...kept]), ...last], dropped };
}

const mostTags = 256;
