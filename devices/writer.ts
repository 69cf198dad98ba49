import { isDeepStrictEqual } from "node:util";
import { parseData, said } from "./accepts.ts";
import { type Cancel, type Clock, type Millis, minutes } from "./clock.ts";
import { type Action, type Device, isWritable } from "./device.ts";
import { asBothyError, BothyError } from "./errors.ts";
import { type Keeper, noKeeper } from "./keeper.ts";
import { KeptSlots } from "./kept-slots.ts";
import { type ArraySnapshot, failed, Level, type LevelParts, overridden } from "./level.ts";
import { Order, shownBy, Turns, type WriteLink } from "./order.ts";
import type { Log } from "./plugin.ts";
import type { Reading, Value } from "./reading.ts";
import { nameOf, type Registry } from "./registry.ts";
import type { ReadingStore } from "./store.ts";
import {
  type SlotEntry,
  slotNames,
  slots,
  strengthOf,
  type Transaction,
  type WriteRequest,
} from "./transaction.ts";
import { Transactions } from "./transactions.ts";
import type { DeviceId } from "./value-id.ts";
import type { Relinquished, WriteWitness } from "./witness.ts";

/** How long an operator holds an output unless they say otherwise. Everybody else holds it for good. */
export const operatorHold: Millis = minutes(30);
/** Whoever wants longer does not want it to end. */
const longestHold: Millis = minutes(366 * 24 * 60);
/** No guard of a device holds longer. */
export const longestForced: Millis = minutes(60);

export interface WriterDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  /** A link by its name. */
  readonly links: (name: string) => WriteLink | undefined;
  /** Where transactions and filled slots outlast the program; nowhere when absent. */
  readonly keeper?: Keeper;
  /** How long an ended transaction is remembered. Default: 5 minutes. */
  readonly transactionLife?: Millis;
  /** Sees every write. */
  readonly witness?: WriteWitness;
}

/** Somebody no longer wants something of a device; that may be an id or an alias. */
export type RelinquishRequest = Relinquished;

