import type { Alarm } from "../contract.ts";
import type { DamperWatchResult } from "../library/damper-watch.ts";
import type { EconomiserInput } from "../library/economiser.ts";
import { type Air, airOf } from "../library/psychrometrics.ts";
import { within } from "../library/timing.ts";
import type { Applied, Observation, Sample } from "../sample.ts";
import { alarm, median, said, there } from "./parts.ts";

type Thermal = { readonly temperature: number } & Partial<Air>;

/** Air at one place, as far as sensors there tell. */
export function airFrom(
  temperature: readonly Observation[],
  humidity: readonly Observation[],
): Thermal | undefined {
  const t = median(temperature);
  const rh = median(humidity);
  if (t === undefined) return undefined;
  return rh === undefined ? { temperature: t } : airOf(t, rh);
}

/** What is in force of a damper in several parts: the part that is open furthest. */
export function positionOf(targets: readonly Applied[]): number | undefined {
  const numbers = targets.map(({ value }) => value).filter((value) => typeof value === "number");
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** What compressors do, by the capacity they report; those that report none are at rest. */
export function compressorsOf(
  capacity: readonly Observation[],
  { idleCapacity }: { readonly idleCapacity: number },
): EconomiserInput["compressors"] {
  const most = Math.max(0, ...there(capacity).map(({ value }) => value));
  return most <= 0 ? "rest" : most <= idleCapacity ? "least" : "more";
}

/** Whether the damper's unit does what it is told: by its own thermostat it does not. */
export const obeys = (modes: readonly Observation<string>[]): boolean =>
  there(modes).every(({ value }) => value === "remote");

/** Position at which the mixture has a temperature, %: where the damper begins when outdoor air is let in. */
export function openingFor(celsius: number, back: Thermal | undefined, outdoor: Thermal | undefined): number {
  if (back === undefined || outdoor === undefined || back.temperature <= outdoor.temperature) return 100;
  return within((100 * (back.temperature - celsius)) / (back.temperature - outdoor.temperature), 0, 100);
}

/** Above this outdoor temperature, °C, a damper is not left open to itself: as much as it cools now it may heat later. */
const coolOutdoors = 18;

/**
 * Where a damper stays when nobody decides any more, %: where it is, if outdoors is known to be cool and nothing keeps it
 * out; otherwise at its minimum.
 */
export const safePosition = (
  position: number,
  outdoor: number | undefined,
  against: readonly string[],
  { damperMinimum }: { readonly damperMinimum: number },
): number =>
  outdoor !== undefined && outdoor <= coolOutdoors && against.length === 0
    ? Math.max(damperMinimum, position)
    : damperMinimum;

/** What others have against outdoor air, for people. */
export function shutOut(inputs: {
  readonly smoke: Sample | undefined;
  readonly keepOut: Sample | undefined;
  readonly dust: readonly Observation<string>[];
}): readonly string[] {
  const reasons: string[] = [];
  if (said(inputs.smoke)) reasons.push("there is smoke");
  if (said(inputs.keepOut)) reasons.push("moisture keeps it out");
  if (there(inputs.dust).some(({ value }) => value === "alarm" || value === "on"))
    reasons.push("there is dust outdoors");
  return reasons;
}

/** What is wrong with damper, filter and outdoor probes, for people. */
export function alarmsOf({
  wear,
  watch,
  loaded,
  blind,
}: {
  readonly wear: "day" | "life" | undefined;
  readonly watch: DamperWatchResult;
  readonly loaded: boolean;
  /** No outdoor probe gives a temperature. */
  readonly blind: boolean;
}): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (blind)
    alarms.push(
      alarm(
        "outdoor-unknown",
        "warning",
        "no outdoor probe answers: outdoor air stays out; check it and its line",
      ),
    );
  if (watch.stuck) {
    const text = `${watch.against[0] ?? "the damper does not move"}: look at its motor, then raise \`resets\``;
    alarms.push(alarm("damper-stuck", "major", text));
  }
  if (watch.noAir) {
    const text =
      "the damper says that it is open, but does not cool as it should: look at its linkage, the filter and the outdoor probe, then raise `resets`";
    alarms.push(alarm("damper-no-air", "major", text));
  }
  if (loaded) alarms.push(alarm("filter-loaded", "warning", "the filter is loaded: change it"));
  if (wear === "day")
    alarms.push(alarm("damper-travel", "notice", "the damper moves too much: lower `gain`"));
  if (wear === "life")
    alarms.push(
      alarm("damper-worn", "notice", "the damper's motor has done 90 % of its life: plan its change"),
    );
  return alarms;
}
