import type { Alarm } from "../contract.ts";
import {
  type CoolingWatchSettings,
  type CoolingWatchState,
  coolingWatchStep,
  initialCoolingWatch,
} from "../library/cooling-watch.ts";
import type { Observation } from "../sample.ts";
import { alarm, median, most, valueAt } from "./parts.ts";
import { isRunning, type Unit } from "./staged-units.ts";

export interface UnitWatch {
  readonly alarms: readonly Alarm[];
  readonly states: Readonly<Record<string, CoolingWatchState>>;
}

interface Seen {
  readonly fans: readonly Observation[];
  readonly back: readonly Observation[];
  readonly outdoor: readonly Observation[];
  readonly capacity: readonly Observation[];
  readonly damper: readonly Observation[];
}

/** Damper positions, %, up to which no outdoor air mixes with what a unit cools. */
const shut = 5;

/**
 * Whether each unit cools as it did. Only one that runs alone tells.
 * @param inlet of the racks, °C
 * @param commanded capacity of those that do not say theirs, %
 */
export function watchUnits(
  units: readonly Unit[],
  seen: Seen,
  before: Readonly<Record<string, CoolingWatchState>>,
  inlet: number,
  commanded: number,
  s: CoolingWatchSettings,
  dt: number,
): UnitWatch {
  const states: Record<string, CoolingWatchState> = {};
  const alarms: Alarm[] = [];
  const closed = (most(seen.damper) ?? 0) <= shut;
  const known = { inlet, closed, outdoor: median(seen.outdoor), air: median(seen.fans) ?? 100 };
  const running = units.filter((unit) => isRunning(unit) !== false).length;
  for (const unit of units) {
    const { name, device } = unit.target;
    const at = (all: readonly Observation[]): number | undefined => valueAt(all, name, device);
    const { weak, share, state } = coolingWatchStep(
      before[device] ?? initialCoolingWatch,
      {
        ...known,
        alone: running === 1 && isRunning(unit) === true,
        capacity: at(seen.capacity) ?? commanded,
        back: at(seen.back),
      },
      s,
      dt,
    );
    states[device] = state;
    if (!weak) continue;
    const much = share === undefined ? "less than it should" : `${Math.round(share)} % of what it used to`;
    const text = `${name} cools ${much} at its capacity and in this weather: look at refrigerant, coil, condenser and its air before it is hot`;
    alarms.push(alarm(`weak:${name}`, "warning", text, device));
  }
  return { alarms, states };
}
