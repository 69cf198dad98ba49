import type { Clock } from "../../devices/clock.ts";
import { nameOf } from "../../devices/registry.ts";
import { valuesOf } from "../../devices/device.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type Poll,
  priority,
  type ReadOptions,
} from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { badReading } from "../../devices/store.ts";
import { abortable, firstOf } from "../../devices/wait.ts";
import type { Behaviour } from "./behaviour.ts";
import { Carousel } from "./carousel.ts";
import type { EmulatorPlan, PlannedDevice } from "./plan.ts";
import type { Random } from "./random.ts";
import { transformed } from "./transform.ts";

interface Emulated extends PlannedDevice {
  readonly behaviour: Behaviour;
}

export interface EmulatorDeps {
  readonly clock: Clock;
  /** Chance for a device, by its id. */
  readonly randomFor: (device: string) => Random;
}

/** Devices that exist only here. */
export class EmulatorConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly closed: Promise<undefined>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #carousel: Carousel;
  readonly #devices: ReadonlyMap<string, Emulated>;
  readonly #stop = new AbortController();
  #ended: () => void = () => undefined;

  constructor({ name, period, devices }: EmulatorPlan, { clock, randomFor }: EmulatorDeps) {
    this.#name = name;
    this.#clock = clock;
    this.#carousel = new Carousel(clock);
    const emulate = (planned: PlannedDevice): Emulated => {
      const { device, configured, handler } = planned;
      const parts = { clock, carousel: this.#carousel, data: configured.data, random: randomFor(device.id) };
      return { ...planned, behaviour: handler.make({ ...parts, source: nameOf(device) }) };
    };
    this.#devices = new Map(devices.map((planned) => [planned.device.id, emulate(planned)]));
    const values = devices.flatMap(({ device }) => valuesOf(device));
    // All at once: a reading costs nothing, a batch of them is told to listeners in one go.
    this.polls =
      values.length === 0 ? [] : [{ id: "all", unit: "", values, period, priority: priority.poll }];
    this.closed = new Promise((resolve) => {
      this.#ended = () => resolve(undefined);
    });
  }

  read(_poll: Poll, { signal }: ReadOptions): Promise<readonly Reading[]> {
    if (signal.aborted || this.#stop.signal.aborted) return Promise.reject(this.#stopped());
    return Promise.resolve(
      [...this.#devices.values()].flatMap((emulated) => {
        emulated.behaviour.move?.();
        return this.#shown(emulated);
      }),
    );
  }

  async write({ device: id, action, value }: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    const emulated = this.#devices.get(id);
    if (emulated === undefined)
      throw new BothyError("NOT_FOUND", { source: `device ${id} on ${this.#name}` });
    const { behaviour, device } = emulated;
    if (behaviour.write === undefined) throw new BothyError("NOT_WRITABLE", { source: nameOf(device) });
    const either = firstOf(signal, this.#stop.signal);
    try {
      if (either.signal.aborted) throw this.#stopped();
      const order = { action: action.name, signal: either.signal };
      const data = value === undefined || value === "" ? {} : { data: String(value) };
      const written = Promise.resolve(behaviour.write({ ...order, ...data }));
      await abortable(written, either.signal, () => this.#stopped());
    } finally {
      either.done();
    }
    return this.#shown(emulated);
  }

  close(): Promise<void> {
    this.#stop.abort();
    this.#carousel.stop();
    for (const { behaviour } of this.#devices.values()) behaviour.stop?.();
    this.#ended();
    return Promise.resolve();
  }

  report(): object {
    return { devices: this.#devices.size };
  }

  /** What one device shows now. One value that cannot be transformed spoils them all, as in the original. */
  #shown({ device, configured, behaviour }: Emulated): readonly Reading[] {
    const at = this.#clock.now();
    const ids = valuesOf(device);
    const source = nameOf(device);
    try {
      const values = behaviour.show().map((value) => {
        const changed = transformed(value, configured.transforms);
        if (changed !== undefined) return changed;
        const fault = `${JSON.stringify(value)} cannot be transformed`;
        throw new BothyError("NOT_A_NUMBER", { source, fault });
      });
      return ids.flatMap((id, i): readonly Reading[] => {
        const value = values[i];
        return value === undefined ? [] : [{ id, at, quality: "good", value }];
      });
    } catch (thrown) {
      const error = asBothyError(thrown, source);
      return ids.map((id) => badReading(id, at, error));
    }
  }

  #stopped(): BothyError {
    return new BothyError("STOPPED", { source: this.#name });
  }
}
