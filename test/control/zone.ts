import type { EngineResult } from "../../controllers/runtime/engine.ts";
import type { Frame, Observed, WantedMode } from "../../controllers/runtime/frame.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import type { TargetParts } from "../../controllers/runtime/slot-array.ts";
import { dutyTarget, Targets } from "../../controllers/runtime/targets.ts";
import type { Definition } from "../../controllers/contract.ts";

export const reading = (from: string, value: number, rest: Partial<Observed> = {}): Observed =>
  ({ quality: "good", value, age: 0, from, device: from, tags: [], ...rest }) as Observed;

export const silent = (from: string): Observed => ({
  quality: "bad",
  code: "NO_ANSWER",
  text: `${from} did not answer`,
  from,
  device: from,
  tags: [],
});

export interface ZoneOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly fans?: readonly string[];
  readonly others?: Readonly<Record<string, readonly TargetParts[]>>;
  readonly localHour?: number;
}

/** A controller on the stepping engine, with fans that obey at once, without wires: 5 s a step. */
export function zoneOf(definition: unknown, options: ZoneOptions = {}) {
  const { settings = {}, fans = ["fan-1", "fan-2", "fan-3", "fan-4"], others = {}, localHour = 12 } = options;
  const engine = createEngine(definition as Definition, settings);
  const unbound = Object.fromEntries(
    Object.keys((definition as Definition).outputs).map((name) => [name, []]),
  );
  const targets = new Targets({ ...unbound, fans: fans.map(dutyTarget), ...others });
  let wanted: WantedMode = "automatic";
  let at = 0;
  const duties = (): readonly number[] => fans.map((fan) => Number(targets.value("fans", fan) ?? 0));
  return {
    engine,
    targets,
    duties,
    mode(next: WantedMode) {
      wanted = next;
    },
    step(inputs: Frame["inputs"], hour = localHour): EngineResult {
      at += 5000;
      const frame: Frame = { inputs, outputs: targets.frame(), dt: 5, at, localHour: hour, wanted };
      const result = engine.step(frame);
      targets.obey(result.orders);
      return result;
    },
  };
}

/** Air of four fans that warms a rack's inlet: `inlet = 47 - gain·flow` behind a lag. */
export function warmZone(fans = 4, inlet = 30) {
  let air = inlet;
  return {
    inlet: () => air,
    /** @param speeds of each fan, % of full speed: what is left of a dead one is 0 */
    run(speeds: readonly number[], dt = 5) {
      const flow = speeds.reduce((sum, one) => sum + one, 0) / fans;
      const end = 47 - 0.25 * flow;
      air = end + (air - end) * Math.exp(-dt / 120);
    },
  };
}
