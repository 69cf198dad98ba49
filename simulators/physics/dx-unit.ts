import { biquadratic, felt, linear, lostAtCoil, partLoadFactor } from "./dx.ts";
import { airHeat } from "./forcing.ts";
import type { DxParameters } from "./parameters.ts";
import { followWetBulb } from "./psychrometrics.ts";
import { type RandomStream, uniform } from "./random.ts";
import type { DxCommand, DxFault } from "./commands.ts";
import type { DxState } from "./state.ts";

const waterHeat = 2.501e6; // J/kg
const mostLatent = 0.5; // of the capacity
const tripAfter = 60; // s at too low an evaporating temperature
const blockedSeconds = 30; // s a compressor runs against a blocked condenser
const hour = 3600;
const gain = { proportional: 8, integral: 0.06 }; // %/K, %/(K·s) of the unit's own control

export const createDxUnit = (parameters: DxParameters, celsius: number): DxState => ({
  running: false,
  powered: true,
  capacity: 0,
  ramp: 0,
  inState: Infinity,
  restart: 0,
  starts: 0,
  runSeconds: 0,
  recentStarts: new Array<number>(parameters.startsPerHour).fill(-Infinity),
  nextStart: 0,
  trip: "none",
  frosting: 0,
  thawing: 0,
  lowPressure: 0,
  frosted: false,
  integral: 0,
  sensible: 0,
  latent: 0,
  watts: 0,
  fullCapacity: parameters.ratedWatts,
  fullPower: parameters.ratedWatts / parameters.ratedCop,
  supply: celsius,
  evaporating: celsius,
  wetBulb: celsius - 5,
  shortestOn: Infinity,
  shortestOff: Infinity,
});

/** What surrounds the units during a step; the same for all. Temperatures °C. */
export interface DxStep {
  readonly parameters: DxParameters;
  readonly powered: boolean;
  /** s since the start of the simulation. */
  readonly time: number;
  readonly outdoor: number;
  /** Of the air entering the coil, and its water, kg/kg; and saturated air at the coil's dew point. */
  readonly entering: number;
  readonly ratio: number;
  readonly saturated: number;
  readonly pressure: number;
  readonly density: number;
  readonly cold: number;
  readonly hot: number;
  readonly dt: number;
  /** e^(−dt/τ) of the ramp. */
  readonly ramp: number;
  readonly random: RandomStream;
}

/** One unit with its own protection, whatever it is told. Sets what it takes out of the air and draws. */
export function stepDxUnit(unit: DxState, command: DxCommand, fault: DxFault, at: DxStep): void {
  const { parameters, dt } = at;
  unit.inState += dt;
  followPower(unit, at);
  protect(unit, fault, at);
  const outdoor = felt(at.outdoor, fault.fouling);
  const allowed = at.powered && unit.trip === "none" && !fault.compressor && unit.restart <= 0;
  const wanted = allowed && outdoorAllows(parameters, at.outdoor) ? demand(unit, command, at) : 0;
  if (unit.running) {
    const voluntary = wanted === 0 && unit.inState >= command.minimumOn;
    if (!allowed || voluntary) stop(unit, allowed);
    else unit.capacity = Math.max(wanted, parameters.least);
  } else if (wanted > 0 && mayStart(unit, command, at.time)) start(unit, wanted, at);
  cool(unit, fault, outdoor, at);
}

const outdoorAllows = (p: DxParameters, outdoor: number): boolean =>
  p.winterKit || outdoor >= p.lowPressureOutdoor;

function followPower(unit: DxState, { parameters, powered, dt, random }: DxStep): void {
  if (unit.restart > 0 && powered) unit.restart -= dt;
  if (powered === unit.powered) return;
  unit.powered = powered;
  if (powered) unit.restart = parameters.restartDelay + parameters.restartSpread * uniform(random);
}

function mayStart(unit: DxState, command: DxCommand, time: number): boolean {
  const earlier = unit.recentStarts[unit.nextStart] ?? -Infinity;
  return unit.inState >= command.minimumOff && time - earlier >= hour;
}

function start(unit: DxState, wanted: number, { parameters, time }: DxStep): void {
  if (unit.starts > 0) unit.shortestOff = Math.min(unit.shortestOff, unit.inState);
  unit.recentStarts[unit.nextStart] = time;
  unit.nextStart = (unit.nextStart + 1) % unit.recentStarts.length;
  unit.running = true;
  unit.inState = 0;
  unit.starts++;
  unit.capacity = Math.max(wanted, parameters.least);
}

