import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import {
  damperWatchSettings,
  damperWatchStep,
  type DamperWatchState,
  initialDamperWatch,
} from "../library/damper-watch.ts";
import type { DelayState } from "../library/alarms.ts";
import {
  type EconomiserMode,
  economiserReason,
  economiserSettings,
  economiserStep,
  type EconomiserState,
  initialEconomiser,
  mixedAirLimit,
} from "../library/economiser.ts";
import { filterInit, filterSettings, filterStep } from "../library/feasible.ts";
import { pidInit, type PidState, pidStep, pidWith } from "../library/pid.ts";
import { checkSchedule, gainFactor, scheduleSettings } from "../library/schedule.ts";
import { within } from "../library/timing.ts";
import { initialTravel, travelSettings, travelStep, type TravelState } from "../library/travel.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import { initialWear, wearBudgets, wearStep, type WearState } from "../library/wear.ts";
import { from, optional, select } from "../select.ts";
import { celsius, numberOf, percent, plain, secondsOf } from "../settings.ts";
import {
  airFrom,
  alarmsOf,
  compressorsOf,
  obeys,
  openingFor,
  positionOf,
  shutOut,
} from "./economiser-parts.ts";
import { blindReason, inletSettings, inletsStep } from "./inlets.ts";
import { each, least, median, said, there } from "./parts.ts";

const settings = Type.Object({
  setpoint: celsius({
    default: 24,
    minimum: 10,
    maximum: 35,
    description: "Inlet temperature outdoor air holds; below that at which compressors start.",
  }),
  gain: plain({
    default: 3.5,
    minimum: 0.05,
    maximum: 100,
    description: "% of the damper per K: 3.5 for a cabinet, 1.5 for a container.",
  }),
  integralTime: secondsOf({
    default: 45,
    minimum: 5,
    maximum: 3600,
    description: "Integral time of the damper.",
  }),
  ...scheduleSettings.properties,
  ...economiserSettings.properties,
  ...travelSettings.properties,
  ...damperWatchSettings.properties,
  ...filterSettings.properties,
  filterClean: numberOf("Pa", {
    default: 0,
    maximum: 2000,
    description: "Pressure across a clean filter with fans at full speed. 0: not known.",
  }),
  freeAir: percent({
    default: 70,
    description:
      "With the damper open and no compressor at work: fans are asked for up to so much before compressors help. 0: none.",
  }),
  idleCapacity: percent({
    default: 30,
    description: "Capacity up to which a variable compressor counts as being at its least.",
  }),
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one when the damper was repaired: outdoor air is relied on again at once.",
  }),
  ...inletSettings.properties,
});

interface State {
  readonly inlets: ValidateState;
  readonly economiser: EconomiserState;
  readonly loop: PidState;
  readonly travel: TravelState;
  readonly wear: WearState;
  readonly watch: DamperWatchState;
  readonly filter: DelayState;
  readonly resets: number;
}

/** What follows the open damper in the loop's range: fans from here on, %. */
const leastAir = 20;
const airRange = (mode: EconomiserMode, limit: number, { freeAir }: Static<typeof settings>): number =>
  mode === "free" && limit === 100 ? Math.max(0, freeAir - leastAir) : 0;

