import { setMaxListeners } from "node:events";
import { every, type Millis, sleep } from "../../devices/clock.ts";
import { declare } from "../../devices/declare.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import {
  type Command,
  type Connection,
  type LinkDeps,
  type Poll,
  priority,
  type ReadOptions,
} from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { abortable, firstOf } from "../../devices/wait.ts";
import { type BmcClient, type BmcStatistics, levelName, refusalOf } from "./lan/index.ts";
import { Learner, type Known } from "./learn.ts";
import { asking, type Part, type PartDeps, type PartPoll } from "./parts/part.ts";
import { Host } from "./parts/host.ts";
import { partsOf, remember } from "./parts-of.ts";
import { type BmcSettings, meanings } from "./plan.ts";

/** How long the first look at a BMC may hold up its power switch; what is not known by then is declared later. */
const firstLook: Millis = 5000;
/** Traps come in bursts. */
const leastBetweenNudges: Millis = 2000;

/** One BMC while it can be reached. */
export class BmcConnection implements Connection {
  readonly closed: Promise<BothyError | undefined>;
  readonly #settings: BmcSettings;
  readonly #client: BmcClient;
  readonly #deps: LinkDeps;
  readonly #partDeps: PartDeps;
  readonly #host: Host;
  readonly #learner: Learner;
  readonly #over = new AbortController();
  #known: Known;
  #parts: readonly Part[] = [];
  #polls: readonly Poll[] = [];
  #learning: Promise<void> | undefined;
  #proof: Promise<void> | undefined;
  #nudged: Millis = -Infinity;
  #end: (reason: BothyError | undefined) => void = () => undefined;

