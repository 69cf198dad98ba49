import type { Slot } from "../../devices/transaction.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import type { ActionSpec } from "../select.ts";
import type { Frame, HeldSlot, Order, Target, TracedOutput } from "./frame.ts";
import type { TargetMemory } from "./output-limits.ts";

/** What one step asks of the writer, and how it came about. */
export interface Plan {
  /** Fills before releases: nothing is given up before what replaces it is in force. */
  readonly orders: readonly Order[];
  readonly traced: readonly TracedOutput[];
  readonly limits: readonly string[];
}

/** A value in a slot, and why. */
export interface Desired {
  readonly slot: Slot;
  readonly value: number | string;
  readonly why: string;
}

/** An output, and what was sent to each thing it is bound to. */
export interface Output {
  readonly name: string;
  readonly spec: ActionSpec;
  readonly memory: Map<DeviceId, TargetMemory>;
}

/** A plan under way. */
export interface Draft {
  /** Seconds since the step before. */
  readonly dt: number;
  readonly fills: Order[];
  readonly releases: Order[];
  readonly traced: TracedOutput[];
  readonly limits: string[];
}

export const draftOf = ({ dt }: Frame): Draft => ({ dt, fills: [], releases: [], traced: [], limits: [] });

export const planOf = ({ fills, releases, traced, limits }: Draft): Plan => ({
  orders: releases.length === 0 ? fills : [...fills, ...releases],
  traced,
  limits,
});

export const heldAt = (target: Target, slot: Slot): HeldSlot | undefined => {
  for (const held of target.held) if (held.slot === slot) return held;
  return undefined;
};

export const fillOf = ({ name, spec }: Output, { device }: Target, { slot, value, why }: Desired): Order => ({
  kind: "fill",
  output: name,
  device,
  action: spec.action,
  slot,
  value,
  why,
});

export const releaseOf = ({ name, spec }: Output, { device }: Target, slot: Slot, why: string): Order => ({
  kind: "release",
  output: name,
  device,
  action: spec.action,
  slot,
  why,
});

export function tracedOf(
  output: string,
  { device, name, value, slot }: Target,
  wanted: number | string | undefined,
  sent: Desired | undefined,
): TracedOutput {
  return {
    output,
    device,
    name,
    ...(wanted === undefined ? undefined : { wanted }),
    ...(sent === undefined ? undefined : { sent: sent.value, slot: sent.slot }),
    ...(value === undefined ? undefined : { applied: value }),
    ...(slot === undefined ? undefined : { appliedSlot: slot }),
  };
}
