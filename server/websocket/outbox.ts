import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Fragment, Message } from "./message.ts";

/** The place of an answer among those of its socket. */
export interface Place {
  /** Sends the answer when those before it are sent; `undefined`: there is none. Once. */
  readonly settle: (message: Message | undefined) => void;
}

/** Messages that are made when they can be sent. */
export interface Source {
  /** How many there are to be taken. */
  readonly waiting: number;
  readonly take: () => string | undefined;
}

interface Reserved {
  message: Message | undefined;
  settled: boolean;
}

const lengthOf = (message: Message | undefined): number =>
  typeof message === "string" || Buffer.isBuffer(message) ? message.length : 0;

/**
 * What goes to one client: answers in the order of their requests, and between them what sources have, turn by turn.
 * Nothing is handed over before the client has taken what was: the rest waits as answers, which are bounded by whoever
 * begins requests, and in sources, which keep only what is newest.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #wire: Socket;
  readonly #stir: () => void;
  readonly #join: () => void;
  readonly #places: Reserved[] = [];
  readonly #ready = new Set<Source>();
  #fragments: Iterator<Fragment, undefined> | undefined;
  #bytes = 0;
  #ended = false;

  /**
   * @param stir told when there is an answer to send
   * @param join told when sources have something to send, or there is room for more: that can wait for its turn
   */
  constructor(socket: WebSocket, wire: Socket, stir: () => void, join: () => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#stir = stir;
    this.#join = join;
    wire.on("drain", join);
  }

  /** How many answers are not sent. */
  get places(): number {
    return this.#places.length;
  }

  /** How much of them is made. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next place. */
  place(): Place {
    const reserved: Reserved = { message: undefined, settled: false };
    this.#places.push(reserved);
    return {
      settle: (message) => {
        if (this.#ended) return;
        reserved.message = message;
        reserved.settled = true;
        this.#bytes += lengthOf(message);
        this.#stir();
      },
    };
  }

  /** Takes what this source has, now and while it has more. */
  fetch(source: Source): void {
    if (this.#ended) return;
    this.#ready.add(source);
    this.#join();
  }

  /** Sends what there is until there is no room. @returns whether anything was sent */
  flush(): boolean {
    let sent = false;
    this.#wire.cork();
    while (this.#socket.readyState === this.#socket.OPEN && !this.#wire.writableNeedDrain) {
      if (!this.#sendNext()) break;
      sent = true;
    }
    this.#wire.uncork();
    return sent;
  }

  /** Forgets everything. */
  end(): void {
    this.#ended = true;
    this.#wire.off("drain", this.#join);
    this.#fragments?.return?.();
    this.#fragments = undefined;
    this.#places.length = 0;
    this.#ready.clear();
    this.#bytes = 0;
  }

  #sendNext(): boolean {
    // Nothing may come between the parts of a message. RFC 6455 §5.4.
    if (this.#fragments !== undefined) return this.#sendFragment(this.#fragments);
    const first = this.#places[0];
    if (first?.settled !== true) return this.#sendFromSource();
    this.#places.shift();
    this.#bytes -= lengthOf(first.message);
    if (first.message !== undefined) this.#begin(first.message);
    return true;
  }

  #begin(message: Message): void {
    if (typeof message === "string" || Buffer.isBuffer(message))
      this.#socket.send(message, { binary: false });
    else this.#fragments = message;
  }

  #sendFragment(fragments: Iterator<Fragment, undefined>): boolean {
    const next = fragments.next();
    if (next.done !== true) this.#socket.send(next.value.text, { binary: false, fin: next.value.last });
    if (next.done === true || next.value.last) this.#fragments = undefined;
    return true;
  }

  #sendFromSource(): boolean {
    for (const source of this.#ready) {
      this.#ready.delete(source);
      const text = source.take();
      // Behind the others, so that a source that always has more does not hold them off.
      if (source.waiting > 0) this.#ready.add(source);
      if (text === undefined) continue;
      this.#socket.send(text, { binary: false });
      return true;
    }
    return false;
  }
}
