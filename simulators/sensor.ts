import { createRandom, type Random } from "./random.ts";

const day = 86_400;

/** What is wrong with a sensor. Change it at any time. */
export interface SensorFaults {
  /** Added to what it gives, in its unit. */
  offset: number;
  /** Grows by this much a day, in its unit. */
  drift: number;
  /** Multiplies its noise; 1 sound. */
  noise: number;
  /** Gives this, whatever happens. */
  stuck: number | undefined;
  /** Its wire is cut: no value. */
  open: boolean;
}

export interface LaggingSensor {
  /** NaN while its wire is cut. */
  value(): number;
  step(dtSeconds: number): void;
  readonly faults: SensorFaults;
}

export interface SensorOptions {
  /** Time constant, s; 20–30 for an air probe in a fan stream. */
  readonly tauSeconds: number;
  /** Standard deviation of the noise, in the unit measured. */
  readonly sigma: number;
  /** Smallest difference it shows, in the unit measured. Default: none. */
  readonly step?: number;
}

/** A sensor that follows what it measures with a first-order lag and adds noise. */
export function createSensor(
  measure: () => number,
  options: SensorOptions & { readonly random: Random },
): LaggingSensor {
  const { tauSeconds, sigma, step, random } = options;
  const faults: SensorFaults = { offset: 0, drift: 0, noise: 1, stuck: undefined, open: false };
  let followed = measure();
  let noise = 0;
  let drifted = 0;
  return {
    faults,
    value() {
      if (faults.open) return NaN;
      const value = faults.stuck ?? followed + noise * faults.noise + faults.offset + drifted;
      return step === undefined ? value : Math.round(value / step) * step;
    },
    step(dtSeconds) {
      followed += (measure() - followed) * (1 - Math.exp(-dtSeconds / tauSeconds));
      noise = sigma * random.normal();
      drifted = faults.drift === 0 ? 0 : drifted + (faults.drift * dtSeconds) / day;
    },
  };
}

/** The sensors of a site by unit and name, each with noise of its own. */
export interface SensorBank {
  /** @param unit the unit it is wired to, @param name its name there: `probe-inlet`, `temperature` */
  add(unit: string, name: string, measure: () => number, options: SensorOptions): () => number;
  /** Of one unit. */
  names(unit: string): readonly string[];
  each(visit: (unit: string, name: string, sensor: LaggingSensor) => void): void;
  step(dtSeconds: number): void;
}

/** @param seed the same gives the same noise; adding a sensor does not change that of another one */
export function createSensorBank(seed: number): SensorBank {
  const all: { readonly unit: string; readonly name: string; readonly sensor: LaggingSensor }[] = [];
  return {
    add(unit, name, measure, options) {
      const sensor = createSensor(measure, { ...options, random: createRandom(seed, `${unit} ${name}`) });
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
