import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  guardSettings,
  guardStep,
  type GuardResult,
  type GuardState,
  initialGuard,
  spreadOf,
} from "../library/compressor-guard.ts";
import {
  initialLeadLag,
  leadLagSettings,
  leadLagStep,
  type LeadLagResult,
  type LeadLagState,
  proofOf,
  type UnitInput,
} from "../library/lead-lag.ts";
import { initialStaging, stagingSettings, stagingStep, type StagingState } from "../library/staging.ts";
import { listed, within } from "../library/timing.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import type { Applied, Observation, Sample } from "../sample.ts";
import { from, optional, select } from "../select.ts";
import { celsius, kelvin, percent, plain, watts } from "../settings.ts";
import { blindReason, type Inlets, inletSettings, inletsStep } from "./inlets.ts";
import { alarm, each, maybe, median, said, there, valueAt } from "./parts.ts";

const settings = Type.Object({
  ...stagingSettings.properties,
  ...guardSettings.properties,
  ...leadLagSettings.properties,
  ...inletSettings.properties,
  capacityBand: kelvin({
    default: 4,
    maximum: 10,
    description:
      "Variable compressors: from least to full capacity over so much. 0: on and off only; `offDifferential` must be wider then.",
  }),
  leastCapacity: percent({ default: 30, description: "Least capacity of variable compressors." }),
  ratedPower: watts({
    default: 0,
    description: "Rated electrical power of one unit, to see that it runs; 0: not known.",
  }),
  failSafeSetpoint: celsius({
    default: 25,
    minimum: 10,
    maximum: 35,
    description: "What the units' own thermostats hold when this controller cannot be trusted.",
  }),
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one to reset lock-outs and to trust repaired units again.",
  }),
});
type Settings = Static<typeof settings>;

interface State {
  readonly inlets: ValidateState;
  readonly staging: StagingState;
  readonly leadLag: LeadLagState;
  readonly guards: Readonly<Record<string, GuardState>>;
  readonly commanded: readonly string[];
  readonly mainsOut: boolean;
  readonly resets: number;
}

interface Unit {
  readonly target: Applied;
  readonly word: string | undefined;
  readonly tripped: boolean;
  readonly proof: boolean | undefined;
  readonly runSeconds: number | undefined;
}

const runningWords = ["cooling", "defrost", "running", "on"];
const lockedWords = ["lockout", "fault"];

interface Seen {
  readonly states: readonly Observation<string>[];
  readonly trips: readonly Observation<string>[];
  readonly power: readonly Observation[];
  readonly supply: readonly Observation[];
  readonly back: readonly Observation[];
  readonly runHours: readonly Observation[];
}

function unitsOf(targets: readonly Applied[], seen: Seen, s: Settings): readonly Unit[] {
  return targets.map((target) => {
    const at = <T extends number | string>(all: readonly Observation<T>[]): T | undefined =>
      valueAt(all, target.name, target.device);
    const word = at(seen.states);
    const hours = at(seen.runHours);
    const power = s.ratedPower > 0 ? { ...maybe("power", at(seen.power)), rated: s.ratedPower } : {};
    const air = { ...maybe("supply", at(seen.supply)), ...maybe("return", at(seen.back)) };
    return {
      target,
      word,
      tripped: word === "lockout" || at(seen.trips) === "alarm",
      proof: proofOf({ ...power, ...air }, s),
      runSeconds: hours === undefined ? undefined : hours * 3600,
    };
  });
}

/** A compressor at its least cools little, and its rest would cost more: it ends further down. */
const stagesOf = (s: Settings): Settings =>
  s.capacityBand === 0 ? s : { ...s, offDifferential: s.offDifferential + s.capacityBand / 2 };

/** % of a variable compressor: its share of a loop's demand, or proportional above where its stage ends. */
function capacityOf(
  temperature: number,
  setpoint: number,
  demand: { readonly value: number; readonly share: number } | undefined,
  s: Settings,
): number {
  if (s.capacityBand === 0) return 100;
  if (demand !== undefined) return within(Math.round(demand.value * demand.share), s.leastCapacity, 100);
  const above = temperature - (setpoint - s.offDifferential);
  return within(Math.round((100 * above) / s.capacityBand), s.leastCapacity, 100);
}

