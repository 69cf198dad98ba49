import { usable } from "./limit.ts";
import type { Fopdt } from "./tuning.ts";

/** One line of a recorded step test. */
export interface Recorded {
  /** s, rising */
  readonly t: number;
  /** The output that was in force from then on. */
  readonly u: number;
  /** The measurement. */
  readonly y: number;
}

export interface Fit extends Fopdt {
  /** The measurement before the output moved. */
  readonly y0: number;
  /** What the model leaves unexplained: root of the mean square, in units of the measurement. */
  readonly rms: number;
  /** How much of the measurement's movement the model explains, 0..1. Below 0.8: do not tune by it. */
  readonly explained: number;
}

interface Step {
  readonly at: number;
  readonly height: number;
}

/**
 * The first-order plant with dead time that fits a record best, in the sense of least squares. Pure. Any number of steps
 * of the output; the record should begin settled.
 * @returns a sentence when the record does not say enough
 */
export function fitFopdt(record: readonly Recorded[]): Fit | string {
  const lines = record.filter((one) => usable(one.t) && usable(one.u) && usable(one.y));
  const steps = stepsOf(lines);
  const [first, last] = [lines[0], lines.at(-1)];
  if (lines.length < 10 || first === undefined || last === undefined)
    return "a step test needs 10 samples or more";
  const step = steps[0];
  if (step === undefined) return "the output never moved";
  const span = last.t - step.at;
  if (span <= 0) return "nothing was recorded after the output moved";
  let best = at(lines, steps, span / 4, 0);
  for (let i = 1; i <= 24; i++)
    for (let j = 0; j <= 12; j++)
      best = better(best, at(lines, steps, span * 2 ** (i / 3 - 8), (span * j) / 24));
  // Closing in on it: ever smaller steps around the best one.
  for (let size = 0.25; size > 1e-7;) [best, size] = refined(lines, steps, best, size, span);
  const moved = lines.reduce((sum, one) => sum + (one.y - best.mean) ** 2, 0);
  if (moved === 0 || best.gain === 0) return "the measurement never moved";
  const { gain, tau, theta, y0, error } = best;
  const explained = Math.max(0, 1 - error / moved);
  return { gain, tau, theta, y0, rms: Math.sqrt(error / lines.length), explained };
}

const stepsOf = (lines: readonly Recorded[]): Step[] => {
  const steps: Step[] = [];
  let before = lines[0]?.u ?? 0;
  for (const { t, u } of lines) {
    if (u !== before) steps.push({ at: t, height: u - before });
    before = u;
  }
  return steps;
};

interface Trial extends Fopdt {
  readonly y0: number;
  readonly mean: number;
  /** Sum of squares. */
  readonly error: number;
}

const better = (a: Trial, b: Trial): Trial => (b.error < a.error ? b : a);

function refined(
  lines: readonly Recorded[],
  steps: readonly Step[],
  best: Trial,
  size: number,
  span: number,
): [Trial, number] {
  const { tau, theta } = best;
  let found = best;
  for (const [a, b] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [1, -1],
    [-1, 1],
  ] as const) {
    const tryTau = tau * (1 + a * size);
    const tryTheta = Math.max(0, theta + b * size * Math.min(tau, span));
    found = better(found, at(lines, steps, tryTau, tryTheta));
  }
  return found === best ? [best, size / 2] : [found, size];
}

/** With time constant and dead time given, gain and beginning follow from a straight line. */
function at(lines: readonly Recorded[], steps: readonly Step[], tau: number, theta: number): Trial {
  let [sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0];
  // Less the first value: sums of squares of large numbers would lose what is looked for.
  const from = lines[0]?.y ?? 0;
  for (const line of lines) {
    const t = line.t;
    const y = line.y - from;
    let x = 0;
    for (const step of steps)
      if (t > step.at + theta) x -= step.height * Math.expm1((step.at + theta - t) / tau);
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
    syy += y * y;
  }
  const n = lines.length;
  const spread = sxx - (sx * sx) / n;
  const gain = spread > 1e-12 ? (sxy - (sx * sy) / n) / spread : 0;
  const y0 = (sy - gain * sx) / n;
  const error = Math.max(0, syy - gain * sxy - y0 * sy);
  return { gain, tau, theta, y0: from + y0, mean: from + sy / n, error };
}
