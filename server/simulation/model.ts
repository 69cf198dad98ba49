import type { Instant } from "../../devices/clock.ts";
import { createEquipment, type Equipment } from "../../simulators/equipment.ts";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import type { Weather } from "../../simulators/physics/weather.ts";
import { type SiteName, siteParameters } from "../../simulators/sites.ts";
import { chooseWeather } from "../../simulators/weather/choose.ts";
import { createValues, type Values } from "./values.ts";

/** January 1st, UTC, of the year in which simulations begin. */
export const yearStart: Instant = Date.UTC(2031, 0, 1);

export interface ModelOptions {
  /** The enclosure and what is in it. */
  readonly parameters?: SiteName | SiteParameters;
  /** `hot`, `temperate`, `arctic`, `FILE.epw`, `constant:25`, or weather of one's own. Default `constant:20`. */
  readonly weather?: string | Weather;
  /** Hours after the start of the year at which the simulation begins, for weather of a year. Default 0. */
  readonly startHour?: number;
  /** The same seed gives the same course. Default 1. */
  readonly seed?: number;
}

/** A site as equations, and its equipment as controllers see it. */
export interface ModelledSite {
  readonly parameters: SiteParameters;
  readonly physics: SitePhysics;
  readonly equipment: Equipment;
  readonly values: Values;
}

/** @param otherwise the site when none is asked for @throws EpwError, ParameterError */
export function createModel(options: ModelOptions, otherwise: SiteName): ModelledSite {
  const { parameters: wanted = otherwise, seed = 1 } = options;
  const parameters = typeof wanted === "object" ? wanted : siteParameters(wanted);
  const physics = createSitePhysics(parameters, { weather: weatherOf(options), seed });
  const equipment = createEquipment({ physics, parameters, seed });
  return { parameters, physics, equipment, values: createValues(equipment) };
}

/** Weather as it was asked for. @throws EpwError */
function weatherOf({ weather = "constant:20", startHour = 0 }: ModelOptions): Weather {
  return typeof weather === "string" ? chooseWeather(weather, { startHour }).weather : weather;
}
