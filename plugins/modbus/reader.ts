import { setMaxListeners } from "node:events";
import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import { asBothyError, BothyError, type ErrorCode } from "../../devices/errors.ts";
import { type Priority, priority } from "../../devices/plugin.ts";
import { type Block, type BlockLimits, planBlocks, type Range } from "./batch.ts";
import type { BusConfig, ModbusClient, RequestOptions } from "./contract.ts";
import type { Cells } from "./decode.ts";
import { type Field, isBitTable } from "./field.ts";
import type { Learnt } from "./learnt.ts";
import { Mute } from "./mute.ts";
import type { Request, Response } from "./pdu.ts";
import type { UnitPlan } from "./plan.ts";
import type { Table } from "./product-schema.ts";
import { readCost, usualTurnaround } from "./wire-cost.ts";

/** How a conversation is to be held. */
export interface Asking {
  readonly priority: Priority;
  readonly deadline: Millis;
  readonly signal: AbortSignal;
  readonly retries?: number;
}

/** What came of reading one field, and when. */
export type Outcome = { readonly at: Instant } & (
  { readonly cells: Cells } | { readonly code: ErrorCode; readonly text: string }
);

/** After these from a unit that said nothing else, asking it for more is a waste of time. */
const silent: ReadonlySet<ErrorCode> = new Set([
  "NO_ANSWER",
  "NO_PATH",
  "GATEWAY_NO_ANSWER",
  "LINE_DOWN",
  "STOPPED",
]);
/** The same of one request among several. */
const noWord: ReadonlySet<ErrorCode> = new Set(["NO_ANSWER", "NO_PATH", "GATEWAY_NO_ANSWER"]);
/** What a unit says when a request is too long, or reaches across something it does not have. */
const splittable: ReadonlySet<ErrorCode> = new Set(["NO_SUCH_POINT", "REJECTED_VALUE"]);
const lasting: ReadonlySet<ErrorCode> = new Set([...splittable, "UNSUPPORTED"]);

export const isSilence = (code: ErrorCode): boolean => silent.has(code);

export interface ReaderDeps {
  readonly client: ModbusClient;
  readonly clock: Clock;
  readonly bus: BusConfig;
  readonly learnt: Learnt;
}

/** One read under way: what is known so far, and the way to call off the rest. */
interface Run {
  readonly table: Table;
  readonly ranges: readonly Range[];
  readonly outcomes: Outcome[];
  readonly asking: Asking;
  readonly progress: { answered: boolean; failure?: BothyError; readonly abort: AbortController };
}

interface Asked {
  readonly run: Run;
  readonly table: Table;
  readonly block: Block;
}

/** Reads fields of one unit with as little wire time as it can, and learns what the unit does not put up with. */
export class UnitReader {
  readonly #unit: UnitPlan;
  readonly #deps: ReaderDeps;
  readonly #plans = new Map<string, readonly Block[]>();
  readonly #mute = new Mute();
  #plannedFor = "";
  #turn: Promise<unknown> = Promise.resolve();
  #rested: Millis = 0;

  constructor(unit: UnitPlan, deps: ReaderDeps) {
    this.#unit = unit;
    this.#deps = deps;
  }

