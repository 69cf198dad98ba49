import type { Alarm } from "../contract.ts";
import { type DamperWatchResult, damperWatchStep, initialDamperWatch } from "../library/damper-watch.ts";
import { type EconomiserResult, economiserStep } from "../library/economiser.ts";
import { airFrom, alarmsOf, compressorsOf, obeys, shutOut } from "./economiser-parts.ts";
import { least, maybe, median, said } from "./parts.ts";
import { appliedMean } from "./zone-parts.ts";
import type { Context } from "./zone-sequence.ts";

/** Whether the damper goes where it is sent, and lets air in. */
export function damperWatch({ inputs: seen, state, settings: s, applied, dt }: Context): DamperWatchResult {
  const before = s.resets > (state.resets ?? 0) ? undefined : state.watch;
  return damperWatchStep(
    before ?? initialDamperWatch,
    {
      commanded: appliedMean(applied.damper) ?? state.damper ?? s.damperMin,
      reported: applied.damper.length > 0 && obeys(seen.obeys) ? median(seen.position) : undefined,
      supply: least(seen.supply),
      back: median(seen.back),
      outdoor: median(seen.outdoor),
      inlet: least(seen.inlet),
      setpoint: state.setpoint ?? s.setpoint,
      resting: compressorsOf(seen.capacity, { idleCapacity: 0 }) === "rest",
    },
    s,
    dt,
  );
}

/** Whether outdoor air may cool, and what is against it. */
export function permission(
  { inputs: seen, state, settings: s, applied, dt }: Context,
  pv: number,
  setpoint: number,
  watched: DamperWatchResult,
): EconomiserResult {
  const against = [
    ...(applied.damper.length === 0 ? ["there is no damper"] : []),
    ...(seen.permission !== undefined && !said(seen.permission) ? ["it is not permitted"] : []),
    ...shutOut(seen),
    ...watched.against,
  ];
  return economiserStep(
    state.economiser,
    {
      ...maybe("outdoor", airFrom(seen.outdoor, seen.outdoorHumidity)),
      ...maybe("return", airFrom(seen.back, seen.backHumidity)),
      inlet: pv,
      setpoint,
      damper: appliedMean(applied.damper) ?? 0,
      compressors: state.cooling <= 0 ? "rest" : "more",
      doorOpen: said(seen.doorHold),
      ...maybe("filterPressure", median(seen.filter)),
      shutOut: against,
    },
    s,
    dt,
  );
}

/** What is wrong with damper and outdoor probes, for people. */
export const outdoorAlarms = (
  { inputs: seen, applied }: Context,
  watch: DamperWatchResult,
): readonly Alarm[] =>
  applied.damper.length === 0
    ? []
    : alarmsOf({
        wear: undefined,
        watch,
        loaded: false,
        blind: seen.outdoor.length > 0 && median(seen.outdoor) === undefined,
      });
