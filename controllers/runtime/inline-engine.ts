import type { Definition, FailSafe } from "../contract.ts";
import { EngineCore, type EngineMemory, type EngineOptions, type EngineResult } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { InlineHost } from "./inline-host.ts";
import { completeSettings } from "./settings.ts";
import type { Configured } from "./shape.ts";

export interface Engine {
  step(frame: Frame): EngineResult;
  readonly state: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly failSafeValues: FailSafe;
  readonly memory: EngineMemory;
  /** @throws BothyError `BAD_INPUT`: then those before stay in force */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** As `EngineCore.resume`. */
  resume(memory: EngineMemory, state?: unknown, grace?: number): void;
  distrust(why: string): void;
}

/**
 * One controller, stepped in this thread by whoever likes: replay, shadow, simulation, benches, tests.
 * @param settings some of them; the others have their defaults
 * @throws BothyError `BAD_INPUT` for settings that do not fit, `BAD_CONFIG` for a definition that makes no sense
 */
export function createEngine(
  definition: Definition,
  settings: Readonly<Record<string, unknown>> = {},
  options: EngineOptions & { readonly timer?: () => number } = {},
): Engine {
  const host = new InlineHost(definition, options);
  const complete = (given: Readonly<Record<string, unknown>>): Configured =>
    host.configure(completeSettings(host.shape, given));
  let configured = complete(settings);
  const core = new EngineCore(host.shape, configured, host.init(), options);
  return {
    step: (frame) => {
      const call = core.begin(frame);
      return core.finish(call === undefined ? undefined : host.step(call));
    },
    get state() {
      return core.state;
    },
    get settings() {
      return configured.settings;
    },
    get failSafeValues() {
      return core.failSafeValues;
    },
    get memory() {
      return core.memory;
    },
    configure: (given) => {
      configured = complete(given);
      core.configure(configured);
    },
    resume: (memory, state = memory.state, grace = 0) => core.resume(memory, state, grace),
    distrust: (why) => core.distrust(why),
  };
}
