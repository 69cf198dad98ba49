import { createStream, normal, type RandomStream, uniform } from "./random.ts";

const daySeconds = 86_400;

export interface SensorParameters {
  /** First-order lag, s: 20–30 for an air probe in a fan stream, 120 in still air, 10 for humidity, 300 on a battery. */
  readonly tauSeconds: number;
  /** Standard deviation of the noise, in the unit measured. */
  readonly sigma: number;
  /** Least step it shows, in the unit measured; 0: none. */
  readonly quantum: number;
  /** Of this sensor from its making, in the unit measured; default 0. */
  readonly offset?: number;
  /** What it shows with its wire cut or shorted. Default: NaN, no value. */
  readonly open?: number;
  readonly short?: number;
}

/** What is wrong with a sensor; write to it at any time. */
export interface SensorFaults {
  /** It keeps showing what it last did, or `stuckAt`. */
  stuck: boolean;
  stuckAt: number | undefined;
  wire: "sound" | "open" | "short";
  /** Added, in the unit measured. */
  jump: number;
  /** Added a day, in the unit measured: 0.1 K is usual for a bad one. */
  driftPerDay: number;
  /** Multiplies the noise: 10 for a bad contact. */
  noise: number;
  /** Share of readings that have no value, 0..1. */
  intermittent: number;
  /** It shows °F where °C are expected. */
  fahrenheit: boolean;
  /** s by which what it shows is late. */
  delay: number;
}

/** Plain data: kept and restored with the rest of a simulation. */
export interface SensorState {
  followed: number;
  noise: number;
  drifted: number;
  shown: number;
  readonly random: RandomStream;
  /** What it would have shown, by time; filled only while there is a delay. */
  readonly past: { readonly at: number; readonly value: number }[];
  time: number;
}

export interface Sensor {
  readonly faults: SensorFaults;
  readonly state: SensorState;
  /** NaN where there is no value. */
  value(): number;
  /** Lets time pass and takes a sample. */
  step(dtSeconds: number): void;
}

/**
 * A sensor with lag, offset, drift, noise and steps, in this order, and with whatever is wrong with it.
 * @param seed the same seed and name give the same noise, whatever other sensors there are
 */
export function createSensor(name: string, measure: () => number, p: SensorParameters, seed: number): Sensor {
  const start = measure();
  const state: SensorState = {
    followed: start,
    noise: 0,
    drifted: 0,
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
    state,
    value: () => state.shown,
    step(dt) {
      state.time += dt;
      state.followed = followed(state.followed, measure(), p.tauSeconds, dt);
      state.drifted += (faults.driftPerDay * dt) / daySeconds;
      state.noise = p.sigma === 0 ? 0 : p.sigma * faults.noise * normal(state.random);
      state.shown = shown(state, p, faults);
    },
  };
}

/** What a first-order lag makes of a value after a while. */
export const followed = (from: number, to: number, tauSeconds: number, dt: number): number =>
  to + (from - to) * Math.exp(-dt / tauSeconds);

function shown(state: SensorState, p: SensorParameters, faults: SensorFaults): number {
  if (faults.wire === "open") return p.open ?? NaN;
  if (faults.wire === "short") return p.short ?? NaN;
  if (faults.intermittent > 0 && uniform(state.random) < faults.intermittent) return NaN;
  if (faults.stuck) return faults.stuckAt ?? (Number.isNaN(state.shown) ? state.followed : state.shown);
  const exact = state.followed + (p.offset ?? 0) + faults.jump + state.drifted + state.noise;
  const read = delayed(state, faults.fahrenheit ? exact * 1.8 + 32 : exact, faults.delay);
  return p.quantum === 0 ? read : Math.round(read / p.quantum) * p.quantum;
}

function delayed({ past, time }: SensorState, value: number, delay: number): number {
  if (delay <= 0) {
    past.length = 0;
    return value;
  }
  past.push({ at: time, value });
  while (past.length > 1 && (past[1]?.at ?? Infinity) <= time - delay) past.shift();
  return past[0]?.value ?? value;
}

/** Two sensors of which each is wired to the other's input. @returns what each input then shows */
export const swapped = (a: Sensor, b: Sensor): readonly [() => number, () => number] => [
  () => b.value(),
  () => a.value(),
];
