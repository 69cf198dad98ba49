import { type Clock, type Millis, sleep } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import type { Priority } from "../../../devices/plugin.ts";
import { firstOf } from "../../../devices/wait.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";

/** Where a BMC keeps records, and the commands that get them. */
export interface Shelf {
  /** The central repository, or the records of the controller itself. */
  readonly source: "repository" | "device";
  readonly netFn: number;
  readonly info: number;
  readonly reserve: number;
  readonly get: number;
  /** Records of a controller itself are kept by logical unit. */
  readonly lun: number;
}

/** IPMI v2.0 §33.9 to §33.12. */
export const repositoryShelf: Shelf = {
  source: "repository",
  netFn: 0x0a,
  info: 0x20,
  reserve: 0x22,
  get: 0x23,
  lun: 0,
};

/** IPMI v2.0 §35.2 to §35.4. */
export const deviceShelf = (lun: number): Shelf => ({
  source: "device",
  netFn: 0x04,
  info: 0x20,
  reserve: 0x22,
  get: 0x21,
  lun,
});

export interface TalkOptions {
  readonly clock: Clock;
  /** 0..1, so that two programs that take reservations from each other do not go on so for ever. Default Math.random. */
  readonly random?: () => number;
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

/** Node busy, timeout inside, repository or firmware in update, controller starting. IPMI v2.0 table 5-2. */
const busy: readonly number[] = [0xc0, 0xc3, 0xd0, 0xd1, 0xd2];
const busyTries = 5;
const firstPause: Millis = 50;
const longestPause: Millis = 1000;
/** A BMC that is there answers a small question within this time, though the first copy of it be lost. */
const soonEnough: Millis = 3000;

/** Asks a BMC about its records, again when it is busy, and counts. */
export class Talk {
  requests = 0;
  readonly #requester: Requester;
  readonly #options: TalkOptions;

  constructor(requester: Requester, options: TalkOptions) {
    this.#requester = requester;
    this.#options = options;
  }

  /** @throws BothyError */
  async ask(shelf: Shelf, command: number, data: Uint8Array = Uint8Array.of()): Promise<Buffer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(shelf, command, data);
      } catch (thrown) {
        const completion = completionOf(thrown);
        if (attempt >= busyTries || completion === undefined || !busy.includes(completion)) throw thrown;
        await this.pause(attempt);
      }
    }
  }

  /** Like `ask`, but does not wait long for somebody who may have gone. @returns whether anything was answered */
  async answersSoon(shelf: Shelf, command: number, data: Uint8Array): Promise<boolean> {
    const { clock, signal } = this.#options;
    const enough = new AbortController();
    const { signal: either, done } = firstOf(enough.signal, ...(signal === undefined ? [] : [signal]));
    const late = clock.at(clock.monotonic() + soonEnough, () => enough.abort());
    try {
      await this.#once(shelf, command, data, either);
      return true;
    } catch (thrown) {
      if (signal?.aborted === true || !(thrown instanceof BothyError)) throw thrown;
      return completionOf(thrown) !== undefined;
    } finally {
      late();
      done();
    }
  }

  /** Waits, the longer the more often it was tried before, never twice the same. */
  async pause(attempt: number): Promise<void> {
    const { clock, random = Math.random, signal } = this.#options;
    const span = Math.min(firstPause * 2 ** attempt, longestPause);
    await sleep(clock, span * (0.5 + random()), signal);
  }

  #once(
    shelf: Shelf,
    command: number,
    data: Uint8Array,
    signal: AbortSignal | undefined = this.#options.signal,
  ): Promise<Buffer> {
    const { priority } = this.#options;
    this.requests++;
    return this.#requester.request({
      netFn: shelf.netFn,
      command,
      data,
      lun: shelf.lun,
      ...(priority === undefined ? {} : { priority }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
