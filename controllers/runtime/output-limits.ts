import { takes } from "../../devices/accepts.ts";
import type { Accepts } from "../../devices/device.ts";
import { type Slot, slots } from "../../devices/transaction.ts";
import type { ActionSpec } from "../select.ts";
import type { HeldSlot, Target } from "./frame.ts";

/** What is remembered of one thing an output is bound to, from step to step. JSON. */
export interface TargetMemory {
  slot: Slot;
  sent: number | string;
  /** Where the rate limit has let the value go, finer than what was sent. */
  ramp: number | undefined;
  /** Seconds since it was sent. */
  age: number;
}

/** A number on its way to what is wanted. */
export interface Ramped {
  /** What may be sent now. */
  readonly value: number;
  /** Where a change began, and how far the rate let it go from there; absent when no rate was in force. */
  readonly ramp?: { readonly from: number; readonly to: number };
}

type NumberRange = Accepts & { readonly kind: "number" };

/** What a device is told of a value that knows no rates; undefined when it does not take it at all. */
export function withinRange(accepts: Accepts, value: number | string): number | string | undefined {
  if (typeof value === "number" && accepts.kind === "number") return clamp(value, accepts);
  return takes(accepts, value) ? value : undefined;
}

const clamp = (value: number, { min, max }: NumberRange): number => Math.min(Math.max(value, min), max);

/** What a number is limited by in one step. */
export interface Limiting {
  readonly target: Target;
  readonly accepts: NumberRange;
  readonly spec: ActionSpec;
  readonly memory: TargetMemory | undefined;
  /** Seconds since the step before. */
  readonly dt: number;
  /** Told what was limited. */
  readonly limits: string[];
}

/**
 * What a device is told of a number: within its range, and as far as the rates of its action allow in this step. Only
 * the rank of a controller waits for rates.
 */
export function limitNumber(value: number, slot: Slot, by: Limiting): Ramped {
  const { target, accepts, spec, memory, dt, limits } = by;
  const within = clamp(value, accepts);
  if (within !== value) limits.push(beyond(target.name, value, within, accepts));
  const base = slot === slots.controller ? baseOf(target, memory) : undefined;
  if (base === undefined || (spec.rise === undefined && spec.fall === undefined))
    return { value: onStep(within, accepts, -Infinity, Infinity) };
  // What is in force is followed, so that nothing jumps when whoever holds it lets go.
  if (heldByOthers(target)) return { value: onStep(clamp(base, accepts), accepts, -Infinity, Infinity) };
  const high = base + (spec.rise ?? Infinity) * dt;
  const low = base - (spec.fall ?? Infinity) * dt;
  const to = Math.min(Math.max(within, low), high);
  if (to < within) limits.push(`${target.name}: rises at most ${spec.rise ?? 0} ${accepts.unit}/s`);
  if (to > within) limits.push(`${target.name}: falls at most ${spec.fall ?? 0} ${accepts.unit}/s`);
  const sent = onStep(to, accepts, Math.max(low, accepts.min), Math.min(high, accepts.max));
  return { value: sent, ramp: { from: base, to } };
}

/** Where a change begins: what is in force, or as far as the rate limit has gone from there. */
function baseOf(target: Target, memory: TargetMemory | undefined): number | undefined {
  const { value, mine, slot } = target;
  if (typeof value !== "number") return undefined;
  const own = mine && slot === slots.controller && memory?.slot === slots.controller && memory.sent === value;
  return own ? (memory.ramp ?? value) : value;
}

const heldByOthers = ({ mine, slot }: Target): boolean =>
  !mine && slot !== undefined && slot < slots.controller;

/** Whether a value is to be sent in place of what is held: a change of at least the dead band, or to a limit. */
export function isNews(
  held: HeldSlot | undefined,
  value: number | string,
  spec: ActionSpec,
  accepts: Accepts,
): boolean {
  if (held === undefined) return true;
  if (held.value === value) return false;
  if (typeof value !== "number" || typeof held.value !== "number" || accepts.kind !== "number") return true;
  const deadband = spec.deadband ?? accepts.step;
  // A little less than the dead band, so that 0.3 - 0.2 is a step of 0.1.
  const far = Math.abs(value - held.value) >= deadband * (1 - 1e-9);
  return far || value === accepts.min || value === accepts.max;
}

/** The nearest value the device can hold; one nearer to where it comes from when that would be too far. */
function onStep(value: number, accepts: NumberRange, low: number, high: number): number {
  const { min, max, step } = accepts;
  if (!(step > 0) || value === min || value === max) return value;
  const count = (value - min) / step;
  let found = tidy(min + Math.round(count) * step);
  if (found > high) found = tidy(min + Math.floor(count) * step);
  if (found < low) found = tidy(min + Math.ceil(count) * step);
  return clamp(found, accepts);
}

/** Without the dust of binary fractions, and as the writer takes it: in plain decimals. */
const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

function beyond(name: string, value: number, within: number, { max, unit }: NumberRange): string {
  const limit = within === max ? "maximum" : "minimum";
  return `${name}: ${tidy(value)} ${unit} limited to its ${limit} ${within} ${unit}`;
}
