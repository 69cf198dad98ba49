import { seconds } from "../../devices/clock.ts";
import { slots } from "../../devices/transaction.ts";
import { defineController, type StepContext, type StepResult } from "../contract.ts";
import {
  type GuardResult,
  guardStep,
  type GuardState,
  initialGuard,
  mayRun,
  spreadOf,
} from "../library/compressor-guard.ts";
import type { CoolingWatchState } from "../library/cooling-watch.ts";
import {
  initialLeadLag,
  type LeadLagResult,
  type LeadLagState,
  leadLagStep,
  type UnitInput,
} from "../library/lead-lag.ts";
import { initialStaging, type StagingResult, type StagingState, stagingStep } from "../library/staging.ts";
import { validateInit, type ValidateState } from "../library/validate.ts";
import { from, optional, select } from "../select.ts";
import { shut } from "./fan-zone-decide.ts";
import { blindReason, type Inlets, inletsStep } from "./inlets.ts";
import { each, maybe, median, said, there } from "./parts.ts";
import {
  airAtLeast,
  airStep,
  capacityOf,
  type RestAir,
  restAirStep,
  stagedCoolingCheck,
  stagedCoolingSettings,
  type StagedCoolingSettings,
  stagesOf,
  steadied,
} from "./staged-cooling-settings.ts";
import {
  alarmsOf,
  cannotCool,
  guardRanks,
  isAvailable,
  isRunning,
  reasonOf,
  type Unit,
  unitsOf,
  waitsByItself,
} from "./staged-units.ts";
import { watchUnits } from "./unit-watch.ts";

interface State {
  readonly inlets: ValidateState;
  readonly staging: StagingState;
  readonly leadLag: LeadLagState;
  readonly guards: Readonly<Record<string, GuardState>>;
  readonly commanded: readonly string[];
  readonly mainsOut: boolean;
  readonly resets: number;
  /** Absent in what was kept before units were watched. */
  readonly cools?: Readonly<Record<string, CoolingWatchState>>;
  /** Of variable compressors, %, as commanded last; the smallest fan duty published last, %. */
  readonly capacity?: number;
  readonly air?: number;
  /** s for which less air would have been enough. */
  readonly airLess?: number;
}

const inputs = {
  // Without any it cannot decide; what units are told then depends on what they say.
  inlet: select("type:temperature", "point:inlet").each({ minGood: 0 }),
  outdoor: select("type:temperature", "point:outdoor").any(),
  states: select("type:air-conditioner").of("state").eachWord({ minGood: 0 }),
  trips: select("type:air-conditioner").of("status", "high-pressure").anyWord(),
  power: select("type:air-conditioner").of("watt").any(),
  runHours: select("type:air-conditioner").of("run-hours", "compressor").any(),
  rests: select("type:air-conditioner").of("seconds", "start-allowed-in").any(),
  fans: select("type:fan").of("duty").any(),
  reported: select("type:air-conditioner").of("percentage", "capacity").any(),
  damper: select("use:outdoor-air").of("percentage", "damper").any(),
  supply: select("type:temperature", "point:supply").any(),
  back: select("type:temperature", "point:return").any(),
  mains: select("type:contact", "point:mains").anyWord(),
  comfort: select("type:contact", "point:comfort").anyWord(),
  demand: optional(from("zone-temperature", "cooling").max()),
  stages: optional(from("outage", "coolingStages").max()),
  generator: optional(from("outage", "onGenerator").max()),
  freeCooling: optional(from("economiser", "freeCooling").max()),
  rest: optional(from("humidity-guard", "compressorsRest").max()),
  dry: optional(from("humidity-guard", "dry").max()),
  raise: optional(from("humidity-guard", "raiseSupply").max()),
};
const outputs = {
  mode: select("type:air-conditioner").action("mode"),
  capacity: select("type:air-conditioner").action("capacity", { unit: "%" }),
  setpoint: select("type:air-conditioner").action("setpoint", { optional: true }),
};
type Context = StepContext<typeof stagedCoolingSettings, typeof inputs, typeof outputs, State>;
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
      ...{ lost: 0, resting: 0, air: 0 },
    },
    failSafe: { ...failSafeOf(s), mode },
    ...(there(seen.inlet).length === 0 ? { missing: "no inlet sensor gives a value" } : {}),
  };
}

const failSafeOf = ({ failSafeSetpoint }: StagedCoolingSettings) => ({
  mode: "auto",
  capacity: null,
  setpoint: failSafeSetpoint,
});

/** What others allow; undefined: as many as there are. Heat goes before free cooling and before moisture. */
function mostStages(inlet: number, seen: Context["inputs"], s: StagedCoolingSettings): number | undefined {
  const urgent = inlet >= s.urgentAt;
  if (!urgent && (said(seen.freeCooling) || said(seen.rest))) return 0;
  return seen.stages?.value;
}

const whyMost = (seen: Context["inputs"]): string | undefined =>
  said(seen.freeCooling) ? "outdoor air cools" : said(seen.rest) ? "a door lets moist air in" : undefined;

const isOut = (seen: Context["inputs"]): boolean => there(seen.mains).some(({ value }) => value === "failed");

/** Each unit's guard as the step before left it. */
function guardsOf(units: readonly Unit[], state: State, s: StagedCoolingSettings): readonly GuardState[] {
  return units.map(
    ({ target, rests }, i) =>
      state.guards[target.device] ?? initialGuard(s, spreadOf(i, units.length), rests),
  );
}

