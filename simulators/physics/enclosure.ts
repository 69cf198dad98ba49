import { airHeat, type Forcing } from "./forcing.ts";
import type { EnclosureParameters } from "./parameters.ts";
import { createRateBound, stabilityLimit } from "./stability.ts";

/** Places of the nodes in `Enclosure.nodes`. */
export const node = { cold: 0, hot: 1, mass: 2, wall: 3, battery: 4 } as const;

/** Conductance between equipment and air: forced convection. */
export const massConductance = (parameters: EnclosureParameters, flow: number): number =>
  parameters.massToHot * Math.pow(flow / parameters.nominalFlow, 0.8);

export interface Enclosure {
  /** °C, in the order of `node`. May be written to. */
  readonly nodes: Float64Array;
  /** Means over the last step, °C. */
  readonly means: Float64Array;
  /** What the energy balance of the last step left unexplained, J: sources less losses less storage. */
  imbalance(): number;
  /**
   * @param dtSeconds > 0, at most `longestStep(forcing)`
   * @throws RangeError beyond
   */
  step(forcing: Forcing, dtSeconds: number): void;
  /** Longest stable step, s; from a bound that is at most a few percent on the safe side. */
  longestStep(forcing: Forcing): number;
}

type Slope = Float64Array;

/** Air, equipment, wall and battery as five lumps, stepped by RK4. Without allocation once made. */
export function createEnclosure(parameters: EnclosureParameters, startCelsius: number): Enclosure {
  const { coldToWall, hotToWall, wallToOutdoors, coldToBattery } = parameters;
  const perCold = 1 / parameters.cold;
  const perHot = 1 / parameters.hot;
  const perMass = 1 / parameters.mass;
  const perWall = 1 / parameters.wall;
  const perBattery = 1 / parameters.battery;
  const nodes = new Float64Array(5).fill(startCelsius);
  const means = new Float64Array(5).fill(startCelsius);
  const [k1, k2, k3, k4] = [0, 0, 0, 0].map(() => new Float64Array(5)) as [Slope, Slope, Slope, Slope];
  const stage = new Float64Array(5);
  const fastestRate = createRateBound(parameters);
  // fields, not variables: numbers in variables that closures share are boxed anew at every change
  const now = { flowRate: 0.5, massRate: 0.5, flow: -0.5, unexplained: 0.5 };

  const prepare = (forcing: Forcing): void => {
    now.flowRate = forcing.density * airHeat * forcing.flow;
    if (forcing.flow !== now.flow) now.massRate = massConductance(parameters, forcing.flow);
    now.flow = forcing.flow;
  };
  const evaluate = (f: Forcing, at: Float64Array, slope: Slope): void => {
    const cold = at[0] ?? 0;
    const hot = at[1] ?? 0;
    const mass = at[2] ?? 0;
    const wall = at[3] ?? 0;
    const battery = at[4] ?? 0;
    const { flowRate, massRate } = now;
    const mixed = f.outdoorShare * f.outdoor + (1 - f.outdoorShare) * hot;
    const fromBattery = coldToBattery * (battery - cold);
    const fromMass = massRate * (mass - hot);
    const coldFromWall = coldToWall * (wall - cold);
    const hotFromWall = hotToWall * (wall - hot);
    const gains = f.fans - f.dx + f.heater + f.infiltration * (f.outdoor - cold);
    slope[0] = perCold * (flowRate * (mixed - cold) + gains + coldFromWall + fromBattery);
    slope[1] = perHot * (flowRate * (cold - hot) + fromMass + hotFromWall);
    slope[2] = perMass * (f.it - fromMass);
    slope[3] = perWall * (wallToOutdoors * (f.outdoor - wall) + f.solar - coldFromWall - hotFromWall);
    slope[4] = perBattery * (f.battery - fromBattery);
  };
  const ahead = (dt: number, slope: Slope): Float64Array => {
    for (let i = 0; i < 5; i++) stage[i] = (nodes[i] ?? 0) + dt * (slope[i] ?? 0);
    return stage;
  };
  const refuse = (f: Forcing, dt: number): void => {
    if (!(dt > 0)) throw new RangeError(`a step lasts more than 0 s, not ${dt} s`);
    const fastest = fastestRate(f, now.flowRate, now.massRate, stabilityLimit / dt);
    if (dt * fastest <= stabilityLimit) return;
    const longest = stabilityLimit / fastest;
    throw new RangeError(
      `a step of ${dt} s is not stable with this airflow; at most ${longest.toPrecision(3)} s is`,
    );
  };
  /** Sets the means, and what the balance over the step leaves. */
  const close = (f: Forcing, dt: number, before: number): void => {
    const cold = means[0] ?? 0;
    const hot = means[1] ?? 0;
    const wall = means[3] ?? 0;
    const gains = f.it + f.fans + f.heater + f.battery + f.solar - f.dx;
    const toOutdoors = wallToOutdoors * (wall - f.outdoor) + f.infiltration * (cold - f.outdoor);
    const vented = now.flowRate * f.outdoorShare * (hot - f.outdoor);
    now.unexplained = dt * (gains - toOutdoors - vented) - (stored(parameters, nodes) - before);
  };

  return {
    nodes,
    means,
    imbalance: () => now.unexplained,
    step(forcing, dt) {
      prepare(forcing);
      refuse(forcing, dt);
      const before = stored(parameters, nodes);
      evaluate(forcing, nodes, k1);
      evaluate(forcing, ahead(dt / 2, k1), k2);
      evaluate(forcing, ahead(dt / 2, k2), k3);
      evaluate(forcing, ahead(dt, k3), k4);
      for (let i = 0; i < 5; i++) {
        const here = nodes[i] ?? 0;
        const first = k1[i] ?? 0;
        const second = k2[i] ?? 0;
        const third = k3[i] ?? 0;
        means[i] = here + (dt / 6) * (first + second + third);
        nodes[i] = here + (dt / 6) * (first + 2 * second + 2 * third + (k4[i] ?? 0));
      }
      close(forcing, dt, before);
    },
    longestStep(forcing) {
      prepare(forcing);
      return stabilityLimit / fastestRate(forcing, now.flowRate, now.massRate, 0);
    },
  };
}

/** Heat in the five nodes above 0 °C, J. */
function stored(p: EnclosureParameters, nodes: Float64Array): number {
  const air = p.cold * (nodes[0] ?? 0) + p.hot * (nodes[1] ?? 0);
  return air + p.mass * (nodes[2] ?? 0) + p.wall * (nodes[3] ?? 0) + p.battery * (nodes[4] ?? 0);
}
