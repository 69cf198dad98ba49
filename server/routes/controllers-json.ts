import { shortId } from "../../controllers/versions/catalog.ts";
import { versionIdOf } from "../../controllers/trace/recorder.ts";
import type { Latch } from "../../controllers/runtime/api.ts";
import type { ControllerStatus } from "../../controllers/runtime/api.ts";
import { termUnits } from "../../controllers/runtime/term-units.ts";
import type { StepTrace } from "../../controllers/runtime/frame.ts";
import type { TuningStatus } from "../../controllers/tuning/tunings.ts";
import { BothyError } from "../../devices/errors.ts";
import { meaningOf } from "../../devices/transaction.ts";
import { type Principal, sees } from "../access/principal.ts";
import { isoTime } from "../json.ts";
import type { RouteParts } from "./parts.ts";

const isoOr = (at: number | undefined): string | undefined => (at === undefined ? undefined : isoTime(at));

/** Devices a controller looks at or commands. */
const devicesOf = ({ inputs, outputs }: ControllerStatus): readonly string[] => [
  ...inputs.flatMap((input) => ("value" in input ? [input.value.device] : [])),
  ...outputs.map(({ device }) => device),
];

/** Whoever is limited to some devices sees the controllers that concern no others. */
export function seesController(by: Principal, status: ControllerStatus, { registry }: RouteParts): boolean {
  if (by.scope === undefined) return by.role !== "nobody";
  const ids = devicesOf(status);
  return (
    ids.length > 0 &&
    ids.every((id) => {
      const device = registry.get(id);
      return device !== undefined && sees(by, device);
    })
  );
}

/** @throws BothyError `UNKNOWN_CONTROLLER`, also for one that is not to be seen; `BAD_CONFIG` when its file cannot be read */
export function controllerFor(by: Principal, name: string, parts: RouteParts): ControllerStatus {
  const { controllers } = parts;
  const status = controllers.running?.get(name);
  if (status !== undefined && seesController(by, status, parts)) return status;
  const seen = (controllers.running?.list() ?? []).filter((one) => seesController(by, one, parts));
  const names = seen.map((one) => one.name).join(", ") || "none";
  throw new BothyError("UNKNOWN_CONTROLLER", { source: name, names });
}

/** One line of a list. */
export const summaryJson = (status: ControllerStatus, parts: RouteParts): object => ({
  name: status.name,
  standing: status.standing,
  fault: status.fault,
  mode: status.mode,
  wantedMode: status.wantedMode,
  modeUntil: isoOr(status.modeUntil),
  definition: status.definition?.name,
  version: status.definition?.version,
  summary: status.definition?.summary,
  period: status.period,
  rests: status.rests,
  leader: status.rests === undefined ? status.last?.leader : undefined,
  reason: status.rests ?? status.last?.reason,
  loop: loopJson(status),
  outputs: (status.last?.outputs ?? []).map(({ output, name, wanted, sent, applied }) => ({
    ...{ output, name, wanted, sent, applied },
  })),
  alarms: alarmsJson(status, parts),
  missed: status.missed,
  failures: status.failures,
});

/** What it measures and wants to hold, while it steps. */
function loopJson({ definition, last, settings }: ControllerStatus): object | undefined {
  const loop = definition?.loop;
  const pv = loop === undefined ? undefined : last?.terms?.[loop.pv];
  if (loop === undefined || pv === undefined || !Number.isFinite(pv)) return undefined;
  const setpoint = loop.setpoint === undefined ? settings["setpoint"] : last?.terms?.[loop.setpoint];
  return { pv, setpoint: typeof setpoint === "number" ? setpoint : undefined, unit: loop.unit };
}

/** Everything that stands, and what of it somebody knows. */
export const alarmsJson = ({ alarms }: ControllerStatus, { controllers }: RouteParts): object[] =>
  alarms.map(({ since, latch, asOf, ...alarm }) => {
    const shelved = controllers.shelves.of(alarm);
    return {
      ...alarm,
      since: isoTime(since),
      asOf: isoOr(asOf),
      latch: latch === undefined ? undefined : latchJson(latch),
      shelved: shelved === undefined ? undefined : { ...shelved, until: isoTime(shelved.until) },
    };
  });