  /** @param logged what was logged of this BMC and is not to be again, also by its next connection */
  constructor(settings: BmcSettings, client: BmcClient, deps: LinkDeps, logged: Set<string>) {
    this.#settings = settings;
    this.#client = client;
    this.#deps = deps;
    const { clock, log, memory } = deps;
    setMaxListeners(0, this.#over.signal);
    this.#partDeps = { bmc: client, clock, log, settings };
    this.#host = new Host(this.#partDeps);
    this.#learner = new Learner(this.#partDeps, memory, this.#over.signal, logged);
    this.#known = this.#learner.assumed();
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get polls(): readonly Poll[] {
    return this.#polls;
  }

  /** The address the session goes to. */
  get address(): string | undefined {
    const { state } = this.#client;
    return state.kind === "open" ? state.session.address : undefined;
  }

  /** Learns what the BMC has; what takes long is learnt later. @throws BothyError: then close it */
  async begin(): Promise<void> {
    const { clock } = this.#deps;
    const first = new AbortController();
    const learning = this.#look(false).finally(() => first.abort());
    const late = sleep(clock, firstLook, first.signal);
    // Its failure is told below, or in the log.
    learning.catch(() => undefined);
    await Promise.race([learning.catch(() => undefined), late]);
    if (first.signal.aborted) await learning;
    else {
      this.#adopt(this.#known);
      learning.catch((thrown: unknown) => this.#complain(thrown));
    }
  }

  /** From here on it keeps itself up to date. */
  start(): void {
    const { clock } = this.#deps;
    const { signal } = this.#over;
    void sleep(clock, this.#settings.slow, signal).then(() =>
      every(clock, this.#settings.slow, () => this.#tryLook(), signal),
    );
  }

  async read(poll: Poll, options: ReadOptions): Promise<readonly Reading[]> {
    this.#mustBeOpen();
    const found = this.#pollNamed(poll.id);
    if (found === undefined) throw new BothyError("NOT_READABLE", { source: `poll ${poll.id}` });
    const [readings] = await this.#carried(options.signal, (signal) =>
      Promise.all([found.read(asking({ ...options, signal })), this.#proven()]),
    );
    if (readings.length === poll.values.length) return readings;
    // A device whose id is taken by another one was not declared; it is read all the same.
    const wanted = new Set(poll.values.map(({ device }) => device));
    return readings.filter(({ id }) => wanted.has(id.device));
  }

  async write(command: Command, signal: AbortSignal, superseded?: AbortSignal): Promise<readonly Reading[]> {
    this.#mustBeOpen();
    const part = this.#parts.find(({ devices }) => devices.some(({ id }) => id === command.device));
    const device = part?.devices.find(({ id }) => id === command.device);
    if (part === undefined || device === undefined)
      throw new BothyError("NOT_FOUND", { source: `device ${command.device}` });
    if (!device.actions.some(({ name }) => name === command.action.name) || part.write === undefined)
      throw new BothyError("NOT_WRITABLE", { source: device.info });
    const { write } = part;
    return this.#carried(signal, (stop) => write(command, stop, superseded));
  }

  /** Looks anew at everything the BMC has. @throws BothyError */
  async refresh(): Promise<void> {
    this.#mustBeOpen();
    await this.#look(true);
  }

  /** Something has happened, somebody says: the event log and the sensors are read now, and published. */
  async nudge(): Promise<void> {
    const { clock } = this.#deps;
    if (this.#over.signal.aborted || clock.monotonic() - this.#nudged < leastBetweenNudges) return;
    this.#nudged = clock.monotonic();
    const asked = { priority: priority.control, signal: this.#over.signal };
    for (const name of ["events", "chassis", "sensors"]) {
      const readings = await this.#proven()
        .then(() => this.#pollNamed(name)?.read(asked))
        .catch((thrown: unknown) => {
          this.#complain(thrown);
        });
      if (readings !== undefined && !this.#isOver()) this.#deps.publish(readings);
    }
  }

  close(): Promise<void> {
    this.#finish(undefined);
    return this.#client.close();
  }

  report(): object {
    const { state } = this.#client;
    const { insecure } = this.#settings;
    return {
      bmc: this.#known.about,
      session:
        state.kind === "open"
          ? { state: state.kind, ...state.session, level: levelName(state.session.level) }
          : { state: state.kind, ...(state.kind === "lost" ? { reason: state.reason.message } : {}) },
      ...(insecure.length === 0 ? {} : { insecure: insecure.map((choice) => meanings[choice]) }),
      ...this.#known.notes,
      statistics: countsOf(this.#client.statistics()),
    };
  }

  #pollNamed(id: string): PartPoll | undefined {
    return this.#parts.flatMap(({ polls }) => polls).find((poll) => poll.id === id);
  }

  /** Hands on what comes of requests, unless their caller goes; an account that is refused ends the connection. */
  async #carried<T>(caller: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, done } = firstOf(caller, this.#over.signal);
    const stopped = (): BothyError => new BothyError("STOPPED", { source: this.#settings.name });
    try {
      return await abortable(work(signal), signal, stopped);
    } catch (thrown) {
      const error = asBothyError(thrown, this.#settings.name);
      const reason = refusalOf(error);
      if (reason !== undefined && reason !== "no-answer" && !error.retry) this.#finish(error);
      throw error;
    } finally {
      done();
    }
  }

  /** One at a time. */
  #look(anew: boolean): Promise<void> {
    this.#learning ??= this.#learnOnce(anew).finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  async #learnOnce(anew: boolean): Promise<void> {
    const known = await this.#learner.learn(anew);
    if (this.#isOver()) return;
    if (known !== this.#known) this.#adopt(known);
    this.#learner.learnMore(known).catch((thrown: unknown) => this.#complain(thrown));
  }

  /**
   * Nothing is said of what was read by kept records before it is certain that they are of this BMC; if they are not,
   * they are read first, and what was read by the others is nobody's.
   */
  #proven(): Promise<void> {
    if (this.#learner.isProven) return Promise.resolve();
    const prove = async (): Promise<void> => {
      if (!(await this.#learner.prove())) await this.#look(false);
    };
    return (this.#proof ??= prove().finally(() => (this.#proof = undefined)));
  }

  async #tryLook(): Promise<void> {
    await this.#look(false).catch((thrown: unknown) => this.#complain(thrown));
  }

  /** Makes devices of what is known. */
  #adopt(known: Known): void {
    const { deps, name } = { deps: this.#deps, name: this.#settings.name };
    const parts = partsOf(this.#partDeps, this.#host, known, deps);
    const found: LinkDeps["found"] = (devices) => {
      const ids = new Set(devices.map(({ id }) => id));
      this.#parts = parts;
      this.#polls = pollsOf(parts, name, ids);
      deps.found(devices);
    };
    const devices = declare(
      parts.flatMap((part) => part.devices),
      { found, log: deps.log },
      name,
    );
    this.#known = known;
    remember(deps.memory, devices);
  }

  #complain(thrown: unknown): void {
    const { name } = this.#settings;
    const error = asBothyError(thrown, name);
    if (!this.#isOver() && error.code !== "STOPPED")
      this.#deps.log.warn({ link: name, code: error.code }, `${name}: ${error.message}`);
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #mustBeOpen(): void {
    if (this.#isOver()) throw new BothyError("STOPPED", { source: this.#settings.name });
  }

  #finish(reason: BothyError | undefined): void {
    if (this.#isOver()) return;
    this.#over.abort();
    this.#end(reason);
  }
}

/** Without the values of devices that were not declared. */
const pollsOf = (parts: readonly Part[], unit: string, ids: ReadonlySet<string>): readonly Poll[] =>
  parts
    .flatMap(({ polls }) => polls)
    .flatMap(({ id, period, values, local }) => {
      const own = values.filter(({ device }) => ids.has(device));
      return own.length === 0
        ? []
        : [{ id, period, values: own, unit: local === true ? "" : unit, priority: priority.poll }];
    });

/** Without what only a chart can show. */
function countsOf({ roundTrip, ...counts }: BmcStatistics): object {
  const { count, seconds } = roundTrip;
  return { ...counts, ...(count === 0 ? {} : { averageRoundTrip: (1000 * seconds) / count }) };
}
