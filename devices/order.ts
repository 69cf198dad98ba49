import type { Cancel, Clock, Millis } from "./clock.ts";
import { said, shows, spelled } from "./accepts.ts";
import type { Action, Device } from "./device.ts";
import { asBothyError, BothyError } from "./errors.ts";
import type { Command } from "./plugin.ts";
import type { Reading, Value } from "./reading.ts";
import { nameOf } from "./registry.ts";
import type { ReadingStore } from "./store.ts";
import { type Slot, slots } from "./transaction.ts";
import type { DeviceId, ValueId } from "./value-id.ts";
import { abortable } from "./wait.ts";

/** What writing needs of a link. */
export interface WriteLink {
  /** Whether there is any use in sending something now. */
  readonly isOpen: boolean;
  /** Sends a command and publishes what was read back. @throws BothyError */
  write(command: Command, signal: AbortSignal, superseded?: AbortSignal): Promise<readonly Reading[]>;
  /** Reads a value now and publishes it. @throws BothyError */
  refresh(id: ValueId): Promise<void>;
  onOpen(listener: () => void): () => void;
}

export interface OrderParts {
  readonly clock: Clock;
  readonly store: ReadingStore;
  readonly links: (name: string) => WriteLink | undefined;
  readonly turns: Turns;
}

/** How often a value that has not settled is read again, at most. */
const rereadEvery: Millis = 250;

/** One piece of work at a time per device, in the order in which it was handed in. */
export class Turns {
  readonly #last = new Map<DeviceId, Promise<unknown>>();

