import type { Random } from "./random.ts";

export interface LaggingSensor {
  value(): number;
  step(dtSeconds: number): void;
}

/**
 * A sensor that follows what it measures with a first-order lag and adds noise.
 * @param tauSeconds time constant; 20–30 s for an air probe in a fan stream
 * @param sigma standard deviation of the noise, in the unit measured
 */
export function createSensor(
  measure: () => number,
  options: { readonly tauSeconds: number; readonly sigma: number; readonly random: Random },
): LaggingSensor {
  let followed = measure();
  let noise = 0;
  return {
    value: () => followed + noise,
    step(dtSeconds) {
      followed += (measure() - followed) * (1 - Math.exp(-dtSeconds / options.tauSeconds));
      noise = options.sigma * options.random.normal();
    },
  };
}