/** The damper to outdoors: whether outdoor air may cool, and how much of it. */
export const economiser = defineController({
  name: "economiser",
  version: "1.0.0",
  summary:
    "Cools with outdoor air when that is colder, dry enough and clean, and says when compressors must help",
  period: seconds(5),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").each(),
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
  },
  outputs: {
    damper: select("use:outdoor-air").action("damper", { unit: "%" }),
  },
  publishes: {
    mode: { text: "free, partial or mechanical" },
    freeCooling: { text: "1 while outdoor air cools alone: compressors stay off" },
    damper: { unit: "%", text: "Where the damper is sent" },
    air: { unit: "%", text: "Smallest fan duty while outdoor air alone cools" },
    stuck: { text: "1 while the damper does not follow: what it lets in is not meant" },
  },
  failSafe: ({ damperMinimum }) => ({ damper: damperMinimum }),
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
  check: (s) =>
    s.dewPointMost > s.dewPointHard
      ? `dewPointMost ${s.dewPointMost} °C is above dewPointHard ${s.dewPointHard} °C`
      : s.dewPointDry > s.dewPointLeast
        ? `dewPointDry ${s.dewPointDry} °C is above dewPointLeast ${s.dewPointLeast} °C`
        : (checkSchedule(s) ?? checkValidate({ ...s, worse: "high" })),
  step({ inputs, state, settings: s, dt, nominal, applied, mode }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const inlet = inlets.hottest;
    const inForce = positionOf(applied.damper) ?? state.travel.position;
    if (inlet === undefined)
      return {
        outputs: { damper: s.damperMinimum },
        // Outdoor air has to prove itself anew.
        state: {
          ...state,
          inlets: inlets.state,
          economiser: initialEconomiser,
          travel: { ...state.travel, position: inForce },
        },
        reason: blindReason,
        leader: "fail-safe",
        alarms: inlets.alarms,
        published: { mode: "mechanical", freeCooling: 0, damper: s.damperMinimum, air: 0, stuck: 0 },
      };
    const ours =
      mode === "automatic" && applied.damper.every(({ mine, value }) => mine || value === undefined);
    const doorOpen = said(inputs.doorHold) || there(inputs.door).some(({ value }) => value === "open");
    const outdoor = airFrom(inputs.outdoor, inputs.outdoorHumidity);
    const back = airFrom(inputs.back, inputs.backHumidity);
    const supply = least(inputs.supply);
    const compressors = compressorsOf(inputs.capacity, s);
    const watch = damperWatchStep(
      s.resets > state.resets ? initialDamperWatch : state.watch,
      {
        commanded: inForce,
        reported: obeys(inputs.obeys) ? median(inputs.position) : undefined,
        supply,
        back: back?.temperature,
        outdoor: outdoor?.temperature,
        resting: compressors === "rest",
      },
      s,
      dt,
    );
    const result = economiserStep(
      state.economiser,
      {
        outdoor,
        return: back,
        inlet,
        setpoint: s.setpoint,
        damper: inForce,
        compressors,
        doorOpen,
        filterPressure: median(inputs.filter),
        shutOut: [...shutOut(inputs), ...watch.against],
      },
      s,
      dt,
    );
    const limit = mixedAirLimit(supply, s);
    const letIn = result.mode !== "mechanical" && state.economiser.mode === "mechanical";
    // What is let in begins where it should end, and not at nothing.
    const held =
      !ours || result.mode === "mechanical"
        ? inForce
        : letIn
          ? openingFor(result.setpoint, back, outdoor)
          : undefined;
    const loop = pidStep(
      state.loop,
      {
        setpoint: result.setpoint,
        pv: inlet,
        dt,
        nominal,
        gainFactor: gainFactor(back?.temperature, outdoor?.temperature, s),
        min: s.damperMinimum,
        max: Math.max(s.damperMinimum, limit) + airRange(result.mode, limit, s),
        manual: held,
      },
      pidWith({ gain: s.gain, integralTime: s.integralTime, action: "direct", outputMin: 0, outputMax: 200 }),
    );
    const wanted = result.damperMay === "minimum" ? s.damperMinimum : loop.output;
    const urgent = result.state.mode === "mechanical" && state.economiser.mode !== "mechanical";
    const target = within(wanted, 0, Math.max(limit, s.damperMinimum));
    // While somebody else holds the damper, travel is theirs; what is ours takes over where they left it.
    const travel = ours
      ? travelStep(state.travel, target, s, dt, { urgent })
      : { position: target, state: { ...state.travel, position: inForce } };
    const moved = travel.state.strokes - state.travel.strokes;
    const wear = wearStep(state.wear, moved, wearBudgets.damper, dt, { force: true });
    const filter = filterStep(
      state.filter,
      {
        pressure: median(inputs.filter),
        cleanPressure: s.filterClean > 0 ? s.filterClean : undefined,
        flow: median(inputs.fans),
        cleanFlow: 100,
        loaded: there(inputs.filterContact).some(({ value }) => value === "alarm"),
      },
      s,
      dt,
    );
    return {
      outputs: { damper: each(applied.damper, () => Math.round(travel.position * 10) / 10) },
      state: {
        inlets: inlets.state,
        economiser: result.state,
        loop: loop.state,
        travel: travel.state,
        wear: wear.state,
        watch: watch.state,
        filter,
        resets: s.resets,
      },
      reason: `${economiserReason(result)}; damper ${Math.round(travel.position)} %`,
      leader: result.mode,
      terms: {
        p: loop.p,
        i: loop.i,
        error: loop.error,
        wanted,
        limit,
        strokesToday: wear.state.today,
      },
      limits: limit < 100 ? [`mixed air is cold: damper at most ${Math.round(limit)} %`] : [],
      alarms: [
        ...inlets.alarms,
        ...alarmsOf({
          wear: wear.alarm,
          watch,
          loaded: filter.on,
          blind: inputs.outdoor.length > 0 && outdoor === undefined,
        }),
      ],
      published: {
        mode: result.mode,
        freeCooling: result.compressorsMay || said(inputs.drying) ? 0 : 1,
        damper: travel.position,
        stuck: watch.stuck ? 1 : 0,
        air: loop.output > 100 ? leastAir + loop.output - 100 : 0,
      },
    };
  },
  invariants: [
    {
      text: "outdoor air that is not allowed in is kept out",
      holds: ({ settings: s }, { state, outputs }) => {
        const wish = outputs.damper;
        if (state.economiser.mode !== "mechanical" || typeof wish !== "object" || wish === null) return true;
        const values = "each" in wish ? Object.values(wish.each) : [];
        // A move may have to wait for its pause.
        return values.every(
          (value) =>
            value === null ||
            Number(value) <= s.damperMinimum + s.damperMove ||
            state.travel.since < s.damperPause + 60,
        );
      },
    },
  ],
});
