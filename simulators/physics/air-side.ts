import { parallelFlow, solveFlow } from "./airflow.ts";
import { stepDxUnit, type DxStep } from "./dx-unit.ts";
import { stepDamper } from "./economiser.ts";
import { createEnclosure, node } from "./enclosure.ts";
import { airHeat, calm, standardDensity } from "./forcing.ts";
import { stepFan, type FanStep } from "./fans.ts";
import { dustGained, filterPressure, loadedResistance } from "./filter.ts";
import { stepHeater, type HeaterStep } from "./heater.ts";
import type { Model, Mutable } from "./model.ts";
import { showMoisture, stepMoisture, type MoistureStep } from "./moisture.ts";
import { airDensity, saturatedRatio } from "./psychrometrics.ts";
import { uniform } from "./random.ts";

export interface AirSide {
  step(dt: number): void;
  /** Longest step that is stable at full flow with the door open, s; with the present airflow. */
  safeStep(): number;
  longestStep(): number;
  /** What the parts remember between steps beside the state. */
  readonly hidden: { readonly nodes: Float64Array };
}

/** Fans, damper, DX, heater, the five nodes and the water in the air. */
export function createAirSide(model: Model): AirSide {
  const { site, state, commands, world, faults } = model;
  const { enclosure: shell } = site;
  const enclosure = createEnclosure(shell, site.start.temperature);
  const forcing = calm(shell);
  const fullFlow = parallelFlow(site.fans, site.fans.count, 1);
  const moveAir = createFanStage(model);
  const cool = createDxStage(model);
  const heat = createHeaterStage(model, fullFlow);
  const wet = createMoistureStage(model);
  const damperError = (2 * uniform(model.streams.errors) - 1) * site.economiser.feedbackError;

  const leakRate = (): number =>
    shell.infiltration * (world.doorOpen ? shell.doorFactor : 1) * faults.leakage;
  const moveDamper = (dt: number): void => {
    const supplied =
      site.economiser.supply === "dc" ? state.plant.loadOn && state.plant.alive : state.acPresent;
    damperStep.powered = supplied;
    damperStep.fault = faults.damper;
    const moved = stepDamper(state, commands.damper, damperStep, damperError, dt);
    state.counters.damperTravel += moved / 100;
  };
  const damperStep: Mutable<Parameters<typeof stepDamper>[2]> = {
    parameters: site.economiser,
    powered: true,
    fault: "none",
  };
  const setForcing = (density: number): void => {
    forcing.flow = state.airflow;
    forcing.outdoorShare = state.outdoorShare;
    forcing.outdoor = state.outdoor;
    forcing.it = state.itPower + state.converterHeat;
    forcing.fans = state.fanPower;
    forcing.heater = state.heaterPower;
    forcing.battery = state.plant.heat + state.batteryPadPower;
    forcing.dx = state.dxCooling - state.dxLatent;
    state.solarHeat = shell.solarAperture * state.irradiance;
    forcing.solar = state.solarHeat;
    forcing.infiltration = leakRate();
    forcing.density = density;
  };
  const show = (): void => {
    state.cold = enclosure.nodes[node.cold] ?? 0;
    state.hot = enclosure.nodes[node.hot] ?? 0;
    state.mass = enclosure.nodes[node.mass] ?? 0;
    state.wall = enclosure.nodes[node.wall] ?? 0;
    state.batteryTemperature = enclosure.nodes[node.battery] ?? 0;
    state.inlet = state.cold + shell.recirculation * (state.hot - state.cold);
    state.inletTop = state.cold + 3 * shell.recirculation * (state.hot - state.cold);
    state.mixed = state.hot + state.outdoorShare * (state.outdoor - state.hot);
  };

  return {
    hidden: { nodes: enclosure.nodes },
    step(dt) {
      const density = shell.density === "standard" ? standardDensity : airDensity(state.cold, state.pressure);
      moveDamper(dt);
      moveAir(dt, fullFlow);
      cool(dt, density);
      heat(dt, density);
      setForcing(density);
      enclosure.step(forcing, dt);
      state.imbalance = enclosure.imbalance();
      const vented = density * airHeat * state.airflow * state.outdoorShare;
      state.economiserPower = vented * ((enclosure.means[node.hot] ?? 0) - state.outdoor);
      show();
      wet(dt, density, leakRate());
    },
    safeStep: () => {
      const worst = { ...forcing, flow: fullFlow, outdoorShare: 0 };
      return enclosure.longestStep({
        ...worst,
        infiltration: shell.infiltration * shell.doorFactor * faults.leakage,
      });
    },
    longestStep: () => enclosure.longestStep({ ...forcing, flow: state.airflow, infiltration: leakRate() }),
  };
}

