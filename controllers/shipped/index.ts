import type { Definition } from "../contract.ts";
import { coldStart } from "./cold-start.ts";
import { economiser } from "./economiser.ts";
import { emergencyVentilation } from "./emergency-ventilation.ts";
import { fanZone } from "./fan-zone.ts";
import { heater } from "./heater.ts";
import { humidityGuard } from "./humidity-guard.ts";
import { limitWatch } from "./limit-watch.ts";
import { outage } from "./outage.ts";
import { safety } from "./safety.ts";
import { stagedCooling } from "./staged-cooling.ts";
import { temperatureWatch } from "./temperature-watch.ts";
import { trimRespondFloor } from "./trim-respond-floor.ts";
import { zoneTemperature } from "./zone-temperature.ts";

/** The controllers that come with Bothy. */
export const shipped = [
  fanZone,
  zoneTemperature,
  trimRespondFloor,
  stagedCooling,
  economiser,
  humidityGuard,
  heater,
  coldStart,
  emergencyVentilation,
  safety,
  outage,
  temperatureWatch,
  limitWatch,
] as unknown as readonly Definition[];
