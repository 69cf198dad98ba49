import { type Slot, slots } from "../../devices/transaction.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import type { FailSafe } from "../contract.ts";
import type { ActionSpec } from "../select.ts";
import { outputKey } from "./binding.ts";
import type { Frame, Rest, Target } from "./frame.ts";
import { isNews, limitNumber, type TargetMemory, withinRange } from "./output-limits.ts";
import {
  type Desired,
  type Draft,
  draftOf,
  fillOf,
  heldAt,
  type Output,
  type Plan,
  planOf,
  releaseOf,
  tracedOf,
} from "./plan-draft.ts";
import type { Shape } from "./shape.ts";
import { wantedFor, type Wished, type Wishes } from "./wishes.ts";

/** Which of the slots it holds a controller goes on holding beside what it desires. */
type Kept = Slot | "all" | "none";

const keeps = (kept: Kept, slot: Slot): boolean => kept === "all" || kept === slot;

/** Turns what a step wants into what the writer is told: within range, at most so fast, and no more often than needed. */
export class OutputsPlan {
  readonly #outputs: readonly Output[];
  readonly #longest: number;
  #rested = false;

  /** @param nominal the period in seconds: longer gaps count as one and a half of it for rates */
  constructor(shape: Shape, nominal: number) {
    this.#outputs = Object.entries(shape.outputs).map(([name, spec]) => ({
      name,
      spec,
      memory: new Map<DeviceId, TargetMemory>(),
    }));
    this.#longest = nominal * 1.5;
  }

  /** Whether the plan before was to rest. */
  get rested(): boolean {
    return this.#rested;
  }

  /** By `output device`. */
  get memory(): Readonly<Record<string, TargetMemory>> {
    return Object.fromEntries(
      this.#outputs.flatMap(({ name, memory }) =>
        [...memory].map(([device, one]) => [`${name} ${device}`, one] as const),
      ),
    );
  }

  /** Goes on where another plan ended. */
  resume(memory: Readonly<Record<string, TargetMemory>>, rested: boolean): void {
    this.#rested = rested;
    for (const output of this.#outputs) {
      output.memory.clear();
      const start = `${output.name} `;
      for (const [key, one] of Object.entries(memory))
        if (key.startsWith(start)) output.memory.set(key.slice(start.length), { ...one });
    }
  }

  /**
   * What a step that counts wants. In `manual` the rank `controller` is left as it is, stronger ones are obeyed.
   * @param reason of orders that have none of their own
   */
  live(frame: Frame, wishes: Wishes, mode: "automatic" | "manual", reason: string): Plan {
    const kept = mode === "manual" ? slots.controller : "none";
    const draft = draftOf(frame);
    const comes = this.#rested;
    this.#rested = false;
    for (const output of this.#outputs) {
      const wished = wishes.of[output.name];
      for (const target of frame.outputs[output.name] ?? []) {
        const wanted = wantedOf(wished, target);
        const wish = desiredBy(wished, target, wanted, reason);
        const desired = comes ? inForce(target, wish) : wish;
        const sent = mode === "automatic" || desired?.slot !== slots.controller ? desired : undefined;
        this.#settle(draft, output, target, sent, kept, wanted);
      }
    }
    return planOf(draft);
  }

  /** @param wishes of a step that is not trusted yet: only what it wants for the safety of life is obeyed */
  failSafe(frame: Frame, values: FailSafe, why: string, wishes?: Wishes): Plan {
    const draft = draftOf(frame);
    for (const output of this.#outputs) {
      const wished = wishes?.of[output.name];
      const value = values[output.name] ?? undefined;
      const desired = value === undefined ? undefined : { slot: slots.failSafe, value, why };
      for (const target of frame.outputs[output.name] ?? []) {
        const wanted = wantedOf(wished, target);
        const strong = desiredBy(wished, target, wanted, why);
        if (strong?.slot === slots.lifeSafety) {
          this.#settle(draft, output, target, strong, slots.failSafe, wanted);
          if (desired !== undefined) fillBehind(draft, output, target, desired);
          continue;
        }
        // What is done for the safety of life is not undone by a controller that cannot be trusted; a step that runs
        // says itself whether it still wants it.
        const kept = wishes === undefined ? slots.lifeSafety : "none";
        this.#settle(draft, output, target, desired, kept, wanted);
      }
    }
    return planOf(draft);
  }

  /** Everything is given up but what nobody else has: that goes to its fail-safe values, as fast as rates allow. */
  rest(frame: Frame, values: FailSafe, { why, alone }: Rest): Plan {
    const draft = draftOf(frame);
    const goes = !this.#rested;
    this.#rested = true;
    for (const output of this.#outputs) {
      const value = values[output.name] ?? undefined;
      for (const target of frame.outputs[output.name] ?? []) {
        const keeps = value !== undefined && alone.has(outputKey({ ...target, ...output.spec }));
        const text = `its fail-safe value, which nobody else commands: ${why}`;
        const wish = keeps ? { slot: slots.controller, value, why: text } : undefined;
        const desired = goes ? inForce(target, wish) : wish;
        this.#settle(draft, output, target, desired, "none", undefined, why);
      }
    }
    return planOf(draft);
  }

  /**
   * Everything stays as it is; whoever comes in place of others takes what it owns over from them.
   * @param values fail-safe values: of what it owns
   */
  hold(frame: Frame, values: FailSafe): Plan {
    const comes = this.#rested && frame.wanted === "automatic";
    if (!comes) return this.#nothing(frame, "all", "given up");
    this.#rested = false;
    const draft = draftOf(frame);
    for (const output of this.#outputs) {
      const value = values[output.name] ?? undefined;
      for (const target of frame.outputs[output.name] ?? []) {
        const why = "it stays as it was";
        const wish = value === undefined ? undefined : { slot: slots.controller, value, why };
        this.#settle(draft, output, target, inForce(target, wish), "all", undefined);
      }
    }
    return planOf(draft);
  }

  /** Everything is given up. */
  off(frame: Frame, why: string): Plan {
    return this.#nothing(frame, "none", why);
  }

  #nothing(frame: Frame, kept: Kept, why: string): Plan {
    const draft = draftOf(frame);
    for (const output of this.#outputs)
      for (const target of frame.outputs[output.name] ?? [])
        this.#settle(draft, output, target, undefined, kept, undefined, why);
    return planOf(draft);
  }

  #settle(
    draft: Draft,
    output: Output,
    target: Target,
    desired: Desired | undefined,
    kept: Kept,
    wanted: number | string | undefined,
    why = desired?.why ?? "given up",
  ): void {
    const memory = output.memory.get(target.device);
    if (memory !== undefined) memory.age += draft.dt;
    let sent: Desired | undefined;
    if (desired !== undefined) sent = this.#send(draft, output, target, desired, memory);
    else if (memory !== undefined && isDue(output.spec, memory)) refresh(draft, output, target, kept, memory);
    for (const { slot } of target.held)
      if (slot !== desired?.slot && !keeps(kept, slot))
        draft.releases.push(releaseOf(output, target, slot, why));
    draft.traced.push(tracedOf(output.name, target, wanted, sent));
  }

  /** @returns what was sent; undefined when nothing is to be */
  #send(
    draft: Draft,
    output: Output,
    target: Target,
    desired: Desired,
    memory: TargetMemory | undefined,
  ): Desired | undefined {
    const value = this.#limited(draft, output, target, desired, memory);
    if (value === undefined) return undefined;
    const held = heldAt(target, desired.slot);
    if (
      !isNews(held, value, output.spec, target.accepts) &&
      (memory === undefined || !isDue(output.spec, memory))
    )
      return undefined;
    const { slot, why } = desired;
    const sent = { slot, value, why };
    draft.fills.push(fillOf(output, target, sent));
    // A rate may have begun to be remembered just now.
    const now = output.memory.get(target.device);
    if (now === undefined) output.memory.set(target.device, { slot, sent: value, ramp: undefined, age: 0 });
    else {
      now.slot = slot;
      now.sent = value;
      now.age = 0;
    }
    return sent;
  }

  /** @returns what may be sent now; undefined when the device does not take it at all */
  #limited(
    draft: Draft,
    { spec, memory: all }: Output,
    target: Target,
    { slot, value }: Desired,
    memory: TargetMemory | undefined,
  ): number | string | undefined {
    const { accepts } = target;
    if (typeof value === "string" || accepts.kind !== "number") {
      const taken = withinRange(accepts, value);
      if (taken === undefined) draft.limits.push(`${target.name} does not take ${value}`);
      return taken;
    }
    const dt = Math.min(draft.dt, this.#longest);
    const { value: now, ramp } = limitNumber(value, slot, {
      target,
      accepts,
      spec,
      memory,
      dt,
      limits: draft.limits,
    });
    if (memory !== undefined) memory.ramp = ramp?.to;
    else if (ramp !== undefined) all.set(target.device, { slot, sent: ramp.from, ramp: ramp.to, age: 0 });
    return now;
  }
}

