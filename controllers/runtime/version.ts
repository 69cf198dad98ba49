import type { Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { EngineCore, type EngineMemory, type EngineOptions } from "./engine.ts";
import type { Host } from "./host.ts";
import { completeSettings } from "./settings.ts";
import type { Configured } from "./shape.ts";
import type { Source } from "./source.ts";

/** Opens a source: loads and checks it. @throws BothyError `BAD_CONFIG` */
export type OpenHost = (source: Source, options: HostOptions) => Promise<Host>;

export interface HostOptions {
  /** The controller's name at this site. */
  readonly name: string;
  readonly isolation?: "inline" | "worker" | undefined;
  readonly period?: Millis;
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
  options: HostOptions & EngineOptions,
): Promise<Version> {
  const host = await open(source, options);
  try {
    const configured = await host.configure(completeSettings(host.shape, settings));
    const core = new EngineCore(host.shape, configured, await host.init(), options);
    return { source, host, core, configured };
  } catch (thrown) {
    await host.close();
    throw thrown;
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

export const labelOf = ({ host: { shape } }: Version): string => `${shape.name} ${shape.version}`;

export const notFound = (name: string): BothyError =>
  new BothyError("NOT_FOUND", { source: `controller ${name}` });
