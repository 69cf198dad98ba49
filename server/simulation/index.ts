/** Sites in one process, on a virtual clock, for tests of controllers: the package's `bothy/testing`. */
export {
  type AnyDefinition,
  type Simulation,
  type SimulatedController,
  type SimulationOptions,
  simulatedSite,
} from "./site.ts";
export { simulatedYears, type Years, type YearsController, type YearsOptions } from "./years.ts";
export type { Score, ScoreOptions } from "./score.ts";
export type { ScoreReport } from "./score-report.ts";
export { settle, VirtualClock } from "../../devices/virtual-clock.ts";
export { hours, type Millis, minutes, seconds } from "../../devices/clock.ts";
export { constantWeather, type Weather, type WeatherSample } from "../../simulators/physics/weather.ts";
export { mildDay } from "../../simulators/weather/mild-day.ts";
