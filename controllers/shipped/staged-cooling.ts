import { seconds } from "../../devices/clock.ts";
import { defineController, type StepResult } from "../contract.ts";
import { type GuardResult, initialGuard, mayRun } from "../library/compressor-guard.ts";
import { initialLeadLag, type LeadLagResult } from "../library/lead-lag.ts";
import { initialStaging, type StagingResult } from "../library/staging.ts";
import { validateInit } from "../library/validate.ts";
import { onBelievedAir } from "./air-probes.ts";
import { blindReason, type Inlets, inletsStep } from "./inlets.ts";
import { each, maybe, said, there } from "./parts.ts";
import {
  airAtLeast,
  capacityOf,
  type RestAir,
  restAirStep,
  stagedCoolingCheck,
  stagedCoolingSettings,
  type StagedCoolingSettings,
  steadied,
} from "./staged-cooling-settings.ts";
import {
  arrange,
  type Context,
  guard,
  guardsOf,
  inputs,
  isOut,
  mostStages,
  outputs,
  stage,
  type State,
} from "./staged-decide.ts";
import { saturatedAlarm, saturatedStep } from "./staged-saturated.ts";
import { alarmsOf, cannotCool, guardRanks, reasonOf, unitsOf } from "./staged-units.ts";
import { watchUnits } from "./unit-watch.ts";

type Result = StepResult<typeof outputs, State>;

/**
 * Units hold a temperature of their own, which they know better than this does now. Where none can cool, their damper is left
 * to whoever ventilates: by its own thermostat a unit shuts it.
 */
function blind({ inputs: seen, state, settings: s, applied }: Context, inlets: Inlets): Result {
  const units = unitsOf(applied.capacity, seen, s);
  const mode = units.length > 0 && units.every(cannotCool) ? "remote" : "auto";
  return {
    outputs: { mode, setpoint: s.failSafeSetpoint },
    state: { ...state, inlets: inlets.state },
    reason: blindReason,
    leader: "fail-safe",
    alarms: inlets.alarms,
    published: {
      stages: state.commanded.length,
      wanted: state.staging.stages,
      ...{ lost: 0, resting: 0, air: 0, saturated: 0 },
    },
    failSafe: { ...failSafeOf(s), mode },
    ...(there(seen.inlet).length === 0 ? { missing: "no inlet sensor gives a value", lacks: ["inlet"] } : {}),
  };
}

const failSafeOf = ({ failSafeSetpoint }: StagedCoolingSettings) => ({
  mode: "auto",
  capacity: null,
  setpoint: failSafeSetpoint,
});

/** What others should know: cooling that is lost, and cooling that only has to wait for its compressor. */
function publish(
  { settings: s }: Context,
  of: {
    readonly wanted: number;
    readonly on: number;
    readonly air: number;
    readonly saturated: boolean;
    readonly order: LeadLagResult;
  },
  guards: readonly GuardResult[],
) {
  const { wanted, on, air, saturated, order } = of;
  const waits = guards.length > 0 && on === 0 && guards.every(({ state }) => !mayRun(state, s));
  return {
    stages: on,
    wanted,
    lost: wanted > 0 && order.sound === 0 ? 1 : 0,
    resting: wanted > 0 && order.sound > 0 && waits ? 1 : 0,
    air,
    saturated: saturated ? 1 : 0,
  };
}

/** What a compressor that is about to end needs of the fans. */
function restAir(
  { settings: s, state: { air, airLess = 0 }, dt }: Context,
  inlet: number,
  { setpoint, deeper, easing }: StagingResult,
  runs: boolean,
): RestAir {
  if (!runs) return { air: 0, less: 0 };
  const wanted = easing ? s.restAir : airAtLeast(inlet, setpoint, deeper, s);
  return restAirStep(air === undefined ? undefined : { air, less: airLess }, wanted, dt);
}

const step = (context: Context): Result => onBelievedAir(context, context.inputs.reported, cool);

