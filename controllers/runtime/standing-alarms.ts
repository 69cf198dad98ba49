import type { Instant } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import type { AlarmFlood } from "./alarm-flood.ts";
import { AlarmNames } from "./alarm-names.ts";
import type { AlarmParents, Placed } from "./alarm-parents.ts";
import type { ControllerEvent, StandingAlarm } from "./api.ts";

export interface StandingAlarmsDeps {
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
  readonly #standing = new Map<string, StandingAlarm>();
  /** Ids of those that people were told of. */
  readonly #told = new Set<string>();

  constructor(controller: string, deps: StandingAlarmsDeps) {
    this.#controller = controller;
    this.#deps = deps;
  }

  get all(): readonly StandingAlarm[] {
    return [...this.#standing.values()];
  }

  /** Everything that stands now; tells what began and what ended. */
  set(now: Instant, alarms: readonly Alarm[]): void {
    if (alarms.length === 0 && this.#standing.size === 0) return;
    const ids = new Set<string>();
    for (const placed of this.#deps.parents.place(this.#controller, this.#names.steady(alarms))) {
      ids.add(placed.alarm.id);
      this.#stand(now, placed);
    }
    for (const [id, alarm] of this.#standing)
      if (!ids.has(id)) {
        this.#standing.delete(id);
        if (this.#told.delete(id)) this.#tell("cleared", alarm);
      }
  }

  #stand(now: Instant, { alarm, partOf }: Placed): void {
    const { id } = alarm;
    const since = this.#standing.get(id)?.since ?? now;
    const part = partOf === undefined ? {} : { partOf };
    const standing = { ...alarm, controller: this.#controller, since, ...part };
    this.#standing.set(id, standing);
    if (partOf !== undefined || this.#told.has(id)) return;
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
