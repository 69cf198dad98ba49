import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** A record of a simulated BMC, and what three other programs make of it. */
export interface SdrVector {
  readonly hex: string;
  readonly recordId: number;
  readonly recordType: string;
  readonly name?: string;
  readonly ownerId?: string;
  readonly ownerLun?: number;
  readonly channel?: number;
  readonly sensorNumber?: number;
  readonly entityId?: number;
  readonly entityInstance?: number;
  readonly sensorType?: number;
  readonly eventReadingType?: string;
  readonly unitPercent?: boolean;
  readonly baseUnit?: number;
  readonly analogFormat?: number;
  readonly linearization?: number;
  readonly m?: number;
  readonly b?: number;
  readonly rExp?: number;
  readonly bExp?: number;
  readonly thresholdsReadable?: string;
  readonly thresholdsSettable?: string;
  readonly thresholds?: Readonly<Record<string, { readonly raw: number; readonly value: number }>>;
  readonly hysteresis?: {
    readonly positiveRaw: number;
    readonly negativeRaw: number;
    readonly positive: number;
    readonly negative: number;
  };
  readonly reading?: {
    readonly response: string;
    readonly raw: number;
    readonly value?: number;
    readonly states?: readonly number[];
  };
  readonly shareCount?: number;
  readonly shareModifierType?: string;
  readonly shareModifierOffset?: number;
  readonly entityInstanceIncrements?: boolean;
  readonly slaveAddress?: string;
  readonly accessAddress?: string;
  readonly capabilities?: string;
  readonly fruId?: number;
  readonly logical?: boolean;
  readonly containerEntity?: readonly number[];
  readonly isRange?: boolean;
  readonly contained?: readonly (readonly number[])[];
  readonly manufacturer?: number;
  readonly oemData?: string;
}

/** A conversion, and its result by other programs. */
export interface ConversionVector {
  readonly m: number;
  readonly b: number;
  readonly bExp: number;
  readonly rExp: number;
  readonly analogFormat: number;
  readonly linearization: number;
  readonly raw: number;
  readonly value: number;
}

const all = JSON.parse(readFileSync(new URL("ipmi-vectors.json", import.meta.url), "utf8")) as {
  readonly sdr: readonly SdrVector[];
  readonly conversion: readonly ConversionVector[];
};

export const sdrVectors = all.sdr;
export const conversionVectors = all.conversion;

export const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** Equal but for what arithmetic with fractions loses. */
export function nearly(actual: number | undefined, expected: number, message?: string): void {
  const off = Math.abs((actual ?? NaN) - expected);
  const text = message ?? `${String(actual)} instead of ${expected}`;
  assert.ok(off <= 1e-9 * Math.max(1, Math.abs(expected)), text);
}
