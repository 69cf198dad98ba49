import type { Millis } from "../../devices/clock.ts";
import type { Alarm } from "../contract.ts";

const kinds = ["limit", "oscillation"] as const;
type Kind = (typeof kinds)[number];

/**
 * Which alarms of a step speak against the version that made it. What is said of a device is the device's fault; any
 * other major or critical one says that something is beyond its limits.
 */
const speaksOf = ({ id, severity, device }: Alarm): Kind | undefined => {
  if (id === "oscillation") return "oscillation";
  return device === undefined && (severity === "major" || severity === "critical") ? "limit" : undefined;
};

/** Whether it goes worse with a version than it did with the one before. */
export class Misgivings {
  /** On the monotonic clock: when something was last seen. */
  readonly #seen = new Map<Kind, Millis>();

  /** Alarms of one step of whichever version is in force. */
  see(now: Millis, alarms: readonly Alarm[]): void {
    for (const alarm of alarms) {
      const kind = speaksOf(alarm);
      if (kind !== undefined) this.#seen.set(kind, now);
    }
  }

  /** What a version is not blamed for: it was so within the time before it. */
  since(moment: Millis): ReadonlySet<Kind> {
    return new Set(kinds.filter((kind) => (this.#seen.get(kind) ?? -Infinity) >= moment));
  }
}

/** @param excused see `Misgivings.since` @returns the first alarm that speaks against a version, for people */
export function against(alarms: readonly Alarm[], excused: ReadonlySet<Kind>): string | undefined {
  const found = alarms.find((alarm) => {
    const kind = speaksOf(alarm);
    return kind !== undefined && !excused.has(kind);
  });
  return found === undefined ? undefined : `${found.text} (alarm ${found.id}, which the one before had not)`;
}
