import type { SiteParameters } from "./parameters.ts";
import { type RandomStream, roughNormal } from "./random.ts";

export interface AcState {
  readonly mainsVolts: [number, number, number];
  mainsHertz: number;
  acPresent: boolean;
  generatorRunning: boolean;
  generatorWait: number;
}

/** Mains with a little noise, and the generator that takes over when it is asked to and has started. */
export function stepAc(
  state: AcState,
  at: {
    readonly parameters: SiteParameters["mains"];
    readonly mains: boolean;
    readonly generator: boolean;
    readonly dt: number;
    readonly random: RandomStream;
  },
): void {
  const { parameters: p, mains, random } = at;
  const fitted = p.generatorSeconds > 0;
  state.generatorWait = fitted && at.generator ? state.generatorWait + at.dt : 0;
  state.generatorRunning = state.generatorWait >= p.generatorSeconds && fitted;
  state.acPresent = mains || state.generatorRunning;
  const volts = mains ? p.volts : 0;
  for (let i = 0; i < 3; i++) {
    state.mainsVolts[i as 0 | 1 | 2] = mains ? volts + p.voltNoise * roughNormal(random) : 0;
  }
  state.mainsHertz = mains ? p.hertz + p.hertzNoise * roughNormal(random) : 0;
}
