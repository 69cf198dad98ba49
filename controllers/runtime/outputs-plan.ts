import { takes } from "../../devices/accepts.ts";
import type { Accepts } from "../../devices/device.ts";
import { type Slot, slots } from "../../devices/transaction.ts";
import type { FailSafe } from "../contract.ts";
import type { ActionSpec } from "../select.ts";
import type { Frame, HeldSlot, Order, Target, TracedOutput } from "./frame.ts";
import type { Shape } from "./shape.ts";
import { wantedOf, type Wished, type Wishes } from "./wishes.ts";

/** What one step asks of the writer, and how it came about. */
export interface Plan {
  /** Fills before releases: nothing is given up before what replaces it is in force. */
  readonly orders: readonly Order[];
  readonly traced: readonly TracedOutput[];
  readonly limits: readonly string[];
}

/** What is remembered of one thing an output is bound to, from step to step. JSON. */
export interface TargetMemory {
  slot: Slot;
  sent: number | string;
  /** Where the rate limit has let the value go, finer than what was sent. */
  ramp: number | undefined;
  /** Seconds since it was sent. */
  age: number;
}

interface Desired {
  readonly slot: Slot;
  readonly value: number | string;
  readonly why: string;
}

interface Draft {
  readonly fills: Order[];
  readonly releases: Order[];
  readonly traced: TracedOutput[];
  readonly limits: string[];
}

/** Slots a controller that cannot be trusted goes on holding: what is done for the safety of life is not undone by that. */
const latched = (slot: Slot): boolean => slot === slots.lifeSafety;
const never = (): boolean => false;
const always = (): boolean => true;

/** Turns what a step wants into what the writer is told: within range, at most so fast, and no more often than needed. */
export class OutputsPlan {
  readonly #outputs: readonly (readonly [name: string, spec: ActionSpec])[];
  readonly #longest: number;
  #memory = new Map<string, TargetMemory>();

  /** @param nominal the period in seconds: longer gaps count as one and a half of it for rates */
  constructor(shape: Shape, nominal: number) {
    this.#outputs = Object.entries(shape.outputs);
    this.#longest = nominal * 1.5;
  }

