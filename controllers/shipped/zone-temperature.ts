import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import { initialDelay, initialRate, rateStep } from "../library/alarms.ts";
import { initialEconomiser } from "../library/economiser.ts";
import { firstOrder } from "../library/filter.ts";
import { countedSeconds, slewed } from "../library/limit.ts";
import { pidInit } from "../library/pid.ts";
import { rampStep } from "../library/ramp.ts";
import type { SequenceCommands } from "../library/split-range.ts";
import { shown } from "../library/timing.ts";
import { validateInit, type Validated, validateStep } from "../library/validate.ts";
import { onBelievedAir } from "./air-probes.ts";
import { wantedSetpoint } from "./on-battery.ts";
import { there } from "./parts.ts";
import { airLimits, airLimitTexts } from "./zone-air.ts";
import { damperBlind, damperSafe, damperStep } from "./zone-damper.ts";
import { blindDuty, criticalText, isCritical, lastDuty, lostSensors, withLost } from "./zone-fail-safe.ts";
import { damperWatch, outdoorAlarms, permission } from "./zone-outdoor.ts";
import {
  appliedMean,
  bankStep,
  type Bank,
  dutiesOf,
  fanAlarms,
  noInlet,
  probesOf,
  sensorAlarms,
} from "./zone-parts.ts";
import {
  type Context,
  decide,
  type Decided,
  inputs,
  outputs,
  type Result,
  type State,
} from "./zone-sequence.ts";
import {
  zoneTemperatureCheck,
  type ZoneTemperatureSettings,
  zoneTemperatureSettings,
} from "./zone-temperature-settings.ts";
import { watch } from "./zone-watch.ts";

function blindStep(context: Context, validated: Validated, bank: Bank, inForce: number | undefined): Result {
  const { state, settings: s, dt } = context;
  const blind = state.blind + dt;
  const before = state.duty ?? inForce ?? s.failSafeDuty;
  const late = blind > s.holdFor;
  const lost = lostSensors(context.inputs.inlet, validated, s);
  const duty = late ? blindDuty(before, state.pv, lost, s) : before;
  const held = appliedMean(context.applied.damper) ?? s.damperMin;
  const dampers = damperBlind(context, held);
  const { damper } = dampers;
  const goes = damper < held ? "at its least" : damper > held ? "opens, for no unit cools" : "as it is";
  const then = late
    ? `fans at their fail-safe duty, the damper ${goes}`
    : "everything stays as it is for a while";
  return {
    outputs: { fans: dutiesOf(bank, duty), ...dampers },
    state: { ...state, inlets: validated.state, fans: bank.states, duty, damper, blind },
    reason: `No inlet sensor is believable: ${then}`,
    leader: "fail-safe",
    terms: { duty, damper },
    alarms: [
      noInlet(context.inputs.inlet),
      ...sensorAlarms(validated, context.inputs.inlet),
      ...fanAlarms(bank, s),
    ],
    published: {
      heating: 0,
      cooling: state.cooling,
      demand: 0,
      outdoorAir: Number(state.outdoorAir),
      stuck: 0,
    },
    failSafe: { fans: lastDuty(state.pv, duty, s), ...dampers },
    ...(there(context.inputs.inlet).length === 0
      ? { missing: "no inlet sensor gives a value", lacks: ["inlet"] }
      : {}),
  };
}

/** @param duty of the fans, as it becomes, % */
const activeTexts: Readonly<
  Record<SequenceCommands["active"], (c: SequenceCommands, duty: number) => string>
> = {
  heater: ({ heater }) => `heating at ${shown(heater)} %`,
  none: () => "nothing is needed",
  damper: ({ damper }) => `outdoor air through the damper at ${shown(damper)} %`,
  fans: (_, duty) => `fans at ${shown(duty)} %`,
  dx: ({ dx }, duty) => `mechanical cooling at ${shown(dx)} %, fans at ${shown(duty)} %`,
};

const step = (context: Context): Result => onBelievedAir(context, context.inputs.capacity, hold);

