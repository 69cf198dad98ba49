import { type Millis, seconds } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Call, Host, Outcome } from "./host.ts";
import { budgetOf, type Configured, type Shape } from "./shape.ts";
import { type Thread, ThreadLost } from "./thread.ts";
import type { ThreadSource } from "./worker-messages.ts";

/** Besides the budget: what it takes to get there and back. */
const wayThere: Millis = 100;
const othersWithin: Millis = seconds(2);

/** A definition in another thread. What it does there harms nobody here. */
export class WorkerHost implements Host {
  readonly shape: Shape;
  readonly #thread: Thread;
  readonly #instance: number;
  readonly #limit: Millis;
  readonly #closed: () => Promise<void>;

  private constructor(shape: Shape, thread: Thread, instance: number, closed: () => Promise<void>) {
    this.shape = shape;
    this.#thread = thread;
    this.#instance = instance;
    this.#limit = budgetOf(shape) + wayThere;
    this.#closed = closed;
  }

  /**
   * @param closed called when it is not needed any more
   * @throws BothyError `BAD_CONFIG`, `INTERNAL`
   */
  static async open(
    source: ThreadSource,
    name: string,
    thread: Thread,
    closed: () => Promise<void>,
  ): Promise<WorkerHost> {
    const instance = thread.instance();
    try {
      const shape = await thread.ask(instance, { what: "load", source, name });
      return new WorkerHost(shape as Shape, thread, instance, closed);
    } catch (thrown) {
      await closed();
      throw asConfigFault(thrown, source.kind === "bundle" ? source.file : name);
    }
  }

  async configure(settings: Readonly<Record<string, unknown>>): Promise<Configured> {
    return (await this.#ask({ what: "configure", settings })) as Configured;
  }

  init(): Promise<unknown> {
    return this.#ask({ what: "init" });
  }

  migrate(state: unknown, from: number): Promise<unknown> {
    return this.#ask({ what: "migrate", state, from });
  }

  async step(call: Call): Promise<Outcome> {
    try {
      return (await this.#thread.ask(this.#instance, { what: "step", call }, this.#limit)) as Outcome;
    } catch (thrown) {
      if (!(thrown instanceof ThreadLost)) {
        const { message } = asBothyError(thrown, this.shape.name);
        return { failure: { kind: "invalid", text: message }, took: 0 };
      }
      const { kind, message } = thrown;
      const text = `the step did not end: ${message}`;
      if (kind === "away") return { failure: { kind: "lost", text }, took: 0 };
      return { failure: { kind: kind === "overran" ? "overran" : "threw", text }, took: this.#limit };
    }
  }

  async close(): Promise<void> {
    await this.#thread.ask(this.#instance, { what: "close" }, othersWithin).catch(() => undefined);
    await this.#closed();
  }

  async #ask(request: Parameters<Thread["ask"]>[1]): Promise<unknown> {
    try {
      return await this.#thread.ask(this.#instance, request, othersWithin);
    } catch (thrown) {
      throw asConfigFault(thrown, `controller ${this.shape.name}, ${request.what}`);
    }
  }
}

const asConfigFault = (thrown: unknown, source: string): BothyError =>
  thrown instanceof ThreadLost
    ? new BothyError("BAD_CONFIG", { source, fault: thrown.message }, { cause: thrown })
    : asBothyError(thrown, source);
