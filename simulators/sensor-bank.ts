import { createSensor, type Sensor, type SensorParameters } from "./physics/sensor.ts";

/** Temperature of moving air, °C. */
export const airSensor: SensorParameters = { tauSeconds: 25, sigma: 0.04, quantum: 0.1 };
/** Temperature at a coil, °C. */
export const coilSensor: SensorParameters = { tauSeconds: 8, sigma: 0.04, quantum: 0.1 };
/** Temperature of a battery's case, °C. */
export const metalSensor: SensorParameters = { tauSeconds: 300, sigma: 0.02, quantum: 0.1 };
/** Relative humidity, %. */
export const humiditySensor: SensorParameters = { tauSeconds: 10, sigma: 0.2, quantum: 0.1 };

/** The sensors of a site by unit and name, each with noise of its own. */
export interface SensorBank {
  /**
   * @param unit the unit it is wired to
   * @param name its name there: `temperature`, `supply`
   * @returns what it shows; NaN where there is no value
   */
  add(unit: string, name: string, measure: () => number, parameters: SensorParameters): () => number;
  /** Of one unit. */
  names(unit: string): readonly string[];
  each(visit: (unit: string, name: string, sensor: Sensor) => void): void;
  /** Lets time pass for all of them. @param dtSeconds > 0 */
  step(dtSeconds: number): void;
}

/** @param seed the same gives the same noise; adding a sensor does not change that of another one */
export function createSensorBank(seed: number): SensorBank {
  const all: { readonly unit: string; readonly name: string; readonly sensor: Sensor }[] = [];
  return {
    add(unit, name, measure, parameters) {
      const sensor = createSensor(`${unit} ${name}`, measure, parameters, seed);
      all.push({ unit, name, sensor });
      return () => sensor.value();
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
