import type { FanParameters } from "./parameters.ts";

/** A fan at rest lets air flow back as through an orifice this many times as tight as the fan's own curve. */
const backFlowSlope = 4;

/**
 * Flow of equal fans in parallel, m³/s: `running` of them at `speed`, the others shut by their dampers.
 * @param resistance k of Δp = k·Q², Pa·s²/m⁶
 */
export const parallelFlow = (
  p: FanParameters,
  running: number,
  speed: number,
  resistance = p.resistance,
): number =>
  running === 0 ? 0 : running * speed * Math.sqrt(p.pressure / (p.slope + resistance * running ** 2));

/** Factor on the speed of `left` fans that gives the flow `all` gave. */
export const speedToRestore = (p: FanParameters, all: number, left: number): number =>
  parallelFlow(p, all, 1) / parallelFlow(p, left, 1);

/** Share of the top speed at which fans give a flow. */
export const speedForFlow = (p: FanParameters, running: number, flow: number): number =>
  flow / parallelFlow(p, running, 1);

/** Flow of one fan against a pressure, m³/s; negative: back through it. @param speed negative: it turns the wrong way */
function fanFlow(p: FanParameters, speed: number, pressure: number): number {
  if (speed < 0) return -Math.sqrt((p.pressure * speed * speed + pressure) / p.slope);
  const over = p.pressure * speed * speed - pressure;
  if (over >= 0) return Math.sqrt(over / p.slope);
  return p.backDraughtDamper ? 0 : -Math.sqrt(-over / (backFlowSlope * p.slope));
}

/**
 * Flow of any fans at any speeds against Δp = k·Q², m³/s: where the sum of what they move is what passes.
 * Never negative: where fans that turn backwards prevail it is 0.
 * @param speeds shares of the top speed, negative for a fan that turns the wrong way
 * @param guess where to begin to look, such as the last flow
 */
export function solveFlow(p: FanParameters, speeds: Float64Array, resistance: number, guess: number): number {
  const alike = equalFlow(p, speeds, resistance);
  if (alike >= 0) return alike;
  let low = 0;
  let high = 0;
  for (let i = 0; i < speeds.length; i++) high += fanFlow(p, Math.max(0, speeds[i] ?? 0), 0);
  if (excess(p, speeds, resistance, 0) <= 0) return 0;
  let flow = guess > low && guess < high ? guess : high / 2;
  for (let i = 0; i < 60; i++) {
    const left = excess(p, speeds, resistance, flow);
    if (left > 0) low = flow;
    else high = flow;
    const step = Math.max(1e-7, flow * 1e-6);
    const slope = (excess(p, speeds, resistance, flow + step) - left) / step;
    const next = slope < 0 ? flow - left / slope : low;
    const moved = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(moved - flow) <= 1e-12 * high) return moved;
    flow = moved;
  }
  return flow;
}

/** What fans move at the pressure a flow causes, less that flow. */
function excess(p: FanParameters, speeds: Float64Array, resistance: number, flow: number): number {
  const pressure = resistance * flow * flow;
  let moved = 0;
  for (let i = 0; i < speeds.length; i++) moved += fanFlow(p, speeds[i] ?? 0, pressure);
  return moved - flow;
}

/** The closed form where all fans that turn do so alike and the others are shut; otherwise −1. */
function equalFlow(p: FanParameters, speeds: Float64Array, resistance: number): number {
  let running = 0;
  let speed = 0;
  for (let i = 0; i < speeds.length; i++) {
    const one = speeds[i] ?? 0;
    if (one === 0) continue;
    if (one < 0 || (running > 0 && one !== speed)) return -1;
    speed = one;
    running++;
  }
  if (running > 0 && running < speeds.length && !p.backDraughtDamper) return -1;
  return parallelFlow(p, running, speed, resistance);
}
