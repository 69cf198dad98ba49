import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Reading } from "../../devices/reading.ts";
import { nameOf } from "../../devices/registry.ts";
import { badReading } from "../../devices/store.ts";
import { type ValueId, valueKey } from "../../devices/value-id.ts";
import type { V3Reading } from "./messages.ts";
import { parseInstant, type PluginTime } from "./plugin-time.ts";
import { valueOfMessage } from "./value.ts";

interface Held {
  readonly message: V3Reading;
  readonly stated: Instant | undefined;
  readonly reading: Reading;
}

export interface ReadingsParts {
  readonly clock: Clock;
  readonly time: PluginTime;
  /** A reading that is older is bad; may be infinite. */
  readonly staleAfter: Millis;
}

/**
 * Messages to readings. A plugin goes on giving the last reading of a device that died (Synse v3 §12.21), so one whose own
 * time does not advance grows stale. The same message gives the same reading.
 */
export class Readings {
  readonly #parts: ReadingsParts;
  readonly #held = new Map<string, Held>();
  /** Nothing is said to be of an earlier moment: until then it was said to be bad. */
  #floor: Instant;

  constructor(parts: ReadingsParts) {
    this.#parts = parts;
    this.#floor = parts.clock.now();
  }

  /** Whatever a plugin may write. Never throws. */
  of(id: ValueId, message: V3Reading, device: Device): Reading {
    const key = valueKey(id);
    const held = this.#held.get(key);
    const isNew = held === undefined || !same(held.message, message);
    const stated = isNew ? parseInstant(message.timestamp) : held.stated;
    // The first is of any age; one that differs was made since.
    if (held?.stated !== undefined && stated !== undefined && stated > held.stated)
      this.#parts.time.fresh(stated);
    const reading = this.#reading(id, message, stated, device);
    if (!isNew && isAlike(held.reading, reading) && held.reading.at >= this.#floor) return held.reading;
    this.#held.set(key, { message, stated, reading });
    return reading;
  }

  /** A value that could not be had. */
  missing(id: ValueId, error: BothyError): Reading {
    const at = this.#parts.clock.now();
    this.#floor = Math.max(this.#floor, at);
    return badReading(id, at, error);
  }

  /** Whether the plugin ever gave a reading of it. */
  knows(id: ValueId): boolean {
    return this.#held.has(valueKey(id));
  }

  #reading(id: ValueId, message: V3Reading, stated: Instant | undefined, device: Device): Reading {
    const { clock, time, staleAfter } = this.#parts;
    const now = clock.now();
    const here = stated === undefined ? now : time.here(stated);
    const source = `${nameOf(device)} ${id.output}${id.channel === undefined ? "" : ` ${id.channel}`}`;
    const age = now - here;
    if (age > staleAfter) {
      const stale = new BothyError("STALE", { source, age: Math.round(age), limit: staleAfter });
      return badReading(id, Math.max(here + staleAfter, this.#floor), stale);
    }
    const at = Math.max(here, this.#floor);
    const value = valueOfMessage(message, source);
    if (value instanceof BothyError) return badReading(id, at, value);
    const context = addition(message.context, device.context);
    return { id, at, quality: "good", value, ...(context === undefined ? {} : { context }) };
  }
}

/** Whether nobody needs to be told the difference: only the age of a stale reading differs. */
const isAlike = (a: Reading, b: Reading): boolean =>
  a.quality === "bad" && b.quality === "bad" ? a.reason.code === b.reason.code : a.quality === b.quality;

/** What a reading says besides its device. The SDK puts the device's context into every reading's. */
function addition(
  context: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const more = Object.entries(context).filter(([key, value]) => known[key] !== value);
  return more.length === 0 ? undefined : Object.fromEntries(more);
}

function same(a: V3Reading, b: V3Reading): boolean {
  if (a.timestamp !== b.timestamp || a.value !== b.value) return false;
  const field = a.value;
  const equal =
    field === undefined ||
    (field === "bytes_value"
      ? Buffer.compare(a.bytes_value ?? empty, b.bytes_value ?? empty) === 0
      : Object.is(a[field], b[field]));
  const keys = Object.keys(a.context);
  return (
    equal &&
    keys.length === Object.keys(b.context).length &&
    keys.every((key) => a.context[key] === b.context[key])
  );
}

const empty = new Uint8Array();