/** Variable compressors are at their least, and fans were asked for the air that goes with their end. */
const atLeast = ({ capacity, air }: State, s: StagedCoolingSettings): boolean =>
  capacity !== undefined && capacity - s.leastCapacity <= s.capacityStep && (air ?? 0) > s.restAir - airStep;

/** Outdoor air that is let in takes the servers' heat away while compressors rest. */
const outdoorAirCools = ({ damper, outdoor }: Context["inputs"], inlet: number): boolean =>
  (median(damper) ?? 0) > shut && (median(outdoor) ?? Infinity) < inlet - 2;

function stage(
  { inputs: seen, state, settings: s, dt }: Context,
  inlet: number,
  guards: readonly GuardState[],
): StagingResult {
  return stagingStep(
    state.staging,
    {
      temperature: inlet,
      ...maybe("demand", seen.demand?.value),
      available: guards.length,
      running: state.commanded.length,
      ...(s.capacityBand > 0 && !outdoorAirCools(seen, inlet) ? { least: atLeast(state, s) } : {}),
      ...maybe("outdoor", median(seen.outdoor)),
      antiCycling: guards.some(({ starts }) => starts.length >= s.startsPerHour - 1),
      comfort: there(seen.comfort).some(({ value }) => value === "on" || value === "closed"),
      onGenerator: said(seen.generator),
      // Water on equipment is worse than a warm inlet, but not than a hot one.
      raise: inlet >= s.urgentAt ? 0 : (seen.raise?.value ?? 0),
      ...maybe("most", mostStages(inlet, seen, s)),
      ...maybe("mostWhy", whyMost(seen)),
    },
    stagesOf(s),
    dt,
  );
}

/** Some protection is at work: no time to change the lead. */
const protects = (
  targets: Context["applied"]["capacity"],
  inlet: number,
  units: readonly Unit[],
  s: StagedCoolingSettings,
): boolean =>
  inlet >= s.urgentAt ||
  units.some(({ tripped }) => tripped) ||
  targets.some(({ mine, slot }) => !mine && slot !== undefined && slot < slots.minimumOnOff);

/** A stronger command keeps it off: somebody's, or one against smoke or a leak. */
const isKeptOff = ({ mode, capacity }: Context["applied"], device: string): boolean =>
  mode.some((one) => one.device === device && !one.mine && one.value === "off") ||
  capacity.some((one) => one.device === device && !one.mine && one.value === 0);

function arrange(
  { inputs: seen, state, settings: s, dt, applied }: Context,
  inlet: number,
  units: readonly Unit[],
  guards: readonly GuardState[],
  wanted: number,
): LeadLagResult {
  return leadLagStep(
    state.leadLag,
    {
      units: units.map((unit, i): UnitInput => {
        const guard = guards[i];
        const { device } = unit.target;
        const commanded = state.commanded.includes(device);
        return {
          id: device,
          // Whom somebody stronger keeps off need not prove anything.
          commanded: commanded && !isKeptOff(applied, device) && !waitsByItself(unit),
          ...maybe("proof", unit.proof),
          tripped: unit.tripped,
          available: isAvailable(unit, commanded) && guard?.lockedOut !== true,
          rests: guard !== undefined && !mayRun(guard, s),
          ...maybe("runSeconds", unit.runSeconds),
        };
      }),
      wanted,
      blockRotation: isOut(seen) || said(seen.rest) || protects(applied.capacity, inlet, units, s),
      reset: s.resets > state.resets,
    },
    s,
    dt,
  );
}

function guard(
  { inputs: seen, state, settings: s, dt, mode }: Context,
  units: readonly Unit[],
  before: readonly GuardState[],
  requests: readonly string[],
): readonly GuardResult[] {
  const poweredUp = state.mainsOut && !isOut(seen);
  const reset = s.resets > state.resets;
  return units.map((unit, i) =>
    guardStep(
      before[i] ?? initialGuard(s),
      {
        request: mode === "manual" ? isRunning(unit) === true : requests.includes(unit.target.device),
        trip: unit.tripped,
        ...maybe("observed", isRunning(unit)),
        poweredUp,
        spread: spreadOf(i, units.length),
        reset,
      },
      s,
      dt,
    ),
  );
}

/** What others should know: cooling that is lost, and cooling that only has to wait for its compressor. */
function publish(
  { settings: s }: Context,
  of: {
    readonly wanted: number;
    readonly on: number;
    readonly air: number;
    readonly order: LeadLagResult;
  },
  guards: readonly GuardResult[],
) {
  const { wanted, on, air, order } = of;
  const waits = guards.length > 0 && on === 0 && guards.every(({ state }) => !mayRun(state, s));
  return {
    stages: on,
    wanted,
    lost: wanted > 0 && order.sound === 0 ? 1 : 0,
    resting: wanted > 0 && order.sound > 0 && waits ? 1 : 0,
    air,
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

function step(context: Context): Result {
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
  const published = publish(context, { wanted, on: on.length, air: rest.air, order }, guards);
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
      ...{ capacity, air: rest.air, airLess: rest.less },
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
    alarms: [...inlets.alarms, ...(mainsOut ? [] : alarmsOf(units, guards, order)), ...watched.alarms],
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
  publishes: {
    stages: { text: "Cooling stages that run" },
    wanted: { text: "Cooling stages the inlet asks for" },
    lost: { text: "1 when cooling is wanted and no unit is left that works" },
    resting: { text: "1 when cooling is wanted and every compressor has to rest first" },
    air: { unit: "%", text: "Smallest fan duty while a compressor at its least is about to end" },
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
