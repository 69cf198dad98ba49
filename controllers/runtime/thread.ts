import type { Worker } from "node:worker_threads";
import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import { minutes, seconds, soon } from "../../devices/clock.ts";
import { BothyError, saidBy } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Answered, Asked, Request } from "./worker-messages.ts";

/** Starts a worker on the code of worker-main.ts. */
export type StartWorker = (memory: number) => Promise<Worker>;

export interface ThreadDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly start: StartWorker;
}

/** What a step's thread came to instead of an answer. */
export class ThreadLost extends Error {
  /** `overran`: it took too long and was ended; `died`: it ended by itself; `away`: it is not there (yet). */
  readonly kind: "overran" | "died" | "away";

  constructor(kind: ThreadLost["kind"], text: string) {
    super(text);
    this.kind = kind;
  }
}

interface Job {
  readonly instance: number;
  readonly request: Request;
  readonly limit: Millis;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Nobody waits for it: it brings a new worker to where the one before was. */
  readonly again?: true;
}

const loadWithin = seconds(10);
const firstBackOff = seconds(1);
const longestBackOff = minutes(1);
/** After this long without a death the back-off begins anew. */
const calmAfter = minutes(5);
/** Megabytes a thread's code may hold in its heap. */
export const threadMemory = 96;
/** Megabytes it may hold beside it, e.g. in typed arrays. */
const mostOutside = 192;

/**
 * One worker thread, asked one thing at a time, so that whoever takes too long is known. It is ended then, and started
 * anew with everything that was loaded in it.
 */
export class Thread {
  readonly #name: string;
  readonly #deps: ThreadDeps;
  readonly #queue: Job[] = [];
  /** What brings a new worker to where the one before was, by instance. */
  readonly #loaded = new Map<number, Request[]>();
  #worker: Worker | undefined;
  #current: { readonly id: number; readonly job: Job; readonly cancel: Cancel } | undefined;
  #ids = 0;
  #instances = 0;
  #deaths = 0;
  #diedAt: Millis = -Infinity;
  #starting: Promise<void> | undefined;
  #diedOf = "";
  /** It died while nobody waited for an answer, and nobody knows yet. */
  #untold: string | undefined;
  #awayUntil: Millis = -Infinity;
  #cancelRestart: Cancel = () => undefined;
  #closed = false;

