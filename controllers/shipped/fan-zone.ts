import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import { initialDelay } from "../library/alarms.ts";
import { fanTestInit, type FanTestResult, fanTestStep } from "../library/fan-test.ts";
import { firstOrder } from "../library/filter.ts";
import { pidInit } from "../library/pid.ts";
import { quietCeiling } from "../library/quiet.ts";
import { rampStep } from "../library/ramp.ts";
import { stepwiseInit } from "../library/stepwise.ts";
import { shown } from "../library/timing.ts";
import { validateInit, type Validated, validateStep } from "../library/validate.ts";
import {
  type Context,
  decide,
  type Decided,
  inputs,
  movedTo,
  outputs,
  type Result,
  type State,
} from "./fan-zone-decide.ts";
import { marginReason, type Margins, marginsSeen } from "./fan-zone-margins.ts";
import { fanZoneCheck, fanZoneSettings } from "./fan-zone-settings.ts";
import { watch } from "./fan-zone-watch.ts";
import { wantedSetpoint } from "./on-battery.ts";
import { alarm, maybe, said } from "./parts.ts";
import {
  blindDuty,
  bothLost,
  criticalText,
  isCritical,
  lastDuty,
  type Lost,
  lostSensors,
  withLost,
} from "./zone-fail-safe.ts";
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

/** What sensors that are lost, or have nothing left, make of the fans. */
interface Failing {
  readonly lost: Lost;
  readonly margins: Margins;
}

/** A decided duty and what is the least because of sensors. Whoever has nothing left is never given less for it. */
const atLeast = (duty: number, { lost, margins }: Failing, s: Context["settings"]): number =>
  Math.max(withLost(duty, lost, s), margins.failSafe ?? 0);

/** No believable inlet: as it is for a while, then the fail-safe duty. Loops rest, and take over from there. */
function blindStep(
  context: Context,
  validated: Validated,
  bank: Bank,
  inForce: number | undefined,
  { lost, margins }: Failing,
): Result {
  const { state, settings: s, dt } = context;
  const blind = state.blind + dt;
  const held = state.duty ?? inForce ?? s.failSafeDuty;
  const late = blind > s.holdFor;
  // Loops rest: whoever has nothing left gets all the air there is.
  const hot = margins.failSafe === undefined ? 0 : 100;
  const duty = Math.max(late ? blindDuty(held, state.pv, lost, s) : held, hot);
  const why = late
    ? `No inlet sensor is believable: fans at the fail-safe duty of ${shown(duty)} %`
    : `No inlet sensor is believable: fans stay at ${shown(duty)} % for ${Math.ceil(s.holdFor - blind)} s more`;
  return {
    outputs: { fans: dutiesOf(bank, duty) },
    state: {
      ...state,
      ...{ inlets: validated.state, fans: bank.states, duty, blind, pid: pidInit(duty, duty) },
      margins: { without: margins.without, loops: {} },
    },
    reason: why,
    leader: "fail-safe",
    terms: { duty, factor: bank.group.factor },
    limits: margins.limits,
    alarms: [
      noInlet(context.inputs.inlet),
      ...margins.alarms,
      ...sensorAlarms(validated, context.inputs.inlet),
      ...fanAlarms(bank, s),
    ],
    failSafe: { fans: lastDuty(state.pv, duty, s) },
  };
}

function reasonOf(
  pv: number,
  setpoint: number,
  duty: number,
  decided: Decided,
  bank: Bank,
  leader: string,
  margins: Margins,
  follows: boolean,
): string {
  const off = pv - setpoint;
  const where =
    Math.abs(off) < 0.05
      ? "at its setpoint"
      : `${shown(Math.abs(off))} K ${off > 0 ? "above" : "below"} its setpoint`;
  const of = `${leader} is at ${shown(pv)} °C, ${where} of ${shown(setpoint)} °C`;
  if (follows) return `${of}: fans at ${shown(duty)} %, as others command; it follows`;
  const near = marginReason(margins, decided.combined.leader);
  const by = decided.combined.leader === "table" ? ", by the table" : near === undefined ? "" : `, ${near}`;
  const limit = decided.limits.length === 0 ? "" : ` (${decided.limits.join("; ")})`;
  const { all, remaining, factor } = bank.group;
  const faster =
    factor === Infinity ? "none is left" : `the others run ${shown(100 * factor - 100)} % faster`;
  const lost = remaining < all ? `; ${all - remaining} of ${all} fans failed, ${faster}` : "";
  return `${of}: fans at ${shown(duty)} %${by}${limit}${lost}`;
}

