import { createStream, normal, type RandomStream, uniform } from "./random.ts";

const daySeconds = 86_400;

export interface SensorParameters {
  /** First-order lag, s: 20–30 for an air probe in a fan stream, 120 in still air, 10 for humidity, 300 on a battery. */
  readonly tauSeconds: number;
  /** Standard deviation of the noise, in the unit measured. */
  readonly sigma: number;
  /** Least step it shows, in the unit measured; 0: none. */
  readonly quantum: number;
  /** What it shows with its wire cut or shorted. Default: NaN, no value. */
  readonly open?: number;
  readonly short?: number;
}

/** What is wrong with a sensor; write to it at any time: it shows at once. */
export interface SensorFaults {
  /** It keeps showing what it last did, or `stuckAt`. */
  stuck: boolean;
  stuckAt: number | undefined;
  wire: "sound" | "open" | "short";
  /** Added, in the unit measured. */
  jump: number;
  /** Added a day, in the unit measured: 0.1 K is usual for a bad one. Back at 0, all of it is gone. */
  driftPerDay: number;
  /** Multiplies the noise: 10 for a bad contact. */
  noise: number;
  /** Share of samples that have no value, 0..1. */
  intermittent: number;
  /** It shows °F where °C are expected. */
  fahrenheit: boolean;
  /** s by which what it shows is late. */
  delay: number;
}

interface SensorState {
  followed: number;
  /** Of the last sample, before a fault multiplies it. */
  noise: number;
  drifted: number;
  /** Whether the last sample is lost while samples are. */
  missing: boolean;
  /** Shown last while it was not stuck. */
  shown: number;
  readonly random: RandomStream;
  /** What it would have shown, by time; filled only while there is a delay. */
  readonly past: { readonly at: number; readonly value: number }[];
  time: number;
}

export interface Sensor {
  readonly faults: SensorFaults;
  /** NaN where there is no value. */
  value(): number;
  /** Lets time pass and takes a sample. @param dtSeconds > 0 */
  step(dtSeconds: number): void;
}

/**
 * A sensor with lag, drift, noise and steps, in this order, and with whatever is wrong with it.
 * @param seed the same seed and name give the same noise, whatever other sensors there are
 */
export function createSensor(name: string, measure: () => number, p: SensorParameters, seed: number): Sensor {
  const start = measure();
  const lag = createLag(p.tauSeconds);
  const state: SensorState = {
    followed: start,
    noise: 0,
    drifted: 0,
    missing: false,
    shown: start,
    random: createStream(seed, name),
    past: [],
    time: 0,
  };
  const faults: SensorFaults = {
    ...{ stuck: false, stuckAt: undefined, wire: "sound", jump: 0, driftPerDay: 0 },
    ...{ noise: 1, intermittent: 0, fahrenheit: false, delay: 0 },
  };
  return {
    faults,
    value: () => shown(state, p, faults),
    step(dt) {
      state.time += dt;
      const now = measure();
      state.followed = now + (state.followed - now) * lag(dt);
      state.drifted = faults.driftPerDay === 0 ? 0 : state.drifted + (faults.driftPerDay * dt) / daySeconds;
      state.noise = p.sigma === 0 ? 0 : p.sigma * normal(state.random);
      state.missing = faults.intermittent > 0 && uniform(state.random) < faults.intermittent;
      remember(state, exact(state, faults), faults.delay);
      if (!faults.stuck) state.shown = reading(state, p, faults);
    },
  };
}

/** What a first-order lag leaves of a difference after a while: reckoned anew only when steps change their length. */
function createLag(tauSeconds: number): (dtSeconds: number) => number {
  const known = { dt: 0.5, left: Math.exp(-0.5 / tauSeconds) };
  return (dt) => {
    if (dt !== known.dt) {
      known.dt = dt;
      known.left = Math.exp(-dt / tauSeconds);
    }
    return known.left;
  };
}

function shown(state: SensorState, p: SensorParameters, faults: SensorFaults): number {
  if (faults.wire === "open") return p.open ?? NaN;
  if (faults.wire === "short") return p.short ?? NaN;
  if (state.missing && faults.intermittent > 0) return NaN;
  return faults.stuck ? (faults.stuckAt ?? state.shown) : reading(state, p, faults);
}

function reading(state: SensorState, p: SensorParameters, faults: SensorFaults): number {
  const late = faults.delay > 0 ? state.past[0]?.value : undefined;
  const value = late ?? exact(state, faults);
  return p.quantum === 0 ? value : Math.round(value / p.quantum) * p.quantum;
}

function exact(state: SensorState, faults: SensorFaults): number {
  const value = state.followed + faults.jump + state.drifted + state.noise * faults.noise;
  return faults.fahrenheit ? value * 1.8 + 32 : value;
}

function remember({ past, time }: SensorState, value: number, delay: number): void {
  if (delay <= 0) {
    if (past.length > 0) past.length = 0;
    return;
  }
  past.push({ at: time, value });
  while (past.length > 1 && (past[1]?.at ?? Infinity) <= time - delay) past.shift();
}
