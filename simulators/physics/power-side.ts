import { stepAc } from "./mains.ts";
import type { Model, Mutable } from "./model.ts";
import { meteredAmperes, sequenceOutlets, stepOutlet } from "./pdu.ts";
import { stepPlant, type PlantStep } from "./plant.ts";
import { uniform } from "./random.ts";
import { serverPower, stepServer, type ServerStep } from "./server.ts";
import { stepUps } from "./ups.ts";

const powerFactor = 0.96;

export interface PowerSide {
  /** Mains, outlets and servers: before the air, which takes up their heat. */
  supply(dt: number): void;
  /** Rectifiers, batteries and UPS: after the air, when all loads are known. */
  balance(dt: number): void;
}

/** Mains, DC plant, UPS, PDU and servers. */
export function createPowerSide(model: Model): PowerSide {
  const { site, state, commands, world, faults } = model;
  const ac: Mutable<Parameters<typeof stepAc>[1]> = {
    parameters: site.mains,
    mains: true,
    generator: false,
    dt: 0,
    random: model.streams.mains,
  };
  const upsStep = { ac: true, celsius: 20, fade: 0, dt: 1 };
  const feed = createRackStage(model);
  const balance = createPlantStage(model);
  return {
    supply(dt) {
      ac.mains = world.mains;
      ac.generator = commands.generator;
      ac.dt = dt;
      stepAc(state, ac);
      const dc = state.plant.loadOn && state.plant.alive;
      state.fansPowered = site.fans.supply === "dc" ? dc : state.acPresent;
      feed(dt, pduSupplied(model));
    },
    balance(dt) {
      balance(dt);
      if (site.ups !== undefined && state.ups !== undefined) {
        upsStep.ac = state.acPresent;
        upsStep.celsius = state.cold;
        upsStep.dt = dt;
        stepUps(state.ups, site.ups, site.servers.supply === "ups" ? state.itPower : 0, upsStep);
      }
      shareOut(model);
      state.conversionLoss = losses(model);
      state.converterHeat = site.plant.lossesInside * state.conversionLoss + telecomHeat(model);
      if (faults.batteryOpen) state.plant.heat = 0;
    },
  };
}

function pduSupplied({ site, state }: Model): boolean {
  if (site.servers.supply === "ups") return state.ups?.outputOn === true;
  if (site.servers.supply === "mains") return state.acPresent;
  return state.plant.nonEssentialOn && state.plant.alive;
}

const telecomHeat = ({ site, state }: Model): number => {
  const { loadInside, loadWatts, essentialShare } = site.plant;
  if (loadInside === 0 || !state.plant.alive || !state.plant.loadOn) return 0;
  return loadInside * loadWatts * (state.plant.nonEssentialOn ? 1 : essentialShare);
};

/** What converters turn into heat: inverter, rectifiers and UPS, W. */
function losses({ site, state }: Model): number {
  const { plant, ups } = state;
  const rectifier = plant.inputWatts - plant.rectifierAmperes * plant.busVolts;
  const inverter =
    site.servers.supply === "dc" ? state.itPower / site.servers.inverterEfficiency - state.itPower : 0;
  const charging = ups === undefined ? 0 : Math.max(0, ups.amperes) * ups.volts;
  const upsLoss = ups === undefined ? 0 : Math.max(0, ups.inputWatts - ups.outputWatts - charging);
  return rectifier + inverter + upsLoss;
}

/** What each phase supplies; and everything that depends on it. */
function shareOut({ site, state }: Model): void {
  const { phaseWatts, plant, ups } = state;
  const live = state.acPresent;
  const rack = site.servers.supply === "mains" ? state.itPower : (ups?.inputWatts ?? 0);
  const house = site.mains.houseWatts + (site.fans.supply === "mains" ? state.fanPower : 0);
  phaseWatts[0] = live ? rack : 0;
  phaseWatts[1] = live ? state.dxPower + state.heaterPower + state.batteryPadPower : 0;
  phaseWatts[2] = live ? plant.inputWatts + house : 0;
}

/** The PDU and the servers on its outlets. */
function createRackStage(model: Model): (dt: number, supplied: boolean) => void {
  const { site, state, commands, faults, streams } = model;
  const { servers: p, pdu } = site;
  const meterErrors = state.outlets.map(() => (2 * uniform(streams.errors) - 1) * pdu.meterError);
  const volts = pdu.volts * powerFactor;
  const relay: Mutable<Parameters<typeof stepOutlet>[2]> = {
    parameters: pdu,
    powered: true,
    fault: "none",
    ratedAmperes: (p.busyWatts + p.fanWatts) / volts,
    dt: 0,
  };
  const at: Mutable<ServerStep> = {
    parameters: p,
    powered: true,
    inlet: 0,
    fault: "none",
    dt: 0,
    random: streams.mains,
  };
  return (dt, supplied) => {
    if (supplied && state.pduVolts === 0) sequenceOutlets(state.outlets, commands.outlets, pdu);
    state.pduVolts = supplied ? pdu.volts : 0;
    relay.powered = supplied;
    relay.dt = dt;
    at.dt = dt;
    at.inlet = state.inlet;
    let total = 0;
    let unserved = 0;
    for (let i = 0; i < pdu.outlets; i++) {
      const outlet = state.outlets[i];
      if (outlet === undefined) continue;
      relay.fault = faults.outlets[i] ?? "none";
      stepOutlet(outlet, commands.outlets[i] ?? true, relay);
      const server = state.servers[i];
      const command = commands.servers[i];
      const random = streams.servers[i];
      if (server === undefined || command === undefined || random === undefined) continue;
      at.powered = supplied && outlet.closed;
      at.fault = faults.servers[i] ?? "none";
      at.random = random;
      stepServer(server, command, at);
      outlet.watts = server.watts;
      outlet.amperes = server.watts / volts;
      outlet.metered = meteredAmperes(pdu, outlet.amperes, meterErrors[i] ?? 0);
      total += server.watts;
      if (!at.powered && command.run) unserved += serverPower(p, command.utilisation, state.inlet);
    }
    state.itPower = total;
    state.energy.itUnserved += (unserved * dt) / 3600;
  };
}

function createPlantStage({ site, state, commands, faults }: Model): (dt: number) => void {
  const p = site.plant;
  const at: Mutable<PlantStep> = {
    site,
    ac: true,
    essential: 0,
    nonEssential: 0,
    celsius: 0,
    air: 0,
    modulesFailed: 0,
    batteryOpen: false,
    fade: 0,
    dt: 0,
  };
  return (dt) => {
    const fans = site.fans.supply === "dc" ? state.fanPower : 0;
    const rack = site.servers.supply === "dc" ? state.itPower / site.servers.inverterEfficiency : 0;
    at.ac = state.acPresent;
    at.essential = fans + p.essentialShare * p.loadWatts;
    at.nonEssential = rack + (1 - p.essentialShare) * p.loadWatts;
    at.celsius = state.batteryTemperature;
    at.air = state.cold;
    at.modulesFailed = faults.modulesFailed;
    at.batteryOpen = faults.batteryOpen;
    at.fade = faults.batteryFade;
    at.dt = dt;
    stepPlant(state.plant, commands.plant, at);
    const served = (state.plant.alive && state.plant.loadOn ? p.essentialShare : 0) * p.loadWatts;
    const further =
      state.plant.alive && state.plant.nonEssentialOn ? (1 - p.essentialShare) * p.loadWatts : 0;
    state.energy.dcUnserved += ((p.loadWatts - served - further) * dt) / 3600;
  };
}
