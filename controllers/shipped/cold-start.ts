import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  coldStartSettings,
  coldStartStep,
  heatSizeSettings,
  heatTooSmall,
  type ColdStartResult,
  type ColdStartState,
  initialColdStart,
} from "../library/cold-start.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import { from, optional, select } from "../select.ts";
import { celsius } from "../settings.ts";
import { blindReason, inletSettings, inletsStep, leftOut } from "./inlets.ts";
import { alarm, each, least, there } from "./parts.ts";
import { prioritySettings, loadsOf } from "./loads.ts";

const settings = Type.Object({
  ...coldStartSettings.properties,
  ...heatSizeSettings.properties,
  ...prioritySettings.properties,
  ...inletSettings.properties,
  coldBelow: celsius({
    default: 5,
    maximum: 20,
    description:
      "At the very start of a site loads that have no power are held only below this inlet temperature.",
  }),
});

type State = Partial<ColdStartState> & {
  readonly inlets?: ValidateState;
  readonly equipmentSensors?: ValidateState;
};
type Settings = Static<typeof settings>;

/** Loads stay off while a site is frozen, and come on one after the other once it is warm and dry. */
export const coldStart = defineController({
  name: "cold-start",
  version: "1.0.0",
  summary: "Holds loads off a frozen site, asks for heat, then powers up in order of priority",
  period: seconds(5),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").each(),
    equipment: select("type:temperature", "point:equipment").any(),
    // Where nothing measures equipment, the air that has passed it stands for it.
    passed: select("type:temperature", "point:outlet").any(),
    battery: select("type:battery").of("temperature").any(),
    outlets: select("type:outlet").of("switch").anyWord(),
    margin: optional(from("humidity-guard", "margin").min()),
    fans: select("type:fan").of("duty").any(),
    onBattery: optional(from("outage", "onBattery").max()),
  },
  outputs: { outlets: select("type:outlet").action("switch") },
  terms: { waited: "s" },
  publishes: {
    phase: { text: "frozen, preheat, soak, power-up or normal" },
    preheatTo: { unit: "°C", text: "Inlet temperature the heater brings about first; 0: none" },
    released: { text: "Loads that may have power" },
    handsOver: { text: "1 while heaters give way to the heat of loads that have just come on" },
    air: { unit: "%", text: "Smallest fan duty until then" },
  },
  failSafe: { outlets: null },
  init: (): State => ({}),
  check: (s) =>
    s.releaseInlet < s.frozenInlet
      ? `releaseInlet ${s.releaseInlet} °C is below frozenInlet ${s.frozenInlet} °C`
      : checkValidate({ ...s, worse: "low" }),
  step({ inputs, state, settings: s, dt, applied }) {
    const loads = loadsOf(applied.outlets, inputs.outlets, s).toSorted((a, b) => a.priority - b.priority);
    const inlets = inletsStep(state.inlets ?? validateInit(), inputs.inlet, s, dt, "low");
    const seen = inputs.equipment.length > 0 ? inputs.equipment : inputs.passed;
    const equipment = inletsStep(state.equipmentSensors ?? validateInit(), seen, s, dt, "low");
    const sensors = { inlets: inlets.state, equipmentSensors: equipment.state };
    const inlet = inlets.coldest;
    if (inlet === undefined)
      return {
        outputs: { outlets: null },
        state: { ...state, ...sensors },
        reason: blindReason,
        leader: "fail-safe",
        alarms: inlets.alarms,
        published: { phase: state.phase ?? "frozen", preheatTo: 0, released: 0, handsOver: 0, air: 0 },
      };
    const powered = loads.some(({ on }) => on === true);
    const before = begun(state, inlet, powered, s);
    // On battery it is for `outage` to say who has power of those that were let on.
    const waits = (inputs.onBattery?.value ?? 0) > 0;
    const result = coldStartStep(
      before,
      {
        inlet,
        equipment: equipment.coldest,
        battery: least(inputs.battery),
        margin: inputs.margin?.value,
        outlets: loads.length,
        powered,
        heating: there(inputs.fans).some(({ value }) => value > 0),
        waits,
      },
      s,
      dt,
    );
    const order = loads.map(({ id }) => id);
    const holds = result.phase !== "normal";
    return {
      outputs: {
        outlets: {
          want: each(applied.outlets, ({ device }) =>
            !holds ? null : order.indexOf(device) >= result.released ? "off" : waits ? null : "on",
          ),
          rank: "equipmentProtection",
        },
      },
      state: { ...result.state, ...sensors },
      reason: result.reason,
      leader: result.phase,
      terms: { released: result.released, waited: result.state.since },
      limits: leftOut(inlets),
      alarms: alarmsOf(result, s),
      published: {
        phase: result.phase,
        preheatTo: result.preheatTo ?? 0,
        released: result.released,
        handsOver: result.handsOver ? 1 : 0,
        air: result.handsOver || result.preheatTo !== undefined ? s.coldStartAir : 0,
      },
    };
  },
  invariants: [
    {
      text: "no load is given power before the soak is over",
      holds: (_, { published }) =>
        published?.["released"] === 0 ||
        published?.["phase"] === "normal" ||
        published?.["phase"] === "power-up",
    },
  ],
});

function alarmsOf({ overdue, reason }: ColdStartResult, s: Settings): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (overdue)
    alarms.push(alarm("cold-start-overdue", "major", `${reason}; it takes too long: check the heater`));
  const small = heatTooSmall(s);
  if (small !== undefined) alarms.push(alarm("heat-too-small", "notice", small));
  return alarms;
}

/** The very first step decides whether this is a cold start at all. */
function begun(state: State, inlet: number, powered: boolean, s: Settings): ColdStartState {
  const { phase, inPhase = 0, since = 0, fitFor = 0, released = 0 } = state;
  if (phase === undefined) return initialColdStart(powered || inlet >= s.coldBelow);
  return { ...state, phase, inPhase, since, fitFor, released };
}
