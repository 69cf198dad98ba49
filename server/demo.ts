import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Millis } from "../devices/clock.ts";
import { seconds } from "../devices/clock.ts";
import { BothyError } from "../devices/errors.ts";
import type { Log, Plugin } from "../devices/plugin.ts";
import { FaultError } from "../simulators/fault-text.ts";
import { createSimulatedSite, type SimulatedLine, type SimulatedSite } from "../simulators/site.ts";
import { chooseWeather } from "../simulators/weather/choose.ts";
import { faultText, readConfig, type SiteConfig } from "./config.ts";
import { packageInfo } from "./package-info.ts";
import { simulatorRoutes } from "./routes/simulator.ts";
import { type ServedSite, serveSite } from "./serve.ts";
import { createSite, type Site } from "./site.ts";
import { openState, type State } from "./state/state.ts";

export interface DemoOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly plugins: readonly Plugin[];
  /** Changes what the configuration says of HTTP. */
  readonly listen?: Partial<SiteConfig["http"]>;
  /** Faults to play, as text of a script. */
  readonly script?: string;
  /** Simulated seconds per second. */
  readonly speed?: number;
  readonly wires?: "pty" | "tcp";
  /** What happens outdoors, as `chooseWeather` takes it; a year is entered at the present time of it. Default: fair days. */
  readonly weather?: string;
  /** Where the site keeps its state; by default a temporary folder that goes with it. */
  readonly stateFolder?: string;
  /** The site's configuration, which reaches the equipment by `${BOTHY_…}`. Default: the one that is shipped. */
  readonly configFile?: string;
}

export interface Demo {
  readonly served: ServedSite;
  readonly simulated: SimulatedSite;
  stop(): Promise<void>;
}

/**
 * Starts simulated equipment behind real wires, and a site on top of it that knows it only by its configuration.
 * @throws BothyError `BAD_CONFIG`, FaultError for a script that cannot be played, EpwError for weather there is not
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { clock, log, plugins, speed, wires, script, weather } = options;
  const outdoors =
    weather === undefined ? undefined : chooseWeather(weather, { startHour: hourOfYear(clock.now()) });
  for (const note of outdoors?.notes ?? []) log.warn({ weather }, note);
  const simulated = await createSimulatedSite({
    clock,
    ...(outdoors === undefined ? {} : { weather: outdoors.weather }),
    ...(speed === undefined ? {} : { speed }),
    ...(wires === undefined ? {} : { wires }),
  });
  const folder = options.stateFolder ?? mkdtempSync(join(tmpdir(), "bothy-demo-"));
  let state: State | undefined;
  const end = async (): Promise<void> => {
    await simulated.close();
    await state?.close();
    if (options.stateFolder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { config, plans } = demoConfig(simulated, options, folder);
    state = await openState(folder, { clock, log });
    const site = createSite(
      { ...config, http: { ...config.http, ...options.listen }, state: { folder } },
      plans,
      { clock, log, plugins, state },
    );
    const served = await serveSite(site, [simulatorRoutes(simulated)]);
    const stop = async (): Promise<void> => {
      await served.stop();
      await end();
    };
    try {
      if (script !== undefined) simulated.script(script);
    } catch (error) {
      await stop();
      if (error instanceof FaultError) throw error;
      // What the YAML reader says of a text that is none, without its drawing.
      throw new FaultError(String(error instanceof Error ? error.message : error).split(/:?\n/)[0] ?? "");
    }
    return { served, simulated, stop };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Hours since the year began, local time. */
function hourOfYear(now: number): number {
  const local = new Date(now);
  return (now - new Date(local.getFullYear(), 0, 1).getTime()) / 3_600_000;
}

/** The configuration, with the simulated lines in place of `${BOTHY_…}`. */
function demoConfig(simulated: SimulatedSite, { plugins, configFile }: DemoOptions, folder: string) {
  const file = configFile ?? join(packageInfo().root, "examples", "demo-site.yaml");
  let text = readFileSync(file, "utf8");
  const env: Record<string, string> = {};
  for (const line of simulated.lines) {
    const variable = `BOTHY_${line.name.toUpperCase().replaceAll("-", "_")}`;
    if (line.kind === "pty") env[variable] = line.path;
    else text = overTcp(text, variable, line);
  }
  if (simulated.endpoint.kind === "tcp") {
    env["BOTHY_TCP_HOST"] = simulated.endpoint.host;
    env["BOTHY_TCP_PORT"] = String(simulated.endpoint.port);
  }
  Object.assign(env, bmcPlaces(simulated, folder));
  const result = readConfig(text, file, plugins, env);
  if (result.config !== undefined) return result;
  throw new BothyError("BAD_CONFIG", {
    source: "the demonstration",
    fault: result.faults.map(faultText).join("\n"),
  });
}

/** Where the BMCs are, and the file that holds their password: a configuration never does. */
function bmcPlaces({ bmcs }: SimulatedSite, folder: string): Record<string, string> {
  const password = join(folder, "bmc-password");
  mkdirSync(folder, { recursive: true });
  writeFileSync(password, bmcs[0]?.password ?? "", { mode: 0o600 });
  const places = bmcs.flatMap((one): [string, string][] =>
    one.kind === "udp" ? [[`BOTHY_BMC_${one.outlet}`, `${one.host}:${one.port}`]] : [],
  );
  return { BOTHY_BMC_PASSWORD_FILE: password, ...Object.fromEntries(places) };
}

/** Where no pseudo-terminal can be had, the line is reached as through a serial device server. */
function overTcp(text: string, variable: string, line: SimulatedLine): string {
  if (line.kind !== "rtu-over-tcp") return text;
  const serial = new RegExp(`transport: serial\\n( +)path: \\$\\{${variable}[^}]*\\}`);
  return text.replace(serial, `transport: rtu-over-tcp\n$1host: ${line.host}\n$1port: ${line.port}`);
}

/** Controllers begin in fail-safe, which nobody but life safety overrides. */
const trustWithin: Millis = seconds(45);

/** Resolves once every controller that works is trusted and leaves operators their say; @returns whether that happened in time */
export async function allTrusted(site: Site, signal: AbortSignal): Promise<boolean> {
  const trusted = (): boolean => {
    const { names, running } = site.controllers;
    const all = running?.list() ?? [];
    // Before they are loaded none is listed.
    return all.length === names.length && all.every(({ mode }) => mode === "automatic" || mode === "resting");
  };
  return become(site, trusted, trustWithin, signal);
}

/** The longest anybody should look at an empty screen. */
const patience: Millis = seconds(15);

/** Resolves once every device that has readings has been read, or failed to be; @returns whether that happened in time */
export async function allRead(site: Site, signal: AbortSignal): Promise<boolean> {
  const waiting = new Set(site.registry.all().filter((device) => device.outputs.length > 0));
  const look = (): boolean => {
    for (const device of waiting) {
      const readings = site.store.latest(device.id);
      if (readings.some((reading) => reading.quality !== "bad" || reading.reason.code !== "NOT_READ_YET")) {
        waiting.delete(device);
      }
    }
    return waiting.size === 0;
  };
  return become(site, look, patience, signal);
}

/** Looks with every reading that comes whether something is so. @returns whether it was, in time */
async function become(site: Site, so: () => boolean, within: Millis, signal: AbortSignal): Promise<boolean> {
  if (so()) return true;
  const done = new AbortController();
  const stop = site.store.subscribe(() => {
    if (so()) done.abort();
  });
  const { clock } = site;
  await clock.sleepUntil(clock.monotonic() + within, AbortSignal.any([done.signal, signal]));
  stop();
  return so();
}
