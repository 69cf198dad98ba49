import type { ControllerEvent, ControllerRuntime, ControllerStatus } from "../runtime/api.ts";
import type { Frame, StepTrace } from "../runtime/frame.ts";
import type { Source } from "../runtime/source.ts";
import type { Recorded } from "./recorded.ts";
import type { Trace } from "./trace.ts";

/** What of a controller does not change from step to step. */
interface Standing {
  readonly settings: Recorded["settings"];
  readonly versionId: string;
  readonly stateVersion: number;
  last: StepTrace | undefined;
}

/** A source as the runtime tells of it; `name@version` of one that comes with Bothy, else the hash of its text. */
export const versionIdOf = ({
  source,
  definition,
}: Pick<ControllerStatus, "source" | "definition">): string =>
  source.kind === "bundle" ? (source.hash ?? "") : shippedId(definition ?? { name: "", version: "" });

export const shippedId = ({ name, version }: { readonly name: string; readonly version: string }): string =>
  `${name}@${version}`;

/** The same of a source whose definition is known. */
export const idOfSource = (
  source: Source,
  definition: { readonly name: string; readonly version: string },
): string => (source.kind === "bundle" ? source.hash : shippedId(definition));

type Runtime = Pick<ControllerRuntime, "get" | "onTrace" | "onEvent">;

/** After these the next step does not go on from the one recorded before. */
const anew: ReadonlySet<ControllerEvent["kind"]> = new Set([
  "settings",
  "swapped",
  "rolled back",
  "standing",
  "profile",
]);

/** Puts every step a runtime tells of into a trace. @returns ends it */
export function recordSteps(runtime: Runtime, trace: Trace<Recorded>): () => void {
  const standing = new Map<string, Standing>();
  const standingOf = (name: string): Standing => {
    const known = standing.get(name);
    if (known !== undefined) return known;
    const status = runtime.get(name);
    const fresh: Standing = {
      settings: status?.settings ?? {},
      versionId: status === undefined ? "" : versionIdOf(status),
      stateVersion: status?.definition?.stateVersion ?? 1,
      last: undefined,
    };
    standing.set(name, fresh);
    return fresh;
  };
  const stops = [
    runtime.onEvent(({ kind, controller }) => {
      if (anew.has(kind)) standing.delete(controller);
    }),
    runtime.onTrace((name, step, frame) => {
      const begins = !standing.has(name);
      const known = standingOf(name);
      trace.add(name, recordedOf(step, frame, known, begins), isUrgent(known.last, step));
      known.last = step;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

const recordedOf = (
  step: StepTrace,
  { outputs }: Frame,
  { settings, versionId, stateVersion }: Standing,
  begins: boolean,
): Recorded => ({
  ...step,
  targets: outputs,
  ...{ settings, versionId, stateVersion },
  ...(begins ? { begins: true as const } : {}),
});

/** Something out of the ordinary: it is on disk before anything can come of it. */
const isUrgent = (before: StepTrace | undefined, step: StepTrace): boolean =>
  before === undefined ||
  before.mode !== step.mode ||
  step.failure !== undefined ||
  before.alarms.length !== step.alarms.length ||
  step.alarms.some(({ id }, i) => before.alarms[i]?.id !== id);
