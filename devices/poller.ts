import type { Cancel, Clock, Instant, Millis } from "./clock.ts";
import { asBothyError, BothyError } from "./errors.ts";
import { type Connection, type Log, type Poll, type Priority, priority, type ReadOptions } from "./plugin.ts";
import type { Reading, Reason } from "./reading.ts";
import type { ReadingStore } from "./store.ts";
import { Silence } from "./silence.ts";
import { type ValueId, valueKey } from "./value-id.ts";

/** How long a value may go unread before it no longer counts. */
export const maxAge = (period: Millis): Millis => 3 * period + 5000;

/** A read that has not settled after this long never will. */
const hangAfter = (period: Millis): Millis => Math.max(10 * period, 300_000);

/** What brought bad values is read again after this long, then after twice as long, up to its period. */
const firstRepeat: Millis = 10_000;

/** How many polls may be under way of units that never answered so far, or are silent: those may all be dead. */
const mostTries = { new: 16, silent: 1 } as const;

/** Puts one deadline behind another. */
const justAfter: Millis = 0.001;

/** Plain JSON, for `GET /api/buses`. Counts since the link was started. */
export interface PollerStats {
  readonly polls: number;
  /** How many are waiting for the line or being answered. */
  readonly running: number;
  readonly runs: number;
  /** Runs that failed as a whole. */
  readonly failed: number;
  /** Periods that went by without an answer because the line was not free in time. */
  readonly missed: number;
  /** Units that do not answer, and are tried with one poll at a time. */
  readonly silentUnits: readonly string[];
}

/** What a poller counts; kept by the link while connections come and go. */
export interface PollCounts {
  runs: number;
  failed: number;
  missed: number;
}

export interface PollerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ReadingStore;
  readonly counts: PollCounts;
  /** Told once when a read does not settle: the connection is beyond help. */
  readonly hung: (error: BothyError) => void;
}

/** A poll and where it stands. */
interface Task {
  readonly poll: Poll;
  readonly period: Millis;
  /** When the current or next run is due to start. */
  release: Millis;
  /** When the answer of the run under way is due. */
  deadline: Millis;
  /** How urgent the run under way is. */
  urgency: Priority;
  started: Millis;
  abort: AbortController | undefined;
  running: Promise<void> | undefined;
  /** Whether the last run ended after its deadline. */
  late: boolean;
  /** How many runs in a row brought bad values. */
  flawed: number;
  /** Whether its unit is silent and it is not its turn to try. */
  parked: boolean;
  promotions: number;
}

/** What a run brought. `reason`: why the poll as a whole brought nothing. */
interface Outcome {
  readonly readings: readonly Reading[];
  readonly reason?: Reason;
}

/** Runs the polls of one open connection on their deadlines and publishes what they bring. */
export class Poller {
  readonly #connection: Connection;
  readonly #deps: PollerDeps;
  readonly #tasks: readonly Task[];
  readonly #byValue = new Map<string, Task>();
  readonly #silence: Silence<Task>;
  #stopped = false;
  #armed: Millis = Infinity;
  #cancel: Cancel = () => undefined;

