import type { Instant, Millis } from "../../devices/clock.ts";
import { BothyError, errorTable } from "../../devices/errors.ts";
import { type Command, type Poll, priority } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import type { Cells, InputField, PollClass } from "./decode.ts";
import { decode } from "./decode.ts";
import { type Encoded, encode } from "./encode.ts";
import type { Field } from "./field.ts";
import type { Request } from "./pdu.ts";
import type { PlannedOrder, PlannedValue, UnitPlan } from "./plan.ts";
import { type Asking, isSilence, type Outcome, type ReaderDeps, UnitReader } from "./reader.ts";
import type { WriteBudget } from "./write-budget.ts";

export const pollClasses: readonly PollClass[] = ["fast", "slow", "once"];

/** What is to be written. */
type Wanted = Pick<Command, "value" | "urgent">;

interface Kept {
  readonly outcome: Outcome;
  readonly until: Millis;
}

/** One unit while its bus is open: reads its polls, writes its orders, and makes sure it is who it should be. */
export class Unit {
  readonly plan: UnitPlan;
  readonly #deps: ReaderDeps;
  readonly #reader: UnitReader;
  /** Inputs of computed values that are read more seldom than the values. */
  readonly #kept = new Map<InputField, Kept>();
  #confirmed: boolean;
  #writing: Promise<unknown> = Promise.resolve();

  readonly #budget: WriteBudget;

  constructor(plan: UnitPlan, deps: ReaderDeps, budget: WriteBudget) {
    this.plan = plan;
    this.#budget = budget;
    this.#deps = deps;
    this.#reader = new UnitReader(plan, deps);
    this.#confirmed = plan.identity === undefined;
  }

  /** One poll for each class that has values. */
  polls(): readonly (readonly [Poll, readonly PlannedValue[]])[] {
    return pollClasses.flatMap((name) => {
      const values = this.plan.values.filter(({ point }) => point.poll === name);
      if (values.length === 0) return [];
      const poll: Poll = {
        id: `${this.plan.unit}/${name}`,
        unit: this.plan.source,
        values: values.map(({ id }) => id),
        period: this.plan.periods[name],
        priority: priority.poll,
      };
      return [[poll, values] as const];
    });
  }

  /**
   * Reads some of the unit's values.
   * @throws BothyError when the unit does not answer, or is not the product it should be
   */
  async read(values: readonly PlannedValue[], asking: Asking): Promise<readonly Reading[]> {
    try {
      await this.#identify(asking);
      return await this.#readValues(values, asking);
    } catch (thrown) {
      // Whoever answers next may be another one, put in its place.
      if (thrown instanceof BothyError && isSilence(thrown.code) && thrown.code !== "STOPPED")
        this.#confirmed = this.plan.identity === undefined;
      throw thrown;
    }
  }