  get memory(): Readonly<Record<string, TargetMemory>> {
    return Object.fromEntries(this.#memory);
  }

  /** Goes on where another plan ended. */
  resume(memory: Readonly<Record<string, TargetMemory>>): void {
    this.#memory = new Map(Object.entries(memory).map(([key, value]) => [key, { ...value }]));
  }

  /**
   * What a step that counts wants. In `manual` the rank `controller` is left as it is, stronger ones are obeyed.
   * @param reason of orders that have none of their own
   */
  live(frame: Frame, wishes: Wishes, mode: "automatic" | "manual", reason: string): Plan {
    const keep = mode === "manual" ? (slot: Slot) => slot === slots.controller : never;
    return this.#each(frame, (draft, name, spec, target) => {
      const wished = wishes.of[name];
      const wanted = wished === undefined ? undefined : wantedOf(wished.want, target.device);
      const sends = wished !== undefined && (mode === "automatic" || wished.slot !== slots.controller);
      const desired =
        wanted === undefined || !sends
          ? undefined
          : { slot: wished.slot, value: wanted, why: wished.why ?? reason };
      this.#settle(draft, frame, name, spec, target, desired, keep, wanted);
    });
  }

  /** @param wishes of a step that is not trusted yet: only what it wants for the safety of life is obeyed */
  failSafe(frame: Frame, values: FailSafe, why: string, wishes?: Wishes): Plan {
    return this.#each(frame, (draft, name, spec, target) => {
      const wished = wishes?.of[name];
      const wanted = wished === undefined ? undefined : wantedOf(wished.want, target.device);
      const value = values[name] ?? undefined;
      const desired = value === undefined ? undefined : { slot: slots.failSafe, value, why };
      // A step that runs says itself whether it still wants what it holds for the safety of life.
      const keep = wishes === undefined ? latched : never;
      const strong = lifeSafety(wished, wanted, why);
      if (strong === undefined) this.#settle(draft, frame, name, spec, target, desired, keep, wanted);
      else {
        this.#settle(draft, frame, name, spec, target, strong, (slot) => slot === slots.failSafe, wanted);
        if (desired !== undefined) fillOnce(draft, name, spec, target, desired);
      }
    });
  }

  /** Everything stays as it is. */
  hold(frame: Frame): Plan {
    return this.#each(frame, (draft, name, spec, target) =>
      this.#settle(draft, frame, name, spec, target, undefined, always),
    );
  }

  /** Everything is given up. */
  off(frame: Frame, why: string): Plan {
    return this.#each(frame, (draft, name, spec, target) =>
      this.#settle(draft, frame, name, spec, target, undefined, never, undefined, why),
    );
  }

  #each(frame: Frame, work: (draft: Draft, name: string, spec: ActionSpec, target: Target) => void): Plan {
    const draft: Draft = { fills: [], releases: [], traced: [], limits: [] };
    for (const [name, spec] of this.#outputs)
      for (const target of frame.outputs[name] ?? []) work(draft, name, spec, target);
    const { fills, releases, traced, limits } = draft;
    return { orders: releases.length === 0 ? fills : [...fills, ...releases], traced, limits };
  }

  #settle(
    draft: Draft,
    frame: Frame,
    name: string,
    spec: ActionSpec,
    target: Target,
    desired: Desired | undefined,
    keep: (slot: Slot) => boolean,
    wanted?: number | string,
    why = desired?.why ?? "given up",
  ): void {
    const key = `${name} ${target.device}`;
    const memory = this.#memory.get(key);
    if (memory !== undefined) memory.age += frame.dt;
    let sent: Desired | undefined;
    if (desired !== undefined) {
      const value = this.#limited(draft, frame, spec, target, desired, memory, key);
      if (value !== undefined) {
        const held = heldAt(target, desired.slot);
        if (isNews(held, value, spec, target.accepts) || this.#isDue(spec, key)) {
          sent = { ...desired, value };
          draft.fills.push(fillOf(name, spec, target, sent));
          this.#sent(key, sent);
        }
      }
    } else if (memory !== undefined && this.#isDue(spec, key))
      this.#refresh(draft, name, spec, target, keep, memory);
    for (const { slot } of target.held)
      if (slot !== desired?.slot && !keep(slot))
        draft.releases.push({
          kind: "release",
          output: name,
          device: target.device,
          action: spec.action,
          slot,
          why,
        });
    draft.traced.push(tracedOf(name, target, wanted, sent));
  }

  /** Sends what is held anew, for equipment that watches over its bus. */
  #refresh(
    draft: Draft,
    name: string,
    spec: ActionSpec,
    target: Target,
    keep: (slot: Slot) => boolean,
    memory: TargetMemory,
  ): void {
    const held = heldAt(target, memory.slot);
    if (held === undefined || !keep(memory.slot)) return;
    memory.age = 0;
    draft.fills.push(fillOf(name, spec, target, { slot: memory.slot, value: held.value, why: "sent anew" }));
  }

  #isDue({ refresh }: ActionSpec, key: string): boolean {
    return refresh !== undefined && (this.#memory.get(key)?.age ?? 0) * 1000 >= refresh - 1;
  }

  #sent(key: string, { slot, value }: Desired): void {
    const memory = this.#memory.get(key);
    if (memory === undefined) this.#memory.set(key, { slot, sent: value, ramp: undefined, age: 0 });
    else {
      memory.slot = slot;
      memory.sent = value;
      memory.age = 0;
    }
  }

  /** @returns what may be sent now; undefined when the device does not take it at all */
  #limited(
    draft: Draft,
    frame: Frame,
    spec: ActionSpec,
    target: Target,
    { slot, value }: Desired,
    memory: TargetMemory | undefined,
    key: string,
  ): number | string | undefined {
    const { accepts } = target;
    if (typeof value === "string" || accepts.kind !== "number") {
      if (takes(accepts, value)) return value;
      draft.limits.push(`${target.name} does not take ${value}`);
      return undefined;
    }
    const within = Math.min(Math.max(value, accepts.min), accepts.max);
    if (within !== value) draft.limits.push(beyond(target.name, value, within, accepts));
    const base = slot === slots.controller ? baseOf(target, memory) : undefined;
    if (base === undefined || (spec.rise === undefined && spec.fall === undefined)) {
      if (memory !== undefined) memory.ramp = undefined;
      return onStep(within, accepts, -Infinity, Infinity);
    }
    if (heldByOthers(target)) {
      // What is in force is followed, so that nothing jumps when whoever holds it lets go.
      if (memory !== undefined) memory.ramp = undefined;
      return onStep(Math.min(Math.max(base, accepts.min), accepts.max), accepts, -Infinity, Infinity);
    }
    const dt = Math.min(frame.dt, this.#longest);
    const high = base + (spec.rise ?? Infinity) * dt;
    const low = base - (spec.fall ?? Infinity) * dt;
    const ramp = Math.min(Math.max(within, low), high);
    if (ramp < within) draft.limits.push(`${target.name}: rises at most ${spec.rise ?? 0} ${accepts.unit}/s`);
    if (ramp > within) draft.limits.push(`${target.name}: falls at most ${spec.fall ?? 0} ${accepts.unit}/s`);
    const sent = onStep(ramp, accepts, Math.max(low, accepts.min), Math.min(high, accepts.max));
    if (memory === undefined) this.#memory.set(key, { slot, sent: base, ramp, age: 0 });
    else memory.ramp = ramp;
    return sent;
  }
}

