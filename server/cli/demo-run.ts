import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { systemClock } from "../../devices/clock.ts";
import { saidBy } from "../../devices/errors.ts";
import { FaultError } from "../../simulators/fault-text.ts";
import { EpwError } from "../../simulators/weather/epw.ts";
import { allRead, allTrusted, type Demo, startDemo } from "../demo.ts";
import { createLog, levelFrom } from "../logger.ts";
import { isLoopback } from "../loopback.ts";
import { demoText } from "./demo-text.ts";
import { allPlugins, mustBeFile } from "./load.ts";
import { chosenPort } from "./numbers.ts";
import { CannotRun, complain, exit, type ExitCode, ownName, print, untilStopped } from "./terminal.ts";

export interface Options {
  readonly config?: string;
  readonly port?: number;
  readonly host?: string;
  readonly script?: string;
  readonly speed?: number;
  readonly wires?: string;
  readonly state?: string;
  readonly weather?: string;
}

/** Runs the demonstration until it is told to stop. */
export async function runDemo(options: Options): Promise<ExitCode> {
  const log = createLog(levelFrom(process.env) ?? "error");
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  const demo = await start(options, log);
  const complete = await allRead(demo.served.site, stopping.signal);
  if (!stopping.signal.aborted) {
    print(demoText(demo, ownName()));
    if (!complete) complain("Not every device has been read yet.");
    print(
      "Controllers begin in fail-safe; until they are trusted, writes to what they command are overridden.",
    );
    const trusted = await allTrusted(demo.served.site, stopping.signal);
    if (trusted) print("Controllers are at work: `controller list` shows them.");
    else if (!isAborted(stopping.signal))
      complain("Not every controller is trusted yet: see `controller list`.");
  }
  await stopped;
  print("\nstopping");
  await demo.stop();
  return exit.good;
}

/** As a function, because it changes while something else is waited for. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function start(options: Options, log: ReturnType<typeof createLog>): Promise<Demo> {
  const port = chosenPort(options.port, process.env);
  const { config, host, speed, wires, script, state, weather } = options;
  if (config !== undefined) mustBeFile(config);
  if (state !== undefined) mustKeep(state);
  if (host !== undefined && !isLoopback(host)) {
    throw new CannotRun(
      `the demonstration listens on this machine only: --host ${host} is no loopback address`,
    );
  }
  try {
    return await startDemo({
      clock: systemClock,
      log,
      plugins: allPlugins,
      listen: { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) },
      ...(config === undefined ? {} : { configFile: config }),
      ...(speed === undefined ? {} : { speed }),
      ...(wires === "tcp" ? { wires } : {}),
      ...(weather === undefined ? {} : { weather }),
      ...(state === undefined ? {} : { stateFolder: state }),
      ...(script === undefined ? {} : { script: readScript(script) }),
    });
  } catch (error) {
    if (error instanceof EpwError) throw new CannotRun(error.message);
    if (error instanceof FaultError) throw new CannotRun(`${script ?? "the script"}: ${error.message}`);
    throw error;
  }
}

/** @throws CannotRun for a folder that cannot be had, or takes nothing */
function mustKeep(folder: string): void {
  try {
    // Where a system takes no folders at all, such as /proc, the recursive way never ends.
    mkdirSync(folder, { recursive: existsSync(folder) || !existsSync(dirname(folder)) });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw new CannotRun(
      `--state ${folder}: nothing can be kept there (${saidBy(thrown)}): name a folder that can be written`,
    );
  }
}

function readScript(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CannotRun(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