function alarmsOf(units: readonly Unit[], guards: readonly GuardResult[], order: LeadLagResult): Alarm[] {
  const alarms: Alarm[] = [];
  units.forEach(({ target: { name, device }, word }, i) => {
    const guard = guards[i];
    if (word === undefined) {
      alarms.push(
        alarm(`silent:${name}`, "major", `${name} does not say what it does; check its bus`, device),
      );
    }
    if (guard?.state.lockedOut === true) {
      const text = `${name} is locked out after repeated trips; find the cause, then raise \`resets\``;
      alarms.push(alarm(`locked-out:${name}`, "major", text, device));
    } else if (word === "lockout" || guard?.state.tripped === true) {
      alarms.push(alarm(`tripped:${name}`, "major", `${name} has tripped; check condenser and fan`, device));
    }
    if ((guard?.startsLastHour ?? 0) > 10) {
      const text = `${name} starts too often: ${guard?.startsLastHour ?? 0} times within the hour`;
      alarms.push(alarm(`short-cycling:${name}`, "warning", text, device));
    }
  });
  for (const { id, why } of order.failed) {
    const name = units.find(({ target }) => target.device === id)?.target.name ?? id;
    alarms.push(alarm(`failed:${name}`, "major", `${name} ${why}; the next unit takes its place`, id));
  }
  if (order.allFailed) {
    alarms.push(alarm("no-cooling", "critical", "no cooling unit is left that works; send somebody now"));
  }
  return alarms;
}

