import type { Instant } from "../../devices/clock.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import type { ControllerEvent, StandingAlarm } from "./api.ts";

/** Which alarms of one controller stand, and since when. */
export class StandingAlarms {
  readonly #controller: string;
  readonly #deps: { readonly log: Log; readonly event: (event: ControllerEvent) => void };
  readonly #standing = new Map<string, StandingAlarm>();

  constructor(
    controller: string,
    deps: { readonly log: Log; readonly event: (event: ControllerEvent) => void },
  ) {
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
    for (const alarm of alarms) {
      ids.add(alarm.id);
      const before = this.#standing.get(alarm.id);
      const standing = { ...alarm, controller: this.#controller, since: before?.since ?? now };
      this.#standing.set(alarm.id, standing);
      if (before === undefined) this.#tell("raised", standing);
    }
    for (const [id, alarm] of this.#standing)
      if (!ids.has(id)) {
        this.#standing.delete(id);
        this.#tell("cleared", alarm);
      }
  }

  #tell(kind: "raised" | "cleared", alarm: StandingAlarm): void {
    const { id, severity, text } = alarm;
    const controller = this.#controller;
    const grave = kind === "raised" && (severity === "major" || severity === "critical");
    const over = kind === "raised" ? "" : "over: ";
    this.#deps.log[grave ? "warn" : "info"](
      { controller, alarm: id, severity },
      `${controller}: ${over}${text}`,
    );
    this.#deps.event({ kind, controller, alarm });
  }
}
