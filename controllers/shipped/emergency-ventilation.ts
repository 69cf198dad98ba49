import { Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  type EmergencyResult,
  emergencySettings,
  emergencyStep,
  type EmergencyState,
  initialEmergency,
} from "../library/emergency.ts";
import {
  freezeSettings,
  freezeStep,
  type FreezeStage,
  type FreezeState,
  initialFreeze,
} from "../library/freeze.ts";
import { dewPoint } from "../library/psychrometrics.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import { percent } from "../settings.ts";
import { inletSettings, inletsStep } from "./inlets.ts";
import { alarm, each, least, median, said, there } from "./parts.ts";

const settings = Type.Object({
  ...emergencySettings.properties,
  ...freezeSettings.properties,
  ...inletSettings.properties,
  emergencyDuty: percent({ default: 100, minimum: 30, description: "Duty of all fans in an emergency." }),
  freezeDamper: percent({
    default: 0,
    maximum: 30,
    description: "Position of the damper at the first step of the frost ladder.",
  }),
});

interface State {
  readonly inlets: ValidateState;
  readonly emergency: EmergencyState;
  readonly freeze: FreezeState;
}

/**
 * Supply air as the frost ladder sees it. Where everything is cold, as in a cold start, outdoor air is not the cause, and
 * without moving air nothing gets warm.
 */
function frosty(
  supply: number | undefined,
  back: number | undefined,
  preheating: boolean,
  s: { readonly freezeMinimumAt: number },
): number | undefined {
  if (supply === undefined) return undefined;
  const fromOutdoors = !preheating && (back === undefined || supply < back - 2);
  return fromOutdoors ? supply : Math.max(supply, s.freezeMinimumAt + 2);
}

/** What nobody sees is taken for as warm as return air: warm enough for lost cooling to matter, not for more. */
const unseenInlet = (
  back: number | undefined,
  s: { readonly lostFrom: number; readonly overloadAt: number },
) => Math.max(s.lostFrom, Math.min(back ?? Infinity, s.overloadAt - 0.1));

/** W of equipment that needs air. */
const atWork = 50;

const useless = ["lockout", "fault"];

/** Why no unit cools, of those that ought to; empty while at least one might. */
function lostUnits(states: readonly Observation<string>[], stagesLost: boolean): readonly string[] {
  const why = states.flatMap((one) => {
    if (one.quality === "bad") return [`${one.from} does not answer`];
    return useless.includes(one.value) ? [`${one.from} is in ${one.value}`] : [];
  });
  if (states.length > 0 && why.length === states.length) return why;
  return stagesLost ? ["no unit works"] : [];
}

