import type { Clock, Instant, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import type { AlarmFlood } from "./alarm-flood.ts";
import { AlarmNames } from "./alarm-names.ts";
import type { AlarmParents, Candidate, Placed } from "./alarm-parents.ts";
import { AlarmRules, type KeptAlarm } from "./alarm-rules.ts";
import type { AlarmRule, By, ControllerEvent, Latch, StandingAlarm } from "./api.ts";
import type { Origin } from "./origin.ts";

/** Those the runtime has because something is missing. */
const lackIds: ReadonlySet<string> = new Set(["fail-safe", "held"]);

export interface StandingAlarmsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly event: (event: ControllerEvent) => void;
  /** Of all controllers of the site together. */
  readonly parents: AlarmParents;
  readonly flood: AlarmFlood;
}

/** Which alarms of one controller stand, and since when. Those that are part of others stand too, but nobody is told. */
export class StandingAlarms {
  readonly #controller: string;
  readonly #deps: StandingAlarmsDeps;
  readonly #names = new AlarmNames();
  readonly #rules: AlarmRules;
  readonly #standing = new Map<string, StandingAlarm>();
  #said: readonly Alarm[] = [];
  #origin: Origin | undefined;
  /** By id, on the monotonic clock: since when it has been so without a break, whatever the rules make of it. */
  readonly #began = new Map<string, Millis>();
  /** Of those a program before had, until they stand: when they began. */
  readonly #since = new Map<string, Instant>();
  /** Ids of those that people were told of. */
  readonly #told = new Set<string>();

  constructor(
    controller: string,
    rules: Readonly<Record<string, AlarmRule>> | undefined,
    deps: StandingAlarmsDeps,
  ) {
    this.#controller = controller;
    this.#rules = new AlarmRules(rules ?? {});
    this.#deps = deps;
  }

  get all(): readonly StandingAlarm[] {
    return [...this.#standing.values()];
  }

  /** Latched ones, which stand after a restart too. */
  get kept(): readonly KeptAlarm[] {
    const { clock } = this.#deps;
    return this.#rules.kept((id) => this.#standing.get(id)?.since ?? clock.now());
  }

  /** Goes on with what was kept. */
  resume(kept: readonly KeptAlarm[]): void {
    this.#rules.resume(this.#deps.clock.monotonic(), kept);
    for (const { alarm, since } of kept) this.#since.set(alarm.id, since);
  }

  /** @throws BothyError `NOT_FOUND` when it does not stand, `BAD_INPUT` when it does not latch */
  acknowledge(id: string, by: By): void {
    const alarm = this.#standing.get(id);
    const controller = this.#controller;
    if (alarm === undefined) {
      const there = [...this.#standing.keys()].join(", ") || "none";
      const source = `alarm ${id} of controller ${controller}, of which these stand: ${there};`;
      throw new BothyError("NOT_FOUND", { source });
    }
    const { clock, log, event } = this.#deps;
    if (!this.#rules.acknowledge(id, { ...by, at: clock.now() })) {
      const fault = "it does not latch: it ends with its condition";
      throw new BothyError("BAD_INPUT", { source: `alarm ${id} of controller ${controller}`, fault });
    }
    log.info({ controller, alarm: id, ...by }, `${by.who} acknowledges ${id} of ${controller}`);
    event({ kind: "acknowledged", controller, by, alarm });
    this.#set(this.#said);
  }

  /** Something happened that somebody has to see: it stands until then, or until it is released. */
  latch(alarm: Alarm): void {
    this.#rules.latch(this.#deps.clock.monotonic(), alarm);
    this.#set(this.#said);
  }

  /** What was latched means nothing any more. */
  release(id: string): void {
    this.#rules.release(id);
    this.#set(this.#said);
  }

  /**
   * Everything that stands now; tells what began and what ended.
   * @param origin of `fail-safe` or `held`: everything that is missing comes from these
   * @returns whether what is to be kept has changed
   */
  set(alarms: readonly Alarm[], origin?: Origin): boolean {
    const before = this.#rules.latchedIds;
    this.#origin = origin;
    this.#set(alarms);
    return before !== this.#rules.latchedIds;
  }

  #set(alarms: readonly Alarm[]): void {
    this.#said = alarms;
    const { clock, parents } = this.#deps;
    const now = clock.monotonic();
    const steady = this.#names.steady(alarms);
    this.#mark(now, steady);
    const buses = parents.busesOf(steady.map((alarm) => this.#candidate(alarm)));
    const present = buses.length === 0 ? steady : [...steady, ...buses];
    const ruled = this.#rules.step(now, present);
    if (ruled.length === 0 && this.#standing.size === 0) return;
    const latches = new Map(
      ruled.flatMap(({ alarm, latch }) => (latch === undefined ? [] : [[alarm.id, latch]])),
    );
    const ids = new Set<string>();
    const all = ruled.map(({ alarm }) => this.#candidate(alarm));
    for (const placed of parents.place(this.#controller, all)) {
      ids.add(placed.alarm.id);
      this.#stand(placed, latches.get(placed.alarm.id));
    }
    for (const [id, alarm] of this.#standing)
      if (!ids.has(id)) {
        this.#standing.delete(id);
        if (this.#told.delete(id)) this.#tell("cleared", alarm);
      }
  }

  #mark(now: Millis, alarms: readonly Alarm[]): void {
    const ids = new Set(alarms.map(({ id }) => id));
    for (const id of this.#began.keys()) if (!ids.has(id) && !this.#standing.has(id)) this.#began.delete(id);
    // What a step said before this program began may be so for any reason.
    for (const { id, asOf } of alarms)
      if (!this.#began.has(id)) this.#began.set(id, asOf === undefined ? now : -Infinity);
  }

  #candidate(alarm: Alarm): Candidate {
    const { id } = alarm;
    return {
      alarm,
      began: this.#began.get(id) ?? -Infinity,
      origin: lackIds.has(id) ? this.#origin : undefined,
      was: this.#standing.get(id)?.partOf,
    };
  }

  #stand(placed: Placed, latch: Latch | undefined): void {
    const { alarm, partOf } = placed;
    const { id } = alarm;
    const since = this.#standing.get(id)?.since ?? this.#since.get(id) ?? this.#deps.clock.now();
    this.#since.delete(id);
    const part = partOf === undefined ? {} : { partOf };
    const latched = latch === undefined ? {} : { latch };
    const standing = { ...alarm, controller: this.#controller, since, ...part, ...latched };
    this.#standing.set(id, standing);
    if (partOf !== undefined || this.#told.has(id) || this.#deps.parents.isOpen(placed)) return;
    this.#told.add(id);
    this.#tell("raised", standing);
  }

  #tell(kind: "raised" | "cleared", alarm: StandingAlarm): void {
    if (kind === "cleared" || this.#isLogged(alarm)) this.#log(kind, alarm);
    this.#deps.event({ kind, controller: this.#controller, alarm });
  }

  #isLogged({ severity }: StandingAlarm): boolean {
    const { told, last } = this.#deps.flood.begins(severity);
    if (last)
      this.#deps.log.warn({}, "more than 10 alarms began within 10 min: further ones are only listed");
    return told;
  }

  #log(kind: "raised" | "cleared", { id, severity, text }: StandingAlarm): void {
    const controller = this.#controller;
    const grave = kind === "raised" && (severity === "major" || severity === "critical");
    const over = kind === "raised" ? "" : "over: ";
    this.#deps.log[grave ? "warn" : "info"](
      { controller, alarm: id, severity },
      `${controller}: ${over}${text}`,
    );
  }
}
