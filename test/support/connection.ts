import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type LinkPlan,
  type Poll,
  priority,
  type ReadOptions,
} from "../../devices/plugin.ts";
import type { Device } from "../../devices/device.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { type ValueId, valueKey } from "../../devices/value-id.ts";
import { good, valueId } from "./device.ts";

/** A poll of the value `temperature` of the devices named, which also stand for its id. */
export const pollOf = (id: string, rest: Partial<Poll> = {}): Poll => ({
  id,
  unit: `unit ${id}`,
  values: [valueId(id)],
  period: 1000,
  priority: priority.poll,
  ...rest,
});

export interface Run {
  readonly poll: Poll;
  readonly options: ReadOptions;
  /** On the monotonic clock. */
  readonly asked: Millis;
  started: Millis;
  ended: Millis;
}

interface Waiting {
  readonly run: Run;
  readonly serve: () => void;
}

/**
 * Interface double of a half-duplex connection: one run at a time, each takes `takes` ms, the rest wait in the order
 * of priority and deadline. Values come from `hold`; units in `faults` fail with that error instead.
 */
export class TestConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly runs: Run[] = [];
  readonly commands: Command[] = [];
  readonly faults = new Map<string, BothyError | "hang">();
  readonly hardware = new Map<string, Value>();
  takes: Millis = 10;
  failWrites: BothyError | "hang" | undefined;
  /** What a write does to hardware; by default the shown value becomes the value written. */
  obey: (command: Command) => void = (command) => {
    const id = shownBy(command);
    if (command.value !== undefined && id !== undefined) this.hold(id, command.value);
  };
  /** Steps a write takes before the last one. */
  beforeWrites: (command: Command, superseded: AbortSignal | undefined) => Promise<void> = () =>
    Promise.resolve();
  closes = 0;
  readonly closed: Promise<BothyError | undefined>;
  #end: (reason: BothyError | undefined) => void = () => undefined;
  readonly #clock: Clock;
  #busy = false;
  readonly #waiting: Waiting[] = [];

  constructor(clock: Clock, polls: readonly Poll[]) {
    this.#clock = clock;
    this.polls = polls;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  hold(id: ValueId, value: Value): void {
    this.hardware.set(valueKey(id), value);
  }

  /** Loses the connection. */
  fail(reason: BothyError): void {
    this.#end(reason);
  }

  close(): Promise<void> {
    this.closes++;
    this.#end(undefined);
    return Promise.resolve();
  }

  async read(poll: Poll, options: ReadOptions): Promise<readonly Reading[]> {
    const run: Run = { poll, options, asked: this.#clock.monotonic(), started: NaN, ended: NaN };
    this.runs.push(run);
    await this.#turn(run);
    try {
      run.started = this.#clock.monotonic();
      if (options.signal.aborted) throw new BothyError("STOPPED", { source: poll.id });
      const fault = this.faults.get(poll.id) ?? this.faults.get(poll.unit);
      if (fault === "hang") return await new Promise<never>(() => undefined);
      await this.#clock.sleepUntil(run.started + this.takes);
      run.ended = this.#clock.monotonic();
      if (fault !== undefined) throw fault;
      return poll.values.map((id) => this.#reading(id));
    } finally {
      this.#next();
    }
  }

  async write(command: Command, signal: AbortSignal, superseded?: AbortSignal): Promise<readonly Reading[]> {
    await this.beforeWrites(command, superseded);
    this.commands.push(command);
    if (this.failWrites === "hang") return new Promise<never>(() => undefined);
    await this.#clock.sleepUntil(this.#clock.monotonic() + this.takes, signal);
    if (signal.aborted) throw new BothyError("STOPPED", { source: "write" });
    if (this.failWrites !== undefined) throw this.failWrites;
    this.obey(command);
    const id = shownBy(command);
    return id === undefined ? [] : [this.#reading(id)];
  }

  /** The values commanded, in order. */
  get written(): readonly (Value | undefined)[] {
    return this.commands.map(({ value }) => value);
  }

  #reading(id: ValueId): Reading {
    return good(id, this.#clock.now(), this.hardware.get(valueKey(id)) ?? 20);
  }

  #turn(run: Run): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve();
    }
    return new Promise((serve) => this.#waiting.push({ run, serve }));
  }

  #next(): void {
    this.#busy = false;
    const [first] = this.#waiting.sort(
      (a, b) =>
        a.run.options.priority - b.run.options.priority || a.run.options.deadline - b.run.options.deadline,
    );
    if (first === undefined) return;
    this.#waiting.shift();
    this.#busy = true;
    first.serve();
  }
}

function shownBy({ device, action }: Command): ValueId | undefined {
  return action.shows === undefined ? undefined : valueId(device, action.shows.output, action.shows.channel);
}

/** A plan whose openings are scripted by `open`. */
export const planOf = (
  devices: readonly Device[],
  open: LinkPlan["open"],
  name = devices[0]?.link ?? "link",
): LinkPlan => ({ name, devices, faults: [], open });
