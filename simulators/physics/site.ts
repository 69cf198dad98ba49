import { createAirSide } from "./air-side.ts";
import { availableHours, secondsAt } from "./battery.ts";
import { countedSpeed } from "./fans.ts";
import { createLedger } from "./ledger.ts";
import { createModel, type Model } from "./model.ts";
import type { SiteParameters } from "./parameters.ts";
import { createPowerSide } from "./power-side.ts";
import { relativeHumidity, saturatedRatio } from "./psychrometrics.ts";
import { normal, uniform } from "./random.ts";
import { overwrite } from "./snapshot.ts";
import type { SitePhysics, SiteSnapshot } from "./types.ts";
import type { Weather } from "./weather.ts";

export interface SiteOptions {
  readonly weather: Weather;
  /** Default 1. The same seed gives the same course of events. */
  readonly seed?: number;
}

const usualStep = 10; // s

/** A micro-datacenter from its parameters; see `SitePhysics`. */
export function createSitePhysics(parameters: SiteParameters, options: SiteOptions): SitePhysics {
  const model = createModel(parameters, options.seed ?? 1);
  const { state, commands, world, faults, streams } = model;
  const air = createAirSide(model);
  const power = createPowerSide(model);
  const note = createLedger(model);
  const look = createOutlook(model, options.weather);
  const kept = { state, commands, world, faults, hidden: { ...air.hidden, streams } };
  const name = JSON.stringify(parameters);
  const safe = { leakage: NaN, step: 0 };

  const step = (dt: number): void => {
    if (!(dt > 0)) throw new RangeError(`a step lasts more than 0 s, not ${dt} s`);
    look(dt);
    power.supply(dt);
    air.step(dt);
    power.balance(dt);
    note(dt);
    state.time += dt;
  };
  const safeStep = (): number => {
    if (safe.leakage !== faults.leakage) safe.step = air.safeStep();
    safe.leakage = faults.leakage;
    return safe.step;
  };

  look(1);
  return {
    ...{ commands, world, faults, state, step },
    advance(seconds, longest = usualStep) {
      if (!(seconds >= 0 && longest > 0))
        throw new RangeError(`${seconds} s in steps of ${longest} s cannot pass`);
      const steps = Math.ceil(seconds / Math.min(longest, safeStep()));
      for (let i = 0; i < steps; i++) step(seconds / steps);
    },
    longestStep: () => air.longestStep(),
    tachometer: (fan, windowSeconds = 1) => readTachometer(model, fan, windowSeconds),
    resetDx(unit) {
      const found = state.dx[unit];
      if (found !== undefined) found.trip = "none";
    },
    changeFilter() {
      state.filterLoad = 0;
    },
    autonomy: () => plantAutonomy(model),
    upsAutonomy: () => upsAutonomy(model),
    snapshot: () => structuredClone({ parameters: name, ...kept }),
    restore(snapshot: SiteSnapshot) {
      if (snapshot.parameters !== name)
        throw new RangeError("the snapshot is of a site with other parameters");
      overwrite(kept, structuredClone(snapshot));
    },
  };
}

/** Takes over the weather of the middle of a step. */
function createOutlook({ state }: Model, weather: Weather): (dt: number) => void {
  return (dt) => {
    const sample = weather.at(state.time + dt / 2);
    state.outdoor = sample.outdoor;
    state.irradiance = sample.irradiance;
    if (
      sample.dewPoint !== state.outdoorDewPoint ||
      sample.pressure !== state.pressure ||
      state.outdoorRatio < 0
    ) {
      state.outdoorDewPoint = sample.dewPoint;
      state.pressure = sample.pressure;
      state.outdoorRatio = saturatedRatio(sample.dewPoint, sample.pressure);
    }
    state.outdoorHumidity = Math.min(
      100,
      relativeHumidity(sample.outdoor, state.outdoorRatio, sample.pressure),
    );
  };
}

function readTachometer({ site, state, faults, streams }: Model, i: number, windowSeconds: number): number {
  const fan = state.fans[i];
  const random = streams.tachometers[i];
  if (fan === undefined || random === undefined) throw new RangeError(`there is no fan ${i}`);
  const fault = faults.fans[i];
  if (fault === "tach-lost") return 0;
  if (fault === "tach-stuck") return fan.shown;
  const speed = Math.max(0, fan.speed * (1 + site.fans.tachometerNoise * normal(random)));
  fan.shown = countedSpeed(site.fans, speed, windowSeconds, uniform(random));
  return fan.shown;
}

function plantAutonomy({ site, state, faults }: Model): number {
  const { plant } = state;
  if (plant.amperes >= 0) return plant.alive ? Infinity : 0;
  const capacity = availableHours(site.battery, plant, state.batteryTemperature, faults.batteryFade);
  return secondsAt(site.battery, -plant.amperes * plant.volts, { from: plant.soc, to: 0, capacity });
}

function upsAutonomy({ site, state }: Model): number {
  const { ups } = state;
  if (ups === undefined || site.ups === undefined) return 0;
  const { battery, inverterEfficiency, idleWatts } = site.ups;
  const watts = state.itPower / inverterEfficiency + idleWatts;
  const capacity = availableHours(battery, ups, state.cold, 0);
  return ups.outputOn ? secondsAt(battery, watts, { from: ups.soc, to: 0, capacity }) : 0;
}