  /** Asks the unit, keeping its own pause, timeout and delay. @throws BothyError as `ModbusClient.request` does */
  request(request: Request, asking: Asking): Promise<Response> {
    const { timeout, interFrameDelay, source, unit, pause } = this.#unit;
    // In the background it can wait for the next time.
    const once = asking.priority === priority.background ? { retries: 0 } : {};
    const options: RequestOptions = { ...once, ...asking, timeout, interFrameDelay, source };
    if (pause === 0) return this.#deps.client.request(unit, request, options);
    const answer = this.#turn.then(async () => {
      await this.#deps.clock.sleepUntil(this.#rested, asking.signal);
      try {
        return await this.#deps.client.request(unit, request, options);
      } finally {
        this.#rested = this.#deps.clock.monotonic() + pause;
      }
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /**
   * Reads fields; one that cannot be read does not harm the others.
   * @returns one outcome for each field, in order
   * @throws BothyError when the unit does not answer at all, or `asking.signal` was aborted
   */
  async read(fields: readonly Field[], asking: Asking): Promise<readonly Outcome[]> {
    const progress: Run["progress"] = { answered: false, abort: new AbortController() };
    const signal = AbortSignal.any([asking.signal, progress.abort.signal]);
    // As many listeners as requests, and no leak: the signal ends with the read.
    setMaxListeners(0, signal);
    const outcomes = new Map<Field, Outcome>();
    const tables = [...new Set(fields.map(({ table }) => table))];
    const runs = tables.map((table): Run => {
      const ranges = fields
        .filter((field) => field.table === table)
        .map(({ address, count }) => ({ from: address, to: address + count }));
      return { table, ranges, outcomes: [], asking: { ...asking, signal }, progress };
    });
    await Promise.all(this.#requests(runs).map(({ run, block }) => this.#readBlock(run, block)));
    for (const { table, outcomes: found } of runs) {
      for (const [index, field] of fields.filter((field) => field.table === table).entries()) {
        const outcome = found[index];
        if (outcome !== undefined) outcomes.set(field, outcome);
      }
    }
    if (progress.failure !== undefined && !progress.answered) throw progress.failure;
    if (asking.signal.aborted) throw new BothyError("STOPPED", { source: this.#unit.source });
    return fields.map((field) => outcomes.get(field) ?? this.#failed(notAsked(this.#unit.source)));
  }

  /** What to ask, in order; notes why about that which is not asked now. */
  #requests(runs: readonly Run[]): readonly Asked[] {
    const all = runs.flatMap((run) =>
      this.#blocks(run, this.#open(run)).map((block) => ({ run, table: run.table, block })),
    );
    const now = this.#deps.clock.monotonic();
    const mute = all.filter(({ run, table, block }) => {
      const urgent = run.asking.priority === priority.write;
      return !urgent && this.#mute.reason(table, block, now) !== undefined;
    });
    // If there is nothing else, it is the unit that is silent.
    if (mute.length === all.length) return all.sort(this.#mute.order);
    for (const { run, table, block } of mute) {
      const reason = this.#mute.reason(table, block, now);
      if (reason === undefined) continue;
      for (const index of block.covers) run.outcomes[index] = this.#failed(reason);
    }
    return all.filter((asked) => !mute.includes(asked)).sort(this.#mute.order);
  }

  /** Which ranges to ask for: not those that were refused lately. */
  #open({ table, ranges, outcomes }: Run): readonly number[] {
    const { learnt, clock } = this.#deps;
    const now = clock.now();
    return [...ranges.entries()].flatMap(([index, range]) => {
      const refusal = learnt.refusal(table, range, now);
      if (refusal === undefined) return [index];
      outcomes[index] = { at: now, code: refusal.code, text: refusal.text };
      return [];
    });
  }

  #blocks(run: Run, open: readonly number[]): readonly Block[] {
    const measured = this.#deps.client.stats().units[this.#unit.unit]?.turnaround ?? usualTurnaround;
    this.#deps.learnt.expire(this.#deps.clock.now());
    // Plans are made anew when the unit turns out a tenth faster or slower, or something was learnt.
    const pace = Math.round(8 * Math.log2(Math.max(measured, 0.1))) / 8;
    const state = `${this.#deps.learnt.version} ${pace}`;
    if (state !== this.#plannedFor) this.#plans.clear();
    this.#plannedFor = state;
    const key = `${run.table} ${open.map((index) => rangeKey(run.ranges[index])).join(" ")}`;
    const known = this.#plans.get(key);
    const blocks = known ?? this.#plan(run, open, 2 ** pace);
    if (known === undefined) this.#plans.set(key, blocks);
    return blocks.map((block) => ({ ...block, covers: block.covers.map((at) => open[at] ?? 0) }));
  }

  #plan(run: Run, open: readonly number[], turnaround: Millis): readonly Block[] {
    const { learnt, bus } = this.#deps;
    const { maxCoils, maxRegisters, gaps, interFrameDelay } = this.#unit;
    const limits: BlockLimits = {
      max: learnt.longest(run.table, isBitTable(run.table) ? maxCoils : maxRegisters),
      bridge: gaps !== "error",
      cuts: learnt.cuts(run.table),
    };
    const delay = (interFrameDelay ?? bus.interFrameDelay ?? 0) + this.#unit.pause;
    const ranges = open.flatMap((index) => run.ranges[index] ?? []);
    return planBlocks(ranges, limits, readCost(bus, run.table, turnaround, delay));
  }

  /** @returns whether the whole block could be read */
  async #readBlock(run: Run, block: Block): Promise<boolean> {
    try {
      const count = block.to - block.from;
      const response = await this.request(
        { kind: "read", table: run.table, address: block.from, count },
        run.asking,
      );
      run.progress.answered = true;
      this.#mute.heard(run.table, block);
      this.#deps.learnt.fine(run.table, block);
      this.#fill(run, block, response);
      return true;
    } catch (thrown) {
      await this.#blame(run, block, asBothyError(thrown, this.#unit.source));
      return false;
    }
  }

  #fill(run: Run, block: Block, response: Response): void {
    const at = this.#deps.clock.now();
    for (const index of block.covers) {
      const range = run.ranges[index] ?? block;
      const [from, to] = [range.from - block.from, range.to - block.from];
      if (response.kind === "words")
        run.outcomes[index] = { at, cells: { kind: "words", words: response.words.slice(from, to) } };
      else if (response.kind === "bits")
        run.outcomes[index] = { at, cells: { kind: "bits", bits: response.bits.slice(from, to) } };
    }
  }

  /** Finds out what of a block it was that the unit did not want, or notes that nothing of it could be read. */
  async #blame(run: Run, block: Block, error: BothyError): Promise<void> {
    const { progress } = run;
    if (noWord.has(error.code))
      this.#mute.silent(run.table, block, error, progress.answered, this.#deps.clock.monotonic());
    else if (!isSilence(error.code)) this.#mute.heard(run.table, block);
    if (lasting.has(error.code)) progress.answered = true;
    else if (isSilence(error.code) && !progress.answered) {
      progress.failure ??= error;
      progress.abort.abort();
    }
    const halves = splittable.has(error.code) ? splitBlock(run.ranges, block) : undefined;
    if (halves !== undefined) {
      await this.#readHalves(run, block, halves, error);
      return;
    }
    const outcome = this.#failed(progress.failure ?? error);
    for (const index of block.covers) {
      run.outcomes[index] = outcome;
      const range = run.ranges[index];
      if (lasting.has(error.code) && range !== undefined)
        this.#deps.learnt.refuse(
          run.table,
          range,
          { code: error.code, text: error.message },
          this.#deps.clock.now(),
        );
    }
  }

