import {
  acceptance,
  chargeLimitAt,
  chargingVolts,
  createBattery,
  currentFor,
  openCircuit,
  stepBattery,
} from "./battery.ts";
import type { SiteParameters } from "./parameters.ts";
import type { PlantCommand } from "./commands.ts";
import type { PlantState } from "./state.ts";

type PlantParameters = SiteParameters["plant"];

export const createPlant = (site: SiteParameters): PlantState => ({
  ...createBattery(site.battery),
  busVolts: site.plant.floatVolts,
  loadWatts: 0,
  loadAmperes: 0,
  rectifierAmperes: 0,
  inputWatts: 0,
  loadOn: true,
  nonEssentialOn: true,
  shed: false,
  disconnected: false,
  alive: true,
  modulesOk: site.plant.modules,
});

export interface PlantStep {
  readonly site: SiteParameters;
  readonly ac: boolean;
  /** W that stay until the last disconnect, and W that go before. */
  readonly essential: number;
  readonly nonEssential: number;
  /** Of the battery, and of the air the modules take in, °C. */
  readonly celsius: number;
  readonly air: number;
  readonly modulesFailed: number;
  readonly batteryOpen: boolean;
  readonly fade: number;
  readonly dt: number;
}

/** Share of their power the modules give in air of a temperature. */
function derating({ derateFrom, derateTo }: PlantParameters, celsius: number): number {
  return Math.min(1, Math.max(0, (derateTo - celsius) / (derateTo - derateFrom)));
}

/** V the bus is held at with the battery at a temperature; compensated between 0 and 45 °C. */
export const compensated = (p: PlantParameters, volts: number, celsius: number): number =>
  volts + p.compensation * (Math.min(45, Math.max(0, celsius)) - 25);

/** Rectifiers, battery and load on one bus; low-voltage disconnects. */
export function stepPlant(plant: PlantState, command: PlantCommand, at: PlantStep): void {
  const p = at.site.plant;
  plant.modulesOk = Math.max(0, p.modules - at.modulesFailed);
  plant.loadOn = command.loadOn && !plant.disconnected;
  plant.nonEssentialOn = plant.loadOn && !plant.shed;
  plant.loadWatts = (plant.loadOn ? at.essential : 0) + (plant.nonEssentialOn ? at.nonEssential : 0);
  const most = at.ac ? plant.modulesOk * p.moduleAmperes * derating(p, at.air) : 0;
  const held = compensated(p, command.setpoint, at.celsius);
  if (most * held >= plant.loadWatts && most > 0) holdBus(plant, command, at, held, most);
  else discharge(plant, at, most);
  plant.loadAmperes = plant.busVolts > 0 ? plant.loadWatts / plant.busVolts : 0;
  plant.inputWatts = (plant.rectifierAmperes * plant.busVolts) / p.efficiency;
  disconnect(plant, command);
}

const settle = (plant: PlantState, at: PlantStep, amperes: number): void =>
  stepBattery(plant, at.site.battery, amperes, at);

/** The rectifiers carry the load; the battery charges, or helps where the bus is held below its own voltage. */
function holdBus(plant: PlantState, command: PlantCommand, at: PlantStep, held: number, most: number): void {
  const { battery } = at.site;
  const open = openCircuit(battery, plant.soc);
  plant.alive = true;
  if (!at.batteryOpen && open > held && plant.soc > 0) {
    const helps = battery.ohms > 0 ? (open - held) / battery.ohms : Infinity;
    if (helps * held >= plant.loadWatts) {
      discharge(plant, at, 0);
      return;
    }
    plant.busVolts = held;
    plant.volts = held;
    plant.rectifierAmperes = plant.loadWatts / held - helps;
    settle(plant, at, -helps);
    return;
  }
  const taken = acceptance(battery, plant.soc);
  const driven = battery.ohms > 0 ? Math.max(0, held - open) / battery.ohms : Infinity;
  const limit = Math.min(
    command.chargeLimit,
    chargeLimitAt(battery, at.celsius),
    most - plant.loadWatts / held,
    driven,
  );
  const amperes = at.batteryOpen ? 0 : Math.max(0, Math.min(taken, limit));
  const limited = !at.batteryOpen && amperes < taken && amperes > 0;
  plant.busVolts = limited ? Math.min(held, chargingVolts(battery, plant.soc, amperes)) : held;
  plant.volts = at.batteryOpen ? open : plant.busVolts;
  plant.rectifierAmperes = plant.loadWatts / plant.busVolts + amperes;
  settle(plant, at, amperes);
}

/** The battery carries what the rectifiers cannot. */
function discharge(plant: PlantState, at: PlantStep, helped: number): void {
  const { battery } = at.site;
  const open = openCircuit(battery, plant.soc);
  const able = !at.batteryOpen && plant.soc > 0;
  const amperes = able ? currentFor(open, battery.ohms, plant.loadWatts, helped) : -1;
  plant.alive = amperes >= 0;
  plant.rectifierAmperes = plant.alive ? Math.min(helped, plant.loadWatts / open) : 0;
  plant.busVolts = plant.alive ? open - amperes * battery.ohms : 0;
  plant.volts = at.batteryOpen ? open : plant.alive ? plant.busVolts : open;
  settle(plant, at, plant.alive ? -amperes : 0);
}

/** First what may be lost, then everything; both come back when the bus is high enough again. */
function disconnect(plant: PlantState, command: PlantCommand): void {
  if (plant.busVolts < command.nonEssentialVolts) plant.shed = true;
  if (plant.busVolts < command.disconnectVolts) plant.disconnected = true;
  if (plant.amperes < 0 || plant.busVolts < command.reconnectVolts) return;
  plant.shed = false;
  plant.disconnected = false;
}
