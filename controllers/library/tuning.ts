/** First-order plant with dead time. */
export interface Fopdt {
  /** What the measurement changes by per unit of output, with its sign. */
  readonly gain: number;
  /** s */
  readonly tau: number;
  /** s, > 0 for the rules below */
  readonly theta: number;
}

/** A plant that goes on as long as the output is off balance. */
export interface Integrating {
  /** What the measurement changes by per second and unit of output. */
  readonly slope: number;
  readonly theta: number;
}

/** Two lags and a dead time. */
export interface Sopdt {
  readonly gain: number;
  readonly tau1: number;
  readonly tau2: number;
  readonly theta: number;
}

/** Gains of the ideal form, as `PidSettings` wants them. */
export interface Tuning {
  readonly action: "direct" | "reverse";
  readonly gain: number;
  readonly integralTime: number;
  readonly derivativeTime: number;
}

/** A direct loop, whose output rises with the measurement, is for plants whose measurement falls with the output. */
const actionOf = (gain: number): Tuning["action"] => (gain < 0 ? "direct" : "reverse");

/**
 * SIMC (Skogestad 2003), first order: `Kc = tau/(K(tauC+theta))`, `Ti = min(tau, 4(tauC+theta))`.
 * @param tauC wanted time constant of the loop, s: theta is tight, 3·theta smooth
 */
export function simcPi({ gain, tau, theta }: Fopdt, tauC: number): Tuning {
  return {
    action: actionOf(gain),
    gain: tau / (Math.abs(gain) * (tauC + theta)),
    integralTime: Math.min(tau, 4 * (tauC + theta)),
    derivativeTime: 0,
  };
}

/** SIMC, integrating plant: `Kc = 1/(k'(tauC+theta))`, `Ti = 4(tauC+theta)`. */
export function simcIntegrating({ slope, theta }: Integrating, tauC: number): Tuning {
  return {
    action: actionOf(slope),
    gain: 1 / (Math.abs(slope) * (tauC + theta)),
    integralTime: 4 * (tauC + theta),
    derivativeTime: 0,
  };
}

/** SIMC, second order: the series form's gains made into those of the ideal form. */
export function simcPid({ gain, tau1, tau2, theta }: Sopdt, tauC: number): Tuning {
  const series = simcPi({ gain, tau: tau1, theta }, tauC);
  return { ...series, ...seriesToIdeal(series.gain, series.integralTime, tau2) };
}

/** The ideal form that equals a series form: all times grow or shrink by `1 + Td/Ti`. */
export function seriesToIdeal(
  gain: number,
  integralTime: number,
  derivativeTime: number,
): Pick<Tuning, "gain" | "integralTime" | "derivativeTime"> {
  const f = 1 + derivativeTime / integralTime;
  return { gain: gain * f, integralTime: integralTime * f, derivativeTime: derivativeTime / f };
}

/**
 * The half rule: lags beyond the first `order` are neglected; the largest of those goes half to the last one kept and half
 * to the dead time, the others wholly to the dead time.
 * @param lags s, any order
 */
export function halfRule(
  lags: readonly number[],
  theta: number,
  order: 1 | 2,
): { readonly lags: readonly number[]; readonly theta: number } {
  const sorted = [...lags].sort((a, b) => b - a);
  const kept = sorted.slice(0, order);
  const [largest = 0, ...rest] = sorted.slice(order);
  const last = kept.length - 1;
  return {
    lags: kept.map((lag, i) => (i === last ? lag + largest / 2 : lag)),
    theta: theta + largest / 2 + rest.reduce((sum, lag) => sum + lag, 0),
  };
}

export interface Margins {
  /** Ratio. */
  readonly gain: number;
  /** degrees */
  readonly phase: number;
  /** s */
  readonly delay: number;
}

/** Margins of a first-order plant under SIMC PI with `Ti = tau`. */
export function simcMargins(theta: number, tauC: number): Margins {
  const phase = Math.PI / 2 - theta / (tauC + theta);
  return {
    gain: (Math.PI / 2) * ((tauC + theta) / theta),
    phase: (phase * 180) / Math.PI,
    delay: phase * (tauC + theta),
  };
}

/** What a relay test gave. */
export interface Oscillation {
  /** Relay's height, one side. */
  readonly height: number;
  /** Amplitude of the measurement, one side. */
  readonly amplitude: number;
  /** s */
  readonly period: number;
  readonly hysteresis?: number;
}

/** The gain at which the loop would just oscillate: `4h/(π·a)`, less the relay's hysteresis. */
export const ultimateGain = ({ height, amplitude, hysteresis = 0 }: Oscillation): number =>
  (4 * height) / (Math.PI * Math.sqrt(Math.max(1e-12, amplitude ** 2 - hysteresis ** 2)));

/** Cautious PI gains of a relay test: `0.3·Ku`, `0.9·Pu`. */
export const relayTuning = (oscillation: Oscillation, action: Tuning["action"]): Tuning => ({
  action,
  gain: 0.3 * ultimateGain(oscillation),
  integralTime: 0.9 * oscillation.period,
  derivativeTime: 0,
});