/** Air-conditioners by stages: as many as it takes, in turns, none against its compressor's limits. */
export const stagedCooling = defineController({
  name: "staged-cooling",
  version: "1.0.0",
  summary: "Runs as many air-conditioners as the inlet needs, in turns, and guards their compressors",
  period: seconds(5),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").each(),
    outdoor: select("type:temperature", "point:outdoor").any(),
    states: select("type:air-conditioner").of("state").eachWord({ minGood: 0 }),
    trips: select("type:air-conditioner").of("status", "high-pressure").anyWord(),
    power: select("type:air-conditioner").of("watt").any(),
    runHours: select("type:air-conditioner").of("run-hours", "compressor").any(),
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
  },
  outputs: {
    mode: select("type:air-conditioner").action("mode"),
    capacity: select("type:air-conditioner").action("capacity", { unit: "%" }),
    setpoint: select("type:air-conditioner").action("setpoint", { optional: true }),
  },
  publishes: {
    stages: { text: "Cooling stages that run" },
    wanted: { text: "Cooling stages the inlet asks for" },
    lost: { text: "1 when cooling is wanted and no unit can run" },
  },
  failSafe: ({ failSafeSetpoint }) => ({ mode: "auto", capacity: null, setpoint: failSafeSetpoint }),
  stateVersion: 2,
  init: ({ resets }): State => ({
    inlets: validateInit(),
    staging: initialStaging,
    leadLag: initialLeadLag,
    guards: {},
    commanded: [],
    mainsOut: false,
    resets,
  }),
  check: (s) =>
    s.urgentAt > s.setpoint
      ? checkValidate({ ...s, worse: "high" })
      : `urgentAt ${s.urgentAt} °C is not above setpoint ${s.setpoint} °C`,
  step({ inputs, state, settings: s, dt, applied, mode }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const inlet = inlets.hottest;
    if (inlet === undefined) return blind(state, inlets, s);
    const reset = s.resets > state.resets;
    const units = unitsOf(applied.capacity, inputs, s);
    const mainsOut = there(inputs.mains).some(({ value }) => value === "failed");
    const known = (unit: Unit, i: number): GuardState =>
      state.guards[unit.target.device] ?? initialGuard(s, spreadOf(i, units.length));
    const usable = (unit: Unit, i: number): boolean =>
      unit.word !== undefined && !lockedWords.includes(unit.word) && !known(unit, i).lockedOut;
    const starts = units.map((unit, i) => known(unit, i).starts.length);
    const staged = stagingStep(
      state.staging,
      {
        temperature: inlet,
        ...maybe("demand", inputs.demand?.value),
        available: units.length,
        ...maybe("outdoor", median(inputs.outdoor)),
        antiCycling: starts.some((count) => count >= s.startsPerHour - 1),
        comfort: there(inputs.comfort).some(({ value }) => value === "on" || value === "closed"),
        onGenerator: said(inputs.generator),
        ...maybe("most", mostStages(inlet, inputs, s)),
        ...maybe("mostWhy", whyMost(inputs)),
      },
      stagesOf(s),
      dt,
    );
    const drying = said(inputs.dry) && staged.stages === 0 && mostStages(inlet, inputs, s) !== 0;
    const wanted = drying ? 1 : staged.stages;
    const order = leadLagStep(
      state.leadLag,
      {
        units: units.map((unit, i): UnitInput => ({
          id: unit.target.device,
          commanded: state.commanded.includes(unit.target.device),
          ...maybe("proof", unit.proof),
          tripped: unit.tripped,
          available: usable(unit, i),
          ...maybe("runSeconds", unit.runSeconds),
        })),
        wanted,
        blockRotation: mainsOut || said(inputs.rest),
        reset,
      },
      s,
      dt,
    );
    const guards = units.map((unit, i) =>
      guardStep(
        known(unit, i),
        {
          request: mode === "manual" ? isRunning(unit) === true : order.requests.includes(unit.target.device),
          trip: unit.tripped,
          ...maybe("observed", isRunning(unit)),
          poweredUp: state.mainsOut && !mainsOut,
          reset,
        },
        s,
        dt,
      ),
    );
    const on = units.filter((_, i) => guards[i]?.on === true);
    const share = { value: inputs.demand?.value ?? 0, share: units.length / Math.max(1, on.length) };
    const asked = inputs.demand === undefined ? undefined : share;
    const capacity = drying ? s.leastCapacity : capacityOf(inlet, staged.setpoint, asked, s);
    const guarded = guards.some((guard) => isGuarded(guard, s));
    // While power has only just come nothing may start: outdoor air has to do.
    const waits = guards.length > 0 && guards.every(({ holds }) => holds?.by === "power-up");
    const lost = wanted > 0 && (order.sound === 0 || waits);
    return {
      outputs: {
        mode: "remote",
        capacity: {
          want: each(applied.capacity, (_, i) => (guards[i]?.on === true ? capacity : 0)),
          rank: guarded ? "minimumOnOff" : "controller",
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
      },
      reason: reasonOf(on, staged.reason, drying, said(inputs.freeCooling)),
      ...maybe("leader", inlets.leader),
      terms: {
        wanted: staged.wanted,
        stages: staged.stages,
        running: on.length,
        setpoint: staged.setpoint,
        error: inlet - staged.setpoint,
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
      alarms: [...inlets.alarms, ...(mainsOut ? [] : alarmsOf(units, guards, order))],
      published: { stages: on.length, wanted, lost: lost ? 1 : 0 },
    };
  },
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

/** Units hold a temperature of their own, which they know better than this does now. */
const blind = (state: State, inlets: Inlets, { failSafeSetpoint }: Settings) => ({
  outputs: { mode: "auto", setpoint: failSafeSetpoint },
  state: { ...state, inlets: inlets.state },
  reason: blindReason,
  leader: "fail-safe",
  alarms: inlets.alarms,
  published: { stages: state.commanded.length, wanted: state.staging.stages, lost: 0 },
});

/** Within a minimum time: nobody below this rank may start or stop it. */
const isGuarded = ({ on, holds, state: { now, since } }: GuardResult, s: Settings): boolean =>
  holds !== undefined || now - since < (on ? s.minimumOn : s.minimumOff);

const isRunning = ({ word }: Unit): boolean | undefined =>
  word === undefined ? undefined : runningWords.includes(word);

const whyMost = (inputs: { readonly freeCooling: Sample | undefined; readonly rest: Sample | undefined }) =>
  said(inputs.freeCooling) ? "outdoor air cools" : said(inputs.rest) ? "a door lets moist air in" : undefined;

/** What others allow; undefined: as many as there are. Heat goes before free cooling and before moisture. */
function mostStages(
  inlet: number,
  inputs: {
    readonly stages: Sample | undefined;
    readonly freeCooling: Sample | undefined;
    readonly rest: Sample | undefined;
  },
  { urgentAt }: Settings,
): number | undefined {
  const urgent = inlet >= urgentAt;
  if (!urgent && (said(inputs.freeCooling) || said(inputs.rest))) return 0;
  return inputs.stages?.value;
}

function reasonOf(on: readonly Unit[], staged: string, drying: boolean, free: boolean): string {
  const names =
    on.length === 0 ? "No compressor runs" : `${listed(on.map(({ target }) => target.name))} cools`;
  const why = drying ? "the air is being dried" : free ? "outdoor air cools" : staged;
  return `${names}: ${why}`;
}