const latchJson = ({ over, acknowledged }: Latch): object => ({
  over,
  acknowledged: acknowledged === undefined ? undefined : { ...acknowledged, at: isoTime(acknowledged.at) },
});

export const tuningJson = ({ since, ended, course, ...rest }: TuningStatus): object => ({
  ...rest,
  since: isoTime(since),
  ended: isoOr(ended),
  course: course.map(({ at, ...point }) => ({ at: isoTime(at), ...point })),
});

/** A step without the state it leaves behind, which only replay needs. */
export const stepJson = ({ at, state: _state, alarms, ...step }: StepTrace): object => ({
  at: isoTime(at),
  ...step,
  alarms: alarms.map(({ asOf, ...alarm }) => ({ ...alarm, asOf: isoOr(asOf) })),
});

/** Settings that are so only for a while. */
export const temporaryJson = (status: ControllerStatus | undefined): object =>
  Object.fromEntries(
    Object.entries(status?.temporary ?? {}).map(([name, { until, ...rest }]) => [
      name,
      { ...rest, until: isoTime(until) },
    ]),
  );

/** Everything there is to say of one controller. */
export function detailJson(status: ControllerStatus, parts: RouteParts): object {
  const { controllers } = parts;
  const { definition, source, lastFailure, probation, last } = status;
  const tuning = controllers.tunings.status(status.name);
  return {
    ...summaryJson(status, parts),
    versionId: versionIdOf(status),
    source,
    modeBy: status.modeBy,
    settings: status.settings,
    temporary: temporaryJson(status),
    settingsSchema: definition?.settings,
    publishes: definition?.publishes,
    termUnits: definition === undefined ? {} : termUnits(definition, Object.keys(last?.terms ?? {})),
    published: status.published,
    failSafe: status.failSafe,
    inputs: status.inputs,
    bindingFaults: status.bindingFaults,
    targets: status.outputs.map((bound) => targetJson(bound, parts)),
    last: last === undefined ? undefined : stepJson(last),
    steps: status.steps,
    lastFailure: lastFailure === undefined ? undefined : { ...lastFailure, at: isoTime(lastFailure.at) },
    probation: probation === undefined ? undefined : { ...probation, until: isoTime(probation.until) },
    stepTime: stepTimes(status.name, parts),
    events: controllers
      .told(status.name)
      .slice(0, 20)
      .map(({ at, ...event }) => ({ at: isoTime(at), ...eventJson(event) })),
    shadow: controllers.versions.shadow(status.name)?.version,
    tuning: tuning === undefined ? undefined : tuningJson(tuning),
  };
}

/** What happened, without the text of a version. */
function eventJson(event: object): object {
  const { source, ...rest } = event as {
    readonly source?: { readonly kind: string; readonly hash?: string };
  };
  return source === undefined
    ? rest
    : {
        ...rest,
        source: { kind: source.kind, id: source.hash === undefined ? undefined : shortId(source.hash) },
      };
}

/** One thing an output is bound to, and who is in force there. */
function targetJson(
  { output, device, name, action }: ControllerStatus["outputs"][number],
  { writer }: RouteParts,
): object {
  const array = writer.array(device).find((one) => one.action === action);
  return {
    ...{ output, device, name, action },
    holding: array?.holding,
    entries: (array?.entries ?? []).map((entry) => ({
      ...entry,
      meaning: meaningOf(entry),
      since: isoTime(entry.since),
      expires: isoOr(entry.expires),
      inForce: entry.slot === array?.inForce?.slot,
    })),
  };
}

/** How long the steps in memory took, ms. */
export function stepTimes(name: string, { controllers }: RouteParts): object | undefined {
  const took = controllers.trace
    .latest(name, 1000)
    .map((step) => step.took)
    .sort((a, b) => a - b);
  if (took.length === 0) return undefined;
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
  return { steps: took.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: took.at(-1) };
}
