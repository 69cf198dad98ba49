import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import { minutes, seconds, sleep } from "../../devices/clock.ts";
import { asBothyError, type BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { PluginClient } from "./client.ts";
import type { V3Reading } from "./messages.ts";

/** Readings that come within this long are published together. */
const gather: Millis = 20;
/** More than this many at once are published at once, so that memory is bounded. */
const mostGathered = 5000;
const firstDelay: Millis = seconds(1);
const longestDelay: Millis = minutes(1);

export interface StreamParts {
  readonly client: PluginClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly link: string;
  /** Readings that came by themselves; those of one device in the order in which they came. */
  readonly take: (messages: readonly V3Reading[]) => void;
}

/** Readings as the plugin makes them. When it ends, it is begun again; polls go on meanwhile. */
export class Stream {
  readonly #parts: StreamParts;
  #running: AbortController | undefined;
  #gathered: V3Reading[] = [];
  #cancel: Cancel = () => undefined;
  #isOpen = false;
  #isSaid = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): void {
    this.#running = new AbortController();
    void this.#keep(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#cancel();
    this.#gathered = [];
  }

  /** Asks anew, for plugins that decide at the start whose readings they send. */
  restart(): void {
    if (this.#running === undefined) return;
    this.stop();
    this.start();
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#parts;
    let delay = firstDelay;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      const from = clock.monotonic();
      this.#isOpen = true;
      const failed = await client
        .follow("ReadStream", { selectors: [] }, signal, (message) => {
          if (!signal.aborted) this.#gather(message);
        })
        .then(
          () => undefined,
          (thrown: unknown) => asBothyError(thrown, this.#parts.link),
        );
      if (isOver() || failed?.code === "STOPPED") return;
      this.#isOpen = false;
      this.#say(failed);
      // It has none and will not get any.
      if (failed?.code === "UNSUPPORTED") return;
      delay = clock.monotonic() - from >= longestDelay ? firstDelay : Math.min(delay * 2, longestDelay);
      await sleep(clock, delay, signal);
    }
  }

  #gather(message: V3Reading): void {
    const { clock } = this.#parts;
    this.#gathered.push(message);
    if (this.#gathered.length >= mostGathered) this.#flush();
    else if (this.#gathered.length === 1)
      this.#cancel = clock.at(clock.monotonic() + gather, () => this.#flush());
  }

  #flush(): void {
    this.#cancel();
    const messages = this.#gathered;
    this.#gathered = [];
    this.#parts.take(messages);
  }

  #say(failed: BothyError | undefined): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const { link, log } = this.#parts;
    const why = failed === undefined ? "the plugin ended it" : failed.message;
    log.info({ link }, `${link}: no stream of readings (${why}); they are asked for instead`);
  }
}
