import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import { damperClosingStep, initialShutFor } from "../library/damper-closing.ts";
import { initialDamperWatch } from "../library/damper-watch.ts";
import { economiserReason, initialEconomiser, mixedAirLimit } from "../library/economiser.ts";
import { filterInit } from "../library/feasible.ts";
import { pidInit } from "../library/pid.ts";
import { initialTravel } from "../library/travel.ts";
import { validateInit } from "../library/validate.ts";
import { damperBudget, initialWear, wearStep } from "../library/wear.ts";
import { onBelievedAir } from "./air-probes.ts";
import {
  type Context,
  inputs,
  outputs,
  type Result,
  type State,
  surroundings,
} from "./economiser-context.ts";
import { alarmsOf, positionOf } from "./economiser-parts.ts";
import {
  arbitrate,
  failSafeOf,
  filterLoaded,
  leastAir,
  loopStep,
  move,
  tenths,
  watch,
} from "./economiser-moves.ts";
import { economiserCheck, economiserSettings } from "./economiser-settings.ts";
import { blindReason, type Inlets, inletsStep } from "./inlets.ts";
import { each, least, said } from "./parts.ts";

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
