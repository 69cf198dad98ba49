import type { Alarm } from "../contract.ts";
import { failSafeOf, type FailSafeMode, underFailSafe } from "../library/fail-safe.ts";
import { hysteresis, shown } from "../library/timing.ts";
import type { Validated } from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { alarm } from "./parts.ts";

/** What a zone's fans are to be when it cannot be trusted. */
export interface ZoneFailSafe {
  readonly failSafeDuty: number;
  readonly failSafeMode: FailSafeMode;
  readonly hotAt: number;
  readonly minDuty: number;
}

/** Fan duty of a zone that cannot be trusted, %: more when it is hot already. @param inlet °C as it was known last */
export const zoneFailSafe = (inlet: number | null, s: ZoneFailSafe): number =>
  inlet !== null && inlet > s.hotAt ? 100 : s.failSafeDuty;

/** What the fans are to be when the zone's controller is not asked any more. @param duty commanded last, % */
export const lastDuty = (inlet: number | null, duty: number, s: ZoneFailSafe): number =>
  underFailSafe(duty, zoneFailSafe(inlet, s), s.failSafeMode) ?? s.failSafeDuty;

/** Sensors that are not believed and have a fail-safe duty of their own, by a tag such as `fail-safe:90`. */
export interface Lost {
  /** The largest of theirs, %; undefined: none is lost. */
  readonly duty: number | undefined;
  readonly limits: readonly string[];
  /** Tags that say no duty. */
  readonly alarms: readonly Alarm[];
}

/** @param judged each of them, as it is believed, in the same order */
export function lostSensors(
  all: readonly Observation[],
  judged: { readonly sensors: readonly Pick<Validated["sensors"][number], "value">[] },
  s: ZoneFailSafe,
): Lost {
  const own: number[] = [];
  const names: string[] = [];
  const alarms: Alarm[] = [];
  for (const [i, { from, tags, device }] of all.entries()) {
    const said = ownText(tags);
    if (said === undefined) continue;
    const duty = Number(said);
    if (!(duty > 0 && duty <= 100)) {
      const text = `the tag fail-safe:${said} of ${from} is no duty above 0 and up to 100 %: the zone's applies`;
      alarms.push(alarm(`fail-safe-tag:${from}`, "notice", text, device));
    } else if (judged.sensors[i]?.value === undefined) {
      own.push(Math.max(s.minDuty, duty));
      names.push(from);
    }
  }
  const duty = failSafeOf(own, s.failSafeDuty);
  const limits = duty === undefined ? [] : [`${names.join(", ")} not believed: ${shown(duty)} %`];
  return { duty, limits, alarms };
}

/** Both of two: the larger duty. */
export const bothLost = (one: Lost, other: Lost): Lost => ({
  duty: one.duty === undefined ? other.duty : Math.max(one.duty, other.duty ?? 0),
  limits: [...one.limits, ...other.limits],
  alarms: [...one.alarms, ...other.alarms],
});

/** Fan duty while no inlet is believable, %. @param held before that */
export function blindDuty(held: number, inlet: number | null, lost: Lost, s: ZoneFailSafe): number {
  const zone = zoneFailSafe(inlet, s);
  const failSafe = Math.max(zone, lost.duty ?? 0);
  return underFailSafe(held, failSafe, s.failSafeMode) ?? failSafe;
}

/** A decided duty, and what lost sensors make of it. */
export const withLost = (duty: number, lost: Lost, { failSafeMode }: ZoneFailSafe): number =>
  underFailSafe(duty, lost.duty, failSafeMode) ?? duty;

/** K below the critical inlet temperature at which it is over. */
const criticalBand = 2;

/**
 * Whether the hottest inlet is so hot that all air there is must move, whatever a loop, a table or a limit says.
 * @param allowed °C that are allowed for a while; more than what is critical otherwise goes before it
 */
export function isCritical(
  before: boolean,
  inlet: number,
  allowed: number | undefined,
  { criticalAt }: { readonly criticalAt: number },
): boolean {
  const on = Math.max(criticalAt, allowed ?? 0);
  return hysteresis(before, inlet, { on, off: on - criticalBand });
}

export const criticalText = "the inlet is critical: fans at 100 %";

const ownText = (tags: readonly string[]): string | undefined => {
  for (const tag of tags) {
    const found = /(?:^|\/)fail-safe:(.+)$/.exec(tag)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
};
