import type { Clock, Millis } from "../../devices/clock.ts";
import { valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type Poll,
  priority,
  type ReadOptions,
} from "../../devices/plugin.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { nameOf } from "../../devices/registry.ts";
import { badReading } from "../../devices/store.ts";
import type { PushedPlan, PushedPoint } from "./plan.ts";

interface Pushed {
  readonly value: Value;
  readonly at: number;
  /** The same moment on the monotonic clock: how old a value is does not depend on a wall clock that is set. */
  readonly mono: Millis;
}

/** Values that were pushed, until their time is over. */
export class PushedConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly closed: Promise<undefined>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #points: ReadonlyMap<string, PushedPoint>;
  readonly #pushed = new Map<string, Pushed>();
  #isClosed = false;
  #ended: () => void = () => undefined;

  constructor({ name, points }: PushedPlan, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    this.#points = new Map(points.map((point) => [point.device.id, point]));
    this.polls = points.map(({ device, timeout }) => ({
      id: device.id,
      unit: "",
      values: valuesOf(device),
      period: Math.min(timeout / 2, 1000),
      priority: priority.poll,
      maxAge: timeout,
    }));
    this.closed = new Promise((resolve) => {
      this.#ended = () => resolve(undefined);
    });
  }

  read({ id }: Poll, { signal }: ReadOptions): Promise<readonly Reading[]> {
    if (signal.aborted || this.#isClosed) return Promise.reject(this.#stopped());
    const point = this.#points.get(id);
    return Promise.resolve(point === undefined ? [] : this.#shown(point));
  }

  write(command: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    return new Promise((resolve) => resolve(this.#write(command, signal)));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#ended();
    return Promise.resolve();
  }

  report(): object {
    return { points: this.#points.size, pushed: this.#pushed.size };
  }

  #write({ device, action, value }: Command, signal: AbortSignal): readonly Reading[] {
    if (signal.aborted || this.#isClosed) throw this.#stopped();
    const point = this.#points.get(device);
    if (point === undefined)
      throw new BothyError("NOT_FOUND", { source: `device ${device} on ${this.#name}` });
    const actions = point.device.actions.map(({ name }) => name);
    if (!actions.includes(action.name) || value === undefined) {
      const source = nameOf(point.device);
      throw new BothyError("UNKNOWN_ACTION", { source, action: action.name, actions: actions.join(", ") });
    }
    this.#pushed.set(device, { value, at: this.#clock.now(), mono: this.#clock.monotonic() });
    return this.#shown(point);
  }

  #shown({ device, timeout }: PushedPoint): readonly Reading[] {
    const pushed = this.#pushed.get(device.id);
    const source = nameOf(device);
    return valuesOf(device).map((id): Reading => {
      if (pushed === undefined)
        return badReading(id, this.#clock.now(), new BothyError("NOT_READ_YET", { source }));
      const age = this.#clock.monotonic() - pushed.mono;
      if (age <= timeout) return { id, at: pushed.at, quality: "good", value: pushed.value };
      const error = new BothyError("STALE", { source, age: Math.round(age), limit: timeout });
      return badReading(id, this.#clock.now(), error);
    });
  }

  #stopped(): BothyError {
    return new BothyError("STOPPED", { source: this.#name });
  }
}
