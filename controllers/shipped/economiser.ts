import { Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  economiserReason,
  economiserSettings,
  economiserStep,
  type EconomiserState,
  initialEconomiser,
  mixedAirLimit,
} from "../library/economiser.ts";
import { pidInit, type PidState, pidStep, pidWith } from "../library/pid.ts";
import { airOf } from "../library/psychrometrics.ts";
import { within } from "../library/timing.ts";
import { initialTravel, travelSettings, travelStep, type TravelState } from "../library/travel.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import { initialWear, wearBudgets, wearStep, type WearState } from "../library/wear.ts";
import type { Applied, Observation } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import { celsius, plain, secondsOf } from "../settings.ts";
import { blindReason, inletSettings, inletsStep } from "./inlets.ts";
import { alarm, each, least, maybe, median, said, there } from "./parts.ts";

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
  ...economiserSettings.properties,
  ...travelSettings.properties,
  ...inletSettings.properties,
});

interface State {
  readonly inlets: ValidateState;
  readonly economiser: EconomiserState;
  readonly loop: PidState;
  readonly travel: TravelState;
  readonly wear: WearState;
}

type Thermal = { readonly temperature: number } & Partial<ReturnType<typeof airOf>>;
const airFrom = (
  temperature: readonly Observation[],
  humidity: readonly Observation[],
): Thermal | undefined => {
  const t = median(temperature);
  const rh = median(humidity);
  if (t === undefined) return undefined;
  return rh === undefined ? { temperature: t } : airOf(t, rh);
};

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
    capacity: select("type:air-conditioner").of("percentage", "capacity").any(),
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
  },
  failSafe: ({ damperMinimum }) => ({ damper: damperMinimum }),
  stateVersion: 2,
  init: (): State => ({
    inlets: validateInit(),
    economiser: initialEconomiser,
    loop: pidInit(),
    travel: initialTravel(),
    wear: initialWear,
  }),
  check: (s) =>
    s.dewPointMost > s.dewPointHard
      ? `dewPointMost ${s.dewPointMost} °C is above dewPointHard ${s.dewPointHard} °C`
      : s.dewPointDry > s.dewPointLeast
        ? `dewPointDry ${s.dewPointDry} °C is above dewPointLeast ${s.dewPointLeast} °C`
        : checkValidate({ ...s, worse: "high" }),
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
        published: { mode: "mechanical", freeCooling: 0, damper: s.damperMinimum },
      };
    const ours =
      mode === "automatic" && applied.damper.every(({ mine, value }) => mine || value === undefined);
    const doorOpen = said(inputs.doorHold) || there(inputs.door).some(({ value }) => value === "open");
    const result = economiserStep(
      state.economiser,
      {
        ...maybe("outdoor", airFrom(inputs.outdoor, inputs.outdoorHumidity)),
        ...maybe("return", airFrom(inputs.back, inputs.backHumidity)),
        inlet,
        setpoint: s.setpoint,
        damper: inForce,
        mechanicalIdle: there(inputs.capacity).every(({ value }) => value <= 30),
        doorOpen,
        ...maybe("filterPressure", median(inputs.filter)),
        shutOut: shutOut(inputs),
      },
      s,
      dt,
    );
    const limit = mixedAirLimit(least(inputs.supply), s);
    const loop = pidStep(
      state.loop,
      {
        setpoint: s.setpoint,
        pv: inlet,
        dt,
        nominal,
        min: s.damperMinimum,
        max: Math.max(s.damperMinimum, limit),
        ...(result.damperMay === "modulate" && ours ? {} : { manual: inForce }),
      },
      pidWith({ gain: s.gain, integralTime: s.integralTime, action: "direct", outputMin: 0, outputMax: 100 }),
    );
    const wanted =
      result.damperMay === "open" ? limit : result.damperMay === "minimum" ? s.damperMinimum : loop.output;
    const urgent = result.state.mode === "mechanical" && state.economiser.mode !== "mechanical";
    const target = within(wanted, 0, Math.max(limit, s.damperMinimum));
    // While somebody else holds the damper, travel is theirs; what is ours takes over where they left it.
    const travel = ours
      ? travelStep(state.travel, target, s, dt, { urgent })
      : { position: target, state: { ...state.travel, position: inForce } };
    const moved = travel.state.strokes - state.travel.strokes;
    const wear = wearStep(state.wear, moved, wearBudgets.damper, dt, { force: true });
    return {
      outputs: { damper: each(applied.damper, () => Math.round(travel.position * 10) / 10) },
      state: {
        inlets: inlets.state,
        economiser: result.state,
        loop: loop.state,
        travel: travel.state,
        wear: wear.state,
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
      alarms: [...inlets.alarms, ...alarmsOf(wear.alarm)],
      published: {
        mode: result.mode,
        freeCooling: result.compressorsMay || said(inputs.drying) ? 0 : 1,
        damper: travel.position,
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

const positionOf = (targets: readonly Applied[]): number | undefined => {
  const numbers = targets.map(({ value }) => value).filter((value) => typeof value === "number");
  return numbers.length === 0 ? undefined : Math.max(...numbers);
};

function shutOut(inputs: {
  readonly smoke: { readonly value: number } | undefined;
  readonly keepOut: { readonly value: number } | undefined;
  readonly dust: readonly Observation<string>[];
}): readonly string[] {
  const reasons: string[] = [];
  if ((inputs.smoke?.value ?? 0) > 0.5) reasons.push("there is smoke");
  if ((inputs.keepOut?.value ?? 0) > 0.5) reasons.push("moisture keeps it out");
  if (there(inputs.dust).some(({ value }) => value === "alarm" || value === "on"))
    reasons.push("there is dust outdoors");
  return reasons;
}

function alarmsOf(wear: "day" | "life" | undefined): readonly Alarm[] {
  if (wear === "day") return [alarm("damper-travel", "notice", "the damper moves too much: lower `gain`")];
  if (wear === "life")
    return [alarm("damper-worn", "notice", "the damper's motor has done 90 % of its life: plan its change")];
  return [];
}
