import type { Device, DeviceOutput } from "../devices/device.ts";
import type { Instant } from "../devices/clock.ts";
import type { Reading, Value } from "../devices/reading.ts";
import type { Registry } from "../devices/registry.ts";
import type { ReadingStore } from "../devices/store.ts";

/** JSON of plain data. Unlike `JSON.stringify` it writes bigint, as an exact number; what is not finite is null. */
export function toJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`).join(",")}}`;
  }
  return value === undefined ? "null" : JSON.stringify(value);
}

/** As Synse writes moments, to the millisecond. */
export const isoTime = (at: Instant): string => new Date(at).toISOString();

/** One instant is shared by all readings of a poll, so the last text is kept. */
function timeWriter(): (at: Instant) => string {
  let last = Number.NaN;
  let text = "";
  return (at) => {
    if (at !== last) {
      last = at;
      text = isoTime(at);
    }
    return text;
  };
}

/** The parts of a reading's JSON that never change, for one output of one device. Synse v3 §1.4. */
interface Template {
  /** Up to the timestamp. */
  readonly head: string;
  /** From after the timestamp up to the value. */
  readonly middle: string;
  /** From after the value to the end, for a good reading that adds nothing. */
  readonly tail: string;
  readonly context: Readonly<Record<string, string>>;
  readonly embedded: boolean;
}

function template(device: Device, { output, channel, context }: DeviceOutput): Template {
  const all = { ...device.context, ...(channel === undefined ? {} : { channel }), ...context };
  const fixed = {
    type: output.type,
    device_type: device.type,
    device_info: device.info,
    unit: output.unit === undefined ? null : { name: output.unit.name, symbol: output.unit.symbol },
  };
  return {
    head: `{"device":${JSON.stringify(device.id)},"timestamp":"`,
    middle: `",${JSON.stringify(fixed).slice(1, -1)},"value":`,
    tail: `,"context":${JSON.stringify(all)}}`,
    context: all,
    embedded: output.embedded === true,
  };
}

/** JSON text as part of an answer, on one line; undefined for what is no object or list. */
function embeddedJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  // As it stands, so that its numbers stay exact. Line ends are nowhere but between its parts.
  return text.trim().replace(/[\r\n]+/g, " ");
}

function valueJson(value: Value, { embedded }: Template): string {
  if (typeof value === "bigint") return value.toString();
  return (embedded && typeof value === "string" ? embeddedJson(value) : undefined) ?? JSON.stringify(value);
}

/** What a reading that is not plainly good says in its context. Old clients ignore keys they do not know. */
function tailOf(reading: Reading, fixed: Template): string {
  if (reading.quality === "good" && reading.context === undefined) return fixed.tail;
  const quality =
    reading.quality === "good"
      ? {}
      : { quality: reading.quality, reason: reading.reason.code, reason_text: reading.reason.text };
  return `,"context":${JSON.stringify({ ...fixed.context, ...reading.context, ...quality })}}`;
}

/** JSON that is ready to be sent: a text goes out in one piece with its header, which halves what a small answer costs. */
export interface ReadyText {
  readonly text: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
}

/** What is kept of one device. */
interface Kept {
  readonly templates: readonly Template[];
  /** The same by output and channel. */
  readonly named: ReadonlyMap<string, Template>;
  readonly device: Device;
  version: number;
  /** Its readings, joined by commas. */
  items: Buffer;
  /** The same as a list. */
  list: ReadyText;
}

/** What is kept of one selection of devices. */
interface KeptRead {
  readonly registry: number;
  readonly devices: readonly Device[];
  change: number;
  body: Buffer;
}

const templateName = (output: string, channel = ""): string => `${output}\n${channel}`;

const comma = Buffer.from(",");
const open = Buffer.from("[");
const close = Buffer.from("]");

/** More selections than clients of one site use; beyond it the one kept longest is made anew. */
const mostSelections = 64;

/**
 * JSON of readings, kept ready: a device's is made again when one of its readings changed and somebody asks; a
 * larger read is a concatenation, made again only after a change.
 */
export class ReadingJson {
  readonly #registry: Registry;
  readonly #store: ReadingStore;
  readonly #devices = new Map<string, Kept>();
  readonly #reads = new Map<string, KeptRead>();
  readonly #time = timeWriter();
  #change = 0;

  constructor(registry: Registry, store: ReadingStore) {
    this.#registry = registry;
    this.#store = store;
    store.subscribe(() => {
      this.#change++;
    });
  }

  /** The readings of one device, as a JSON list. */
  ofDevice(device: Device): ReadyText {
    return this.#fresh(device).list;
  }

  /** One reading, however old; undefined when its device is not of this site, or not any more. */
  ofReading(reading: Reading): string | undefined {
    const { device: name, output, channel } = reading.id;
    const device = this.#registry.get(name);
    const fixed =
      device === undefined ? undefined : this.#kept(device).named.get(templateName(output, channel));
    return fixed === undefined ? undefined : this.#one(reading, fixed);
  }

  /**
   * The readings of a selection, as a JSON list.
   * @param key the same for, and only for, the same selection
   * @param select asked again when devices came or went
   */
  ofSelection(key: string, select: () => readonly Device[]): Buffer {
    let kept = this.#reads.get(key);
    if (kept?.registry !== this.#registry.version) {
      if (this.#devices.size > 2 * this.#registry.all().length) this.#devices.clear();
      if (this.#reads.size >= mostSelections) this.#reads.delete(this.#reads.keys().next().value ?? "");
      kept = { registry: this.#registry.version, devices: select(), change: -1, body: close };
      this.#reads.set(key, kept);
    }
    if (kept.change !== this.#change) {
      kept.change = this.#change;
      kept.body = this.#joined(kept.devices);
    }
    return kept.body;
  }

  #joined(devices: readonly Device[]): Buffer {
    const parts: Buffer[] = [];
    for (const device of devices) {
      const { items } = this.#fresh(device);
      if (items.length > 0) parts.push(parts.length === 0 ? open : comma, items);
    }
    if (parts.length === 0) parts.push(open);
    parts.push(close);
    return Buffer.concat(parts);
  }

  #fresh(device: Device): Kept {
    const version = this.#store.version(device.id);
    const kept = this.#kept(device);
    if (kept.version === version) return kept;
    const { templates } = kept;
    const texts = this.#store
      .latest(device.id)
      .map((reading, i) => (templates[i] === undefined ? "null" : this.#one(reading, templates[i])));
    const text = texts.join(",");
    kept.version = version;
    kept.items = Buffer.from(text);
    kept.list = { text: `[${text}]`, bytes: kept.items.length + 2 };
    return kept;
  }

  #kept(device: Device): Kept {
    const before = this.#devices.get(device.id);
    if (before?.device === device) return before;
    const templates = device.outputs.map((output) => template(device, output));
    const named = new Map(
      templates.map((one, i) => [
        templateName(device.outputs[i]?.output.name ?? "", device.outputs[i]?.channel),
        one,
      ]),
    );
    const kept = { device, templates, named, version: -1, items: close, list: { text: "[]", bytes: 2 } };
    this.#devices.set(device.id, kept);
    return kept;
  }

  #one(reading: Reading, fixed: Template): string {
    const value = reading.quality === "bad" ? "null" : valueJson(reading.value, fixed);
    return fixed.head + this.#time(reading.at) + fixed.middle + value + tailOf(reading, fixed);
  }
}
