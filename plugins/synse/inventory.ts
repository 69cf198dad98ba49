import { type Device, isReadable, valuesOf } from "../../devices/device.ts";
import type { Reading } from "../../devices/reading.ts";
import type { ValueId } from "../../devices/value-id.ts";
import { type DeviceParts, mapDevice } from "./device.ts";
import type { V3Device, V3Reading } from "./messages.ts";
import { type KnownOutputs, Slots } from "./outputs.ts";
import type { Readings } from "./readings.ts";

interface Entry {
  readonly device: Device;
  readonly slots: Slots;
}

/** Messages of each device, in their order. */
export function byDevice(messages: readonly V3Reading[]): ReadonlyMap<string, readonly V3Reading[]> {
  const groups = new Map<string, V3Reading[]>();
  for (const message of messages) {
    const group = groups.get(message.id);
    if (group === undefined) groups.set(message.id, [message]);
    else group.push(message);
  }
  return groups;
}

/** The devices of one plugin, and which of their values a reading is of. */
export class Inventory {
  readonly #entries = new Map<string, Entry>();

  constructor(devices: readonly Device[]) {
    for (const device of devices)
      this.#entries.set(device.id, { device, slots: new Slots(device.id, device.outputs) });
  }

  get devices(): readonly Device[] {
    return [...this.#entries.values()].map(({ device }) => device);
  }

  get values(): readonly ValueId[] {
    return this.devices.filter(isReadable).flatMap(valuesOf);
  }

  /** @param isSeen whether there were readings of a value */
  outputs(id: string, isSeen: (value: ValueId) => boolean): KnownOutputs | undefined {
    const device = this.get(id);
    if (device === undefined) return undefined;
    const ids = valuesOf(device);
    const seen = device.outputs.filter((_, index) => {
      const value = ids[index];
      return value !== undefined && isSeen(value);
    });
    return { all: device.outputs, seen };
  }

  get(id: string): Device | undefined {
    return this.#entries.get(id)?.device;
  }

  /**
   * Devices as the plugin describes them now. What one showed before it goes on having.
   * @param before the outputs of a device, as far as they are known
   */
  static map(
    messages: readonly V3Device[],
    readings: ReadonlyMap<string, readonly V3Reading[]>,
    before: (id: string) => KnownOutputs | undefined,
    parts: DeviceParts,
    complain: (device: string, complaint: string) => void,
  ): readonly Device[] {
    return messages.flatMap((message) => {
      const mapped = mapDevice(message, readings.get(message.id) ?? [], before(message.id), parts);
      if (mapped === undefined) {
        complain(JSON.stringify(message.id.slice(0, 80)), "this is no id; the device is left out");
        return [];
      }
      for (const complaint of mapped.complaints) complain(message.id, complaint);
      return [mapped.device];
    });
  }

  /** Readings of one device that stand together. @param strange told of one that fits nowhere */
  together(messages: readonly V3Reading[], readings: Readings, strange: () => void): readonly Reading[] {
    const entry = this.#entries.get(messages[0]?.id ?? "");
    if (entry === undefined) {
      strange();
      return [];
    }
    if (!isReadable(entry.device)) return [];
    return entry.slots.all(messages).flatMap(([message, id]) => {
      if (id !== undefined) return [readings.of(id, message, entry.device)];
      strange();
      return [];
    });
  }

  /** A reading that came by itself; `doubtful` when only those beside it tell which value it is of. */
  alone(message: V3Reading, readings: Readings): Reading | "doubtful" | "ignored" | "strange" {
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return "strange";
    if (!isReadable(entry.device)) return "ignored";
    const id = entry.slots.find(message, 0);
    if (id === undefined) return "strange";
    return entry.slots.isSure(message) ? readings.of(id, message, entry.device) : "doubtful";
  }
}
