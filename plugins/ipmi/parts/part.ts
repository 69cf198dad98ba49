import type { Clock, Millis } from "../../../devices/clock.ts";
import { type Device, valuesOf } from "../../../devices/device.ts";
import { asBothyError, BothyError, type ErrorCode, type ErrorParams } from "../../../devices/errors.ts";
import { type DeviceParts, makeDevice } from "../../../devices/make-device.ts";
import type { Command, Log, Poll, ReadOptions } from "../../../devices/plugin.ts";
import type { GoodReading, Reading, Value } from "../../../devices/reading.ts";
import { nameOf } from "../../../devices/registry.ts";
import { badReading } from "../../../devices/store.ts";
import type { ValueId } from "../../../devices/value-id.ts";
import type { AskOptions } from "../answer.ts";
import type { Requester } from "../contract.ts";
import { meta } from "../meta.ts";
import type { BmcSettings } from "../plan.ts";

/** What a part of a BMC needs of the rest. */
export interface PartDeps {
  readonly bmc: Requester;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: BmcSettings;
}

/** Values that are asked for together. */
export interface PartPoll extends Pick<Poll, "id" | "period" | "values"> {
  /** Nobody is asked: what is told is known. */
  readonly local?: true;
  /** @throws BothyError when nothing at all could be read; what could not be read by itself is a bad reading */
  read(options: AskOptions): Promise<readonly Reading[]>;
}

/** One thing a BMC does: some devices, how they are read, and what they can be told. */
export interface Part {
  readonly devices: readonly Device[];
  readonly polls: readonly PartPoll[];
  /** Only for commands to its own devices with actions they have. @throws BothyError */
  readonly write?: (
    command: Command,
    signal: AbortSignal,
    superseded?: AbortSignal,
  ) => Promise<readonly Reading[]>;
}

export const asking = ({ priority, signal }: ReadOptions): AskOptions => ({ priority, signal });

/** What stands in an alias for a name that may hold anything; empty when nothing of it can. */
export const slug = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/([a-z0-9])\+/gi, "$1-plus")
    .replace(/[^A-Za-z0-9._]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|[-.]+$/g, "")
    .toLowerCase();

/**
 * A device of a BMC. Its id follows from the BMC's alias or address and `at`, which must stay the same for ever.
 * @param name what it is called besides the server: ends its alias
 */
export function bmcDevice(
  settings: BmcSettings,
  at: readonly (string | number)[],
  name: string,
  parts: Omit<DeviceParts, "alias" | "context" | "info" | "tags"> & {
    readonly info: string;
    readonly tags?: readonly string[];
    readonly context?: Readonly<Record<string, string>>;
  },
): Device {
  const { site, name: link, alias, info } = settings;
  const place = { site, link: linkOf(settings), at: [settings.at, ...at] };
  const ending = slug(name);
  const made = makeDevice(meta, place, {
    ...parts,
    ...(alias === undefined || ending === "" ? {} : { alias: `${alias}-${ending}` }),
    info: `${info ?? settings.at}: ${parts.info}`,
    tags: [...settings.tags, `ipmi/chassis:${slug(settings.at)}`, ...(parts.tags ?? [])],
    context: { ...settings.context, bmc: settings.at, ...parts.context },
  });
  return { ...made, link };
}

/** The bus below which a BMC is a link of its own: ids do not change when it becomes one. */
const linkOf = ({ name, at }: BmcSettings): string => name.slice(0, -at.length - 1);

/** A value of a device that has one of this output and channel. */
export const valueAt = (device: Device, output: string, channel?: string): ValueId => ({
  device: device.id,
  output,
  ...(channel === undefined ? {} : { channel }),
});

export function good(
  id: ValueId,
  at: number,
  value: Value,
  context?: Readonly<Record<string, string>>,
): GoodReading {
  return {
    id,
    at,
    quality: "good",
    value,
    ...(context === undefined || Object.keys(context).length === 0 ? {} : { context }),
  };
}

/** A reading without value, with the device and server for people. */
export function bad(
  device: Device,
  id: ValueId,
  at: number,
  code: ErrorCode,
  params: Omit<ErrorParams, "source"> & { readonly fault: string },
): Reading {
  return badReading(id, at, new BothyError(code, { ...params, source: nameOf(device) }));
}

/** Every value of a device is bad for one reason. */
export const allBad = (device: Device, at: number, error: BothyError): readonly Reading[] =>
  valuesOf(device).map((id) => badReading(id, at, error));

/** Errors that say nothing of what was asked for, only that nobody could be asked. */
const ofTheWay: ReadonlySet<ErrorCode> = new Set([
  "NO_ANSWER",
  "LINE_DOWN",
  "STOPPED",
  "UNAUTHENTICATED",
] satisfies ErrorCode[]);

export const isOfTheWay = (thrown: unknown): boolean =>
  thrown instanceof BothyError && ofTheWay.has(thrown.code);

/**
 * Reads one thing of several that are read together.
 * @returns what it is, or why it could not be read
 * @throws BothyError when nobody could be asked
 */
export async function each<T>(work: Promise<T>, source: string): Promise<T | BothyError> {
  try {
    return await work;
  } catch (thrown) {
    if (isOfTheWay(thrown)) throw thrown;
    return asBothyError(thrown, source);
  }
}

/** How long `work` may take at the most, for write timeouts. */
export const withMargin = (span: Millis): Millis => span + 15_000;