  async #readHalves(run: Run, block: Block, [left, right]: Halves, error: BothyError): Promise<void> {
    const fine = await Promise.all([this.#readBlock(run, left), this.#readBlock(run, right)]);
    if (!fine.every(Boolean)) return;
    const { learnt, clock } = this.#deps;
    const whole = block.to - block.from;
    const covered = coveredCount(block.covers.map((index) => run.ranges[index] ?? block));
    // Refused with a complaint about the length, though nothing in it is missing: it was the length.
    if (error.code === "REJECTED_VALUE" && covered === whole)
      learnt.tooLong(run.table, Math.max(left.to - left.from, right.to - right.from), whole);
    else learnt.cut(run.table, { from: left.to, to: right.from }, clock.now());
  }

  #failed(error: BothyError): Outcome {
    return { at: this.#deps.clock.now(), code: error.code, text: error.message };
  }
}

type Halves = readonly [Block, Block];

const notAsked = (source: string): BothyError =>
  new BothyError("INTERNAL", { source, fault: "a value was left out of every request" });

const rangeKey = (range: Range | undefined): string =>
  range === undefined ? "" : `${range.from}-${range.to}`;

/** How many different addresses some ranges cover. */
function coveredCount(ranges: readonly Range[]): number {
  let [sum, reach] = [0, 0];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, reach));
    reach = Math.max(reach, to);
  }
  return sum;
}

/**
 * Cuts a block in two between values: at the widest gap, without gaps in the middle.
 * @returns undefined when all its values hang together
 */
export function splitBlock(ranges: readonly Range[], block: Block): Halves | undefined {
  const sorted = block.covers
    .map((index) => ({ index, range: ranges[index] ?? block }))
    .sort((a, b) => a.range.from - b.range.from || a.range.to - b.range.to);
  const middle = (block.from + block.to) / 2;
  let best:
    { readonly at: number; readonly gap: number; readonly off: number; readonly reach: number } | undefined;
  let reach = block.from;
  for (const [at, { range }] of sorted.entries()) {
    if (at > 0 && range.from >= reach) {
      const found = { at, gap: range.from - reach, off: Math.abs(range.from - middle), reach };
      if (best === undefined || found.gap > best.gap || (found.gap === best.gap && found.off < best.off))
        best = found;
    }
    reach = Math.max(reach, range.to);
  }
  if (best === undefined) return undefined;
  const covers = sorted.map(({ index }) => index);
  const right = sorted[best.at]?.range.from ?? block.to;
  return [
    { from: block.from, to: best.reach, covers: covers.slice(0, best.at) },
    { from: right, to: block.to, covers: covers.slice(best.at) },
  ];
}
