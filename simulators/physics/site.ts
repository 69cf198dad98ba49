import type { SiteParameters } from "./parameters.ts";
import type { SitePhysics } from "./types.ts";
import type { Weather } from "./weather.ts";

export interface SiteOptions {
  readonly weather: Weather;
  /** Default 1. The same seed gives the same course of events. */
  readonly seed?: number;
}

export type CreateSitePhysics = (parameters: SiteParameters, options: SiteOptions) => SitePhysics;
