import type { EngineResult } from "../../controllers/runtime/engine.ts";
import type { Fault } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import type { Probe } from "../../simulators/equipment.ts";
import type { ScoreEvent, Watched } from "./score-alarms.ts";
import type { Substitutes } from "./substitutes.ts";

type Alarms = EngineResult["trace"]["alarms"];

interface Seen {
  readonly name: string;
  mode: string;
  alarms: Alarms;
}

/** What the steps of controllers tell, as the events a score counts. */
export interface StepEvents extends Watched {
  /** After every step of a controller. */
  stepped(controller: string, result: EngineResult): void;
}

export function createStepEvents(names: readonly string[]): StepEvents {
  const seen = new Map(names.map((name): [string, Seen] => [name, { name, mode: "fail-safe", alarms: [] }]));
  const listeners: ((event: ScoreEvent) => void)[] = [];
  const tell = (event: ScoreEvent): void => listeners.forEach((listener) => listener(event));
  const missing = (from: Alarms, among: Alarms) =>
    from.filter(({ id }) => !among.some((other) => other.id === id));
  return {
    list: () => [...seen.values()],
    onEvent: (listener) => listeners.push(listener),
    stepped(controller, { mode, trace: { alarms } }) {
      const one = seen.get(controller);
      if (one === undefined) return;
      if (mode !== one.mode) tell({ kind: "mode", controller, mode });
      if (alarms.length > 0 || one.alarms.length > 0) {
        for (const alarm of missing(alarms, one.alarms)) tell({ kind: "raised", controller, alarm });
        for (const alarm of missing(one.alarms, alarms)) tell({ kind: "cleared", controller, alarm });
      }
      one.mode = mode;
      one.alarms = alarms;
    },
  };
}

/** Faults that are active, each with an id of its own: asked for again, one goes on. */
export function createFaultList(now: () => number) {
  let active: readonly (ActiveFault & { readonly text: string })[] = [];
  let lastId = 0;
  return {
    list: (): readonly ActiveFault[] => active,
    set(texts: readonly string[], read: (text: string) => Fault): readonly ActiveFault[] {
      active = texts.map(
        (text) =>
          active.find((one) => one.text === text) ?? { ...read(text), text, id: ++lastId, since: now() },
      );
      return active;
    },
  };
}

/** °C, as the probes in front of the servers show it. @returns NaN while none shows anything */
export function warmestInlet(
  probes: readonly Probe[],
  broken: Omit<Substitutes, "set" | "any">,
): () => number {
  const inlets = probes.filter(({ name }) => name.startsWith("probe-inlet"));
  return () => {
    let warmest = NaN;
    for (const { name, temperature } of inlets) {
      const shown = broken.silent(name) ? NaN : (broken.instead(name, "temperature") ?? temperature());
      if (!(shown <= warmest) && Number.isFinite(shown)) warmest = shown;
    }
    return warmest;
  };
}
