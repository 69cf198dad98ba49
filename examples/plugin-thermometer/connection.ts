import type { Clock } from "../../devices/clock.ts";
import { valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type Poll,
  priority,
  type ReadOptions,
} from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { badReading } from "../../devices/store.ts";
import type { TurnOptions } from "../../plugins/transport/bus.ts";
import type { BoxPlan, PlannedChannel } from "./plan.ts";
import { type Box, valueOf } from "./protocol.ts";

/** A box while its line is open. */
export class ThermometerConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly closed: Promise<BothyError | undefined>;
  readonly #plan: BoxPlan;
  readonly #box: Box;
  readonly #clock: Clock;

  constructor(plan: BoxPlan, box: Box, clock: Clock) {
    this.#plan = plan;
    this.#box = box;
    this.#clock = clock;
    this.closed = box.closed;
    this.polls = plan.channels.map(({ channel, device }) => ({
      id: channel,
      unit: plan.name,
      values: valuesOf(device),
      period: plan.period,
      priority: priority.poll,
    }));
  }

  read(poll: Poll, options: ReadOptions): Promise<readonly Reading[]> {
    return this.#read(
      this.#find(({ channel }) => channel === poll.id, poll.id),
      options,
    );
  }

  async write(command: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    const planned = this.#find(({ device }) => device.id === command.device, command.device);
    const urgent = { priority: priority.write, deadline: this.#clock.monotonic(), signal };
    if (!planned.device.actions.includes(command.action))
      throw new BothyError("NOT_WRITABLE", { source: planned.channel });
    await this.#box.ask(planned.channel, `=${String(command.value)}`, urgent);
    return this.#read(planned, urgent);
  }

  close(): Promise<void> {
    return this.#box.close();
  }

  async #read({ channel, device }: PlannedChannel, options: TurnOptions): Promise<readonly Reading[]> {
    const answer = valueOf(channel, await this.#box.ask(channel, "?", options));
    const at = this.#clock.now();
    const source = `${device.alias ?? device.id} (${this.#plan.name} ${channel})`;
    return valuesOf(device).map((id) =>
      answer.quality === "good"
        ? { id, at, ...answer }
        : badReading(id, at, new BothyError(answer.code, { source, ...answer.params })),
    );
  }

  #find(wanted: (planned: PlannedChannel) => boolean, name: string): PlannedChannel {
    const found = this.#plan.channels.find(wanted);
    if (found === undefined) throw new BothyError("NOT_FOUND", { source: `${this.#plan.name} ${name}` });
    return found;
  }
}
