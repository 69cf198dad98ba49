import { type Millis, seconds } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { exchange, type Exchanger } from "./exchange.ts";
import { openSession } from "./handshake.ts";
import type { Learnt } from "./opening.ts";
import type { BmcDeps, Random, Settings } from "./options.ts";
import { pooledRandom } from "./random.ts";
import type { Session } from "./session.ts";
import type { Endpoint, Receiver, Remote } from "./socket.ts";
import type { Talk } from "./talk.ts";

const firstBackOff: Millis = seconds(1);
const longestBackOff: Millis = seconds(30);
/** After a refusal that trying again cannot help; BMCs lock accounts that fail too often. */
const longestHold: Millis = seconds(300);

type Found = Pick<Remote, "address" | "family">;

/** The way to one BMC: where it is now, how to get a session there, and when to try that again. */
export class Connector {
  readonly #settings: Settings;
  readonly #deps: BmcDeps;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  readonly #receive: Receiver;
  readonly #learnt: Learnt = { mute15: false };
  #endpoint: Endpoint | undefined;
  #listener: Receiver | undefined;
  /** Which of several addresses is tried next. */
  #turn = 0;
  #failures = 0;
  #nextAttempt: Millis = -Infinity;
  #everOpen = false;

  /** @param receive gets what arrives while no session is being opened */
  constructor(settings: Settings, deps: BmcDeps, signal: AbortSignal, receive: Receiver) {
    this.#settings = settings;
    this.#deps = deps;
    this.#random = deps.random ?? pooledRandom;
    this.#signal = signal;
    this.#receive = receive;
  }

  /** Not to be tried again before. */
  get nextAttempt(): Millis {
    return this.#nextAttempt;
  }

  /** Whether there was a session at all. */
  get everOpen(): boolean {
    return this.#everOpen;
  }

  /**
   * Looks the host up and opens a session there; of several addresses at the first that answers, beginning with the one
   * that answered last.
   * @throws as `openSession` does, and `LINE_DOWN` for unknown names
   */
  async open(): Promise<{ readonly session: Session; readonly address: string }> {
    const addresses = await this.#addresses();
    for (let left = addresses.length; ; left--) {
      try {
        return await this.#openAt(addresses[this.#turn % addresses.length]);
      } catch (thrown) {
        this.#turn++;
        const silent = thrown instanceof BothyError && thrown.code === "NO_ANSWER";
        if (left <= 1 || !silent) throw thrown;
      }
    }
  }

  async #openAt(found: Found | undefined): Promise<{ readonly session: Session; readonly address: string }> {
    const { host, login } = this.#settings;
    if (found === undefined)
      throw new BothyError("LINE_DOWN", { source: login.name, fault: `"${host}" has no address` });
    const endpoint = this.#attach(found);
    const wire = this.#exchanger(endpoint, this.#signal);
    const session = await openSession({ wire, login, random: this.#random, learnt: this.#learnt });
    this.#failures = 0;
    this.#everOpen = true;
    return { session, address: found.address };
  }

  /** Takes note of a failure: the next attempt has to wait. @returns whether it is the first in a row */
  failed({ retry }: BothyError): boolean {
    const doubled = firstBackOff * 2 ** Math.min(this.#failures, 16);
    const span = Math.min(doubled, retry ? longestBackOff : longestHold);
    // Not all BMCs of a site at the same moment.
    const jitter = 0.75 + this.#random(1).readUInt8(0) / 512;
    this.#nextAttempt = this.#deps.clock.monotonic() + span * jitter;
    return this.#failures++ === 0;
  }

  /** A session that was open has gone: the next may be opened at once. */
  lost(): void {
    this.#nextAttempt = -Infinity;
  }

  send(packet: Buffer): void {
    this.#endpoint?.send(packet);
  }

  /** Ends a session, without insisting. */
  async sayGoodbye(talk: Talk): Promise<void> {
    if (this.#endpoint === undefined) return;
    const wire = this.#exchanger(this.#endpoint, new AbortController().signal);
    const heard = (packet: Buffer): true | undefined => (talk.receive(packet) ? true : undefined);
    await exchange(wire, talk.goodbye(), this.#settings.login.timeout, heard);
  }

  detach(): void {
    this.#endpoint?.detach();
    this.#endpoint = undefined;
  }

  /** Where the BMC may be now. */
  async #addresses(): Promise<readonly Found[]> {
    const { host, login } = this.#settings;
    const source = login.name;
    const found = await this.#deps.socket.resolve(host).catch((thrown: unknown) => {
      const fault = `"${host}" cannot be looked up: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      throw new BothyError("LINE_DOWN", { source, fault }, { cause: thrown });
    });
    if (this.#signal.aborted) throw new BothyError("STOPPED", { source });
    return found;
  }

  #attach(found: Found): Endpoint {
    this.detach();
    this.#endpoint = this.#deps.socket.attach({ ...found, port: this.#settings.port }, (packet) =>
      this.#listener === undefined ? this.#receive(packet) : this.#listener(packet),
    );
    return this.#endpoint;
  }

  #exchanger(endpoint: Endpoint, signal: AbortSignal): Exchanger {
    return {
      name: this.#settings.login.name,
      clock: this.#deps.clock,
      signal,
      tag: () => endpoint.tag(),
      send: (packet) => endpoint.send(packet),
      listen: (receive) => (this.#listener = receive),
    };
  }
}
