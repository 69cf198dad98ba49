import type { Model } from "./model.ts";

/** Adds up what a step used and served. */
export function createLedger({ state, world }: Model): (dt: number) => void {
  return (dt) => {
    const hours = dt / 3600;
    const { energy, counters, plant, ups, phaseWatts } = state;
    energy.it += state.itPower * hours;
    energy.fans += state.fanPower * hours;
    energy.dx += state.dxPower * hours;
    energy.heater += (state.heaterPower + state.batteryPadPower) * hours;
    const drawn = (phaseWatts[0] + phaseWatts[1] + phaseWatts[2]) * hours;
    if (world.mains) energy.mains += drawn;
    else if (state.generatorRunning) energy.generator += drawn;
    energy.conversion += state.conversionLoss * hours;
    energy.dcLoad += (plant.alive ? plant.loadWatts : 0) * hours;
    energy.upsOutput += (ups?.outputWatts ?? 0) * hours;
    energy.dxHeat += state.dxCooling * hours;
    energy.economiserHeat += state.economiserPower * hours;
    if (world.doorOpen) counters.doorOpen += dt;
    if (!world.mains) counters.mainsOut += dt;
  };
}
