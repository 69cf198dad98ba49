import type { Forcing } from "./forcing.ts";
import type { EnclosureParameters } from "./parameters.ts";

/** RK4 is stable on the real axis up to this product of step and fastest rate. */
export const stabilityLimit = 2.785;

/** @returns a bound of the fastest rate, 1/s: the first one found that is not above `wanted`, or the sharpest */
export type RateBound = (f: Forcing, flowRate: number, massRate: number, wanted: number) => number;

/**
 * Bounds the fastest rate of the enclosure from above: for any positive vector x the spectral radius of a matrix is at
 * most the largest (|A|x)/x of its rows, and the bound is sharp for the eigenvector, which power iteration finds. The
 * vector is kept, so that one iteration is enough for as long as little changes.
 */
export function createRateBound(p: EnclosureParameters): RateBound {
  const x = new Float64Array(5).fill(1);
  const { coldToWall, hotToWall, wallToOutdoors, coldToBattery } = p;

  const iterate = (f: Forcing, flowRate: number, massRate: number): number => {
    const cold = x[0] ?? 1;
    const hot = x[1] ?? 1;
    const mass = x[2] ?? 1;
    const wall = x[3] ?? 1;
    const battery = x[4] ?? 1;
    const back = flowRate * (1 - f.outdoorShare);
    const coldOut = flowRate + f.infiltration + coldToWall + coldToBattery;
    const hotOut = flowRate + massRate + hotToWall;
    const wallOut = coldToWall + hotToWall + wallToOutdoors;
    const y0 = (coldOut * cold + back * hot + coldToWall * wall + coldToBattery * battery) / p.cold;
    const y1 = (hotOut * hot + flowRate * cold + massRate * mass + hotToWall * wall) / p.hot;
    const y2 = (massRate * (mass + hot)) / p.mass;
    const y3 = (wallOut * wall + coldToWall * cold + hotToWall * hot) / p.wall;
    const y4 = (coldToBattery * (battery + cold)) / p.battery;
    const bound = Math.max(y0 / cold, y1 / hot, y2 / mass, y3 / wall, y4 / battery);
    // a little of the old vector keeps every entry positive, whatever is cut off from the rest
    const keep = 0.02 * bound;
    const scale = 1 / Math.max(y0 + keep * cold, y1 + keep * hot);
    x[0] = scale * (y0 + keep * cold);
    x[1] = scale * (y1 + keep * hot);
    x[2] = Math.max(1e-12, scale * (y2 + keep * mass));
    x[3] = Math.max(1e-12, scale * (y3 + keep * wall));
    x[4] = Math.max(1e-12, scale * (y4 + keep * battery));
    return bound;
  };

  return (f, flowRate, massRate, wanted) => {
    let least = iterate(f, flowRate, massRate);
    for (let i = 0; i < 200 && least > wanted; i++) least = Math.min(least, iterate(f, flowRate, massRate));
    return least;
  };
}
