import { seconds } from "../../devices/clock.ts";
import { defineController, type FailSafe, type StepContext, type StepResult } from "../contract.ts";
import type { DelayState } from "../library/alarms.ts";
import {
  damperClosingStep,
  type DamperClosing,
  initialShutFor,
  type ShutFor,
} from "../library/damper-closing.ts";
import {
  type DamperWatchResult,
  damperWatchStep,
  type DamperWatchState,
  initialDamperWatch,
} from "../library/damper-watch.ts";
import {
  type EconomiserMode,
  economiserReason,
  type EconomiserResult,
  economiserStep,
  type EconomiserState,
  initialEconomiser,
  mixedAirLimit,
} from "../library/economiser.ts";
import { filterInit, filterStep } from "../library/feasible.ts";
import { pidInit, type PidResult, type PidState, pidStep } from "../library/pid.ts";
import { gainFactor } from "../library/schedule.ts";
import { within } from "../library/timing.ts";
import { initialTravel, travelStep, type TravelState } from "../library/travel.ts";
import { validateInit, type ValidateState } from "../library/validate.ts";
import { damperBudget, initialWear, type WearState, wearStep } from "../library/wear.ts";
import { from, optional, select } from "../select.ts";
import { type AirProbesState, onBelievedAir } from "./air-probes.ts";
import {
  airFrom,
  alarmsOf,
  compressorsOf,
  obeys,
  openingFor,
  positionOf,
  safePosition,
  shutOut,
} from "./economiser-parts.ts";
import {
  damperLoop,
  economiserCheck,
  type EconomiserSettings,
  economiserSettings,
} from "./economiser-settings.ts";
import { blindReason, type Inlets, inletsStep } from "./inlets.ts";
import { each, least, median, said, there } from "./parts.ts";

interface State {
  readonly inlets: ValidateState;
  readonly economiser: EconomiserState;
  readonly loop: PidState;
  readonly travel: TravelState;
  readonly wear: WearState;
  readonly watch: DamperWatchState;
  readonly filter: DelayState;
  readonly resets: number;
  readonly shutFor?: ShutFor;
  readonly airProbes?: AirProbesState;
}

const inputs = {
  // Without an inlet it goes on all the same: how far a damper may stay open depends on outdoors.
  inlet: select("type:temperature", "point:inlet").each({ minGood: 0 }),
  outdoor: select("type:temperature", "point:outdoor").any(),
  outdoorHumidity: select("type:humidity", "point:outdoor").of("humidity").any(),
  back: select("type:temperature", "point:outlet").any(),
  backHumidity: select("type:humidity", "point:outlet").of("humidity").any(),
  supply: select("type:temperature", "point:supply").any(),
  filter: select("type:pressure", "point:filter").any(),
  filterContact: select("type:air-conditioner").of("status", "filter").anyWord(),
  fans: select("type:fan").of("duty").any(),
  capacity: select("type:air-conditioner").of("percentage", "capacity").any(),
  position: select("use:outdoor-air").of("percentage", "damper").any(),
  obeys: select("use:outdoor-air").of("state", "mode").anyWord(),
  door: select("type:contact", "point:door").anyWord(),
  dust: select("type:contact", "point:dust").anyWord(),
  keepOut: optional(from("humidity-guard", "keepOut").max()),
  doorHold: optional(from("safety", "doorHold").max()),
  smoke: optional(from("safety", "smoke").max()),
  drying: optional(from("humidity-guard", "dry").max()),
};
const outputs = {
  damper: select("use:outdoor-air").action("damper", { unit: "%" }),
  returnDamper: select("use:return-air").action("damper", { unit: "%", optional: true }),
};
type Context = StepContext<typeof economiserSettings, typeof inputs, typeof outputs, State>;
type Result = StepResult<typeof outputs, State>;

/** What is known of the air in this step, °C. */
interface Surroundings {
  readonly inlet: number;
  readonly coldest: number | undefined;
  readonly outdoor: ReturnType<typeof airFrom>;
  readonly back: ReturnType<typeof airFrom>;
  readonly supply: number | undefined;
  /** Position in force, %, and whether nobody else holds it. */
  readonly inForce: number;
  readonly ours: boolean;
  /** Furthest the damper may be open with supply air this cold, %. */
  readonly limit: number;
}

/** What follows the open damper in the loop's range: fans from here on, %. */
const leastAir = 20;
const airRange = (mode: EconomiserMode, limit: number, { freeAir }: EconomiserSettings): number =>
  mode === "free" && limit === 100 ? Math.max(0, freeAir - leastAir) : 0;

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Positions of damper and return damper while nobody decides: what is known of outdoors still counts. */
function failSafeOf(
  { inputs: seen, settings: s }: Context,
  position: number,
  limit: number,
): Pick<FailSafe<typeof outputs>, "damper" | "returnDamper"> & { readonly damper: number } {
  const outdoor = median(seen.outdoor);
  const damper = tenths(safePosition(Math.min(position, limit), outdoor, shutOut(seen), s));
  return { damper, returnDamper: 100 - damper };
}

/** No inlet is believed. What was let in by cool weather stays; what is let in anew has to prove itself first. */
function blind(context: Context, inlets: Inlets, inForce: number): Result {
  const { state, settings: s, inputs: seen } = context;
  const failSafe = failSafeOf(context, inForce, mixedAirLimit(least(seen.supply), s));
  return {
    outputs: failSafe,
    state: {
      ...state,
      inlets: inlets.state,
      economiser: initialEconomiser,
      travel: { ...state.travel, position: failSafe.damper },
    },
    reason: blindReason,
    leader: "fail-safe",
    alarms: inlets.alarms,
    published: { mode: "mechanical", freeCooling: 0, damper: failSafe.damper, air: 0, stuck: 0 },
    failSafe,
  };
}

