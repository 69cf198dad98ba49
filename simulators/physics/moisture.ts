import { airHeat } from "./forcing.ts";
import { dewPointOfRatio, saturatedRatio, saturationPressure, vapourPressure } from "./psychrometrics.ts";

export interface MoistureState {
  humidityRatio: number;
  dewPoint: number;
  inletHumidity: number;
  hotHumidity: number;
  coldHumidity: number;
  condensate: number;
  dew: number;
}

/** What water enters and leaves with, during a step. */
export interface MoistureStep {
  /** kg of air inside. */
  readonly airMass: number;
  /** kg/s of outdoor air let in, by damper and leaks; and its humidity ratio. */
  readonly exchange: number;
  readonly outdoorRatio: number;
  /** kg/s of water given off inside, and taken out at the coils. */
  readonly source: number;
  readonly coil: number;
  /** Of the walls, W/K and °C: where they are below the dew point, water settles as easily as heat. */
  readonly wallConductance: number;
  readonly wall: number;
  readonly cold: number;
  readonly pressure: number;
  readonly dt: number;
}

/** Water balance of the air inside: first order, solved exactly, so that any step is stable. */
export function stepMoisture(state: MoistureState, at: MoistureStep): void {
  const { airMass, exchange, dt } = at;
  const onWall = saturatedRatio(at.wall, at.pressure);
  const settling = state.humidityRatio > onWall ? at.wallConductance / airHeat : 0;
  const rate = exchange + settling;
  const gained = exchange * at.outdoorRatio + settling * onWall + at.source - at.coil;
  const before = state.humidityRatio;
  let after = before + (gained * dt) / airMass;
  if (rate > 0) after = gained / rate + (before - gained / rate) * Math.exp((-rate * dt) / airMass);
  // the coil cannot take more than there is
  const taken = after < 0 ? at.coil * dt + after * airMass : at.coil * dt;
  after = Math.max(0, after);
  const foggy = Math.max(0, after - saturatedRatio(at.cold, at.pressure));
  const mean = rate > 0 ? (gained - ((after - before) * airMass) / dt) / rate : after;
  state.dew += foggy * airMass + settling * Math.max(0, mean - onWall) * dt;
  state.condensate += Math.max(0, taken);
  state.humidityRatio = after - foggy;
}

/** Dew point and relative humidities as the sensors' places have them. */
export function showMoisture(
  state: MoistureState,
  at: { readonly cold: number; readonly inlet: number; readonly hot: number; readonly pressure: number },
): void {
  const { humidityRatio: ratio } = state;
  const vapour = 100 * vapourPressure(ratio, at.pressure);
  state.dewPoint = dewPointOfRatio(ratio, at.pressure);
  state.coldHumidity = Math.min(100, vapour / saturationPressure(at.cold));
  state.inletHumidity = Math.min(100, vapour / saturationPressure(at.inlet));
  state.hotHumidity = Math.min(100, vapour / saturationPressure(at.hot));
}
