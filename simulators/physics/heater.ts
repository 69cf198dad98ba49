import { airHeat } from "./forcing.ts";
import type { SiteParameters } from "./parameters.ts";

type HeaterParameters = SiteParameters["heater"];

export interface HeaterState {
  heaterPower: number;
  heaterStages: number;
  heaterTemperature: number;
  heaterCutOut: boolean;
}

const warmSeconds = 30; // time constant of the element in its air stream
const stillFlow = 0.005; // m³/s over the element without fans

export interface HeaterStep {
  readonly parameters: HeaterParameters;
  readonly powered: boolean;
  /** Stages whose contactor has welded, and stages that are dead. */
  readonly welded: number;
  readonly dead: number;
  /** m³/s: what flows, and what flows with all fans at full speed. */
  readonly flow: number;
  readonly fullFlow: number;
  readonly density: number;
  /** °C */
  readonly cold: number;
  readonly dt: number;
}

/**
 * Stages with an airflow interlock and a thermal cut-out. A welded stage heats without being asked and without air;
 * only the cut-out stops it.
 */
export function stepHeater(state: HeaterState, demand: number, at: HeaterStep): void {
  const { parameters } = at;
  const asked = at.flow >= parameters.leastFlow * at.fullFlow ? Math.floor(demand) : 0;
  const able = Math.max(0, parameters.stages - at.dead);
  const on = Math.min(able, Math.max(0, asked, at.welded));
  state.heaterStages = at.powered && !state.heaterCutOut ? on : 0;
  state.heaterPower = state.heaterStages * parameters.wattsPerStage;
  const rise = state.heaterPower / (at.density * airHeat * Math.max(at.flow, stillFlow));
  const target = at.cold + rise;
  state.heaterTemperature = target + (state.heaterTemperature - target) * Math.exp(-at.dt / warmSeconds);
  if (state.heaterTemperature > parameters.cutOut) state.heaterCutOut = true;
  else if (state.heaterTemperature < parameters.cutIn) state.heaterCutOut = false;
}