  constructor(connection: Connection, deps: PollerDeps) {
    this.#connection = connection;
    this.#deps = deps;
    const now = deps.clock.monotonic();
    this.#tasks = connection.polls.map((poll) => newTask(poll, now));
    this.#silence = new Silence(
      this.#tasks.map((task) => ({ member: task, unit: task.poll.unit, period: task.period })),
    );
    for (const task of this.#tasks) {
      for (const id of task.poll.values) this.#byValue.set(valueKey(id), task);
    }
  }

  /** Everything is due at once; whoever is most urgent goes first. */
  start(): void {
    const now = this.#deps.clock.monotonic();
    for (const task of this.#tasks) {
      this.#deps.store.expect(task.poll.values, task.poll.maxAge ?? maxAge(task.period));
      task.release = now;
    }
    this.#tick();
  }

  /** Starts nothing more, calls off what is under way, and publishes nothing from now on. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    for (const task of this.#tasks) task.abort?.abort();
  }

  /** Runs the polls of these values as urgently as a controller needs them, until the returned function is called. */
  promote(ids: readonly ValueId[]): () => void {
    const tasks = new Set(ids.flatMap((id) => this.#byValue.get(valueKey(id)) ?? []));
    for (const task of tasks) task.promotions++;
    return () => {
      for (const task of tasks) task.promotions--;
      tasks.clear();
    };
  }

  /**
   * Reads the poll of a value now, out of turn and before all other polls, and publishes what it brings.
   * @returns once that is stored; at once when no poll brings the value
   */
  async refresh(id: ValueId): Promise<void> {
    const task = this.#byValue.get(valueKey(id));
    if (task === undefined) return;
    // A run under way may have been answered before what the caller wants to see has happened.
    while (task.running !== undefined) await task.running;
    if (!this.#stopped) await this.#run(task, priority.control);
  }

  stats(): PollerStats {
    return {
      polls: this.#tasks.length,
      running: this.#tasks.filter((task) => task.running !== undefined).length,
      ...this.#deps.counts,
      silentUnits: this.#silence.units(),
    };
  }

  #tick(): void {
    if (this.#stopped) return;
    const now = this.#deps.clock.monotonic();
    this.#armed = Infinity;
    let next = Infinity;
    const due: Task[] = [];
    for (const task of this.#tasks) {
      if (task.running !== undefined) {
        if (task.started + hangAfter(task.period) <= now) this.#hang(task);
        else next = Math.min(next, task.started + hangAfter(task.period));
      } else if (!task.parked) {
        if (task.release <= now) due.push(task);
        else next = Math.min(next, task.release);
      }
    }
    // The first one asked for finds the line free, so it had better be the most urgent one.
    for (const task of due.sort(byUrgency)) if (this.#admits(task)) void this.#run(task);
    this.#arm(next);
  }

  /** Looks again at `due`, unless that happens earlier anyway. */
  #arm(due: Millis): void {
    if (this.#stopped || due >= this.#armed) return;
    this.#cancel();
    this.#armed = due;
    this.#cancel = this.#deps.clock.at(due, () => this.#tick());
  }

  /**
   * Every try of a dead unit costs the line a time-out. So they are few at once, and they get the time that is left
   * by units which answer: however many are dead, the others are read as if they were not there.
   */
  #admits(task: Task): boolean {
    const standing = this.#silence.standing(task);
    if (standing === "answers") return true;
    const under = this.#tasks.filter(
      (other) => other.running !== undefined && this.#silence.standing(other) === standing,
    );
    return under.length < mostTries[standing];
  }

  #urgency(task: Task): Priority {
    const urgency = urgencyOf(task);
    const patient = urgency === priority.poll && this.#silence.standing(task) !== "answers";
    return patient ? priority.background : urgency;
  }

  #run(task: Task, urgency: Priority = this.#urgency(task)): Promise<void> {
    const abort = new AbortController();
    task.abort = abort;
    task.started = this.#deps.clock.monotonic();
    task.deadline = task.release + task.period;
    task.urgency = urgency;
    this.#takeTurn(task);
    const { deadline } = task;
    const { signal } = abort;
    const run = this.#read(task, { deadline, priority: task.urgency, signal }).then((outcome) => {
      task.running = undefined;
      task.abort = undefined;
      if (!this.#stopped) this.#settled(task, outcome, signal.aborted);
    });
    task.running = run;
    this.#arm(task.started + hangAfter(task.period));
    return run;
  }

  /**
   * While the line has more to do than it can, it is shared: whoever comes goes behind all that wait already. A poll
   * that could not keep its own period also goes behind what is less urgent, once that is overdue. So nobody starves,
   * and what is urgent still goes first as long as it does not fill the line by itself.
   */
  #takeTurn(task: Task): void {
    const waiting = this.#tasks.filter((other) => other !== task && other.running !== undefined);
    const overdue = (other: Task): boolean => other.release + other.period < task.started;
    const own = task.urgency;
    for (const other of waiting) {
      // Who is as urgent and had to step back waits behind those it stepped back for; so does whoever comes now.
      const steppedBack = this.#urgency(other) <= own;
      if (other.urgency > task.urgency && (task.late || steppedBack) && overdue(other))
        task.urgency = other.urgency;
    }
    const rivals = waiting.filter(({ urgency }) => urgency === task.urgency);
    if (!task.late && !rivals.some(overdue)) return;
    for (const { deadline } of rivals) task.deadline = Math.max(task.deadline, deadline + justAfter);
  }

  async #read(task: Task, options: ReadOptions): Promise<Outcome> {
    try {
      const readings = await this.#connection.read(task.poll, options);
      const reason = commonReason(readings);
      return reason === undefined ? { readings } : { readings, reason };
    } catch (thrown) {
      const { code, message } = asBothyError(thrown, `poll ${task.poll.id}`);
      const reason = { code, text: message };
      return { readings: badReadings(task.poll.values, this.#deps.clock.now(), reason), reason };
    }
  }

  #settled(task: Task, outcome: Outcome, calledOff: boolean): void {
    const now = this.#deps.clock.monotonic();
    const before = this.#silence.standing(task);
    // A run that was called off and brought nothing says nothing about its unit.
    if (!calledOff || outcome.reason === undefined) {
      this.#count(task, outcome, now);
      this.#publish(task, outcome.readings);
      this.#heed(task, now, outcome.reason);
    }
    // Whoever was not admitted for the sake of this one may be now.
    if (before !== "answers") this.#tick();
    if (task.running !== undefined || task.parked) return;
    if (task.release > now) this.#arm(task.release);
    else if (this.#admits(task)) void this.#run(task);
  }

  /**
   * Deadlines advance from deadlines; those that passed are counted and not caught up. What was read before its time,
   * by `refresh`, stays planned as it is.
   */
  #count(task: Task, outcome: Outcome, now: Millis): void {
    const { counts } = this.#deps;
    counts.runs++;
    if (outcome.reason !== undefined) counts.failed++;
    task.flawed = outcome.readings.some(isUnread) ? task.flawed + 1 : 0;
    if (now >= task.release) {
      const passed = Math.floor((now - task.release) / task.period);
      task.late = now > task.release + task.period;
      if (task.late) counts.missed += passed;
      task.release += task.period * Math.max(1, passed);
    }
    // What is read seldom would stay bad for long, though the fault may have been a moment's.
    if (task.flawed > 0)
      task.release = Math.min(task.release, now + firstRepeat * 2 ** Math.min(task.flawed - 1, 20));
  }

  #publish(task: Task, readings: readonly Reading[]): void {
    const { store, clock } = this.#deps;
    store.publish(readings);
    if (readings.length >= task.poll.values.length) return;
    const given = new Set(readings.map(({ id }) => valueKey(id)));
    const missing = task.poll.values.filter((id) => !given.has(valueKey(id)));
    const fault = "the answer was read, but says nothing of this value";
    const error = new BothyError("INTERNAL", { source: `poll ${task.poll.id}`, fault });
    store.publish(badReadings(missing, clock.now(), { code: error.code, text: error.message }));
  }

  /** Draws the conclusions of a run for the other polls of its unit. */
  #heed(task: Task, now: Millis, reason: Reason | undefined): void {
    const verdict = this.#silence.heed(task, now, reason?.code);
    const { unit } = task.poll;
    switch (verdict.kind) {
      case "fine":
        return;
      case "alone":
        task.release = Math.max(task.release, now + verdict.delay);
        return;
      case "awake":
        for (const member of verdict.members) {
          member.parked = false;
          if (member !== task) member.release = now;
        }
        this.#deps.log.info({ unit }, `${unit} answers again`);
        this.#tick();
        return;
      case "silent":
        if (verdict.entered)
          this.#deps.log.warn({ unit, reason }, `${unit} does not answer; trying it now and then`);
        for (const member of verdict.members) this.#quiet(member, task, reason);
        verdict.probe.parked = false;
        verdict.probe.release = now + verdict.delay;
        this.#arm(verdict.probe.release);
    }
  }

  /** Leaves a poll of a silent unit alone; its values are as unreadable as those of the poll that just failed. */
  #quiet(member: Task, failed: Task, reason: Reason | undefined): void {
    member.parked = true;
    member.late = false;
    member.abort?.abort();
    if (member === failed || reason === undefined) return;
    this.#deps.store.publish(badReadings(member.poll.values, this.#deps.clock.now(), reason));
  }

  #hang(task: Task): void {
    const source = `poll ${task.poll.id}`;
    const timeout = Math.round(hangAfter(task.period));
    this.#deps.hung(new BothyError("NO_ANSWER", { source, timeout }));
  }
}

