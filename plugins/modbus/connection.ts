import type { Instant } from "../../devices/clock.ts";
import { valuesOf } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type LinkDeps,
  type Poll,
  priority,
  type ReadOptions,
  type ScanOptions,
  type ScanResult,
  type TappedFrame,
} from "../../devices/plugin.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import type { ValueId } from "../../devices/value-id.ts";
import type { ModbusClient } from "./contract.ts";
import { Learnt } from "./learnt.ts";
import type { BusPlan, PlannedValue } from "./plan.ts";
import { checkScan, scan } from "./scan.ts";
import { type Before, statisticsKey, statisticsOf, statisticsPeriod } from "./statistics.ts";
import { Unit } from "./unit.ts";
import { WriteBudget } from "./write-budget.ts";

interface Member {
  readonly unit: Unit;
  readonly learnt: Learnt;
}

/** A bus while it is open. */
export class ModbusConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly closed: Promise<BothyError | undefined>;
  readonly #plan: BusPlan;
  readonly #client: ModbusClient;
  readonly #deps: LinkDeps;
  readonly #members: readonly Member[];
  readonly #runs = new Map<string, { readonly unit: Unit; readonly values: readonly PlannedValue[] }>();
  readonly #budget: WriteBudget;
  #missed = 0;
  #before: Before;

  constructor(plan: BusPlan, client: ModbusClient, deps: LinkDeps) {
    const { clock, memory } = deps;
    this.#plan = plan;
    this.#client = client;
    this.#deps = deps;
    this.closed = client.closed;
    this.#budget = new WriteBudget(memory, clock);
    this.#members = plan.units.map((unit) => {
      const learnt = new Learnt(memory, `learnt/${unit.unit}/${unit.product}`);
      return { learnt, unit: new Unit(unit, { client, clock, bus: plan.bus, learnt }, this.#budget) };
    });
    const polls = this.#members.flatMap(({ unit }) =>
      unit.polls().map(([poll, values]) => {
        this.#runs.set(poll.id, { unit, values });
        return poll;
      }),
    );
    this.polls = [...polls, statisticsPoll(plan)];
    this.#before = { requests: client.stats().sentFrames, at: clock.monotonic() };
  }

  async read(poll: Poll, options: ReadOptions): Promise<readonly Reading[]> {
    const run = this.#runs.get(poll.id);
    if (run === undefined) return this.#statistics();
    const { deadline, priority: urgency, signal } = options;
    try {
      return await run.unit.read(run.values, { deadline, priority: urgency, signal });
    } finally {
      if (this.#deps.clock.monotonic() > deadline && !signal.aborted) this.#missed += 1;
    }
  }

  write(command: Command, signal: AbortSignal): Promise<readonly Reading[]> {
    for (const { unit } of this.#members) {
      const found = unit.plan.orders.find(
        ({ device, order }) => device === command.device && order.action.name === command.action.name,
      );
      if (found !== undefined) return unit.write(found, command, signal);
    }
    const source = `${this.#plan.bus.name} ${command.device}`;
    return Promise.reject(new BothyError("NOT_WRITABLE", { source }));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  report(): object {
    return {
      bus: this.#plan.bus.name,
      transport: this.#plan.bus.transport,
      ...this.#client.stats(),
      missedDeadlines: this.#missed,
      heldWrites: this.#budget.held,
      learnt: Object.fromEntries(this.#members.map(({ unit, learnt }) => [unit.plan.alias, learnt.report()])),
    };
  }

  tap(listener: (frame: TappedFrame) => void): () => void {
    return this.#client.tap(listener);
  }

  scan(options: ScanOptions, signal: AbortSignal): AsyncIterable<ScanResult> {
    checkScan(options, this.#plan.bus.transport === "tcp");
    return scan(this.#client, this.#deps.clock, options, signal);
  }

  #statistics(): readonly Reading[] {
    const { clock } = this.#deps;
    const [stats, now] = [this.#client.stats(), clock.monotonic()];
    const units = this.#plan.units.map(({ unit, alias }) => ({ unit, alias }));
    const counts = { missed: this.#missed, heldWrites: this.#budget.held };
    const values = statisticsOf(stats, units, counts, this.#before, now);
    this.#before = { requests: stats.sentFrames, at: now };
    const at = clock.now();
    return valuesOf(this.#plan.statistics).map((id) =>
      statisticsReading(id, values.get(statisticsKey(id)), at),
    );
  }
}

const statisticsPoll = (plan: BusPlan): Poll => ({
  id: "statistics",
  unit: "",
  values: valuesOf(plan.statistics),
  period: statisticsPeriod,
  priority: priority.background,
});

function statisticsReading(id: ValueId, value: Value | undefined, at: Instant): Reading {
  if (value !== undefined) return { id, at, quality: "good", value };
  const source = id.channel === undefined ? id.output : `${id.output} ${id.channel}`;
  const { code, message } = new BothyError("NOT_READ_YET", { source });
  return { id, at, quality: "bad", reason: { code, text: message } };
}