  run<T>(device: DeviceId, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(device) ?? Promise.resolve();
    const mine = before.then(work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(device, settled);
    void settled.then(() => {
      if (this.#last.get(device) === settled) this.#last.delete(device);
    });
    return mine;
  }
}

/** What is to be done. */
export interface Ordered {
  readonly device: Device;
  readonly action: Action;
  readonly value: Value | undefined;
  /** The transaction that is sent with it. */
  readonly transaction: string | undefined;
  /** The slot that wants it. */
  readonly slot: Slot;
}

/** One command on its way to hardware, until hardware shows it or it failed. */
export class Order {
  readonly device: Device;
  readonly action: Action;
  readonly value: Value | undefined;
  readonly #transaction: string | undefined;
  readonly #urgent: boolean;
  readonly #parts: OrderParts;
  readonly #started: () => void;
  readonly #over = new AbortController();
  readonly #replaced = new AbortController();
  #sent = false;

  /** @param started told when the command's turn on the device has come */
  constructor(what: Ordered, parts: OrderParts, started: () => void) {
    this.device = what.device;
    this.action = what.action;
    this.value = what.value;
    this.#transaction = what.transaction;
    this.#urgent = what.slot <= slots.equipmentProtection;
    this.#parts = parts;
    this.#started = started;
  }

  /** The value that shows the effect. */
  get shown(): ValueId | undefined {
    return shownBy(this.device, this.action);
  }

  /** Ends it wherever it stands; `carryOut` throws `error`. */
  end(error: BothyError): void {
    this.#over.abort(error);
  }

  /**
   * Something newer is in force. What has not been sent never will be; what is being sent is not cut off in mid-frame,
   * but its effect is no longer waited for.
   */
  replace(error: BothyError): void {
    if (!this.#sent) this.#over.abort(error);
    else this.#replaced.abort(error);
  }

  /**
   * Waits for its turn, sends the command, and waits for the effect as long as the action may take to settle.
   * @returns the reading that shows it; undefined when the action shows nowhere
   * @throws BothyError `NOT_CONFIRMED`, `WRITE_TIMEOUT` when all this takes longer than the device's limit, what the
   * connection throws, or what it was ended or replaced with
   */
  async carryOut(): Promise<Reading | undefined> {
    const cancel = this.#startTimer();
    try {
      const link = this.#parts.links(this.device.link);
      if (link === undefined)
        throw new BothyError("LINE_DOWN", { source: this.device.link, fault: "there is no such link" });
      const turn = this.#parts.turns.run(this.device.id, () => this.#send(link));
      const readings = await abortable(turn, this.#over.signal, () => reasonOf(this.#over.signal));
      return await this.#confirm(link, readings);
    } finally {
      cancel();
    }
  }

  get #command(): Command {
    return {
      device: this.device.id,
      action: this.action,
      ...(this.value === undefined ? {} : { value: this.value }),
      ...(this.#transaction === undefined ? {} : { transaction: this.#transaction }),
      ...(this.#urgent ? { urgent: true } : {}),
    };
  }

  #startTimer(): Cancel {
    const { clock } = this.#parts;
    const { writeTimeout } = this.device;
    return clock.at(clock.monotonic() + writeTimeout, () =>
      this.end(new BothyError("WRITE_TIMEOUT", { source: nameOf(this.device), timeout: writeTimeout })),
    );
  }

  async #send(link: WriteLink): Promise<readonly Reading[]> {
    const { signal } = this.#over;
    if (signal.aborted) throw reasonOf(signal);
    this.#sent = true;
    this.#started();
    const already = await this.#alreadyShown(link, signal);
    if (already !== undefined) return [already];
    const sending = link.write(this.#command, signal, this.#replaced.signal);
    const sent = abortable(sending, signal, () => reasonOf(signal));
    return await sent.catch((thrown: unknown) => {
      // Steps that were left out for the sake of something newer are no failure of the device.
      const replaced = this.#replaced.signal;
      throw replaced.aborted && !signal.aborted ? reasonOf(replaced) : thrown;
    });
  }

  /** Memory that wears out is not written with what it holds. @returns the reading, made anew, that shows it does */
  async #alreadyShown(link: WriteLink, signal: AbortSignal): Promise<Reading | undefined> {
    const id = this.shown;
    if (id === undefined || this.action.storage !== "eeprom" || this.action.kind === "pulse")
      return undefined;
    const got = await this.#reread(link, id, signal);
    return this.#shownBy(got) ? got : undefined;
  }

  async #confirm(link: WriteLink, readings: readonly Reading[]): Promise<Reading | undefined> {
    const { clock } = this.#parts;
    const id = this.shown;
    if (id === undefined) return undefined;
    let got = readings.find((reading) => isOf(reading, id));
    if (this.action.kind === "pulse") return got;
    const stop = AbortSignal.any([this.#over.signal, this.#replaced.signal]);
    const goOn = (): void => {
      if (stop.aborted) throw reasonOf(stop);
    };
    const settle = this.action.settle ?? 0;
    const until = clock.monotonic() + settle;
    const pause = Math.max(rereadEvery, settle / 20);
    for (let tries = 0; !this.#shownBy(got); tries++) {
      goOn();
      const now = clock.monotonic();
      const looked = got !== undefined || tries > 0;
      if (looked && now >= until) throw this.#notConfirmed(got);
      if (looked) await clock.sleepUntil(Math.min(now + pause, until), stop);
      goOn();
      got = (await this.#reread(link, id, stop)) ?? got;
    }
    return got;
  }

  /** @returns the value read anew; undefined when that brought nothing */
  async #reread(link: WriteLink, id: ValueId, stop: AbortSignal): Promise<Reading | undefined> {
    const before = this.#parts.store.get(id);
    try {
      await abortable(link.refresh(id), stop, () => reasonOf(stop));
    } catch (thrown) {
      // A line that is down now may be up again before the time is over.
      if (stop.aborted) throw thrown;
    }
    const after = this.#parts.store.get(id);
    return after === before ? undefined : after;
  }

  #shownBy(got: Reading | undefined): boolean {
    // An action that takes nothing is shown by any reading that is not bad.
    return shows(this.action, this.value ?? true, got);
  }

  #notConfirmed(got: Reading | undefined): BothyError {
    return new BothyError("NOT_CONFIRMED", {
      source: `${nameOf(this.device)} ${this.action.name}`,
      wanted: this.value === undefined ? this.action.name : spelled(this.action, this.value),
      got: said(this.action, got),
    });
  }
}

/** The value that shows an action's effect. */
export function shownBy(device: Device, action: Action): ValueId | undefined {
  if (action.shows === undefined) return undefined;
  const { output, channel } = action.shows;
  return { device: device.id, output, ...(channel === undefined ? {} : { channel }) };
}

export const isOf = ({ id }: Reading, wanted: ValueId): boolean =>
  id.device === wanted.device && id.output === wanted.output && id.channel === wanted.channel;

const reasonOf = (signal: AbortSignal): BothyError => asBothyError(signal.reason, "the write");
