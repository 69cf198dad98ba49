import type { SiteParameters } from "./parameters.ts";
import { createStream, type RandomStream } from "./random.ts";
import { type LiveState, startCommands, startFaults, startState, startWorld } from "./site-state.ts";
import type { SiteCommands, SiteFaults, SiteWorld } from "./commands.ts";

/** Streams of random numbers, one for every consumer. */
export interface Streams {
  readonly mains: RandomStream;
  readonly dx: readonly RandomStream[];
  readonly fans: readonly RandomStream[];
  readonly tachometers: readonly RandomStream[];
  readonly servers: readonly RandomStream[];
  readonly errors: RandomStream;
}

/** Everything the parts of the model share. */
export interface Model {
  readonly site: SiteParameters;
  readonly state: LiveState;
  readonly commands: SiteCommands;
  readonly world: SiteWorld;
  readonly faults: SiteFaults;
  readonly streams: Streams;
}

export function createModel(site: SiteParameters, seed: number): Model {
  const each = (count: number, name: string): RandomStream[] =>
    Array.from({ length: count }, (_, i) => createStream(seed, `${name} ${i}`));
  return {
    site,
    state: startState(site),
    commands: startCommands(site),
    world: startWorld(),
    faults: startFaults(site),
    streams: {
      mains: createStream(seed, "mains"),
      dx: each(site.dx.units, "dx"),
      fans: each(site.fans.count, "fan"),
      tachometers: each(site.fans.count, "tachometer"),
      servers: each(site.servers.count, "server"),
      errors: createStream(seed, "errors"),
    },
  };
}

/** Lets a field be written that others may only read. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