/** Fans and damper against lost cooling, overload and frost: above everything but life safety. */
export const emergencyVentilation = defineController({
  name: "emergency-ventilation",
  version: "1.0.0",
  summary: "Opens up and blows within seconds when cooling is lost, and shuts out air that freezes",
  period: seconds(2),
  settings,
  inputs: {
    // Lost cooling is answered also when nobody knows how warm it is.
    inlet: select("type:temperature", "point:inlet").each({ minGood: 0 }),
    back: select("type:temperature", "point:outlet").any(),
    outdoor: select("type:temperature", "point:outdoor").any(),
    outdoorHumidity: select("type:humidity", "point:outdoor").of("humidity").any(),
    supply: select("type:temperature", "point:supply").any(),
    states: select("type:air-conditioner").of("state").anyWord(),
    lost: optional(from("staged-cooling", "lost").max()),
    resting: optional(from("staged-cooling", "resting").max()),
    onBattery: optional(from("outage", "onBattery").max()),
    preheatTo: optional(from("cold-start", "preheatTo").max()),
    power: optional(select("point:it-power").of("watt").sum()),
  },
  outputs: {
    fans: select("type:fan").action("speed", { unit: "%" }),
    damper: select("use:outdoor-air").action("damper", { unit: "%", deadband: 5, optional: true }),
  },
  terms: { lostFor: "s" },
  publishes: {
    active: { text: "1 while emergency ventilation is at work" },
    frost: {
      text: "0 none, 1 damper at its minimum, 2 damper shut, 3 fans off too, unless equipment is at work",
    },
  },
  failSafe: { fans: null, damper: null },
  stateVersion: 3,
  init: (): State => ({ inlets: validateInit(), emergency: initialEmergency, freeze: initialFreeze }),
  check: (s) =>
    s.overloadAt < s.lostFrom
      ? `overloadAt ${s.overloadAt} °C is below lostFrom ${s.lostFrom} °C`
      : checkValidate({ ...s, worse: "high" }),
  step({ inputs, state, settings: s, dt, applied }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const outdoor = median(inputs.outdoor);
    const humidity = median(inputs.outdoorHumidity);
    const dew = outdoor === undefined || humidity === undefined ? undefined : dewPoint(outdoor, humidity);
    const back = median(inputs.back);
    const blind = inlets.hottest === undefined;
    // Where nobody answers any more nothing is lost but the line.
    const why = blind && there(inputs.states).length === 0 ? [] : lostUnits(inputs.states, said(inputs.lost));
    const result = emergencyStep(
      state.emergency,
      {
        inlet: inlets.hottest ?? unseenInlet(back, s),
        return: back,
        outdoor,
        outdoorDewPoint: dew,
        power: inputs.power?.value,
        coolingLost: why.length > 0,
        resting: said(inputs.resting),
        why,
      },
      s,
      dt,
    );
    const cold = frosty(least(inputs.supply), back, said(inputs.preheatTo), s);
    const frost = freezeStep(state.freeze, cold, s, dt, back);
    const saving = said(inputs.onBattery) && !result.state.overloaded;
    const stage = result.active ? 0 : frost.stage;
    // What is at work warms itself, and burns where the air stands still.
    const stops = stage === 3 && frost.state.hot !== true && (inputs.power?.value ?? 0) < atWork;
    // With cooling at its limit and no help from outdoors, more air would only add the fans' heat.
    const inVain = result.opening === undefined && why.length === 0 && inputs.states.length > 0;
    const fans = result.active && !saving && !inVain ? s.emergencyDuty : stops ? 0 : null;
    const damper = result.opening ?? (stage === 0 ? null : stage === 1 ? s.freezeDamper : 0);
    return {
      outputs: {
        fans: { want: each(applied.fans, () => fans), rank: "equipmentProtection" },
        damper: { want: each(applied.damper, () => damper), rank: "equipmentProtection" },
      },
      state: { inlets: inlets.state, emergency: result.state, freeze: frost.state },
      reason: stage > 0 ? frostReason(stage, stops) : result.reason,
      ...(result.active ? { leader: "emergency" } : stage > 0 ? { leader: "frost" } : {}),
      terms: { active: result.active ? 1 : 0, frost: stage, lostFor: result.state.lostFor },
      limits: [...result.limits, ...(result.active && saving ? ["on battery: fans by need only"] : [])],
      alarms: [
        ...inlets.alarms,
        ...activeAlarm(result, applied.damper.length > 0 && result.opening === undefined, saving),
        ...frostAlarm(stage, stops),
      ],
      published: { active: result.active ? 1 : 0, frost: stage },
    };
  },
  invariants: [
    {
      text: "fans are never stopped in an emergency",
      holds: (_, { published, outputs }) => {
        const wish = outputs.fans;
        if (published?.["active"] !== 1 || typeof wish !== "object" || wish === null || !("want" in wish))
          return true;
        const { want } = wish;
        return (
          typeof want !== "object" || want === null || Object.values(want.each).every((duty) => duty !== 0)
        );
      },
    },
  ],
});

const frostReason = (stage: FreezeStage, stops: boolean): string =>
  stage === 1
    ? "Supply air is near freezing: the damper goes to its minimum"
    : stage === 2
      ? "Supply air was near freezing: the damper stays shut for a while"
      : `Supply air freezes although the damper is shut: ${stops ? "fans stop" : "fans turn slowly, for equipment is at work"}; check damper and heater`;

/** On battery it is what is meant to happen. */
function activeAlarm(
  { active, bridging, reason }: Pick<EmergencyResult, "active" | "bridging" | "reason">,
  shut: boolean,
  onBattery: boolean,
): readonly Alarm[] {
  if (!active) return [];
  const air = shut ? "; outdoor air cannot help" : "";
  if (bridging) return [alarm("emergency-ventilation", "notice", `${reason}${air}`)];
  const severity = shut ? "critical" : onBattery ? "notice" : "major";
  const then = onBattery ? "" : "; send somebody to the cooling";
  return [alarm("emergency-ventilation", severity, `${reason}${air}${then}`)];
}

const frostAlarm = (stage: FreezeStage, stops: boolean): readonly Alarm[] =>
  stage >= 2 ? [alarm("frost", stage === 3 ? "critical" : "major", frostReason(stage, stops))] : [];
