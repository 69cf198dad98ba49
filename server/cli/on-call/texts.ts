import type { Instant, Millis } from "../../../devices/clock.ts";
import type { Reading } from "../../../client/index.ts";
import type { Style } from "../show/table.ts";

/** A span as people say it, in one unit, whole: `0 s`, `90 s`, `45 min`, `30 h`, `12 d`. */
export function ageText(span: Millis): string {
  const seconds = Math.max(0, Math.floor(span / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** How old something is, empty where its time is unknown. */
export function ageOf(timestamp: string, now: Instant): string {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? "" : ageText(now - at);
}

/** A value for people: no more digits than say something. Values for programs are never rounded. */
export function roundedValue(value: Reading["value"]): string {
  return typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(5)))
    : exactValue(value);
}

export const exactValue = (value: Reading["value"]): string => (value === null ? "" : String(value));

/** Synse's symbols, as people know them. */
export const unitText = (symbol: string): string => (symbol === "C" ? "°C" : symbol);

export const qualityStyle = (quality: Reading["quality"]): Style | undefined =>
  quality === "bad" ? "bad" : quality === "uncertain" ? "doubtful" : undefined;

/** A moment as the watch of whoever looks has it. */
export function localTime(timestamp: string): string {
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(11, 19);
}

/** Tags a configuration gave, as somebody would write them: `default` is not said. */
export const ownTags = ({ tags }: { readonly tags: readonly string[] }): readonly string[] =>
  tags.filter((tag) => !tag.startsWith("system/")).map((tag) => tag.replace(/^default\//, ""));
