import type { FailSafe } from "../contract.ts";
import type { DelayState } from "../library/alarms.ts";
import type { DamperClosing } from "../library/damper-closing.ts";
import { type DamperWatchResult, damperWatchStep, initialDamperWatch } from "../library/damper-watch.ts";
import { type EconomiserMode, type EconomiserResult, economiserStep } from "../library/economiser.ts";
import { filterStep } from "../library/feasible.ts";
import { type PidResult, pidStep } from "../library/pid.ts";
import { gainFactor } from "../library/schedule.ts";
import { within } from "../library/timing.ts";
import { travelStep } from "../library/travel.ts";
import type { Context, outputs, Surroundings } from "./economiser-context.ts";
import { compressorsOf, obeys, openingFor, safePosition, shutOut } from "./economiser-parts.ts";
import { damperLoop, type EconomiserSettings } from "./economiser-settings.ts";
import { median, said, there } from "./parts.ts";

/** What follows the open damper in the loop's range: fans from here on, %. */
export const leastAir = 20;
const airRange = (mode: EconomiserMode, limit: number, { freeAir }: EconomiserSettings): number =>
  mode === "free" && limit === 100 ? Math.max(0, freeAir - leastAir) : 0;

export const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Positions of damper and return damper while nobody decides: what is known of outdoors still counts. */
export function failSafeOf(
  { inputs: seen, settings: s }: Context,
  position: number,
  limit: number,
): Pick<FailSafe<typeof outputs>, "damper" | "returnDamper"> & { readonly damper: number } {
  const outdoor = median(seen.outdoor);
  const damper = tenths(safePosition(Math.min(position, limit), outdoor, shutOut(seen), s));
  return { damper, returnDamper: 100 - damper };
}

export function watch(
  { inputs: seen, state, settings: s, dt }: Context,
  air: Surroundings,
): DamperWatchResult {
  return damperWatchStep(
    s.resets > state.resets ? initialDamperWatch : state.watch,
    {
      commanded: air.inForce,
      reported: obeys(seen.obeys) ? median(seen.position) : undefined,
      supply: air.supply,
      back: air.back?.temperature,
      outdoor: air.outdoor?.temperature,
      inlet: air.coldest,
      setpoint: s.setpoint,
      resting: compressorsOf(seen.capacity, s) === "rest",
    },
    s,
    dt,
  );
}

/** Who cools. */
export function arbitrate(
  { inputs: seen, state, settings: s, dt }: Context,
  { inlet, outdoor, back, inForce }: Surroundings,
  against: readonly string[],
): EconomiserResult {
  return economiserStep(
    state.economiser,
    {
      outdoor,
      return: back,
      inlet,
      setpoint: s.setpoint,
      damper: inForce,
      compressors: compressorsOf(seen.capacity, s),
      doorOpen: said(seen.doorHold) || there(seen.door).some(({ value }) => value === "open"),
      filterPressure: median(seen.filter),
      shutOut: [...shutOut(seen), ...against],
    },
    s,
    dt,
  );
}

export function loopStep(
  { state, settings: s, dt, nominal }: Context,
  { inlet, outdoor, back, inForce, ours, limit }: Surroundings,
  { mode, setpoint }: EconomiserResult,
): PidResult {
  const letIn = mode !== "mechanical" && state.economiser.mode === "mechanical";
  // What is let in begins where it should end, and not at nothing.
  const held =
    !ours || mode === "mechanical" ? inForce : letIn ? openingFor(setpoint, back, outdoor) : undefined;
  return pidStep(
    state.loop,
    {
      setpoint,
      pv: inlet,
      dt,
      nominal,
      gainFactor: gainFactor(back?.temperature, outdoor?.temperature, s),
      min: s.damperMinimum,
      max: Math.max(s.damperMinimum, limit) + airRange(mode, limit, s),
      manual: held,
    },
    damperLoop(s),
  );
}

/** Where the damper is sent; while somebody else holds it, what is ours takes over where they left it. */
export function move(
  { state, settings: s, dt }: Context,
  { inForce, ours, limit }: Surroundings,
  wanted: number,
  { mode, atOnce }: EconomiserResult,
  closing: DamperClosing,
): ReturnType<typeof travelStep> {
  const target = within(closing.waits ? state.travel.position : wanted, 0, Math.max(limit, s.damperMinimum));
  if (!ours) return { position: target, state: { ...state.travel, position: inForce } };
  const shuts = mode === "mechanical" && (atOnce || closing.returnOpen) && !closing.waits;
  return travelStep(state.travel, target, s, dt, { urgent: shuts });
}

export function filterLoaded({ inputs: seen, state, settings: s, dt }: Context): DelayState {
  return filterStep(
    state.filter,
    {
      pressure: median(seen.filter),
      cleanPressure: s.filterClean > 0 ? s.filterClean : undefined,
      flow: median(seen.fans),
      cleanFlow: 100,
      loaded: there(seen.filterContact).some(({ value }) => value === "alarm"),
    },
    s,
    dt,
  );
}