function hold(context: Context): Result {
  const { inputs: seen, settings: s, state, dt, nominal, applied, mode } = context;
  const validated = validateStep(state.inlets, probesOf(seen.inlet), { dt }, s);
  const bank = bankStep(state.fans, applied.fans, seen, state.duty ?? s.failSafeDuty, s, dt);
  const mean = appliedMean(applied.fans);
  const inForce = mean === undefined ? undefined : mean / bank.group.factor;
  if (validated.value === undefined) return blindStep(context, validated, bank, inForce);
  const pv = firstOrder(state.pv, validated.value, s.filterTime, dt) ?? validated.value;
  const setpoint = rampStep(state.setpoint, wantedSetpoint(seen, s), { dt, nominal }, s);
  const outdoors = damperWatch(context);
  const economiser = permission(context, pv, setpoint, outdoors);
  const outdoorAir = economiser.mode !== "mechanical";
  const air = airLimits(context, pv, setpoint, outdoorAir, inForce);
  const decided = decide(context, pv, setpoint, outdoorAir, air.floor);
  const lost = lostSensors(seen.inlet, validated, s);
  const wanted = withLost(Math.max(s.minDuty, Math.min(air.most, decided.commands.fans)), lost, s);
  const critical = isCritical(state.critical ?? false, validated.value, seen.inletShort?.value, s);
  const follows = mode === "manual";
  const duty = critical && !follows ? 100 : dutyMoved(wanted, context, inForce);
  const rate = rateStep(state.rate, validated.value, dt);
  const frozen =
    decided.commands.heater === 0 &&
    pv < setpoint + 3 &&
    (rate.quarter >= s.rateQuarter || rate.hour >= s.rateHour);
  const cooling = frozen ? Math.min(state.cooling, decided.commands.dx) : decided.commands.dx;
  const { damper, returnDamper, shutFor, limits } = damperStep(context, decided.commands.damper, economiser);
  const watched = watch(context, { outdoorAir, pv, setpoint, decided, rate, ample: air.ample });
  const leader = validated.leader ?? "inlet";
  const against = outdoorAir ? "" : `; no outdoor air: ${economiser.against[0] ?? "it has to wait its time"}`;
  const does = follows
    ? `fans at ${shown(duty)} %, as others command; it follows`
    : `${activeTexts[decided.commands.active](decided.commands, duty)}${against}`;
  return {
    outputs: { fans: dutiesOf(bank, duty), damper, returnDamper },
    state: {
      inlets: validated.state,
      pv,
      setpoint,
      pid: decided.pid.state,
      side: decided.side,
      economiser: economiser.state,
      outdoorAir,
      fans: bank.states,
      duty,
      damper,
      shutFor,
      cooling,
      rate: rate.state,
      blind: 0,
      ...watched.state,
      critical,
      ...air.state,
      watch: outdoors.state,
      resets: s.resets,
    },
    reason: `${leader} is at ${shown(pv)} °C, setpoint ${shown(decided.side === "cooling" ? setpoint : s.heatingSetpoint)} °C: ${does}`,
    leader,
    terms: termsOf(decided, pv, setpoint, duty, air.flow, s),
    limits: [
      ...(follows ? [] : critical ? [criticalText] : airLimitTexts(air, decided.commands.fans)),
      ...limits,
      ...lost.limits,
      ...(frozen ? [`no more stages yet: the inlet changed by ${shown(rate.quarter)} K within 15 min`] : []),
    ],
    alarms: [
      ...watched.alarms,
      ...lost.alarms,
      ...sensorAlarms(validated, seen.inlet),
      ...fanAlarms(bank, s, bank.group.insufficient && pv > setpoint + s.saturatedError),
      ...outdoorAlarms(context, outdoors),
    ],
    published: {
      heating: decided.commands.heater,
      cooling,
      demand: decided.position,
      outdoorAir: Number(outdoorAir),
      stuck: Number(outdoors.stuck),
    },
    failSafe: { fans: lastDuty(pv, duty, s), ...damperSafe(context, damper) },
  };
}

/** The fans' duty moves no faster than it may; in manual it stays with what is in force. */
function dutyMoved(
  wanted: number,
  { mode, state, settings: s, dt, nominal }: Context,
  inForce: number | undefined,
): number {
  if (mode === "manual" && inForce !== undefined) return inForce;
  const before = state.duty ?? inForce;
  return before === undefined
    ? wanted
    : slewed(before, wanted, s.slewUp, s.slewDown, countedSeconds(dt, nominal));
}

const termsOf = (
  { pid, position, commands, factor }: Decided,
  pv: number,
  setpoint: number,
  duty: number,
  flow: number,
  { damperUntil, damperMin }: ZoneTemperatureSettings,
) => ({
  p: pid.p,
  i: pid.i,
  error: pid.error,
  gainFactor: factor,
  pv,
  setpoint,
  demand: position,
  heater: commands.heater,
  damper: commands.damper,
  duty,
  dx: commands.dx,
  flow,
  // What of the demand, scheduled, is a percent of the damper.
  damperShare: damperUntil / (Math.max(1, 100 - damperMin) * factor),
});

/** One loop for a whole zone: heater, damper, fans and mechanical cooling, one after the other. */
export const zoneTemperature = defineController({
  name: "zone-temperature",
  version: "1.0.0",
  summary:
    "Holds a zone with heater, outdoor air, fans and mechanical cooling in sequence, never two against each other",
  period: seconds(5),
  settings: zoneTemperatureSettings,
  inputs,
  outputs,
  terms: { demand: "%", heater: "%", damper: "%", dx: "%", flow: "%" },
  publishes: {
    heating: { unit: "%", text: "Demand for heating" },
    cooling: { unit: "%", text: "Demand for mechanical cooling" },
    demand: { unit: "%", text: "Place in the sequence, -100 to 100" },
    outdoorAir: { text: "1 while outdoor air may cool" },
    stuck: { text: "1 while the damper does not follow: what it lets in is not meant" },
  },
  loop: {
    pv: "pv",
    setpoint: "setpoint",
    unit: "°C",
    tune: {
      output: "damper",
      action: "direct",
      gain: "gain",
      integralTime: "integralTime",
      least: "damperMin",
      share: "damperShare",
    },
  },
  failSafe: (s) => ({ fans: s.failSafeDuty, damper: s.damperMin, returnDamper: 100 - s.damperMin }),
  init: (): State => ({
    inlets: validateInit(),
    pv: null,
    setpoint: null,
    pid: pidInit(),
    side: "cooling",
    economiser: initialEconomiser,
    outdoorAir: false,
    fans: {},
    duty: null,
    damper: null,
    cooling: 0,
    levels: {},
    rate: initialRate,
    saturated: initialDelay,
    heatingSaturated: initialDelay,
    blind: 0,
  }),
  check: zoneTemperatureCheck,
  step,
  invariants: [
    {
      text: "heating and mechanical cooling never at once",
      holds: (_, { published }) => !(Number(published?.heating) > 0 && Number(published?.cooling) > 0),
    },
  ],
});
