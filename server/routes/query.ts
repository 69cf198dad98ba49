import type { FastifyRequest } from "fastify";
import { HttpError } from "../faults.ts";
import { type TagGroups, withNamespace } from "../synse/tags.ts";

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

/** Groups of tags with their namespaces written out. Synse v3 §3.3. */
export const tagGroups = (request: FastifyRequest): TagGroups =>
  withNamespace(
    values(request, "tags").map((group) => group.split(",")),
    single(request, "ns"),
  );