function newTask(poll: Poll, now: Millis): Task {
  const period = Math.max(1, poll.period);
  return {
    poll,
    period,
    release: now,
    deadline: now + period,
    urgency: poll.priority,
    started: now,
    abort: undefined,
    running: undefined,
    late: false,
    flawed: 0,
    parked: false,
    promotions: 0,
  };
}

function urgencyOf(task: Task): Priority {
  return task.promotions > 0 && task.poll.priority > priority.control ? priority.control : task.poll.priority;
}

const byUrgency = (a: Task, b: Task): number =>
  urgencyOf(a) - urgencyOf(b) || a.release + a.period - (b.release + b.period);

/** Not that there is no value: who says so has answered, and says the same the next moment. */
const isUnread = (reading: Reading): boolean => reading.quality === "bad" && reading.reason.code !== "ABSENT";

/** Why all of these are bad; undefined when one is not or has no value, or there are none. The first one's reason stands for all. */
function commonReason(readings: readonly Reading[]): Reason | undefined {
  const [first] = readings;
  if (first?.quality !== "bad" || !isUnread(first)) return undefined;
  const { code } = first.reason;
  const same = readings.every((reading) => reading.quality === "bad" && reading.reason.code === code);
  return same ? first.reason : undefined;
}

const badReadings = (ids: readonly ValueId[], at: Instant, reason: Reason): readonly Reading[] =>
  ids.map((id) => ({ id, at, quality: "bad", reason }));