function createFanStage({
  site,
  state,
  commands,
  faults,
  streams,
}: Model): (dt: number, fullFlow: number) => void {
  const p = site.fans;
  const speeds = new Float64Array(p.count);
  const at: Mutable<FanStep> = {
    parameters: p,
    powered: true,
    up: 0,
    down: 0,
    dt: 0,
    random: streams.mains,
  };
  return (dt, fullFlow) => {
    if (dt !== at.dt) {
      at.up = Math.exp(-dt / p.spinUp);
      at.down = Math.exp(-dt / p.spinDown);
      at.dt = dt;
    }
    at.powered = state.fansPowered;
    let watts = 0;
    for (let i = 0; i < p.count; i++) {
      const fan = state.fans[i];
      const random = streams.fans[i];
      const fault = faults.fans[i] ?? "none";
      if (fan === undefined || random === undefined) continue;
      at.random = random;
      stepFan(fan, commands.fanDuty[i] ?? 0, fault, at);
      speeds[i] = fault === "reversed" ? -fan.meanSpeed : fan.meanSpeed;
      watts += fan.watts;
    }
    state.fanPower = watts;
    // in steps, so that flow and all that follows from it stay the same for a while
    const dust = Math.floor(state.filterLoad * 1000) / 1000;
    const resistance = loadedResistance(site.filter, p.resistance, dust);
    const moved = solveFlow(p, speeds, resistance, state.fanFlow);
    state.fanFlow = moved;
    state.airflow = Math.max(site.enclosure.naturalFlow, moved);
    state.fanPressure = resistance * moved * moved;
    state.filterPressure = filterPressure(site.filter, p.resistance, state.filterLoad, moved);
    state.filterLoad += dustGained(site.filter, (state.outdoorShare * moved) / fullFlow, dt);
  };
}

function createDxStage({
  site,
  state,
  commands,
  faults,
  streams,
}: Model): (dt: number, density: number) => void {
  const p = site.dx;
  const at: Mutable<DxStep> = {
    parameters: p,
    powered: true,
    time: 0,
    outdoor: 0,
    entering: 0,
    ratio: 0,
    saturated: 0,
    pressure: 0,
    density: 0,
    cold: 0,
    hot: 0,
    dt: 0,
    ramp: 0,
    random: streams.mains,
  };
  let pressureSeen = 0;
  return (dt, density) => {
    if (dt !== at.dt) at.ramp = Math.exp(-dt / p.rampSeconds);
    if (state.pressure !== pressureSeen) at.saturated = saturatedRatio(p.coilDewPoint, state.pressure);
    pressureSeen = state.pressure;
    at.dt = dt;
    at.powered = state.acPresent;
    at.time = state.time;
    at.outdoor = state.outdoor;
    at.ratio = state.humidityRatio;
    at.pressure = state.pressure;
    at.density = density;
    at.cold = state.cold;
    at.hot = state.hot;
    // what the units' own fans move beyond the rack's air comes from the cold plenum again
    const own = p.airflow * Math.max(1, runningUnits(state.dx));
    const fresh = state.hot + state.outdoorShare * (state.outdoor - state.hot);
    const round = Math.max(0, 1 - state.airflow / own);
    at.entering = fresh + round * (state.cold - fresh);
    let cooling = 0;
    let latent = 0;
    let watts = 0;
    let supply = 0;
    for (let i = 0; i < p.units; i++) {
      const unit = state.dx[i];
      const command = commands.dx[i];
      const fault = faults.dx[i];
      const random = streams.dx[i];
      if (unit === undefined || command === undefined || fault === undefined || random === undefined)
        continue;
      at.random = random;
      stepDxUnit(unit, command, fault, at);
      cooling += unit.sensible + unit.latent;
      latent += unit.latent;
      watts += unit.watts;
      supply += unit.supply;
    }
    state.dxCooling = cooling;
    state.dxLatent = latent;
    state.dxPower = watts;
    state.supply = p.units > 0 ? supply / p.units : at.entering;
  };
}

function runningUnits(units: readonly { readonly running: boolean }[]): number {
  let running = 0;
  for (const unit of units) if (unit.running) running++;
  return running;
}

function createHeaterStage(
  { site, state, commands, faults }: Model,
  fullFlow: number,
): (dt: number, density: number) => void {
  const at: Mutable<HeaterStep> = {
    parameters: site.heater,
    powered: true,
    welded: 0,
    dead: 0,
    flow: 0,
    fullFlow,
    density: 0,
    cold: 0,
    dt: 0,
  };
  return (dt, density) => {
    at.powered = state.acPresent;
    at.welded = faults.heaterWelded;
    at.dead = faults.heaterDead;
    at.flow = state.airflow;
    at.density = density;
    at.cold = state.cold;
    at.dt = dt;
    stepHeater(state, commands.heaterStages, at);
    const pad = commands.batteryPad && state.acPresent;
    state.batteryPadPower = pad ? (site.batteryPad?.watts ?? 0) : 0;
  };
}

const waterHeat = 2.501e6; // J/kg
const near = 2; // K from the dew point

function createMoistureStage({ site, state }: Model): (dt: number, density: number, leak: number) => void {
  const { enclosure: shell } = site;
  const at: Mutable<MoistureStep> = {
    airMass: 1,
    exchange: 0,
    outdoorRatio: 0,
    source: shell.moistureSource,
    coil: 0,
    wallConductance: shell.coldToWall + shell.hotToWall,
    wall: 0,
    cold: 0,
    pressure: 0,
    dt: 0,
  };
  return (dt, density, leak) => {
    at.airMass = density * shell.airVolume;
    at.exchange = density * state.airflow * state.outdoorShare + leak / airHeat;
    at.outdoorRatio = state.outdoorRatio;
    at.coil = state.dxLatent / waterHeat;
    at.wall = state.wall;
    at.cold = state.cold;
    at.pressure = state.pressure;
    at.dt = dt;
    stepMoisture(state, at);
    showMoisture(state, state);
    const coldest = Math.min(state.wall, state.mass, state.batteryTemperature);
    state.dewPointMargin = coldest - state.dewPoint;
    if (state.dewPointMargin < 0) state.counters.condensation += dt;
    if (state.dewPointMargin < near) state.counters.nearCondensation += dt;
  };
}
