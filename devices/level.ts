import { said, shows, spelled } from "./accepts.ts";
import { type Cancel, type Instant, type Millis, minutes, seconds } from "./clock.ts";
import type { Action, Device } from "./device.ts";
import { asBothyError, BothyError, type ErrorCode } from "./errors.ts";
import { isOf, Order, type OrderParts, shownBy } from "./order.ts";
import type { KeptSlots } from "./kept-slots.ts";
import type { Log } from "./plugin.ts";
import { type Held, PriorityArray } from "./priority-array.ts";
import type { Reading, Reason } from "./reading.ts";
import { nameOf } from "./registry.ts";
import { meaningOf, type Slot, type SlotEntry, slots } from "./transaction.ts";
import type { Transactions } from "./transactions.ts";
import type { ValueId } from "./value-id.ts";

const firstRetry: Millis = seconds(1);
const longestRetry: Millis = minutes(1);
/** At most one command per this long because hardware shows something else by itself. */
const reassertEvery: Millis = minutes(1);
const defaultWhy = "default of the device";
/** How often memory that wears out is written for one value that it does not take. */
const eepromTries = 3;
/** After these nothing was written. */
const unworn: readonly ErrorCode[] = ["LINE_DOWN", "NO_PATH", "TOO_MANY"];
/** How long what is in force at the start waits, on an open line, for a first reading before it is commanded unseen. */
const firstPatience: Millis = seconds(10);

/** What one may know of a level besides its slots. Plain JSON. */
export type Holding =
  /** No slot is filled: nothing is commanded, hardware is left as it is. */
  | "nothing"
  /** The default, or what was in force before a restart, is; hardware has not shown yet whether it agrees. */
  | "unknown"
  /** A command is on its way. */
  | "commanding"
  /** Hardware has shown the value in force. */
  | "held"
  /** Hardware showed the value and now shows another; it is not written again because that wears it out. */
  | "differs"
  /** The last command failed; it is tried again. */
  | "failing"
  /** The last command failed; it is not tried again because that wears hardware out. */
  | "given up";

/** The priority array of an action as people see it. Plain JSON but for values that are bigint. */
export interface ArraySnapshot {
  readonly action: string;
  readonly shows?: { readonly output: string; readonly channel?: string };
  /** Filled slots, the strongest first. */
  readonly entries: readonly SlotEntry[];
  readonly inForce?: SlotEntry;
  readonly holding: Holding;
  /** Why the last command failed, while it does. */
  readonly reason?: Reason;
}

export interface LevelParts extends OrderParts {
  readonly log: Log;
  readonly transactions: Transactions;
  readonly kept: KeptSlots;
}

/** One level action of one device: who wants what of it, and the work of keeping hardware at the value in force. */
export class Level {
  readonly device: Device;
  readonly action: Action;
  readonly shown: ValueId | undefined;
  readonly #parts: LevelParts;
  readonly #array = new PriorityArray();
  readonly #name: string;
  #holding: Holding = "nothing";
  #reason: Reason | undefined;
  #order: { readonly order: Order; readonly entry: SlotEntry } | undefined;
  #failures = 0;
  #commanded: Millis = -Infinity;
  /** Waits to try again, and hardware has shown nothing since: the first thing it shows ends the waiting. */
  #outOfSight = false;
  #trying = false;
  #heldAt: Instant = -Infinity;
  #cancelTimer: Cancel = () => undefined;

  constructor(device: Device, action: Action, parts: LevelParts) {
    this.device = device;
    this.action = action;
    this.shown = shownBy(device, action);
    this.#parts = parts;
    this.#name = `${nameOf(device)} ${action.name}`;
  }

  /** Filled slots, the strongest first. */
  get entries(): readonly SlotEntry[] {
    return this.#array.entries;
  }

  /** The same with the end of each, in no order. */
  get held(): readonly Held[] {
    return this.#array.held;
  }

  get nextExpiry(): Millis {
    return this.#array.nextExpiry;
  }

