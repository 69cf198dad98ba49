// The demonstration as a program of its own, with changes to its configuration that a test needs.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { type LiveSite, startLive } from "./live-site.ts";
import { homeIn, scratch } from "./program.ts";

const shipped = fileURLToPath(new URL("../../examples/demo-site.yaml", import.meta.url));

/** A controller as a configuration names it. */
export interface Section {
  use: string;
  settings?: Readonly<Record<string, unknown>>;
  [key: string]: unknown;
}

interface DeviceEntry {
  readonly alias: string;
  deviceTags?: Record<string, readonly string[]>;
}

/** As far as tests change it. */
export interface DemoConfig {
  controllers: Record<string, Section>;
  readonly devices: readonly DeviceEntry[];
  state?: { folder: string };
  http: { host: string; port: number };
}

/** Changes settings of a controller of the demonstration; the others stay. */
export function settle(config: DemoConfig, name: string, settings: Readonly<Record<string, unknown>>): void {
  const section = config.controllers[name];
  if (section === undefined) throw new Error(`the demonstration has no ${name}`);
  section.settings = { ...section.settings, ...settings };
}

/** The demonstration's configuration, changed, in a folder of its own. @returns the file */
export function demoFile(t: TestContext, change: (config: DemoConfig) => void): string {
  const config = parse(readFileSync(shipped, "utf8")) as DemoConfig;
  change(config);
  const folder = scratch(t);
  const file = join(folder, "site.yaml");
  writeFileSync(file, stringify(config));
  mkdirSync(join(folder, "controllers"));
  return file;
}

/** Puts a controller's file where a configuration looks for it. @returns its place there */
export function own(config: string, source: string, name: string): string {
  const file = join(config, "..", "controllers", name);
  cpSync(source, file);
  return file;
}

/** Equipment and site in one process, as `bothy demo` starts them. */
export const startDemoProgram = (
  t: TestContext,
  config: string,
  ...args: readonly string[]
): Promise<LiveSite> =>
  startLive(
    t,
    ["demo", "--port", "0", "--config", config, "--state", join(config, "..", "state"), ...args],
    homeIn(join(config, "..")),
  );
