import type { SiteParameters } from "./parameters.ts";

type FilterParameters = SiteParameters["filter"];

const yearSeconds = 365 * 86_400;

/** Resistance of the enclosure with its filter loaded. @param clean with a clean filter @param load 0 clean */
export const loadedResistance = (parameters: FilterParameters, clean: number, load: number): number =>
  clean * (1 + parameters.ofResistance * load);

/** Pressure across the filter alone, Pa. */
export const filterPressure = (
  parameters: FilterParameters,
  clean: number,
  load: number,
  flow: number,
): number => clean * parameters.ofResistance * (1 + load) * flow ** 2;

/** Load gained in a while: dust comes with outdoor air. @param share of the full flow that comes from outdoors, 0..1 */
export const dustGained = (parameters: FilterParameters, share: number, dt: number): number =>
  (parameters.loadPerYear * share * dt) / yearSeconds;
