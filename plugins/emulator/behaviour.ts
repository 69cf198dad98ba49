import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { DataValue } from "../../devices/ids.ts";
import type { Value } from "../../devices/reading.ts";
import type { Carousel } from "./carousel.ts";
import type { Random } from "./random.ts";

/** What a device does. */
export interface Behaviour {
  /** Lets what moves by itself move on. Once before each reading. */
  move?(): void;
  /** The values of its outputs, in order. @throws BothyError when it has none */
  show(): readonly Value[];
  /** @throws BothyError when it makes no sense; then nothing has changed */
  write?(order: WriteOrder): void | Promise<void>;
  /** Calls off what it would do later. */
  stop?(): void;
}

/** Something a device is told. */
export interface WriteOrder {
  readonly action: string;
  /** Absent when there was none, or an empty text. */
  readonly data?: string;
  readonly signal: AbortSignal;
}

/** What a behaviour is made of. */
export interface BehaviourParts {
  /** How messages call the device. */
  readonly source: string;
  readonly data: Readonly<Record<string, DataValue>>;
  readonly random: Random;
  readonly clock: Clock;
  readonly carousel: Carousel;
}

/** A whole number given as a setting: as such, or as text. */
export function wholeNumber(value: DataValue | undefined): number | undefined {
  const number = typeof value === "string" && decimal.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

const decimal = /^[-+]?\d{1,16}$/;

/** @throws BothyError `BAD_VALUE` */
export function neededData({ action, data }: WriteOrder, source: string, expected: string): string {
  if (data !== undefined) return data;
  throw new BothyError("BAD_VALUE", { source: `${source} ${action}`, value: "nothing", expected });
}

/** The whole number an action needs. @throws BothyError `BAD_VALUE` */
export function neededNumber(order: WriteOrder, source: string): number {
  const expected = "a whole number";
  const text = neededData(order, source, expected);
  const number = wholeNumber(text);
  // -0 would print as another number than 0.
  if (number !== undefined) return number === 0 ? 0 : number;
  throw badValue(order, source, expected);
}

/** One of the words an action knows. @throws BothyError `BAD_VALUE` */
export function neededWord(order: WriteOrder, source: string, words: readonly string[]): string {
  const expected = `one of ${words.join(", ")}`;
  const word = neededData(order, source, expected);
  if (words.includes(word)) return word;
  throw badValue(order, source, expected);
}

export const badValue = ({ action, data = "" }: WriteOrder, source: string, expected: string): BothyError =>
  new BothyError("BAD_VALUE", {
    source: `${source} ${action}`,
    value: JSON.stringify(data.slice(0, 80)),
    expected,
  });

export const unknownAction = ({ action }: WriteOrder, source: string, known: readonly string[]): BothyError =>
  new BothyError("UNKNOWN_ACTION", { source, action: action.slice(0, 80), actions: known.join(", ") });
