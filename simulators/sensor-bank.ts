import { createSensor, type Sensor, type SensorParameters } from "./physics/sensor.ts";

/** Temperature of moving air, °C. */
export const airSensor: SensorParameters = { tauSeconds: 25, sigma: 0.04, quantum: 0.1, short: 150 };
/** Temperature at a coil, °C. */
export const coilSensor: SensorParameters = { tauSeconds: 8, sigma: 0.04, quantum: 0.1, short: 150 };
/** Temperature of a battery's case, °C. */
export const metalSensor: SensorParameters = { tauSeconds: 300, sigma: 0.02, quantum: 0.1, short: 150 };
/** Relative humidity, %. */
export const humiditySensor: SensorParameters = { tauSeconds: 10, sigma: 0.2, quantum: 0.1, short: 100 };

/** The sensors of a site by unit and name, each with noise of its own. */
export interface SensorBank {
  /**
   * @param unit the unit it is wired to
   * @param name its name there: `temperature`, `supply`
   * @returns what it shows; NaN where there is no value
   */
  add(unit: string, name: string, measure: () => number, parameters: SensorParameters): () => number;
  /** What is connected in a sensor's place from now on; undefined: itself. */
  connect(
    unit: string,
    name: string,
    other: { readonly unit: string; readonly sensor: string } | undefined,
  ): void;
  /** Of one unit. */
  names(unit: string): readonly string[];
  each(visit: (unit: string, name: string, sensor: Sensor) => void): void;
  /** Lets time pass for all of them. @param dtSeconds > 0 */
  step(dtSeconds: number): void;
}

/** @param seed the same gives the same noise; adding a sensor does not change that of another one */
export function createSensorBank(seed: number): SensorBank {
  const all: { readonly unit: string; readonly name: string; readonly sensor: Sensor; shown: Sensor }[] = [];
  const of = (unit: string, name: string) => all.find((one) => one.unit === unit && one.name === name);
  return {
    add(unit, name, measure, parameters) {
      const sensor = createSensor(`${unit} ${name}`, measure, parameters, seed);
      const one = { unit, name, sensor, shown: sensor };
      all.push(one);
      return () => one.shown.value();
    },
    connect(unit, name, other) {
      const one = of(unit, name);
      if (one === undefined) return;
      one.shown = (other && of(other.unit, other.sensor)?.sensor) ?? one.sensor;
    },
    names: (unit) => all.flatMap((one) => (one.unit === unit ? [one.name] : [])),
    each(visit) {
      for (const { unit, name, sensor } of all) visit(unit, name, sensor);
    },
    step(dtSeconds) {
      for (const { sensor } of all) sensor.step(dtSeconds);
    },
  };
}
