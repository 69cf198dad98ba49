import { massConductance } from "./enclosure.ts";
import { airHeat, type Forcing, type Temperatures } from "./forcing.ts";
import type { EnclosureParameters } from "./parameters.ts";

// The enclosure at rest, in closed form. Battery and mass are slaves of the air: they drop out of the balance of the
// air but for the heat they give, which leaves two equations in cold and hot air.

interface Balance {
  readonly flowRate: number;
  readonly coldCold: number;
  readonly coldHot: number;
  readonly hotCold: number;
  readonly hotHot: number;
  readonly coldHeat: number;
  readonly hotHeat: number;
  /** coldHot without the air that flows back. */
  readonly throughWall: number;
  readonly allWalls: number;
}

function balance(p: EnclosureParameters, f: Forcing): Balance {
  const flowRate = f.density * airHeat * f.flow;
  const allWalls = p.coldToWall + p.hotToWall + p.wallToOutdoors;
  const throughWall = (p.coldToWall * p.hotToWall) / allWalls;
  return {
    flowRate,
    allWalls,
    throughWall,
    coldCold: flowRate + p.coldToWall + f.infiltration - p.coldToWall ** 2 / allWalls,
    coldHot: flowRate * (1 - f.outdoorShare) + throughWall,
    hotCold: flowRate + throughWall,
    hotHot: flowRate + p.hotToWall - p.hotToWall ** 2 / allWalls,
    coldHeat: f.fans - f.dx + f.heater + f.battery + (p.coldToWall * f.solar) / allWalls,
    hotHeat: f.it + (p.hotToWall * f.solar) / allWalls,
  };
}

/** Where all temperatures go when nothing changes any more. @param forcing with `flow` > 0 */
export function steadyState(parameters: EnclosureParameters, forcing: Forcing): Temperatures {
  const p = parameters;
  const b = balance(p, forcing);
  const determinant = b.coldCold * b.hotHot - b.coldHot * b.hotCold;
  const cold = (b.coldHeat * b.hotHot + b.coldHot * b.hotHeat) / determinant;
  const hot = (b.hotHeat + b.hotCold * cold) / b.hotHot;
  const wall = (p.coldToWall * cold + p.hotToWall * hot + forcing.solar) / b.allWalls;
  const overAir = forcing.it === 0 ? 0 : forcing.it / massConductance(p, forcing.flow);
  const overCold = forcing.battery === 0 ? 0 : forcing.battery / p.coldToBattery;
  return {
    cold: forcing.outdoor + cold,
    hot: forcing.outdoor + hot,
    mass: forcing.outdoor + hot + overAir,
    wall: forcing.outdoor + wall,
    battery: forcing.outdoor + cold + overCold,
  };
}

/**
 * Share of outdoor air that holds the cold plenum at `cold`, °C; `forcing.outdoorShare` is not used.
 * @returns outside 0..1 when no share does
 */
export function outdoorShareFor(parameters: EnclosureParameters, forcing: Forcing, cold: number): number {
  const b = balance(parameters, forcing);
  const over = cold - forcing.outdoor;
  const wanted = (over * b.coldCold * b.hotHot - b.coldHeat * b.hotHot) / (b.hotHeat + over * b.hotCold);
  return 1 - (wanted - b.throughWall) / b.flowRate;
}

/** Heat DX must take out to hold the cold plenum at `cold`, W; negative where heat would have to be added. */
export function dxHeatFor(parameters: EnclosureParameters, forcing: Forcing, cold: number): number {
  const b = balance(parameters, { ...forcing, dx: 0 });
  const determinant = b.coldCold * b.hotHot - b.coldHot * b.hotCold;
  const without = (b.coldHeat * b.hotHot + b.coldHot * b.hotHeat) / determinant;
  return (without - (cold - forcing.outdoor)) * (determinant / b.hotHot);
}

/** The same two without walls and leaks, for estimates. */
export const adiabatic = {
  /** Cold plenum above outdoors, K. @param airHeats heat in the cold plenum, W */
  coldRise: (airHeats: number, it: number, flowRate: number, outdoorShare: number): number =>
    (airHeats + (1 - outdoorShare) * it) / (flowRate * outdoorShare),
  outdoorShare: (airHeats: number, it: number, flowRate: number, coldRise: number): number =>
    (airHeats + it) / (flowRate * coldRise + it),
};

/** What is left of the balance at rest, W: 0 but for rounding. */
export function steadyImbalance(p: EnclosureParameters, f: Forcing, at: Temperatures): number {
  const flowRate = f.density * airHeat * f.flow;
  const gains = f.it + f.fans + f.heater + f.battery + f.solar - f.dx;
  const vented = flowRate * f.outdoorShare * (at.hot - f.outdoor);
  return gains - vented - f.infiltration * (at.cold - f.outdoor) - p.wallToOutdoors * (at.wall - f.outdoor);
}

/**
 * Time constants of the five nodes, s, shortest first: eigenvalues by the QR method, which for this matrix are real.
 */
export function timeConstants(parameters: EnclosureParameters, forcing: Forcing): readonly number[] {
  const rows = rateMatrix(parameters, forcing);
  for (let i = 0; i < 3000; i++) qrStep(rows);
  return rows.map((row, i) => -1 / (row[i] ?? 0)).sort((a, b) => a - b);
}

/** d/dt of (cold, hot, mass, wall, battery) by themselves, 1/s. */
function rateMatrix(p: EnclosureParameters, f: Forcing): number[][] {
  const g = f.density * airHeat * f.flow;
  const um = massConductance(p, f.flow);
  const coldOut = g + p.coldToWall + f.infiltration + p.coldToBattery;
  return [
    [-coldOut, g * (1 - f.outdoorShare), 0, p.coldToWall, p.coldToBattery].map((u) => u / p.cold),
    [g, -(g + um + p.hotToWall), um, p.hotToWall, 0].map((u) => u / p.hot),
    [0, um, -um, 0, 0].map((u) => u / p.mass),
    [p.coldToWall, p.hotToWall, 0, -(p.coldToWall + p.hotToWall + p.wallToOutdoors), 0].map(
      (u) => u / p.wall,
    ),
    [p.coldToBattery, 0, 0, 0, -p.coldToBattery].map((u) => u / p.battery),
  ];
}

/** a ← R·Q of a = Q·R, by Gram–Schmidt. */
function qrStep(a: number[][]): void {
  const n = a.length;
  const q: number[][] = [];
  const r = a.map(() => new Array<number>(n).fill(0));
  for (let j = 0; j < n; j++) {
    const column = a.map((row) => row[j] ?? 0);
    q.forEach((unit, i) => {
      const along = dot(unit, column);
      (r[i] ?? [])[j] = along;
      unit.forEach((u, k) => (column[k] = (column[k] ?? 0) - along * u));
    });
    const length = Math.sqrt(dot(column, column));
    (r[j] ?? [])[j] = length;
    q.push(column.map((value) => value / length));
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (r[i]?.[k] ?? 0) * (q[j]?.[k] ?? 0);
      (a[i] ?? [])[j] = sum;
    }
  }
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