function stop(unit: DxState, voluntary: boolean): void {
  if (voluntary) unit.shortestOn = Math.min(unit.shortestOn, unit.inState);
  unit.running = false;
  unit.inState = 0;
  unit.capacity = 0;
  unit.ramp = 0;
}

/** Capacity wanted, %; 0: the compressor should stand still. */
function demand(unit: DxState, command: DxCommand, at: DxStep): number {
  const { least, senses } = at.parameters;
  if (command.mode === "off") return 0;
  if (command.mode === "remote") return command.capacity < least ? 0 : Math.min(100, command.capacity);
  const sensed = senses === "cold" ? at.cold : senses === "hot" ? at.hot : unit.supply;
  const error = sensed - command.setpoint;
  if (!unit.running && error < command.deadBand / 2) return 0;
  if (unit.running && error <= -command.deadBand / 2 && (least >= 100 || unit.capacity <= least)) return 0;
  if (least >= 100) return 100;
  if (!unit.running) unit.integral = 40;
  const wanted = unit.integral + gain.proportional * error;
  // no wind-up: the integral stands still while the compressor can give no more, or no less
  const saturated = (wanted > 100 && error > 0) || (wanted < least && error < 0);
  if (!saturated) unit.integral += gain.integral * error * at.dt;
  return Math.min(100, Math.max(least, wanted));
}

/** Trips, and frost on the coil. */
function protect(unit: DxState, fault: DxFault, at: DxStep): void {
  const { parameters, dt } = at;
  if (!unit.running) {
    unit.lowPressure = 0;
    unit.thawing += dt;
    if (unit.thawing >= parameters.thawAfter) {
      unit.frosted = false;
      unit.frosting = 0;
    }
    return;
  }
  unit.thawing = 0;
  unit.frosting =
    unit.evaporating < parameters.frostBelow ? unit.frosting + dt : Math.max(0, unit.frosting - dt);
  if (unit.frosting >= parameters.frostAfter) unit.frosted = true;
  const tooLow = unit.evaporating < parameters.lowPressureEvaporating;
  unit.lowPressure = tooLow ? unit.lowPressure + dt : 0;
  const tooHigh = felt(at.outdoor, fault.fouling) > parameters.highPressureOutdoor;
  if (tooHigh || (fault.blocked && unit.inState > blockedSeconds)) unit.trip = "high-pressure";
  else if (unit.lowPressure >= tripAfter) unit.trip = "low-pressure";
}

/** Heat taken out, sensible and latent, and power drawn: means over the step. */
function cool(unit: DxState, fault: DxFault, outdoor: number, at: DxStep): void {
  const { parameters, dt } = at;
  setFullLoad(unit, outdoor, at);
  if (!unit.running) {
    unit.sensible = 0;
    unit.latent = 0;
    unit.watts = 0;
    unit.supply = at.entering;
    unit.evaporating = at.entering;
    return;
  }
  unit.runSeconds += dt;
  const target = unit.capacity;
  const away = unit.ramp - target;
  unit.ramp = target + away * at.ramp;
  const mean = target + (away * parameters.rampSeconds * (1 - at.ramp)) / dt;
  const lost = (1 - fault.capacityLoss) * (unit.frosted ? 0.5 : 1);
  const heat = (unit.fullCapacity * lost * mean) / 100;
  const air = at.density * parameters.airflow;
  const wet = lostAtCoil(at.ratio, at.saturated, parameters.bypassFactor);
  unit.latent = Math.min(mostLatent * heat, (air * wet * waterHeat * mean) / 100);
  unit.sensible = heat - unit.latent;
  const load = target / 100;
  unit.watts = parameters.fanWatts + (unit.fullPower * load) / partLoadFactor(load);
  unit.supply = at.entering - unit.sensible / (air * airHeat);
  const surface =
    (unit.supply - parameters.bypassFactor * at.entering) / Math.max(0.05, 1 - parameters.bypassFactor);
  unit.evaporating = surface - parameters.coilApproach;
}

function setFullLoad(unit: DxState, outdoor: number, at: DxStep): void {
  const { parameters: p } = at;
  if (p.level === "linear") {
    unit.fullCapacity = linear.capacity(p, outdoor);
    unit.fullPower = unit.fullCapacity / linear.cop(p, outdoor);
    return;
  }
  unit.wetBulb = followWetBulb(unit.wetBulb, at.entering, at.ratio, at.pressure);
  const capacity = biquadratic.capacity(unit.wetBulb, outdoor);
  unit.fullCapacity = p.ratedWatts * capacity;
  unit.fullPower = (p.ratedWatts / p.ratedCop) * capacity * biquadratic.inputRatio(unit.wetBulb, outdoor);
}
