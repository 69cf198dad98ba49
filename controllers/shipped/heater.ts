import { Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import { delayStep, type DelayState, initialDelay } from "../library/alarms.ts";
import { heaterSettings, heaterStep, type HeaterState, initialHeater } from "../library/heater.ts";
import { listed, shown } from "../library/timing.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import type { Sample } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import { blindReason, inletSettings, inletsStep } from "./inlets.ts";
import { alarm, each, maybe, median, most, said, there } from "./parts.ts";

const settings = Type.Object({ ...heaterSettings.properties, ...inletSettings.properties });

interface State {
  readonly inlets: ValidateState;
  readonly heater: HeaterState;
  readonly short?: DelayState;
}

/** A temperature others ask for; 0: none. */
const positive = (asked: Sample | undefined): number | undefined =>
  asked !== undefined && asked.value > 0 ? asked.value : undefined;

const tooLittle = (setpoint: number): Alarm =>
  alarm(
    "heating-saturated",
    "major",
    `all stages do not hold ${shown(setpoint)} °C: look at heater, doors and damper`,
  );

/** Heater stages on relays tagged `use:heater`, with interlocks. */
export const heater = defineController({
  name: "heater",
  version: "1.0.0",
  summary: "Heats in stages below a setpoint, never without airflow, never against cooling",
  period: seconds(5),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").each(),
    outlet: select("type:temperature", "point:heater-outlet").any(),
    fans: select("type:fan").of("duty").any(),
    capacity: select("type:air-conditioner").of("percentage", "capacity").any(),
    damper: select("use:outdoor-air").of("percentage", "damper").any(),
    preheatTo: optional(from("cold-start", "preheatTo").max()),
    handsOver: optional(from("cold-start", "handsOver").max()),
    drying: optional(from("humidity-guard", "dry").max()),
    reheatTo: optional(from("humidity-guard", "reheatTo").max()),
    damperStuck: optional(from("economiser", "stuck").max()),
    zoneDamperStuck: optional(from("zone-temperature", "stuck").max()),
    onBattery: optional(from("outage", "onBattery").max()),
    doorHold: optional(from("safety", "doorHold").max()),
  },
  outputs: {
    heaters: select("type:relay", "use:heater").action("switch"),
  },
  terms: { error: "K" },
  publishes: { stages: { text: "Heater stages that are on" } },
  failSafe: { heaters: "off" },
  stateVersion: 2,
  init: (): State => ({ inlets: validateInit(), heater: initialHeater }),
  check: (s) => checkValidate({ ...s, worse: "low" }),
  step({ inputs, state, settings: s, dt, applied }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt, "low");
    const inlet = inlets.coldest;
    if (inlet === undefined)
      return {
        outputs: { heaters: "off" },
        state: { ...state, inlets: inlets.state },
        reason: blindReason,
        leader: "fail-safe",
        alarms: inlets.alarms,
        published: { stages: 0 },
      };
    const off = [
      ...(said(inputs.onBattery) ? ["off on battery"] : []),
      ...(said(inputs.doorHold) ? ["off while the door is open"] : []),
    ];
    const stuck = said(inputs.damperStuck) || said(inputs.zoneDamperStuck);
    const cools =
      there(inputs.capacity).some(({ value }) => value > 0) ||
      // Air that comes in through a stuck damper is not meant to cool.
      (!stuck && there(inputs.damper).some(({ value }) => value > 10));
    const preheat = inputs.preheatTo?.value;
    const result = heaterStep(
      state.heater,
      {
        stages: off.length > 0 ? 0 : applied.heaters.length,
        temperature: inlet,
        outlet: most(inputs.outlet),
        airflow: median(inputs.fans),
        cooling: cools,
        drying: said(inputs.drying),
        preheatTo: positive(inputs.preheatTo),
        reheatTo: positive(inputs.reheatTo),
        handsOver: said(inputs.handsOver),
      },
      s,
      dt,
    );
    const limits = [...off, ...result.limits];
    const on = result.on.filter(Boolean).length;
    // A cold start takes its time, and tells of it itself.
    const short =
      on > 0 &&
      on === applied.heaters.length &&
      (preheat ?? 0) <= 0 &&
      inlet < s.heatingSetpoint - s.heaterShort;
    const saturated = delayStep(state.short ?? initialDelay, short, { on: s.heaterShortAfter, off: 0 }, dt);
    const alarms: Alarm[] = result.cut
      ? [alarm("heater-hot", "major", "the heater was cut off: too hot; check that a relay has not welded")]
      : [];
    return {
      outputs: {
        heaters: {
          want: each(applied.heaters, (_, i) => (result.on[i] === true ? "on" : "off")),
          rank: result.cut ? "equipmentProtection" : "controller",
        },
      },
      state: { inlets: inlets.state, heater: result.state, short: saturated },
      reason:
        limits.length > 0
          ? `Heater ${listed(limits)}`
          : `${on} of ${applied.heaters.length} heater stages: inlet ${shown(inlet)} °C against ${shown(result.setpoint)} °C`,
      terms: { stages: on, error: result.setpoint - inlet },
      limits,
      alarms: [...inlets.alarms, ...alarms, ...(saturated.on ? [tooLittle(s.heatingSetpoint)] : [])],
      published: { stages: on },
      ...maybe("leader", inlets.leader),
    };
  },
  invariants: [
    {
      text: "no heat while too hot or without air",
      holds: (_, { published, limits }) => published?.["stages"] === 0 || (limits?.length ?? 0) === 0,
    },
  ],
});
