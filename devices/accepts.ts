import type { Accepts, Action } from "./device.ts";
import { BothyError } from "./errors.ts";
import { type Reading, type Value, valueOf } from "./reading.ts";

/** Plain decimal notation: nothing a programming language reads as a number but a person would not. */
const decimal = /^[+-]?\d{1,30}(?:\.\d{1,30})?$/;

/**
 * Turns the text of a write into the value an action takes; undefined for actions that take none.
 * A number between two steps is taken as it is.
 * @throws BothyError `BAD_VALUE` or `OUT_OF_RANGE`
 */
export function parseData(accepts: Accepts, data: string | undefined, source: string): Value | undefined {
  switch (accepts.kind) {
    case "none":
      if (data === undefined || data === "") return undefined;
      throw badValue(source, data, "wanted here: the action takes no data");
    case "text":
      if (data === undefined || data.length <= accepts.maxLength) return data;
      throw badValue(source, data, `a text of ${accepts.maxLength} characters at the most`);
    case "choice":
      return parseChoice(accepts.choices, data, source);
    case "number":
      return parseNumber(accepts, data, source);
  }
}

/** Whether an action takes a value as it stands: one that was checked before, perhaps against another range. */
export function takes(accepts: Accepts, value: Value): boolean {
  switch (accepts.kind) {
    case "none":
      return value === true;
    case "text":
      return typeof value === "string" && value.length <= accepts.maxLength;
    case "choice":
      return typeof value === "string" && accepts.choices.includes(value);
    case "number":
      return typeof value === "number" && value >= accepts.min && value <= accepts.max;
  }
}

function parseNumber(
  { min, max, unit }: Extract<Accepts, { kind: "number" }>,
  data: string | undefined,
  source: string,
): number {
  if (data === undefined || !decimal.test(data))
    throw badValue(source, data, `a decimal number from ${min} to ${max}${unit === "" ? "" : ` ${unit}`}`);
  const value = Number(data);
  if (value < min || value > max)
    throw new BothyError("OUT_OF_RANGE", { source, value: data, min, max, unit });
  // -0 would be told apart from 0 by whoever compares.
  return value === 0 ? 0 : value;
}

function parseChoice(choices: readonly string[], data: string | undefined, source: string): string {
  if (data !== undefined) {
    if (choices.includes(data)) return data;
    const alike = choices.filter((choice) => choice.toLowerCase() === data.toLowerCase());
    if (alike.length === 1 && alike[0] !== undefined) return alike[0];
  }
  throw badValue(source, data, `one of ${choices.join(", ")}`);
}

const badValue = (source: string, data: string | undefined, expected: string): BothyError =>
  new BothyError("BAD_VALUE", {
    source,
    value: data === undefined ? "nothing" : JSON.stringify(data.slice(0, 80)),
    expected,
  });

/** Whether a reading shows what an action was told: numbers within the tolerance (default: half a step). */
export function shows(action: Action, wanted: Value, reading: Reading | undefined): boolean {
  const got = valueOf(reading);
  if (got === undefined) return false;
  const { accepts } = action;
  if (accepts.kind === "none") return true;
  if (accepts.kind === "text") return String(got) === wanted;
  if (accepts.kind === "choice")
    return wordOf(got, accepts.choices) === (action.shownAs?.[String(wanted)] ?? wanted);
  const far = Math.abs(Number(got) - Number(wanted));
  // A little more than the tolerance, so that 0.1 + 0.2 may be 0.3.
  return far <= (action.tolerance ?? accepts.step / 2) + Math.abs(Number(wanted)) * 1e-9;
}

/** A switch may be read as a word or as yes and no. */
function wordOf(got: Value, choices: readonly string[]): string {
  if (typeof got !== "boolean") return String(got);
  return got ? (choices.includes("on") ? "on" : "true") : choices.includes("off") ? "off" : "false";
}

/** What a reading says, for people. */
export function said(action: Action, reading: Reading | undefined): string {
  if (reading === undefined) return "nothing";
  if (reading.quality === "bad") return `nothing (${reading.reason.text})`;
  return spelled(action, reading.value);
}

/** A value of an action with its unit, for people. */
export function spelled(action: Action, value: Value): string {
  // A word has none, even where a number was written: a lamp told to blink for seconds shows `on`.
  const unit = action.accepts.kind === "number" && typeof value === "number" ? action.accepts.unit : "";
  return unit === "" ? String(value) : `${String(value)} ${unit}`;
}
