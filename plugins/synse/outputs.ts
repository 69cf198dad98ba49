import type { DeviceOutput } from "../../devices/device.ts";
import { type Output, outputs as catalogue } from "../../devices/output.ts";
import type { ValueId } from "../../devices/value-id.ts";
import type { V3DeviceOutput, V3OutputUnit, V3Reading } from "./messages.ts";
import { oneLine } from "./text.ts";

/** A device with more values than this is none. */
export const mostOutputs = 256;

type Units = Pick<V3OutputUnit, "name" | "symbol"> | null | undefined;

const sameUnit = (a: Units, b: Units): boolean =>
  (a?.name ?? "") === (b?.name ?? "") && (a?.symbol ?? "") === (b?.symbol ?? "");

const unitOf = (unit: Units): Pick<Output, "unit"> => {
  const name = oneLine(unit?.name ?? "", 100);
  const symbol = oneLine(unit?.symbol ?? "", 30);
  return name === "" && symbol === "" ? {} : { unit: { name, symbol } };
};

const precisionOf = (precision: number): number =>
  Number.isInteger(precision) && precision >= 0 && precision <= 20 ? precision : 0;

/** An output as the plugin describes it. */
function described({ name, type, precision, unit }: V3DeviceOutput): Output {
  const kind = oneLine(type, 100) || "unknown";
  return { name: oneLine(name, 100) || kind, type: kind, precision: precisionOf(precision), ...unitOf(unit) };
}

/** The output a reading must be of, as far as the reading tells: of the catalogue when it has one like it. */
function guessed({ type, unit }: Pick<V3Reading, "type" | "unit">): Output {
  const kind = oneLine(type, 100) || "unknown";
  const known = [...catalogue.values()].find((output) => output.type === kind && sameUnit(output.unit, unit));
  return known ?? { name: kind, type: kind, precision: 3, ...unitOf(unit) };
}

/** What a device of a type would show, as long as it never showed anything. */
export function expected(type: string): Output {
  const kind = oneLine(type, 100) || "unknown";
  const known = catalogue.get(kind) ?? [...catalogue.values()].find((output) => output.type === kind);
  return known ?? { name: kind, type: kind, precision: 0 };
}

/**
 * Outputs as they stand, one after the other: equal names get channels `2`, `3` … in their order; the first has none, so
 * that a second that appears later does not rename it.
 */
function withChannels(found: readonly Output[]): readonly DeviceOutput[] {
  const seen = new Map<string, number>();
  return found.slice(0, mostOutputs).map((output) => {
    const count = (seen.get(output.name) ?? 0) + 1;
    seen.set(output.name, count);
    return count === 1 ? { output } : { output, channel: String(count) };
  });
}

const fits = (output: Output, { type, unit }: Pick<V3Reading, "type" | "unit">): boolean =>
  output.type === (oneLine(type, 100) || "unknown") && sameUnit(output.unit, unitOf(unit).unit);

/**
 * The outputs of a device: those it describes, and those only its readings show.
 * @param readings of this device, as they stand together
 */
export function outputsOf(
  stated: readonly V3DeviceOutput[],
  readings: readonly V3Reading[],
): readonly DeviceOutput[] {
  const found = stated.slice(0, mostOutputs).map(described);
  const free = new Set(found.keys());
  for (const reading of readings.slice(0, mostOutputs)) {
    const at = [...free].find((index) => {
      const output = found[index];
      return output !== undefined && fits(output, reading);
    });
    const output = at === undefined ? likeOthers(found, reading) : found[at];
    if (output === undefined) continue;
    const whole = reading.bytes_value === undefined ? output : { ...output, embedded: true as const };
    if (at === undefined) found.push(whole);
    else {
      found[at] = whole;
      free.delete(at);
    }
  }
  return withChannels(found);
}

/** What a device was known to have. */
export interface KnownOutputs {
  readonly all: readonly DeviceOutput[];
  /** Those of which there were readings since the plugin was reached. */
  readonly seen: readonly DeviceOutput[];
}

/** What is found, and behind it what there were readings of; what was known when nothing is found. */
export function keptOutputs(
  found: readonly DeviceOutput[],
  { all, seen }: KnownOutputs,
): readonly DeviceOutput[] {
  if (found.length === 0) return all;
  const key = ({ output, channel }: DeviceOutput): string => JSON.stringify([output.name, channel]);
  const now = new Set(found.map(key));
  return [...found, ...seen.filter((output) => !now.has(key(output)))].slice(0, mostOutputs);
}

/** One more of what there is already, or something new. */
const likeOthers = (found: readonly Output[], reading: V3Reading): Output =>
  found.find((output) => fits(output, reading)) ?? guessed(reading);

/** Which value a reading of a device is of: by its type, its unit, and how many like it stand before it. */
export class Slots {
  readonly #device: string;
  readonly #outputs: readonly DeviceOutput[];

  constructor(device: string, outputs: readonly DeviceOutput[]) {
    this.#device = device;
    this.#outputs = outputs;
  }

  /** Whether a single reading tells which value it is of. */
  isSure(reading: V3Reading): boolean {
    return this.#alike(reading).length === 1;
  }

  /** @param nth how many readings like it stand before it. @returns undefined when the device shows something new */
  find(reading: V3Reading, nth: number): ValueId | undefined {
    const found = this.#alike(reading)[nth];
    if (found === undefined) return undefined;
    const { output, channel } = found;
    return { device: this.#device, output: output.name, ...(channel === undefined ? {} : { channel }) };
  }

  /** Every reading of the device, as they stand together, with the value it is of. */
  all(readings: readonly V3Reading[]): readonly (readonly [V3Reading, ValueId | undefined])[] {
    const seen = new Map<DeviceOutput, number>();
    return readings.map((reading) => {
      const [first] = this.#alike(reading);
      if (first === undefined) return [reading, undefined];
      const nth = seen.get(first) ?? 0;
      seen.set(first, nth + 1);
      return [reading, this.find(reading, nth)];
    });
  }

  #alike(reading: V3Reading): readonly DeviceOutput[] {
    return this.#outputs.filter(({ output }) => fits(output, reading));
  }
}