  /**
   * Writes, then reads back what shows the effect. One write of a unit at a time, so that nothing comes between the
   * two halves of changing some bits of a register.
   */
  write(planned: PlannedOrder, command: Wanted, signal: AbortSignal): Promise<readonly Reading[]> {
    const turn = this.#writing.then(() => this.#write(planned, command, signal));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #write(
    planned: PlannedOrder,
    { value, urgent = false }: Wanted,
    signal: AbortSignal,
  ): Promise<readonly Reading[]> {
    const { order, source } = planned;
    const encoded = encode(order, value, source);
    const asking: Asking = { priority: priority.write, deadline: this.#deps.clock.monotonic(), signal };
    await this.#identify(asking);
    if (order.writesPerDay !== undefined) {
      const register = `${this.plan.unit}/${order.field.table}/${order.field.address}`;
      this.#budget.spend(register, order.writesPerDay, urgent, source);
    }
    const once = order.action.kind === "pulse" ? { ...asking, retries: 0 } : asking;
    await this.#reader.request(await this.#requestFor(planned, encoded, asking), once);
    return planned.shows === undefined ? [] : this.#readValues([planned.shows], asking);
  }

  async #requestFor({ order }: PlannedOrder, encoded: Encoded, asking: Asking): Promise<Request> {
    const { address } = order.field;
    switch (encoded.kind) {
      case "coil":
        return order.multiple
          ? { kind: "write-coils", address, bits: [encoded.on] }
          : { kind: "write-coil", address, on: encoded.on };
      case "words":
        return this.#wordsRequest(address, encoded.words, order.multiple);
      case "part": {
        const { mask, bits } = encoded;
        if (this.plan.functions.includes(22)) return { kind: "mask", address, and: ~mask & 0xffff, or: bits };
        const before = await this.#reader.request(
          { kind: "read", table: "holding", address, count: 1 },
          asking,
        );
        const word = before.kind === "words" ? (before.words[0] ?? 0) : 0;
        return this.#wordsRequest(address, [(word & ~mask & 0xffff) | bits], order.multiple);
      }
    }
  }

  #wordsRequest(address: number, words: readonly number[], multiple: boolean): Request {
    const [word] = words;
    return multiple || words.length > 1 || word === undefined
      ? { kind: "write-registers", address, words }
      : { kind: "write-register", address, word };
  }

  /** @throws BothyError `BAD_CONFIG` when the unit holds something else where its product has its mark */
  async #identify(asking: Asking): Promise<void> {
    const { identity, product, source } = this.plan;
    if (this.#confirmed || identity === undefined) return;
    const { table, address, value } = identity;
    const at = `${table} register ${address}`;
    const remedy = "check the unit id and the product";
    try {
      const response = await this.#reader.request({ kind: "read", table, address, count: 1 }, asking);
      const found = response.kind === "words" ? response.words[0] : undefined;
      this.#confirmed = found === value;
      if (this.#confirmed) return;
      const holds = `holds ${found === undefined ? "nothing" : hex(found)} in ${at}, where ${product} has ${hex(value)}`;
      throw new BothyError("BAD_CONFIG", { source, fault: `it ${holds}; ${remedy}` });
    } catch (thrown) {
      if (!(thrown instanceof BothyError) || errorTable[thrown.code].retry || thrown.code === "BAD_CONFIG")
        throw thrown;
      const fault = `it does not show ${at}, where ${product} has ${hex(value)}; ${remedy} (${thrown.message})`;
      throw new BothyError("BAD_CONFIG", { source, fault }, { cause: thrown });
    }
  }

  async #readValues(values: readonly PlannedValue[], asking: Asking): Promise<readonly Reading[]> {
    const inputs = values.flatMap(({ point }) => [...point.inputs.values()]);
    const stale = [...new Set(inputs)].filter((input) => !this.#fresh(input));
    const fields: readonly Field[] = [...values.map(({ point }) => point.field), ...stale];
    const outcomes = await this.#reader.read(fields, asking);
    for (const [index, input] of stale.entries()) {
      const outcome = outcomes[values.length + index];
      if (outcome !== undefined) this.#keep(input, outcome);
    }
    return values.flatMap((value, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [this.#reading(value, outcome)];
    });
  }

  #fresh(input: InputField): boolean {
    return (this.#kept.get(input)?.until ?? 0) > this.#deps.clock.monotonic();
  }

  #keep(input: InputField, outcome: Outcome): void {
    // What moves is read along every time; what does not is good for its own period, unless it could not be read.
    const worth = input.poll === "fast" || !("cells" in outcome) ? 0 : this.plan.periods[input.poll];
    this.#kept.set(input, { outcome, until: this.#deps.clock.monotonic() + worth });
  }

  #reading({ id, point, source }: PlannedValue, outcome: Outcome): Reading {
    const { at } = outcome;
    if (!("cells" in outcome))
      return { id, at, quality: "bad", reason: { code: outcome.code, text: outcome.text } };
    const cells = new Map<string, Cells>();
    for (const [name, input] of point.inputs) {
      const kept = this.#kept.get(input)?.outcome;
      if (kept === undefined) continue;
      if (!("cells" in kept)) return badReading(id, kept.at, kept);
      cells.set(name, kept.cells);
    }
    const reading = finish(id, at, source, decode(point, outcome.cells, cells));
    return { ...reading, raw: rawOf(outcome.cells) };
  }
}

const digits = (word: number): string => word.toString(16).padStart(4, "0");
const hex = (word: number): string => `0x${digits(word)}`;

const rawOf = (cells: Cells): string =>
  cells.kind === "bits" ? (cells.bits[0] === true ? "1" : "0") : `0x${cells.words.map(digits).join("")}`;

const badReading = (
  id: Reading["id"],
  at: Instant,
  { code, text }: { readonly code: BothyError["code"]; readonly text: string },
): Reading => ({ id, at, quality: "bad", reason: { code, text } });

function finish(id: Reading["id"], at: Instant, source: string, decoded: ReturnType<typeof decode>): Reading {
  if (decoded.quality === "good") return { id, at, ...decoded };
  const { code, params } = decoded.why;
  const reason = { code, text: new BothyError(code, { source, ...params }).message };
  return decoded.quality === "bad"
    ? { id, at, quality: "bad", reason }
    : { id, at, quality: "uncertain", value: decoded.value, reason };
}
