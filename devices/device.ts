import type { Millis } from "./clock.ts";
import type { Output } from "./output.ts";
import type { DeviceId, OutputName, ValueId } from "./value-id.ts";

/** One output a device has, and which of several equal ones it is. */
export interface DeviceOutput {
  readonly output: Output;
  readonly channel?: string;
  /** Said with every reading of this output. */
  readonly context?: Readonly<Record<string, string>>;
}

/** What an action takes. */
export type Accepts =
  /** A number in `unit`, `min`..`max` inclusive; `step` is the finest difference the device can hold. */
  | {
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly unit: string;
    }
  /** One of these words. */
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  /** Any text up to `maxLength` characters, or none: only the device knows what it means. */
  | { readonly kind: "text"; readonly maxLength: number }
  /** Nothing: the action itself says it all. */
  | { readonly kind: "none" };

/**
 * Something a device can be told.
 *
 * A `level` is a state to be in (a duty, an outlet on or off): it has a priority array, is in force until
 * relinquished, and reads back through its output. A `pulse` is done once (reset a lockout) and holds nothing.
 */
export interface Action {
  readonly name: string;
  readonly kind: "level" | "pulse";
  readonly accepts: Accepts;
  /** The output, and channel, that shows the effect. A level always has one. */
  readonly shows?: { readonly output: OutputName; readonly channel?: string };
  /** Choices that show as another one: `soft-off` and `off` are one state, reached in two ways. */
  readonly shownAs?: Readonly<Record<string, string>>;
  /** How far the value read back may be from the value written and still be the same. Default: half a step. */
  readonly tolerance?: number;
  /** How long the effect may take to show. Default 0: the first read-back counts. */
  readonly settle?: Millis;
  /** What slot 16 holds from the start; without it, nothing is commanded until somebody writes. */
  readonly default?: number | string;
  /** Whether writing wears the device out: then a lost value is reported but not rewritten by itself. */
  readonly storage: "ram" | "eeprom";
}

/** What an alias, and the name of a bus, may look like: they appear in URLs, tags and logs. */
export const namePattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

/** One addressable thing that gives readings or takes writes. Plain data. */
export interface Device {
  readonly id: DeviceId;
  /** For people; unique at a site. Letters, digits, `.`, `_` and `-`. */
  readonly alias?: string;
  /** What it is, e.g. `fan`, `temperature`, `power`. */
  readonly type: string;
  /** One line for people. */
  readonly info: string;
  /** The id of the plugin that speaks to it. */
  readonly plugin: string;
  /** The part of the plugin that speaks to it; enters the id. */
  readonly handler: string;
  /** The link (bus, BMC list) it is reached over. */
  readonly link: string;
  /** Configured tags in order, then `system/id:…` and `system/type:…`; each with its namespace. */
  readonly tags: readonly string[];
  /** Configured facts, shown as Synse metadata and in every reading's context. */
  readonly context: Readonly<Record<string, string>>;
  readonly outputs: readonly DeviceOutput[];
  readonly actions: readonly Action[];
  /**
   * What actions take that are not among `actions`, when the device takes such: Synse plugins need not list theirs.
   * Each is a pulse whose effect nobody here can check. Absent: an action that is not listed is an error.
   */
  readonly otherActions?: Accepts;
  /** Order in listings; 0 is unset. */
  readonly sortIndex: number;
  /** How long a write may take from acceptance to read-back. */
  readonly writeTimeout: Millis;
}

/** Whether a device takes writes at all. */
export const isWritable = (device: Device): boolean =>
  device.actions.length > 0 || device.otherActions !== undefined;

/** Whether a device gives readings. */
export const isReadable = (device: Device): boolean => device.outputs.length > 0;

export const defaultWriteTimeout: Millis = 30_000;

/** Every value of a device, in the order of its outputs. */
export const valuesOf = (device: Device): readonly ValueId[] =>
  device.outputs.map(({ output, channel }) => ({
    device: device.id,
    output: output.name,
    ...(channel === undefined ? {} : { channel }),
  }));