  constructor(name: string, deps: ThreadDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  /** @returns a number for a new instance */
  instance(): number {
    return ++this.#instances;
  }

  get empty(): boolean {
    return this.#loaded.size === 0;
  }

  /**
   * Asks for something.
   * @param limit how long it may take once its turn has come
   * @throws BothyError as the thread says; ThreadLost
   */
  async ask(instance: number, request: Request, limit: Millis = loadWithin): Promise<unknown> {
    // Whether anybody is there to hear it or not: it is not loaded again.
    if (request.what === "close") this.#loaded.delete(instance);
    if (this.#closed) throw new ThreadLost("away", "its thread has ended");
    if (request.what === "step") this.#tell();
    // Settings may be why it dies, and are how somebody mends it: they do not wait until it is tried again.
    if (request.what !== "configure" && this.#awayUntil > this.#deps.clock.monotonic()) throw this.#away();
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#queue.push({ instance, request, limit, resolve, reject });
      this.#next();
    });
    if (request.what === "load") this.#loaded.set(instance, [request]);
    if (request.what === "configure") {
      this.#loaded.set(instance, [...(this.#loaded.get(instance) ?? []).slice(0, 1), request]);
      this.#awayUntil = -Infinity;
    }
    return value;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRestart();
    this.#drop(new ThreadLost("away", "its thread has ended"));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Of several in one thread nobody knows whose doing it was. @throws ThreadLost */
  #tell(): void {
    const text = this.#untold;
    this.#untold = undefined;
    if (text !== undefined && this.#loaded.size === 1) throw new ThreadLost("died", text);
  }

  #next(): void {
    if (this.#current !== undefined || this.#queue.length === 0 || this.#closed) return;
    if (this.#worker === undefined) {
      this.#begin();
      return;
    }
    const job = this.#queue.shift();
    if (job !== undefined) this.#post(this.#worker, job);
  }

  #post(worker: Worker, job: Job): void {
    const { clock } = this.#deps;
    const id = ++this.#ids;
    const cancel = clock.at(clock.monotonic() + job.limit, () => {
      // Its answer may have come while this thread, or the whole program, stood still.
      soon(() => {
        if (this.#current?.id !== id) return;
        this.#died(worker, new ThreadLost("overran", `it took longer than ${job.limit} ms and was ended`));
        void worker.terminate();
      });
    });
    this.#current = { id, job, cancel };
    try {
      worker.postMessage({ id, instance: job.instance, request: job.request } satisfies Asked);
    } catch (thrown) {
      this.#done()?.reject(thrown instanceof Error ? thrown : new Error(saidBy(thrown)));
      this.#next();
    }
  }

  #done(): Job | undefined {
    const current = this.#current;
    this.#current = undefined;
    current?.cancel();
    return current?.job;
  }

  #heed(worker: Worker, said: unknown): void {
    if (worker !== this.#worker) return;
    if (!isAnswered(said)) {
      this.#died(worker, new ThreadLost("died", "it said what is no answer, and was ended"));
      void worker.terminate();
      return;
    }
    this.#take(worker, said);
  }

  #take(worker: Worker, answered: Answered): void {
    if (answered.id !== this.#current?.id) return;
    const outside = Math.ceil(answered.outside / 2 ** 20);
    if (outside > mostOutside) {
      const text = `it holds ${outside} MB beside its heap, of at most ${mostOutside} MB, and was ended`;
      this.#died(worker, new ThreadLost("died", text));
      void worker.terminate();
      return;
    }
    const job = this.#done();
    if (answered.ok) job?.resolve(answered.value);
    else job?.reject(new BothyError(answered.code, { source: answered.source, fault: answered.fault }));
    this.#next();
  }

  #begin(): void {
    this.#cancelRestart();
    if (this.#worker !== undefined || this.#closed) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
      this.#next();
    });
  }

  async #start(): Promise<void> {
    let worker: Worker;
    try {
      worker = await this.#deps.start(threadMemory);
    } catch (thrown) {
      this.#lost(new ThreadLost("died", `its thread cannot be started: ${saidBy(thrown)}`));
      return;
    }
    if (this.#closed) {
      await worker.terminate();
      return;
    }
    worker.on("message", (said: unknown) => this.#heed(worker, said));
    worker.on("error", (thrown: unknown) =>
      this.#died(worker, new ThreadLost("died", `its thread died: ${saidBy(thrown)}`)),
    );
    worker.on("exit", () => this.#died(worker, new ThreadLost("died", "its thread ended")));
    for (const stream of [worker.stdout, worker.stderr])
      stream.on("data", (text: Buffer) =>
        this.#deps.log.info(
          { thread: this.#name },
          `${this.#name} says: ${text.toString().trimEnd().slice(0, 500)}`,
        ),
      );
    this.#worker = worker;
    this.#reload();
  }

  /** Before whatever waits: what the worker before had loaded. */
  #reload(): void {
    const again = [...this.#loaded].flatMap(([instance, requests]) =>
      requests.map((request): Job => ({
        instance,
        request,
        limit: loadWithin,
        again: true,
        resolve: () => undefined,
        reject: ({ message }) => this.#deps.log.error({ thread: this.#name }, `${this.#name}: ${message}`),
      })),
    );
    this.#queue.unshift(...again);
  }

  #died(worker: Worker, why: ThreadLost): void {
    if (worker === this.#worker) this.#lost(why);
  }

  #lost(why: ThreadLost): void {
    const { clock, log } = this.#deps;
    const now = clock.monotonic();
    this.#worker = undefined;
    this.#deaths = now - this.#diedAt > calmAfter ? 1 : this.#deaths + 1;
    this.#diedAt = now;
    this.#diedOf = why.message;
    log.error({ thread: this.#name, deaths: this.#deaths }, `${this.#name}: ${why.message}`);
    const job = this.#done();
    job?.reject(why);
    if (job === undefined || job.again === true) this.#untold = `${why.message}, between two steps`;
    // The first time whoever waits goes on at once in a new one.
    if (this.#deaths === 1) {
      this.#begin();
      return;
    }
    const backOff = Math.min(firstBackOff * 2 ** Math.min(this.#deaths - 2, 20), longestBackOff);
    this.#awayUntil = now + backOff;
    this.#drop(this.#away());
    this.#cancelRestart = clock.at(this.#awayUntil, () => this.#begin());
  }

  #away(): ThreadLost {
    return new ThreadLost("away", `its thread has died and is not started anew yet: ${this.#diedOf}`);
  }

  #drop(why: ThreadLost): void {
    this.#done()?.reject(why);
    for (const job of this.#queue.splice(0)) job.reject(why);
  }
}

/** Code that runs in a thread can have it say anything. */
const isAnswered = (said: unknown): said is Answered =>
  typeof said === "object" && said !== null && "id" in said && "ok" in said && "outside" in said;