  snapshot(): ArraySnapshot {
    const { inForce, entries } = this.#array;
    return {
      action: this.action.name,
      ...(this.action.shows === undefined ? {} : { shows: this.action.shows }),
      entries,
      ...(inForce === undefined ? {} : { inForce }),
      holding: this.#holding,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  /** Fills a slot for a transaction, which ends when hardware shows it, or at once when a stronger slot is in force. */
  fill(entry: SlotEntry, until: Millis, transaction: string): void {
    this.#array.fill(entry, until);
    this.#parts.kept.filled(this.device, this.action, entry);
    if (this.#array.inForce === entry) this.#command(transaction);
    else this.#parts.transactions.update(transaction, ...failed(this.#overridden(entry)));
  }

  /** Empties a slot and commands the next one, if that changes what is in force. */
  relinquish(slot: Slot, who: string, why: string): void {
    const before = this.#array.inForce;
    const left = this.#array.relinquish(slot);
    if (left !== undefined) this.#parts.kept.emptied(this.device, this.action, slot);
    if (left === undefined || left !== before) return;
    this.#next(`slot ${slotText(left)} was relinquished by ${who} (${why})`);
  }

  /** Empties the slots whose time is over, and commands the next one if that changes what is in force. */
  expire(now: Millis): void {
    const before = this.#array.inForce;
    for (const left of this.#array.expire(now)) {
      this.#parts.kept.emptied(this.device, this.action, left.slot);
      if (left === before) this.#next(`slot ${slotText(left)} has expired`);
    }
  }

  /**
   * Fills the slots that were filled before a restart, and the default slot. Hardware is commanded only if it shows
   * something else, or nothing.
   */
  start(held: readonly Held[]): void {
    for (const { entry, until } of held) this.#array.fill(entry, until);
    const value = this.action.default;
    if (value !== undefined && !this.#array.entries.some(({ slot }) => slot === slots.default)) {
      const since = this.#parts.clock.now();
      this.#array.fill({ slot: slots.default, value, who: "bothy", why: defaultWhy, since });
    }
    if (this.#array.inForce === undefined || this.#holding !== "nothing") return;
    this.#holding = "unknown";
    this.#beImpatient();
    if (this.shown !== undefined) this.#observe(this.#parts.store.get(this.shown));
  }

  /** Looks at a reading that was just stored. */
  observe(reading: Reading): void {
    if (this.shown !== undefined && isOf(reading, this.shown)) this.#observe(reading);
  }

  /** The link has been opened: hardware may have forgotten what it was told. */
  lineUp(): void {
    if (this.#holding === "unknown") this.#beImpatient();
    if (this.#holding === "failing") this.#command(undefined);
    const shown = this.#holding === "held" || this.#holding === "differs";
    if (shown && this.action.storage === "ram")
      this.#command(this.#internal("the line was down, and hardware may have forgotten"));
  }

  stop(error: BothyError): void {
    this.#cancelTimer();
    this.#order?.order.end(error);
    this.#order = undefined;
  }

  #next(why: string): void {
    const { inForce } = this.#array;
    if (inForce === undefined) {
      this.#parts.log.info({ device: this.device.id, action: this.action.name }, `${this.#name}: ${why}`);
      this.#command(undefined);
    } else this.#command(this.#internal(`${why}; slot ${slotText(inForce)} is in force again`));
  }

  /** Commands the value in force, in place of whatever is under way. */
  #command(transaction: string | undefined): void {
    this.#cancelTimer();
    this.#outOfSight = false;
    this.#trying = true;
    const { inForce } = this.#array;
    if (this.#order?.entry !== inForce) this.#failures = 0;
    this.#order?.order.replace(this.#replaced(this.#order.entry));
    this.#order = undefined;
    if (inForce === undefined) {
      this.#holding = "nothing";
      this.#reason = undefined;
      return;
    }
    if (this.#holding !== "failing") this.#holding = "commanding";
    this.#commanded = this.#parts.clock.monotonic();
    const value = this.action.accepts.kind === "none" ? undefined : inForce.value;
    const order = new Order(
      { device: this.device, action: this.action, value, transaction, slot: inForce.slot },
      this.#parts,
      () => {
        if (transaction !== undefined) this.#parts.transactions.update(transaction, "WRITING", "sending");
      },
    );
    this.#order = { order, entry: inForce };
    void this.#carryOut(order, transaction);
  }

  async #carryOut(order: Order, transaction: string | undefined): Promise<void> {
    const { transactions } = this.#parts;
    try {
      const got = await order.carryOut();
      if (transaction !== undefined)
        transactions.update(transaction, "DONE", `read back ${said(this.action, got)}`);
      if (this.#order?.order === order) this.#succeeded(got);
    } catch (thrown) {
      const error = asBothyError(thrown, this.#name);
      if (transaction !== undefined) transactions.update(transaction, ...failed(error));
      if (this.#order?.order === order) this.#failed(error);
    }
  }

  #succeeded(got: Reading | undefined): void {
    if (this.#reason !== undefined)
      this.#parts.log.info(
        { device: this.device.id, action: this.action.name },
        `${this.#name} does as told again`,
      );
    this.#holding = "held";
    this.#reason = undefined;
    this.#failures = 0;
    this.#order = undefined;
    this.#heldAt = got?.at ?? this.#parts.clock.now();
  }

  /** The slot stays filled: hardware will be told again. */
  #failed(error: BothyError): void {
    const { clock, log } = this.#parts;
    const entered = this.#reason === undefined;
    this.#reason = { code: error.code, text: error.message };
    this.#failures++;
    const reached = !unworn.includes(error.code);
    const spent = this.action.storage === "eeprom" && reached && this.#failures >= eepromTries;
    this.#holding = spent ? "given up" : "failing";
    if (entered || spent)
      log.warn(
        { device: this.device.id, action: this.action.name, reason: this.#reason },
        `${this.#name} does not do as told: ${error.message}${spent ? "; given up, to spare its memory" : ""}`,
      );
    this.#trying = false;
    if (spent) return;
    const delay = Math.min(firstRetry * 2 ** Math.min(this.#failures - 1, 20), longestRetry);
    this.#cancelTimer = clock.at(clock.monotonic() + delay, () => this.#command(undefined));
  }

  #observe(reading: Reading | undefined): void {
    const { inForce } = this.#array;
    if (reading === undefined || inForce === undefined) return;
    const same = shows(this.action, inForce.value, reading);
    if (this.#holding === "unknown") this.#compareFirst(reading, same, inForce);
    else if (this.#holding === "held" || this.#holding === "differs") this.#compare(reading, same, inForce);
    else if (this.#holding === "failing" && reading.quality === "bad") this.#outOfSight = !this.#trying;
    else if (this.#holding === "failing" && this.#outOfSight) this.#command(undefined);
  }

  #compareFirst(reading: Reading, same: boolean, inForce: SlotEntry): void {
    if (same) {
      this.#cancelTimer();
      this.#succeeded(reading);
    } else if (reading.quality !== "bad")
      this.#command(
        this.#internal(`hardware shows ${said(this.action, reading)} instead of ${this.#wanted(inForce)}`),
      );
  }

  #compare(reading: Reading, same: boolean, inForce: SlotEntry): void {
    if (same) this.#holding = "held";
    const { clock, log } = this.#parts;
    // A moment still to come is of a wall clock that was set back since: then the order of the two means nothing.
    const older = reading.at <= this.#heldAt && this.#heldAt <= clock.now();
    if (same || reading.quality === "bad" || older) return;
    const wanted = spelled(this.action, inForce.value);
    const why = `hardware shows ${said(this.action, reading)} instead of ${wanted}`;
    const entered = this.#holding === "held";
    this.#holding = "differs";
    const due = this.action.storage === "ram" && clock.monotonic() - this.#commanded >= reassertEvery;
    if (due || entered) {
      const then = due ? "telling it again" : "not telling it again now";
      log.warn({ device: this.device.id, action: this.action.name }, `${this.#name}: ${why}; ${then}`);
    }
    if (due) this.#command(this.#internal(why));
  }

  /** Commands unseen when no reading tells what hardware does; a line that is down is waited for. */
  #beImpatient(): void {
    const { clock, links, store } = this.#parts;
    this.#cancelTimer();
    this.#cancelTimer = clock.at(clock.monotonic() + firstPatience, () => {
      const reading = this.shown === undefined ? undefined : store.get(this.shown);
      const { inForce } = this.#array;
      const lineIsDown = links(this.device.link)?.isOpen !== true;
      if (this.#holding !== "unknown" || lineIsDown || inForce === undefined) return;
      if (this.action.storage === "eeprom") return;
      const shown = said(this.action, reading);
      this.#command(this.#internal(`hardware shows ${shown}; ${this.#wanted(inForce)} applies`));
    });
  }

  /** What is in force since the start, for people. */
  #wanted({ slot, value, who, why }: SlotEntry): string {
    if (slot === slots.default && who === "bothy" && why === defaultWhy) return "the default";
    return `${spelled(this.action, value)}, in force since before the start`;
  }

  /** A transaction of our own, so that nothing is written without a trace. */
  #internal(why: string): string | undefined {
    const { inForce } = this.#array;
    if (inForce === undefined) return undefined;
    const request = {
      device: this.device.id,
      action: this.action.name,
      data: String(inForce.value),
      slot: inForce.slot,
      who: "bothy",
      why,
    };
    try {
      return this.#parts.transactions.create(request, this.device.writeTimeout).id;
    } catch {
      // Too many transactions: the command matters more than its record.
      return undefined;
    }
  }

  #replaced(entry: SlotEntry): BothyError {
    return this.#array.entries.includes(entry) && this.#array.inForce !== entry
      ? this.#overridden(entry)
      : new BothyError("SUPERSEDED", { source: this.#name });
  }

  #overridden(entry: SlotEntry): BothyError {
    return overridden(this.#name, entry, this.#array.inForce ?? entry);
  }
}

/** The error of a write while a stronger slot is in force. */
export const overridden = (
  source: string,
  write: Pick<SlotEntry, "slot" | "forced">,
  by: SlotEntry,
): BothyError =>
  new BothyError("OVERRIDDEN", {
    source,
    slot: `${write.slot} (${meaningOf(write)})`,
    by: slotText(by),
    why: by.why,
  });

/** How a transaction ends for an error. */
export const failed = (error: BothyError): ["ERROR", string, Reason] => [
  "ERROR",
  error.message,
  { code: error.code, text: error.message },
];

const slotText = (entry: SlotEntry): string => `${entry.slot} (${meaningOf(entry)}) of ${entry.who}`;
