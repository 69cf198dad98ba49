import type { PlantSpec } from "./vectors.ts";

/** A plant behind a zero-order hold and a dead time, advanced exactly: no integration error enters a comparison. */
export interface Plant {
  y(): number;
  /** Holds the input for one sample time. */
  hold(input: number): void;
}

type Advance = (input: number, span: number) => void;

/** Splits each sample time where the delayed input changes. */
function delayed(theta: number, ts: number, u0: number, y: () => number, advance: Advance): Plant {
  const whole = Math.floor(theta / ts + 1e-9);
  const rest = Math.max(0, theta - whole * ts);
  const past: number[] = Array.from({ length: whole + 2 }, () => u0);
  return {
    y,
    hold(input) {
      past.unshift(input);
      past.length = whole + 2;
      if (rest > 1e-12) advance(past[whole + 1]!, rest);
      advance(past[whole]!, ts - rest);
    },
  };
}

export function plantOf(spec: PlantSpec, ts: number, y0: number, u0: number): Plant {
  let y = y0;
  const by = (advance: Advance): Plant => delayed(spec.theta, ts, u0, () => y, advance);
  if (spec.type === "ipdt") return by((input, span) => void (y += spec.k * input * span));
  if (spec.type === "fopdt") {
    const base = spec.base ?? 0;
    return by((input, span) => {
      const end = base + spec.K * input;
      y = end + (y - end) * Math.exp(-span / spec.tau);
    });
  }
  let x = y0;
  const { tau1, tau2 } = spec;
  return by((input, span) => {
    const end = spec.K * input;
    const a = Math.exp(-span / tau1);
    const b = Math.exp(-span / tau2);
    // The second lag, driven by the first one's exponential.
    y = end + (y - end) * b + ((x - end) * tau1 * (a - b)) / (tau1 - tau2);
    x = end + (x - end) * a;
  });
}