function lifeSafety(
  wished: Wished | undefined,
  wanted: number | string | undefined,
  why: string,
): Desired | undefined {
  if (wished?.slot !== slots.lifeSafety || wanted === undefined) return undefined;
  return { slot: wished.slot, value: wanted, why: wished.why ?? why };
}

/** The second of two slots at once: behind the life-safety one, so that it is there when that is given up. */
function fillOnce(draft: Draft, name: string, spec: ActionSpec, target: Target, desired: Desired): void {
  const { accepts } = target;
  const value =
    typeof desired.value === "number" && accepts.kind === "number"
      ? Math.min(Math.max(desired.value, accepts.min), accepts.max)
      : desired.value;
  if (heldAt(target, desired.slot)?.value !== value && takes(accepts, value))
    draft.fills.push(fillOf(name, spec, target, { ...desired, value }));
}

const heldAt = (target: Target, slot: Slot): HeldSlot | undefined => {
  for (const held of target.held) if (held.slot === slot) return held;
  return undefined;
};

/** Where a change begins: what is in force, or as far as the rate limit has gone from there. */
function baseOf(target: Target, memory: TargetMemory | undefined): number | undefined {
  const { value, mine, slot } = target;
  if (typeof value !== "number") return undefined;
  const own = mine && slot === slots.controller && memory?.slot === slots.controller && memory.sent === value;
  return own ? (memory.ramp ?? value) : value;
}

const heldByOthers = ({ mine, slot }: Target): boolean =>
  !mine && slot !== undefined && slot < slots.controller;

function isNews(
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
  return (
    Math.abs(value - held.value) >= deadband * (1 - 1e-9) || value === accepts.min || value === accepts.max
  );
}

/** The nearest value the device can hold; one nearer to where it comes from when that would be too far. */
function onStep(value: number, accepts: Accepts, low: number, high: number): number {
  if (accepts.kind !== "number" || !(accepts.step > 0)) return value;
  const { min, max, step } = accepts;
  if (value === min || value === max) return value;
  const count = (value - min) / step;
  let found = tidy(min + Math.round(count) * step);
  if (found > high) found = tidy(min + Math.floor(count) * step);
  if (found < low) found = tidy(min + Math.ceil(count) * step);
  return Math.min(Math.max(found, min), max);
}

/** Without the dust of binary fractions, and as the writer takes it: in plain decimals. */
const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

function beyond(name: string, value: number, within: number, accepts: Accepts & { kind: "number" }): string {
  const limit = within === accepts.max ? "maximum" : "minimum";
  return `${name}: ${tidy(value)} ${accepts.unit} limited to its ${limit} ${within} ${accepts.unit}`;
}

const fillOf = (name: string, spec: ActionSpec, target: Target, { slot, value, why }: Desired): Order => ({
  kind: "fill",
  output: name,
  device: target.device,
  action: spec.action,
  slot,
  value,
  why,
});

function tracedOf(
  output: string,
  target: Target,
  wanted: number | string | undefined,
  sent: Desired | undefined,
): TracedOutput {
  const { device, name, value, slot } = target;
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