function step(context: Context): Result {
  const { inputs: seen, settings: s, state, dt, nominal, applied } = context;
  const probes = probesOf(seen.inlet);
  const validated = validateStep(state.inlets, probes, { dt }, s);
  const bank = bankStep(state.fans, applied.fans, seen, state.duty ?? s.failSafeDuty, s, dt);
  const mean = appliedMean(applied.fans);
  const kicked = bank.results.some(([, { override }]) => override !== undefined);
  const testing = (state.test?.queue.length ?? 0) > 0;
  // A kick or a test is ours and says nothing about what the others are at.
  const inForce =
    mean === undefined ? undefined : kicked || testing ? (state.duty ?? mean) : mean / bank.group.factor;
  const margins = marginsSeen(state.margins, seen.margins, state.pv, s);
  const lost = bothLost(lostSensors(seen.inlet, validated, s), margins.lost);
  const failing = { lost, margins };
  if (validated.value === undefined) return blindStep(context, validated, bank, inForce, failing);
  const pv = firstOrder(state.pv, validated.value, s.filterTime, dt) ?? validated.value;
  const setpoint = rampStep(state.setpoint, wantedSetpoint(seen, s), { dt, nominal }, s);
  const door = said(seen.doorHold) ? (state.door ?? state.duty ?? inForce) : undefined;
  const { limits, ...rest } = decide(
    { ...context, state: { ...state, ...maybe("door", door) } },
    pv,
    setpoint,
    inForce,
    margins,
  );
  const critical = isCritical(state.critical ?? false, validated.value, seen.inletShort?.value, s);
  const follows = context.mode === "manual";
  // What limits a loop that nobody heeds limits nothing.
  const inside = follows ? [] : critical ? [criticalText] : [...limits, ...lost.limits, ...margins.limits];
  const decided = { ...rest, limits: inside };
  const hot = critical && !follows;
  const duty = hot ? 100 : movedTo(atLeast(decided.duty, failing, s), context, inForce);
  const tested = testFans(context, bank, pv, setpoint, kicked);
  const { alarms, state: watched } = watch(context, {
    pv,
    setpoint,
    duty,
    margins,
    ample: decided.ample.ceiling,
  });
  const leader = validated.leader ?? "inlet";
  return {
    outputs: { fans: withTest(dutiesOf(bank, duty), tested) },
    state: {
      inlets: validated.state,
      pv,
      setpoint,
      // What the loop really got: the winner, the slew limit, the floor.
      pid: {
        ...decided.pid.state,
        output: follows ? decided.pid.state.output : decided.pid.output,
      },
      table: decided.table,
      fans: bank.states,
      duty,
      ...watched,
      blind: 0,
      test: tested.state,
      ample: decided.ample.state,
      critical,
      margins: decided.margins,
      ...maybe("door", door),
    },
    reason: reasonOf(pv, setpoint, duty, decided, bank, leader, margins, follows),
    leader,
    terms: { ...termsOf(decided, pv, setpoint, duty, bank), ...maybe("short", margins.worst?.short) },
    limits: decided.limits,
    alarms: [
      ...alarms,
      ...lost.alarms,
      ...margins.alarms,
      ...sensorAlarms(validated, seen.inlet),
      ...fanAlarms(bank, s),
      ...fallenAlarms(bank, tested),
    ],
    published: {
      inlet: pv,
      setpoint,
      duty,
      failed: bank.group.all - bank.group.remaining,
      insufficient: Number(bank.group.insufficient),
    },
    failSafe: { fans: lastDuty(pv, duty, s) },
  };
}

