import type { Millis } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import { EngineCore, type EngineMemory, type EngineOptions } from "./engine.ts";
import type { Frame } from "./frame.ts";
import type { Host } from "./host.ts";
import { completeSettings, knownSettings } from "./settings.ts";
import type { Configured, Shape } from "./shape.ts";
import type { Source } from "./source.ts";

/** Opens a source: loads and checks it. @throws BothyError `BAD_CONFIG` */
export type OpenHost = (source: Source, options: HostOptions) => Promise<Host>;

export interface HostOptions {
  /** The controller's name at this site. */
  readonly name: string;
  readonly isolation?: "inline" | "worker" | undefined;
  readonly period?: Millis;
}

export interface VersionOptions extends HostOptions, EngineOptions {
  /** Whether the settings are those of another version: those it does not have are left out. */
  readonly ofAnother?: boolean;
  /** Told as soon as it is loaded and configured: that much is known should it not even begin. */
  readonly onConfigured?: (known: KnownVersion) => void;
}

/** What is known of a version that has not begun. */
export interface KnownVersion {
  readonly shape: Shape;
  readonly failSafe: Configured["failSafe"];
}

export function versionOptions(
  name: string,
  {
    isolation,
    holdFor,
    recoverAfter,
  }: Pick<HostOptions, "isolation"> & Pick<EngineOptions, "holdFor" | "recoverAfter">,
): VersionOptions {
  return {
    ...{ name, isolation },
    ...(holdFor === undefined ? {} : { holdFor }),
    ...(recoverAfter === undefined ? {} : { recoverAfter }),
  };
}

/** One version of one controller, ready to step. */
export interface Version {
  readonly source: Source;
  readonly host: Host;
  readonly core: EngineCore;
  configured: Configured;
}

/** Loads, configures and initialises a version. @throws BothyError `BAD_CONFIG`, `BAD_INPUT`, `INTERNAL` */
export async function openVersion(
  source: Source,
  settings: Readonly<Record<string, unknown>>,
  open: OpenHost,
  options: VersionOptions,
): Promise<Version> {
  const host = await open(source, options);
  try {
    const given = options.ofAnother === true ? knownSettings(host.shape, settings) : settings;
    const configured = await host.configure(completeSettings(host.shape, given));
    options.onConfigured?.({ shape: host.shape, failSafe: configured.failSafe });
    const core = new EngineCore(host.shape, configured, await host.init(), options);
    return { source, host, core, configured };
  } catch (thrown) {
    await host.close();
    throw thrown;
  }
}

/** Has a version go on from a state of its own, not from the one it has. @returns why it does not; never rejects */
export async function beginAnew({ host, core }: Version): Promise<string | undefined> {
  try {
    core.replaceState(await host.init());
    return undefined;
  } catch (thrown) {
    return asBothyError(thrown, `controller ${host.shape.name}, init`).message;
  }
}

/** State of another version as this one's. */
export async function stateFor(
  version: Version,
  memory: Pick<EngineMemory, "state" | "stateVersion">,
): Promise<{ readonly state: unknown; readonly how: "handed over" | "migrated" | "fresh" }> {
  const { host } = version;
  const own = host.shape.stateVersion ?? 1;
  if (memory.stateVersion === own) return { state: memory.state, how: "handed over" };
  if (memory.stateVersion > own || host.shape.migrates !== true)
    return { state: await host.init(), how: "fresh" };
  return { state: await host.migrate(memory.state, memory.stateVersion), how: "migrated" };
}

/**
 * A step that only follows what is applied, whose outputs nobody sees: a version that cannot even do that does not take
 * over.
 * @param fresh whether the state is one nobody has stepped yet: then it begins with what it has followed
 * @returns the state to begin with
 * @throws BothyError `BAD_CONFIG`
 */
export async function tried(
  next: Version,
  memory: EngineMemory,
  state: unknown,
  frame: Frame,
  fresh: boolean,
): Promise<unknown> {
  const { core, host } = next;
  core.resume(memory, state);
  const call = core.begin(frame);
  const { failure } = core.finish(call === undefined ? undefined : await host.step(call));
  if (failure !== undefined)
    throw new BothyError("BAD_CONFIG", {
      source: labelOf(next),
      fault: `it was tried, and ${failure.text}`,
    });
  return fresh ? core.state : state;
}

/** @throws BothyError `BAD_CONFIG` when a version commands nothing of what the one before does */
export function checkOutputs(next: Version, before: Shape): void {
  const names = Object.keys(before.outputs);
  if (names.length > 0 && !names.some((name) => Object.hasOwn(next.host.shape.outputs, name)))
    throw new BothyError("BAD_CONFIG", {
      source: labelOf(next),
      fault: "it has none of the outputs of the one before",
    });
}

export const labelOf = ({ host: { shape } }: Version): string => `${shape.name} ${shape.version}`;

export const notFound = (name: string): BothyError =>
  new BothyError("NOT_FOUND", { source: `controller ${name}` });
