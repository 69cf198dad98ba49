import { toJson } from "./json.ts";
import type { WireReading } from "./shapes.ts";
import type { Reading, Value } from "./types.ts";

const isScalar = (value: unknown): value is Value =>
  ["number", "bigint", "string", "boolean"].includes(typeof value);

/**
 * A reading with its quality, which travels in `context`: servers that know nothing of it say nothing there, and their
 * values are good unless they are missing. A structured value, which some Synse plugins have, comes as its JSON.
 */
export function toReading(wire: WireReading): Reading {
  const { value, context } = wire;
  if (value === null) {
    const code = context["reason"] ?? "ABSENT";
    const text = context["reason_text"] ?? "the server has no value and does not say why";
    return { ...wire, value, quality: "bad", reason: { code, text } };
  }
  const given = isScalar(value) ? value : toJson(value);
  const { quality, reason = "UNKNOWN", reason_text: text = "the server does not say why" } = context;
  return quality === "uncertain" || quality === "bad"
    ? { ...wire, value: given, quality: "uncertain", reason: { code: reason, text } }
    : { ...wire, value: given, quality: "good" };
}

const about = new Set(["quality", "reason", "reason_text"]);

/** Tells readings apart: the same for all readings of one output of one device. */
export function readingKey({ device, type, unit, context }: Reading): string {
  let key = `${device}\n${type}\n${unit?.name ?? ""}`;
  for (const [name, text] of Object.entries(context)) if (!about.has(name)) key += `\n${name}\t${text}`;
  return key;
}
