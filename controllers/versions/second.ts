import { EngineCore, type EngineMemory, type EngineOptions, type EngineResult } from "../runtime/engine.ts";
import type { Frame, StepTrace } from "../runtime/frame.ts";
import type { Host } from "../runtime/host.ts";
import { completeSettings, knownSettings } from "../runtime/settings.ts";
import type { Shape } from "../runtime/shape.ts";

/** A version that computes and commands nothing. */
export interface Second {
  step(frame: Frame): Promise<EngineResult>;
  /** @throws BothyError for settings it does not take */
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** From where it goes on. */
export interface Beginning {
  readonly settings: Readonly<Record<string, unknown>>;
  /** A step of the version it goes on from, the last one in fail-safe or one outside of it; absent: `init`. */
  readonly after?: Pick<StepTrace, "state" | "outputs" | "alarms"> | undefined;
  /** Of the state of `after`. */
  readonly stateVersion?: number | undefined;
}

/**
 * Has a host compute beside the version in force: with its settings as far as it knows them, from its state where it
 * understands that.
 * @throws BothyError for settings or a state it does not take
 */
export async function openSecond(
  host: Host,
  { settings, after, stateVersion = 1 }: Beginning,
  options: EngineOptions = {},
): Promise<Second> {
  const configure = async (given: Readonly<Record<string, unknown>>) =>
    host.configure(completeSettings(host.shape, knownSettings(host.shape, given)));
  const configured = await configure(settings);
  const own = host.shape.stateVersion ?? 1;
  const state =
    after?.state === undefined
      ? await host.init()
      : own === stateVersion
        ? after.state
        : await host.migrate(after.state, stateVersion);
  const core = new EngineCore(host.shape, configured, state, options);
  if (after !== undefined) core.resume(memoryOf(after, own), state);
  return {
    step: async (frame) => {
      const call = core.begin(fitted(frame, host.shape));
      return core.finish(call === undefined ? undefined : await host.step(call));
    },
    configure: async (given) => core.configure(await configure(given)),
    close: () => host.close(),
  };
}

/** What a frame of another version has nothing of is bound to nothing, as it would be where there is none. */
function fitted(frame: Frame, shape: Shape): Frame {
  const lacking = Object.keys(shape.outputs).filter((name) => frame.outputs[name] === undefined);
  if (lacking.length === 0) return frame;
  return {
    ...frame,
    outputs: { ...frame.outputs, ...Object.fromEntries(lacking.map((name) => [name, []])) },
  };
}

/** What an engine remembers after a step, as far as the step tells. */
function memoryOf(
  { state, outputs, alarms }: NonNullable<Beginning["after"]>,
  stateVersion: number,
): EngineMemory {
  const targets = outputs.flatMap(({ output, device, sent, applied, slot }) => {
    const value = sent ?? applied;
    if (value === undefined || slot === undefined) return [];
    // As engines name what they remember.
    return [[`${output} ${device}`, { slot, sent: value, ramp: undefined, age: 0 }] as const];
  });
  return {
    ...{ state, stateVersion, alarms },
    failSafe: false,
    goods: 0,
    why: "",
    values: {},
    targets: Object.fromEntries(targets),
  };
}
