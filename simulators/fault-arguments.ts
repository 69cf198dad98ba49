import type { Millis } from "./clock.ts";

/** What a fault can be put on. */
export type TargetKind = "unit" | "bmc" | "line" | "site";

/** One of the words after a fault's kind. */
export interface Argument {
  readonly key:
    | "delay"
    | "code"
    | "sensor"
    | "other"
    | "value"
    | "fan"
    | "bits"
    | "share"
    | "command"
    | "supply"
    | "outlet"
    | "server"
    | "count"
    | "amount";
  readonly required: boolean;
  /** What is allowed, for people. */
  readonly allowed: string;
  /** Undefined for what is not allowed. */
  readonly read: (text: string) => string | number | undefined;
}

export interface FaultSpec {
  readonly target: TargetKind;
  /** Something else that can have it. */
  readonly also?: TargetKind;
  readonly arguments: readonly Argument[];
  readonly about: string;
  /** One of the demonstration, as people write it. */
  readonly example: string;
}

/** Unit and name of the second sensor of a fault. */
export function otherOf({ target, other = "" }: { readonly target: string; readonly other?: string }) {
  const [first = "", second] = other.split(".");
  return second === undefined ? { unit: target, sensor: first } : { unit: first, sensor: second };
}

/** A decimal number; undefined for anything else. */
export const readNumber = (text: string): number | undefined =>
  /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

const units: Record<string, Millis> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `300ms`, `2s`, `1.5m` or `1h`; undefined for anything else. */
export function readDuration(text: string): Millis | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit ?? ""] ?? NaN);
}

/** 0..1 of `0.3` or `30%`; undefined for anything else. */
export function readShare(text: string): number | undefined {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(number) / (percent === "%" ? 100 : 1);
  return value >= 0 && value <= 1 ? value : undefined;
}

const readWithin = (least: number, most: number) => (text: string) => {
  const value = readNumber(text);
  return value === undefined || value < least || value > most ? undefined : value;
};

const readWhole = (least: number, most: number) => (text: string) => {
  const value = readWithin(least, most)(text);
  return Number.isInteger(value) ? value : undefined;
};

export const share: Argument = {
  key: "share",
  required: true,
  allowed: "a share such as 0.2 or 20%",
  read: readShare,
};

export const delay = (required: boolean): Argument => ({
  key: "delay",
  required,
  allowed: "a duration such as 300ms or 2s",
  read: readDuration,
});

export const sensor: Argument = {
  key: "sensor",
  required: true,
  allowed: "the name of a sensor",
  read: (text) => (/^[a-z][a-z0-9-]*$/.test(text) ? text : undefined),
};

/** One that degrees make sense for. */
export const thermometer: Argument = {
  ...sensor,
  allowed: "the name of a temperature sensor",
  read: (text) => (text === "humidity" ? undefined : sensor.read(text)),
};

/** A second sensor, `supply`, or of another unit, `probe-outlet.temperature`. */
export const otherSensor: Argument = {
  key: "other",
  required: true,
  allowed: "another sensor: supply, or of another unit: probe-outlet.temperature",
  read: (text) => (/^([a-z][a-z0-9-]*\.)?[a-z][a-z0-9-]*$/.test(text) ? text : undefined),
};

/** @param what as people call it */
export const whole = (key: Argument["key"], what: string, least: number, most: number): Argument => ({
  key,
  required: true,
  allowed: `${what} ${least}..${most}`,
  read: readWhole(least, most),
});

export const amount = (least: number, most: number): Argument => ({
  key: "amount",
  required: true,
  allowed: `a number ${least}..${most}`,
  read: readWithin(least, most),
});

export const fan = whole("fan", "a fan", 1, 8);