/** Whether it is time to send what was sent anew. */
const isDue = ({ refresh: every }: ActionSpec, { age }: TargetMemory): boolean =>
  every !== undefined && age * 1000 >= every - 1;

/** Sends what is held anew, for equipment that watches over its bus. */
function refresh(draft: Draft, output: Output, target: Target, kept: Kept, memory: TargetMemory): void {
  const held = heldAt(target, memory.slot);
  if (held === undefined || !keeps(kept, memory.slot)) return;
  memory.age = 0;
  const { slot, value } = held;
  draft.fills.push(fillOf(output, target, { slot, value, why: "sent anew" }));
}

/** Whoever comes in place of others, or goes, begins with what is in force: whatever it wants counts from there. */
const inForce = ({ value }: Target, wish: Desired | undefined): Desired | undefined =>
  wish?.slot !== slots.controller || value === undefined ? wish : { ...wish, value };

/** What one target is to be told; undefined: given up. */
const wantedOf = (wished: Wished | undefined, { device }: Target): number | string | undefined =>
  wished === undefined ? undefined : wantedFor(wished.want, device);

const desiredBy = (
  wished: Wished | undefined,
  { device }: Target,
  value: number | string | undefined,
  reason: string,
): Desired | undefined =>
  wished === undefined || value === undefined
    ? undefined
    : { slot: wished.slot(device), value, why: wished.why(device) ?? reason };

/** The second of two slots at once: behind the life-safety one, so that it is there when that is given up. */
function fillBehind(draft: Draft, output: Output, target: Target, { slot, value, why }: Desired): void {
  const within = withinRange(target.accepts, value);
  if (within === undefined || heldAt(target, slot)?.value === within) return;
  draft.fills.push(fillOf(output, target, { slot, value: within, why }));
}