function watch({ inputs: seen, state, settings: s, dt }: Context, air: Surroundings): DamperWatchResult {
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
function arbitrate(
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

function loopStep(
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
function move(
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

function filterLoaded({ inputs: seen, state, settings: s, dt }: Context): DelayState {
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

function surroundings(
  context: Context,
  inlet: number,
  coldest: number | undefined,
  inForce: number,
): Surroundings {
  const { inputs: seen, settings: s, applied, mode } = context;
  const supply = least(seen.supply);
  return {
    inlet,
    coldest,
    outdoor: airFrom(seen.outdoor, seen.outdoorHumidity),
    back: airFrom(seen.back, seen.backHumidity),
    supply,
    inForce,
    ours: mode === "automatic" && applied.damper.every(({ mine, value }) => mine || value === undefined),
    limit: mixedAirLimit(supply, s),
  };
}

const step = (context: Context): Result => onBelievedAir(context, context.inputs.capacity, decide);

function decide(context: Context): Result {
  const { inputs: seen, state, settings: s, dt, applied } = context;
  const inlets = inletsStep(state.inlets, seen.inlet, s, dt);
  const inForce = positionOf(applied.damper) ?? state.travel.position;
  if (inlets.hottest === undefined) return blind(context, inlets, inForce);
  const air = surroundings(context, inlets.hottest, inlets.coldest, inForce);
  const { limit } = air;
  const watched = watch(context, air);
  const result = arbitrate(context, air, watched.against);
  const loop = loopStep(context, air, result);
  const shut = { shut: result.mode === "mechanical", atOnce: result.atOnce };
  const closing = damperClosingStep(state.shutFor ?? initialShutFor, shut, s, dt);
  const wanted = result.damperMay === "minimum" ? s.damperMinimum : loop.output;
  const travel = move(context, air, wanted, result, closing);
  const moved = travel.state.strokes - state.travel.strokes;
  const wear = wearStep(state.wear, moved, damperBudget, dt, { force: true });
  const filter = filterLoaded(context);
  const returnOpen = closing.returnOpen ? 100 : tenths(100 - (air.ours ? travel.position : inForce));
  return {
    outputs: {
      damper: each(applied.damper, () => tenths(travel.position)),
      returnDamper: each(applied.returnDamper, () => returnOpen),
    },
    state: {
      inlets: inlets.state,
      economiser: result.state,
      loop: loop.state,
      travel: travel.state,
      wear: wear.state,
      watch: watched.state,
      filter,
      resets: s.resets,
      shutFor: closing.shutFor,
    },
    reason: `${economiserReason(result)}; damper ${Math.round(travel.position)} %`,
    leader: result.mode,
    terms: { p: loop.p, i: loop.i, error: loop.error, wanted, limit, strokesToday: wear.state.today },
    limits: [
      ...(limit < 100 ? [`mixed air is cold: damper at most ${Math.round(limit)} %`] : []),
      ...(closing.waits ? ["the damper waits until the way back for the air is open"] : []),
    ],
    alarms: [
      ...inlets.alarms,
      ...alarmsOf({
        wear: wear.alarm,
        watch: watched,
        loaded: filter.on,
        blind: seen.outdoor.length > 0 && air.outdoor === undefined,
      }),
    ],
    published: {
      mode: result.mode,
      freeCooling: result.compressorsMay || said(seen.drying) ? 0 : 1,
      damper: travel.position,
      stuck: watched.stuck ? 1 : 0,
      air: loop.output > 100 ? leastAir + loop.output - 100 : 0,
    },
    failSafe: failSafeOf(context, travel.position, limit),
  };
}

/** The damper to outdoors: whether outdoor air may cool, and how much of it. */
export const economiser = defineController({
  name: "economiser",
  version: "1.0.0",
  summary:
    "Cools with outdoor air when that is colder, dry enough and clean, and says when compressors must help",
  period: seconds(5),
  settings: economiserSettings,
  inputs,
  outputs,
  terms: { p: "%", i: "%", error: "K", wanted: "%", limit: "%" },
  publishes: {
    mode: { text: "free, partial or mechanical" },
    freeCooling: { text: "1 while outdoor air cools alone: compressors stay off" },
    damper: { unit: "%", text: "Where the damper is sent" },
    air: { unit: "%", text: "Smallest fan duty while outdoor air alone cools" },
    stuck: { text: "1 while the damper does not follow: what it lets in is not meant" },
  },
  failSafe: ({ damperMinimum }) => ({ damper: damperMinimum, returnDamper: 100 - damperMinimum }),
  stateVersion: 3,
  init: ({ resets }): State => ({
    inlets: validateInit(),
    economiser: initialEconomiser,
    loop: pidInit(),
    travel: initialTravel(),
    wear: initialWear,
    watch: initialDamperWatch,
    filter: filterInit,
    resets,
  }),
  check: economiserCheck,
  step,
  invariants: [
    {
      text: "outdoor air that is not allowed in is kept out",
      holds: ({ settings: s }, { state, outputs: { damper: wish }, leader }) => {
        if (leader !== "mechanical" || typeof wish !== "object" || wish === null) return true;
        const values = "each" in wish ? Object.values(wish.each) : [];
        // A move may have to wait for its pause, and at the end for the way back to open.
        const closes = (state.shutFor ?? initialShutFor) <= s.damperCloseAfter + 60;
        return (
          closes ||
          state.travel.since < s.damperPause + 60 ||
          values.every((value) => value === null || Number(value) <= s.damperMinimum + s.damperMove)
        );
      },
    },
  ],
});
