import type { Path } from "../../devices/plugin.ts";
import type { InputEntry } from "./product-schema.ts";
import type { ActionEntry, DeviceEntry, PointEntry, Product } from "./product-schema.ts";
import type { Field, WordOrder } from "./field.ts";
import { fieldOf } from "./field.ts";

/** An entry of a map after repeats, channels and bits were written out: one place, one value. */
export interface Placed<E> {
  readonly path: Path;
  readonly entry: E;
  readonly field: Field;
}
export interface PlacedPoint extends Placed<PointEntry> {
  readonly channel?: string;
}

/** One device of a unit, repeats written out. */
export interface PlacedDevice {
  readonly path: Path;
  readonly entry: DeviceEntry;
  readonly name: string;
  readonly info: string;
  readonly inputs: readonly Placed<InputEntry>[];
  readonly points: readonly PlacedPoint[];
  readonly actions: readonly PlacedAction[];
}
export interface PlacedAction extends Placed<ActionEntry> {
  readonly shows?: { readonly output: string; readonly channel?: string };
}

/** Which of a repeat a device is. */
interface Turn {
  /** Undefined: there is no repeat. */
  readonly number?: number;
  /** Counted from 0. */
  readonly index: number;
  readonly stride: number;
}

interface Orders {
  readonly wordOrder: WordOrder;
  readonly byteOrder: WordOrder;
}

/**
 * Writes out a product: every device of every repeat, every channel of every output. Pure; faulty maps are written
 * out as far as they go, product-check.ts says what is wrong with them.
 * @param wordOrder goes before the product's own
 */
export function expandProduct(product: Product, wordOrder?: WordOrder): readonly PlacedDevice[] {
  const orders: Orders = {
    wordOrder: wordOrder ?? product.limits?.wordOrder ?? "high-first",
    byteOrder: product.limits?.byteOrder ?? "high-first",
  };
  return product.devices.flatMap((entry, at) =>
    turns(entry).map((turn) => placeDevice(entry, ["devices", at], turn, orders)),
  );
}

function turns({ repeat }: DeviceEntry): readonly Turn[] {
  if (repeat === undefined) return [{ index: 0, stride: 0 }];
  const from = repeat.from ?? 1;
  return Array.from({ length: repeat.count }, (_, index) => ({
    number: from + index,
    index,
    stride: repeat.stride,
  }));
}

const withNumber = (text: string, turn: Turn): string =>
  turn.number === undefined ? text : text.replaceAll("{n}", String(turn.number));

function placeDevice(entry: DeviceEntry, path: Path, turn: Turn, orders: Orders): PlacedDevice {
  return {
    path,
    entry,
    name: withNumber(entry.name, turn),
    info: withNumber(entry.info, turn),
    inputs: (entry.inputs ?? []).map((input, at) => ({
      path: [...path, "inputs", at],
      entry: input,
      field: fieldOf(input, moved(input, turn), orders),
    })),
    points: entry.outputs.flatMap((point, at) => placePoint(point, [...path, "outputs", at], turn, orders)),
    actions: (entry.actions ?? []).map((action, at) =>
      placeAction(action, [...path, "actions", at], turn, orders),
    ),
  };
}

const moved = (entry: { readonly address: number; readonly stride?: number }, turn: Turn): number =>
  entry.address + turn.index * (entry.stride ?? turn.stride);

function placePoint(entry: PointEntry, path: Path, turn: Turn, orders: Orders): readonly PlacedPoint[] {
  const field = fieldOf(entry, moved(entry, turn), orders);
  if (entry.bits !== undefined) {
    return Object.entries(entry.bits).map(([bit, channel]) => ({
      path,
      entry,
      channel: withNumber(channel, turn),
      field: { ...field, bit: Number(bit) },
    }));
  }
  if (entry.channels !== undefined) {
    const apart = entry.channelStride ?? field.count;
    return entry.channels.map((channel, index) => ({
      path,
      entry,
      channel: withNumber(channel, turn),
      field: { ...field, address: field.address + index * apart },
    }));
  }
  return [
    {
      path,
      entry,
      field,
      ...(entry.channel === undefined ? {} : { channel: withNumber(entry.channel, turn) }),
    },
  ];
}

function placeAction(entry: ActionEntry, path: Path, turn: Turn, orders: Orders): PlacedAction {
  const field = fieldOf(entry, moved(entry, turn), orders);
  if (entry.shows === undefined) return { path, entry, field };
  const { output, channel } = entry.shows;
  const shows = channel === undefined ? { output } : { output, channel: withNumber(channel, turn) };
  return { path, entry, field, shows };
}
