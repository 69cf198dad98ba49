import type { FastifyRequest } from "fastify";
import type { Device } from "../../devices/device.ts";
import { HttpError } from "../faults.ts";

type Raw = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Every value of a parameter that is not blank; blank is absent. Synse v3 §1.1. */
export function values(request: FastifyRequest, name: string): readonly string[] {
  const raw = (request.query as Raw)[name];
  const list = raw === undefined ? [] : typeof raw === "string" ? [raw] : raw;
  return list.filter((value) => value !== "");
}

/** @throws HttpError 400 when the parameter is repeated */
export function single(request: FastifyRequest, name: string): string | undefined {
  const list = values(request, name);
  if (list.length > 1) throw new HttpError(400, `the parameter ${name} may be given only once`);
  return list[0];
}

/** The first value of a parameter that may be repeated. */
export const first = (request: FastifyRequest, name: string): string | undefined => values(request, name)[0];

/** Only the word true, in any case, is true. Synse v3 §1.1. */
export const flag = (request: FastifyRequest, name: string): boolean =>
  first(request, name)?.toLowerCase() === "true";

/**
 * Groups of tags with their namespaces written out: a device matches a group by having all of it, and a selection by
 * matching one group. Synse v3 §3.3.
 */
export function tagGroups(request: FastifyRequest): readonly (readonly string[])[] {
  const namespace = single(request, "ns") ?? "default";
  return values(request, "tags").map((group) =>
    group.split(",").map((tag) => (tag.includes("/") ? tag : `${namespace}/${tag}`)),
  );
}

const all = "**";

/** Whether a read selects a device: tags as they stand, or `**` for all of a namespace or annotation. */
export const selects = (groups: readonly (readonly string[])[], device: Device): boolean =>
  groups.length === 0 || groups.some((group) => group.every((tag) => hasTag(device.tags, tag)));

function hasTag(tags: readonly string[], tag: string): boolean {
  if (!tag.endsWith(all)) return tags.includes(tag);
  const stem = tag.slice(0, -all.length);
  return (stem.endsWith("/") || stem.endsWith(":")) && tags.some((having) => having.startsWith(stem));
}