/** One fan at a time at full duty, while nothing else is the matter. */
function testFans(
  { inputs: seen, settings: s, state, dt, localHour, mode }: Context,
  bank: Bank,
  pv: number,
  setpoint: number,
  kicked: boolean,
): FanTestResult {
  const calm =
    mode === "automatic" &&
    !kicked &&
    bank.group.remaining === bank.group.all &&
    Math.abs(pv - setpoint) <= 1 &&
    !said(seen.doorHold) &&
    quietCeiling(localHour, pv, setpoint, s) === undefined;
  const fans = bank.results.map(([{ device }, { state: fan }]) => ({
    id: device,
    rpm: fan.rpm ?? undefined,
  }));
  return fanTestStep(state.test ?? fanTestInit, { fans, calm }, s, dt);
}

const withTest = (duties: ReturnType<typeof dutiesOf>, { under }: FanTestResult): typeof duties =>
  under === undefined ? duties : { each: { ...duties.each, [under]: 100 } };

const fallenAlarms = (bank: Bank, { fallen }: FanTestResult): readonly Alarm[] =>
  fallen.map(({ id, fall }) => {
    const name = bank.results.find(([{ device }]) => device === id)?.[0].name ?? id;
    const text = `${name} turns ${shown(fall)} % slower at full duty than in its first test: clean or replace it`;
    return alarm(`fan-test:${name}`, "notice", text, id);
  });

const termsOf = (decided: Decided, pv: number, setpoint: number, duty: number, bank: Bank) => ({
  p: decided.pid.p,
  i: decided.pid.i,
  d: decided.pid.d,
  error: decided.pid.error,
  flow: decided.flow,
  pv,
  setpoint,
  duty,
  factor: bank.group.factor,
});

/** Fans that hold the hottest inlet, make up for failed ones, and are quiet at night. */
export const fanZone = defineController({
  name: "fan-zone",
  version: "1.0.0",
  summary: "Holds the hottest rack inlet with fans, makes up for failed ones, and keeps quiet hours",
  period: seconds(5),
  settings: fanZoneSettings,
  inputs,
  outputs,
  terms: { flow: "%", short: "K" },
  publishes: {
    inlet: { unit: "°C", text: "The hottest believable inlet, filtered" },
    setpoint: { unit: "°C", text: "The setpoint on its way" },
    duty: { unit: "%", text: "Fan duty before compensation" },
    failed: { text: "Fans that have failed" },
    insufficient: { text: "1 when the fans that are left cannot move enough air" },
  },
  loop: {
    pv: "pv",
    setpoint: "setpoint",
    unit: "°C",
    tune: {
      output: "fans",
      action: "direct",
      gain: "gain",
      integralTime: "integralTime",
      derivativeTime: "derivativeTime",
      least: "minDuty",
      most: "maxDuty",
    },
  },
  failSafe: (s) => ({ fans: s.failSafeDuty }),
  init: (): State => ({
    inlets: validateInit(),
    pv: null,
    setpoint: null,
    pid: pidInit(),
    table: stepwiseInit(),
    fans: {},
    duty: null,
    levels: {},
    saturated: initialDelay,
    blind: 0,
  }),
  check: fanZoneCheck,
  step,
  invariants: [
    {
      text: "every fan is commanded between its smallest duty and 100 %",
      holds: ({ settings, applied, mode }, { outputs: { fans } }) => {
        if (typeof fans !== "object" || fans === null || !("each" in fans)) return false;
        const all = Object.values(fans.each);
        // In manual the operator's value is followed, whatever it is.
        const least =
          mode === "manual"
            ? 0
            : Math.min(settings.minDuty, ...applied.fans.map((one) => Number(one.value ?? 100)));
        return all.every((one) => typeof one === "number" && one >= least - 1e-9 && one <= 100);
      },
    },
  ],
});