/** The one door through which hardware is told anything: checks, arbitrates, sends in order, and reads back. */
export class Writer {
  readonly #deps: WriterDeps;
  readonly #keeper: Keeper;
  readonly #kept: KeptSlots;
  readonly #transactions: Transactions;
  readonly #parts: LevelParts;
  readonly #levels = new Map<DeviceId, Map<string, Level>>();
  readonly #pulses = new Set<Order>();
  readonly #watched = new Map<string, () => void>();
  #unsubscribe: readonly (() => void)[] = [];
  #stopped = false;
  #expiry: Millis = Infinity;
  #cancelExpiry: Cancel = () => undefined;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
    this.#keeper = deps.keeper ?? noKeeper;
    this.#kept = new KeptSlots({ ...deps, keeper: this.#keeper });
    const { transactionLife: life } = deps;
    this.#transactions = new Transactions({ ...deps, ...(life === undefined ? {} : { life }) });
    this.#parts = { ...deps, turns: new Turns(), transactions: this.#transactions, kept: this.#kept };
  }

  /**
   * Watches what hardware shows, and fills the slots that were filled before a restart and the default slots, of all
   * devices and of those found later. Call it once the links were started.
   */
  start(): void {
    const { links, registry, store } = this.#deps;
    this.#unsubscribe = [
      store.subscribe((readings) => this.#observe(readings)),
      registry.onChange((gone, come) => this.#changed(gone, come)),
    ];
    for (const device of registry.all()) this.#adopt(device);
    this.#kept.settle((name) => links(name) !== undefined);
    this.#rearm();
  }

  /** Ends everything: what has not ended becomes `ERROR` with `STOPPED`. Hardware stays as it is. */
  stop(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#cancelExpiry();
    const error = new BothyError("STOPPED", { source: "the writer" });
    for (const unwatch of this.#watched.values()) unwatch();
    for (const level of this.#allLevels()) level.stop(error);
    for (const order of this.#pulses) order.end(error);
    this.#kept.stop();
    this.#transactions.endAll(error);
  }

  /**
   * Accepts a write, or says at once what is wrong with it. `request.device` may be an alias.
   * @returns its transaction, already ended with `OVERRIDDEN` when a stronger slot is in force
   * @throws BothyError `NOT_FOUND`, `NOT_WRITABLE`, `UNKNOWN_ACTION`, `BAD_VALUE`, `OUT_OF_RANGE`, `BAD_INPUT`,
   * `DUPLICATE_TRANSACTION`, `BUSY`, `STOPPED`; `OVERRIDDEN` for what is forced, while even that is too weak
   */
  submit(request: WriteRequest): Transaction {
    try {
      return this.#accept(request);
    } catch (error) {
      if (error instanceof BothyError) this.#deps.witness?.writeRefused(request, error);
      throw error;
    }
  }

  #accept(request: WriteRequest): Transaction {
    if (this.#stopped) throw new BothyError("STOPPED", { source: "the writer" });
    const { device, action } = this.#find(request.device, request.action);
    const source = `${nameOf(device)} ${action.name}`;
    checkHold(request, source);
    // Whoever was promised an end would wait for it in vain.
    if (request.holdFor !== undefined && action.kind !== "level")
      throw new BothyError("BAD_INPUT", { source, fault: "it holds nothing, so nothing ends after a time" });
    const value = parseData(action.accepts, request.data, source);
    if (request.forced === true) this.#checkForced(device, action, request);
    const accepted = { ...request, device: device.id, called: nameOf(device) };
    const { id } = this.#transactions.create(accepted, device.writeTimeout);
    const { who, why, slot, data, forced } = request;
    const fields = { device: device.id, action: action.name, data, slot, forced, who, why, transaction: id };
    const past = forced === true ? ", past its guards" : "";
    this.#deps.log[slot <= slots.operator ? "info" : "debug"](fields, `${who} writes to ${source}${past}`);
    if (action.kind === "level") this.#fill(this.#level(device, action), accepted, value ?? true, id);
    else this.#pulse(device, action, accepted, value, id);
    return this.#known(id);
  }

  /** Whoever forces means now: it does not wait behind what protects lives or equipment. */
  #checkForced(device: Device, action: Action, request: WriteRequest): void {
    const source = `${nameOf(device)} ${action.name}`;
    const { slot, holdFor = operatorHold } = request;
    const bad = (fault: string): BothyError => new BothyError("BAD_INPUT", { source, fault });
    if (action.kind !== "level") throw bad("it holds nothing, so no guard has to be passed");
    if (slot !== slots.operator) throw bad("only an operator passes a guard");
    if (holdFor > longestForced) throw bad("a guard is passed for 60 min at the most");
    const [first] = this.#level(device, action).entries;
    if (first !== undefined && strengthOf(first) < strengthOf(request))
      throw overridden(source, request, first);
  }

  /** Gives up a slot; the next one is commanded. Nothing happens when it is empty. @throws BothyError as `submit` */
  relinquish(request: RelinquishRequest): void {
    const { device: name, action: wanted, slot, who, why } = request;
    const { device, action } = this.#find(name, wanted);
    if (action.kind !== "level")
      throw new BothyError("BAD_INPUT", { source: `${nameOf(device)} ${wanted}`, fault: "it holds nothing" });
    this.#level(device, action).relinquish(slot, who, why);
    this.#deps.witness?.relinquished({ ...request, device: device.id });
    this.#rearm();
  }

  /** Notes a write that `submit` refused as a transaction that has ended. @throws BothyError as `submit` for its id */
  refuse(request: WriteRequest, error: BothyError, timeout: Millis): Transaction {
    const { id } = this.#transactions.create(request, timeout, false);
    this.#transactions.update(id, ...failed(error));
    return this.#known(id);
  }

  /**
   * Resolves when all writes and relinquishments accepted so far, and all transactions that have ended, outlast the
   * program: before that nobody is told of them. Soon in any case; hardware is told without waiting for it.
   */
  kept(): Promise<void> {
    return this.#keeper.flushed();
  }

  /**
   * Resolves when the transaction has ended and this is kept, or as it stands when `signal` aborts.
   * @throws BothyError `NOT_FOUND`
   */
  async wait(id: string, signal?: AbortSignal): Promise<Transaction> {
    const ended = await this.#transactions.wait(id, signal);
    await this.kept();
    return ended;
  }

  /** A transaction under way, or ended within the last five minutes. */
  get(id: string): Transaction | undefined {
    return this.#transactions.get(id);
  }

  /** The ids of all known transactions, sorted. */
  list(): readonly string[] {
    return this.#transactions.list();
  }

  /** The priority array of every level action of a device, in the order of its actions. `device` may be an alias. */
  array(device: string): readonly ArraySnapshot[] {
    const found = this.#deps.registry.get(device);
    if (found === undefined) return [];
    return found.actions
      .filter(({ kind }) => kind === "level")
      .map((action) => this.#level(found, action).snapshot());
  }

  #find(name: string, wanted: string): { device: Device; action: Action } {
    const device = this.#deps.registry.get(name);
    if (device === undefined) throw new BothyError("NOT_FOUND", { source: `device ${name}` });
    const source = nameOf(device);
    if (!isWritable(device)) throw new BothyError("NOT_WRITABLE", { source });
    const action = device.actions.find((known) => known.name === wanted) ?? unlisted(device, wanted);
    if (action !== undefined) return { device, action };
    const actions = device.actions.map((known) => known.name).join(", ");
    throw new BothyError("UNKNOWN_ACTION", { source, action: wanted, actions });
  }

  #fill(level: Level, request: WriteRequest, value: Value, transaction: string): void {
    const { clock } = this.#deps;
    const hold = request.holdFor ?? (request.slot === slots.operator ? operatorHold : Infinity);
    const since = clock.now();
    const { slot, who, why, forced } = request;
    const entry: SlotEntry = {
      slot,
      value,
      who,
      why,
      since,
      ...(hold === Infinity ? {} : { expires: since + hold }),
      ...(forced === true ? { forced } : {}),
    };
    level.fill(entry, clock.monotonic() + hold, transaction);
    this.#rearm();
  }

  /** A pulse is sent once, unless somebody stronger holds the output it would disturb. */
  #pulse(device: Device, action: Action, request: WriteRequest, value: Value | undefined, id: string): void {
    const by = this.#stronger(device, action, request);
    if (by !== undefined) {
      this.#transactions.update(id, ...failed(overridden(nameOf(device), request, by)));
      return;
    }
    const { slot } = request;
    const order = new Order({ device, action, value, transaction: id, slot }, this.#parts, () => {
      this.#transactions.update(id, "WRITING", "sending");
    });
    this.#pulses.add(order);
    void order
      .carryOut()
      .then(
        (got) => {
          const shown = got === undefined ? "" : `, read back ${said(action, got)}`;
          this.#transactions.update(id, "DONE", `sent${shown}`);
        },
        (thrown: unknown) => {
          this.#transactions.update(id, ...failed(asBothyError(thrown, nameOf(device))));
        },
      )
      .then(() => this.#pulses.delete(order));
  }

  #stronger(device: Device, action: Action, { slot, who }: WriteRequest): SlotEntry | undefined {
    const id = shownBy(device, action);
    if (id === undefined) return undefined;
    return [...(this.#levels.get(device.id)?.values() ?? [])]
      .filter(({ shown }) => shown?.output === id.output && shown.channel === id.channel)
      .flatMap(({ entries }) => entries)
      .find((entry) => entry.slot < slot && entry.who !== who);
  }

  #level(device: Device, action: Action): Level {
    let levels = this.#levels.get(device.id);
    if (levels === undefined) this.#levels.set(device.id, (levels = new Map<string, Level>()));
    const known = levels.get(action.name);
    if (known !== undefined) return known;
    const made = new Level(device, action, this.#parts);
    levels.set(action.name, made);
    this.#watch(device.link);
    return made;
  }

  /** A device that changed in other ways than its actions is still told what it is being told. */
  #changed(gone: readonly Device[], come: readonly Device[]): void {
    const now = new Map(come.map((device) => [device.id, device]));
    const same = new Set<DeviceId>();
    for (const device of gone) {
      const next = now.get(device.id);
      if (next?.link === device.link && isDeepStrictEqual(next.actions, device.actions)) same.add(device.id);
      else this.#release(device);
    }
    for (const device of come) if (!same.has(device.id)) this.#adopt(device);
    this.#rearm();
  }

  /** Fills the slots of a device that has just become known. */
  #adopt(device: Device): void {
    const held = this.#kept.take(device);
    for (const action of device.actions) {
      const before = held.get(action) ?? [];
      if (action.kind === "level" && (action.default !== undefined || before.length > 0))
        this.#level(device, action).start(before);
    }
  }

  /** Keeps the slots of a device that is not known any more until it is again. */
  #release(device: Device): void {
    const levels = this.#levels.get(device.id);
    this.#levels.delete(device.id);
    for (const level of levels?.values() ?? []) {
      level.stop(new BothyError("NOT_FOUND", { source: nameOf(device) }));
      this.#kept.leave(device, level.action, level.held);
    }
  }

  #watch(link: string): void {
    if (this.#watched.has(link)) return;
    const unwatch = this.#deps.links(link)?.onOpen(() => {
      for (const level of this.#allLevels()) if (level.device.link === link) level.lineUp();
    });
    if (unwatch !== undefined) this.#watched.set(link, unwatch);
  }

  #observe(readings: readonly Reading[]): void {
    for (const reading of readings) {
      const levels = this.#levels.get(reading.id.device);
      if (levels !== undefined) for (const level of levels.values()) level.observe(reading);
    }
  }

  #allLevels(): readonly Level[] {
    return [...this.#levels.values()].flatMap((levels) => [...levels.values()]);
  }

  #rearm(): void {
    const next = Math.min(Infinity, ...this.#allLevels().map(({ nextExpiry }) => nextExpiry));
    if (next === this.#expiry || this.#stopped) return;
    this.#cancelExpiry();
    this.#expiry = next;
    if (next === Infinity) return;
    this.#cancelExpiry = this.#deps.clock.at(next, () => {
      this.#expiry = Infinity;
      for (const level of this.#allLevels()) level.expire(this.#deps.clock.monotonic());
      this.#rearm();
    });
  }

  #known(id: string): Transaction {
    const found = this.#transactions.get(id);
    if (found === undefined) throw new BothyError("NOT_FOUND", { source: `transaction ${id}` });
    return found;
  }
}

/** An action only the device itself knows. */
const unlisted = ({ otherActions: accepts }: Device, name: string): Action | undefined =>
  accepts === undefined ? undefined : { name, kind: "pulse", accepts, storage: "ram" };

function checkHold({ slot, holdFor, transaction }: WriteRequest, source: string): void {
  if (!Object.hasOwn(slotNames, slot))
    throw new BothyError("BAD_INPUT", { source, fault: `there is no slot ${slot}` });
  if (holdFor !== undefined && !(holdFor > 0))
    throw new BothyError("BAD_INPUT", { source, fault: "a hold lasts longer than 0 ms" });
  if (holdFor !== undefined && holdFor > longestHold)
    throw new BothyError("BAD_INPUT", { source, fault: "a hold lasts 366 days at the most" });
  if (transaction === "") throw new BothyError("BAD_INPUT", { source, fault: "the transaction id is empty" });
}
