import type { Clock, Millis } from "../../devices/clock.ts";
import type { ArraySnapshot } from "../../devices/level.ts";
import type { Value } from "../../devices/reading.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm } from "../contract.ts";
import type { Missing } from "../sample.ts";
import type { Binding, BoundInput, BoundOutput } from "./binding.ts";
import type { HeldSlot, Mode, Observed, Target } from "./frame.ts";

/** A value another controller has published. */
export interface Published {
  readonly value: number | string | boolean;
  /** On the monotonic clock. */
  readonly at: Millis;
}

/** What one controller publishes, for as long as it is to be relied on. */
export class PublishedValues {
  readonly #name: string;
  readonly #period: Millis;
  readonly #clock: Clock;
  #values: Readonly<Record<string, Published["value"]>> = {};
  #at: Millis = -Infinity;

  constructor(name: string, period: Millis, clock: Clock) {
    this.#name = name;
    this.#period = period;
    this.#clock = clock;
  }

  get all(): Readonly<Record<string, Published["value"]>> {
    return this.#values;
  }

  /** Of the step that has just ended; none: it is not to be relied on. */
  set(values: Readonly<Record<string, Published["value"]>>): void {
    this.#values = values;
    this.#at = this.#clock.monotonic();
  }

  /** @returns a text for why there is none */
  get(name: string, mode: Mode): Published | string {
    const value = this.#values[name];
    if (value === undefined)
      return mode === "automatic"
        ? `controller ${this.#name} does not say \`${name}\``
        : `controller ${this.#name} is ${mode}, so \`${name}\` is not to be relied on`;
    const age = this.#clock.monotonic() - this.#at;
    if (age > 3 * this.#period) return `controller ${this.#name} has not stepped for ${Math.round(age)} ms`;
    return { value, at: this.#at };
  }
}

export interface Surroundings {
  readonly clock: Clock;
  readonly store: Pick<ReadingStore, "get" | "age">;
  readonly writer: Pick<Writer, "array">;
  /** @returns a text for why there is none */
  readonly published: (controller: string, value: string) => Published | string;
}

/** Everything a controller's inputs are bound to, as it is now. */
export function observeAll(
  binding: Binding,
  names: readonly string[],
  around: Surroundings,
): Record<string, Observed[]> {
  const all: Record<string, Observed[]> = {};
  for (const name of names) all[name] = [];
  for (const one of binding.inputs) all[one.input]?.push(observe(one, around));
  return all;
}

function observe(bound: BoundInput, around: Surroundings): Observed {
  if (!("controller" in bound)) return ofReading(bound, around.store);
  const found = around.published(bound.controller, bound.published);
  if (typeof found === "string")
    return { quality: "bad", code: "NOT_READ_YET", text: found, from: bound.name, tags: [] };
  const age = Math.max(0, around.clock.monotonic() - found.at);
  return { quality: "good", value: as(bound.word, found.value), age, from: bound.name, tags: [] } as Observed;
}

type OfDevice = Exclude<BoundInput, { readonly controller: string }>;

function ofReading(bound: OfDevice, store: Surroundings["store"]): Observed {
  const { name: from, tags, value: id } = bound;
  const reading = store.get(id);
  const rest = { from, tags, device: id.device };
  if (reading === undefined)
    return {
      quality: "bad",
      code: "NOT_FOUND",
      text: `${from} ${id.output} not found`,
      ...rest,
    } satisfies Missing;
  if (reading.quality === "bad") {
    const { code, text } = reading.reason;
    return { quality: "bad", code, text, ...rest };
  }
  const age = store.age(id);
  const { quality, context } = reading;
  const value = as(bound.word, reading.value);
  return (
    context === undefined ? { quality, value, age, ...rest } : { quality, value, age, ...rest, context }
  ) as Observed;
}

/** A switch is a word and a number too; what does not fit is told by whoever picks. */
function as(word: boolean, value: Value): number | string {
  if (typeof value === "boolean") return word ? (value ? "on" : "off") : Number(value);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return word ? String(value) : value;
  return value;
}

export interface TargetsNow {
  readonly outputs: Readonly<Record<string, readonly Target[]>>;
  /** Slots other controllers that work hold where this one has outputs: who, by `device action slot`. */
  readonly rivals: ReadonlyMap<string, string>;
  /** What it wants and hardware is not told, to spare its memory. */
  readonly spared: readonly Alarm[];
}

export const rivalKey = (device: string, action: string, slot: number): string =>
  `${device} ${action} ${slot}`;
export const whoOf = (controller: string): string => `controller ${controller}`;

const noRivals: ReadonlyMap<string, string> = new Map();
const noAlarms: readonly Alarm[] = [];

/** Everything a controller's outputs are bound to, with what is in force there now. */
export function targetsNow(
  bound: readonly BoundOutput[],
  names: readonly string[],
  { who, yields }: { readonly who: string; readonly yields: (who: string) => boolean },
  writer: Surroundings["writer"],
): TargetsNow {
  const outputs: Record<string, Target[]> = {};
  for (const name of names) outputs[name] = [];
  let rivals: Map<string, string> | undefined;
  let spared: Alarm[] | undefined;
  for (const { output, device, name, action, accepts, tags } of bound) {
    const array = writer.array(device).find((one) => one.action === action);
    const held: HeldSlot[] = [];
    for (const entry of array?.entries ?? []) {
      if (entry.who === who) held.push({ slot: entry.slot, value: known(entry.value) });
      else if (entry.who.startsWith("controller ") && !yields(entry.who))
        (rivals ??= new Map<string, string>()).set(rivalKey(device, action, entry.slot), entry.who);
    }
    const inForce = array?.inForce;
    const alarm = array === undefined || inForce?.who !== who ? undefined : sparedAlarm(array, name, device);
    if (alarm !== undefined) (spared ??= []).push(alarm);
    outputs[output]?.push({
      ...{ device, name, tags, accepts, held },
      ...(inForce === undefined ? {} : { value: known(inForce.value), slot: inForce.slot }),
      mine: inForce?.who === who,
    });
  }
  return { outputs, rivals: rivals ?? noRivals, spared: spared ?? noAlarms };
}

/** A value that waits, or was given up, because writing wears hardware out. */
function sparedAlarm({ action, holding, inForce, reason }: ArraySnapshot, name: string, device: string) {
  const waits = holding === "failing" && reason?.code === "TOO_MANY";
  if (!waits && holding !== "given up") return undefined;
  const value = String(known(inForce?.value));
  const why = waits ? `${value} waits` : `${value} is given up, to spare its memory`;
  const text = `${name} ${action}: ${why}: ${reason?.text ?? ""}; see who changes it so often`;
  return { id: `held-write:${name}.${action}`, severity: "warning", text, device } as const satisfies Alarm;
}

const known = (value: unknown): number | string => (typeof value === "number" ? value : String(value));

/** A number as the writer takes it: in plain decimals. */
export const dataOf = (value: number | string): string =>
  typeof value === "string" || Number.isInteger(value)
    ? String(value)
    : value.toFixed(6).replace(/\.?0+$/, "");
