import {
  type Client,
  createClient,
  type Socket,
  type SocketConstructor,
  type SocketEvent,
} from "../../client/index.ts";
import { settle, TestClock } from "../support/test-clock.ts";

interface Sent {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Listener = (event: SocketEvent) => void;

/** The other end of a WebSocket, in the test's hands. */
export class FakeSocket implements Socket {
  readyState = 0;
  readonly sent: Sent[] = [];
  readonly #listeners = new Map<string, Listener[]>();

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }
  close(): void {
    this.readyState = 2;
  }
  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  #emit(type: string, event: SocketEvent): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
  /** It is open. */
  open(): void {
    this.readyState = 1;
    this.#emit("open", {});
  }
  /** A message comes. */
  say(message: object | string): void {
    this.#emit("message", { data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  /** The answer to the latest request of an event. */
  answer(event: string, answer: string, data: unknown): void {
    const id = this.sent.findLast((one) => one.event === `request/${event}`)?.id;
    this.say({ id, event: `response/${answer}`, data: data as object });
  }
  /** It is gone. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.#emit("close", { code, reason: "" });
  }
  /** It could not be opened. */
  fail(message: string): void {
    this.#emit("error", { message });
    this.drop();
  }
  events(): readonly string[] {
    return this.sent.map(({ event }) => event);
  }
}

export interface Fakes {
  readonly client: Client;
  readonly clock: TestClock;
  /** Every socket that was opened, the newest last. */
  readonly sockets: readonly FakeSocket[];
  readonly last: () => FakeSocket;
}

/** A client whose sockets are the test's, and whose pauses are as long as they can be. */
export function fakes(options: { readonly retry?: false; readonly timeout?: number } = {}): Fakes {
  const clock = new TestClock();
  const sockets: FakeSocket[] = [];
  const WebSocket = function (url: string) {
    if (!url.startsWith("ws://hut/v3/connect")) throw new Error(url);
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  } as unknown as SocketConstructor;
  const client = createClient({ url: "http://hut", WebSocket, clock, random: () => 0.999, ...options });
  return {
    client,
    clock,
    sockets,
    last: () => {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error("no socket was opened");
      return socket;
    },
  };
}

export const reading = (device: string, value: unknown, more: object = {}): object => ({
  device,
  timestamp: "2031-05-06T07:08:09.000Z",
  type: "temperature",
  device_type: "temperature",
  device_info: "",
  unit: { name: "celsius", symbol: "C" },
  value,
  context: {},
  ...more,
});

/** What a promise has come to, without waiting for it. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown = "waiting";
  promise.then(
    (value) => (result = value),
    (error: unknown) => (result = error),
  );
  await settle();
  return result;
}
