import type { StepContext, StepResult } from "../contract.ts";
import type { DelayState } from "../library/alarms.ts";
import type { ShutFor } from "../library/damper-closing.ts";
import type { DamperWatchState } from "../library/damper-watch.ts";
import { type EconomiserState, mixedAirLimit } from "../library/economiser.ts";
import type { PidState } from "../library/pid.ts";
import type { TravelState } from "../library/travel.ts";
import type { ValidateState } from "../library/validate.ts";
import type { WearState } from "../library/wear.ts";
import { from, optional, select } from "../select.ts";
import type { AirProbesState } from "./air-probes.ts";
import { airFrom } from "./economiser-parts.ts";
import type { economiserSettings } from "./economiser-settings.ts";
import { least } from "./parts.ts";

export interface State {
  readonly inlets: ValidateState;
  readonly economiser: EconomiserState;
  readonly loop: PidState;
  readonly travel: TravelState;
  readonly wear: WearState;
  readonly watch: DamperWatchState;
  readonly filter: DelayState;
  readonly resets: number;
  readonly shutFor?: ShutFor;
  readonly airProbes?: AirProbesState;
}

export const inputs = {
  // Without an inlet it goes on all the same: how far a damper may stay open depends on outdoors.
  inlet: select("type:temperature", "point:inlet").each({ minGood: 0 }),
  outdoor: select("type:temperature", "point:outdoor").any(),
  outdoorHumidity: select("type:humidity", "point:outdoor").of("humidity").any(),
  back: select("type:temperature", "point:outlet").any(),
  backHumidity: select("type:humidity", "point:outlet").of("humidity").any(),
  supply: select("type:temperature", "point:supply").any(),
  filter: select("type:pressure", "point:filter").any(),
  filterContact: select("type:air-conditioner").of("status", "filter").anyWord(),
  fans: select("type:fan").of("duty").any(),
  capacity: select("type:air-conditioner").of("percentage", "capacity").any(),
  position: select("use:outdoor-air").of("percentage", "damper").any(),
  obeys: select("use:outdoor-air").of("state", "mode").anyWord(),
  door: select("type:contact", "point:door").anyWord(),
  dust: select("type:contact", "point:dust").anyWord(),
  keepOut: optional(from("humidity-guard", "keepOut").max()),
  doorHold: optional(from("safety", "doorHold").max()),
  smoke: optional(from("safety", "smoke").max()),
  drying: optional(from("humidity-guard", "dry").max()),
};
export const outputs = {
  damper: select("use:outdoor-air").action("damper", { unit: "%" }),
  returnDamper: select("use:return-air").action("damper", { unit: "%", optional: true }),
};
export type Context = StepContext<typeof economiserSettings, typeof inputs, typeof outputs, State>;
export type Result = StepResult<typeof outputs, State>;

/** What is known of the air in this step, °C. */
export interface Surroundings {
  readonly inlet: number;
  readonly coldest: number | undefined;
  readonly outdoor: ReturnType<typeof airFrom>;
  readonly back: ReturnType<typeof airFrom>;
  readonly supply: number | undefined;
  /** Position in force, %, and whether nobody else holds it. */
  readonly inForce: number;
  readonly ours: boolean;
  /** Furthest the damper may be open with supply air this cold, %. */
  readonly limit: number;
}

export function surroundings(
  context: Context,
  inlet: number,
  coldest: number | undefined,
  inForce: number,
): Surroundings {
  const { inputs: seen, settings: s, applied, mode } = context;
  const supply = least(seen.supply);
  return {
    inlet,
    coldest,
    outdoor: airFrom(seen.outdoor, seen.outdoorHumidity),
    back: airFrom(seen.back, seen.backHumidity),
    supply,
    inForce,
    ours: mode === "automatic" && applied.damper.every(({ mine, value }) => mine || value === undefined),
    limit: mixedAirLimit(supply, s),
  };
}