function cool(context: Context): Result {
  const { inputs: seen, state, settings: s, dt, applied } = context;
  const inlets = inletsStep(state.inlets, seen.inlet, s, dt);
  const inlet = inlets.hottest;
  if (inlet === undefined) return blind(context, inlets);
  const units = unitsOf(applied.capacity, seen, s);
  const before = guardsOf(units, state, s);
  const staged = stage(context, inlet, before);
  const drying = said(seen.dry) && mostStages(inlet, seen, s) !== 0;
  const wanted = Math.max(staged.stages, drying ? 1 : 0);
  const order = arrange(context, inlet, units, before, wanted);
  const guards = guard(context, units, before, order.requests);
  const on = units.filter((_, i) => guards[i]?.on === true);
  const share = { value: seen.demand?.value ?? 0, share: units.length / Math.max(1, on.length) };
  const asked = seen.demand === undefined ? undefined : share;
  const needed = capacityOf(inlet, staged.setpoint, asked, s);
  const wantedCapacity = drying ? Math.max(needed, s.dryCapacity) : needed;
  const capacity = steadied(state.capacity, wantedCapacity, s.leastCapacity, s.capacityStep);
  const mainsOut = isOut(seen);
  // Little air over the coil dries more.
  const rest = restAir(context, inlet, staged, on.length > 0 && wanted > 0 && !drying);
  const commanded = seen.demand !== undefined;
  const cooling = { inlet, on: on.length, sound: order.sound, capacity, commanded };
  const short = saturatedStep(state.saturated, cooling, staged, s, dt);
  const of = { wanted, on: on.length, air: rest.air, saturated: short.on, order };
  const published = publish(context, of, guards);
  const known = { ...seen, capacity: seen.reported };
  const watched = watchUnits(units, known, state.cools ?? {}, inlets.usual ?? inlet, capacity, s, dt);
  return {
    outputs: {
      mode: "remote",
      capacity: {
        want: each(applied.capacity, (_, i) => (guards[i]?.on === true ? capacity : 0)),
        ...guardRanks(units, guards, s),
      },
    },
    state: {
      inlets: inlets.state,
      staging: staged.state,
      leadLag: order.state,
      guards: Object.fromEntries(
        units.map(({ target }, i) => [target.device, guards[i]?.state ?? initialGuard(s)]),
      ),
      commanded: on.map(({ target }) => target.device),
      mainsOut,
      resets: s.resets,
      cools: watched.states,
      ...{ capacity, air: rest.air, airLess: rest.less, saturated: short },
    },
    reason: reasonOf(on, staged.reason, drying && staged.stages === 0, said(seen.freeCooling)),
    ...maybe("leader", inlets.leader),
    terms: {
      wanted: staged.wanted,
      stages: staged.stages,
      running: on.length,
      setpoint: staged.setpoint,
      error: inlet - staged.setpoint,
      deeper: staged.deeper,
      capacity: on.length > 0 ? capacity : 0,
    },
    limits: [
      ...staged.limits,
      ...units.flatMap(({ target }, i) => {
        const holds = guards[i]?.holds;
        return holds === undefined ? [] : [`${target.name}: ${holds.text}`];
      }),
    ],
    // Without mains no unit runs; that is told once, by whoever watches the mains.
    alarms: [
      ...inlets.alarms,
      ...(mainsOut ? [] : alarmsOf(units, guards, order)),
      ...(short.on ? [saturatedAlarm(staged, on.length, units.length)] : []),
      ...watched.alarms,
    ],
    published,
    failSafe: failSafeOf(s),
  };
}

/** Air-conditioners by stages: as many as it takes, in turns, none against its compressor's limits. */
export const stagedCooling = defineController({
  name: "staged-cooling",
  version: "1.0.0",
  summary: "Runs as many air-conditioners as the inlet needs, in turns, and guards their compressors",
  period: seconds(5),
  settings: stagedCoolingSettings,
  inputs,
  outputs,
  terms: { setpoint: "°C", error: "K", deeper: "K" },
  publishes: {
    stages: { text: "Cooling stages that run" },
    wanted: { text: "Cooling stages the inlet asks for" },
    lost: { text: "1 when cooling is wanted and no unit is left that works" },
    resting: { text: "1 when cooling is wanted and every compressor has to rest first" },
    air: { unit: "%", text: "Smallest fan duty while a compressor at its least is about to end" },
    saturated: { text: "1 while all stages do not hold the inlet" },
  },
  failSafe: failSafeOf,
  stateVersion: 3,
  init: ({ resets }): State => ({
    inlets: validateInit(),
    staging: initialStaging,
    leadLag: initialLeadLag,
    guards: {},
    commanded: [],
    mainsOut: false,
    resets,
  }),
  check: stagedCoolingCheck,
  step,
  invariants: [
    {
      text: "no compressor starts against its guard",
      holds: ({ state, settings: s }, { state: next }) =>
        Object.entries(next.guards).every(([id, guard]) => {
          const before = state.guards[id];
          const starts = guard.running && before?.running === false && !guard.seen;
          return !starts || guard.now - before.since >= s.minimumOff - 1e-3;
        }),
    },
    {
      text: "capacities are between 0 and 100 %",
      holds: (_, { outputs }) => {
        const wish = outputs.capacity;
        const want = typeof wish === "object" && wish !== null && "want" in wish ? wish.want : wish;
        const all = typeof want === "object" && want !== null ? Object.values(want.each) : [want ?? 0];
        return all.every((value) => value === null || (Number(value) >= 0 && Number(value) <= 100));
      },
    },
  ],
});
