import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { systemClock } from "../../devices/clock.ts";
import { FaultError } from "../../simulators/fault-text.ts";
import { allRead, type Demo, startDemo } from "../demo.ts";
import { createLog, levelFrom } from "../logger.ts";
import { isLoopback } from "../loopback.ts";
import { demoText } from "./demo-text.ts";
import { allPlugins } from "./load.ts";
import { chosenPort, portNumber, positive } from "./numbers.ts";
import { CannotRun, complain, exit, type ExitCode, ownName, print, untilStopped } from "./terminal.ts";

interface Options {
  readonly port?: number;
  readonly host?: string;
  readonly script?: string;
  readonly speed?: number;
  readonly wires?: string;
}

/** `bothy demo`: simulated equipment and a site on top of it. */
export function addDemoCommand(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("demo")
    .description("run a simulated micro-datacenter, and a site that drives it over real wires")
    .option("-p, --port <number>", "TCP port of the HTTP interface (also: PORT; default: 5000)", portNumber)
    .option("--host <address>", "loopback address to listen on (default: 127.0.0.1)")
    .option("--script <file>", "faults to play, YAML or JSON")
    .option("--speed <factor>", "simulated seconds per second", positive)
    .addOption(
      new Option("--wires <kind>", "serial lines as pseudo-terminals, or behind TCP").choices(["pty", "tcp"]),
    )
    .action(async (options: Options) => ended(await runDemo(options)));
}

async function runDemo(options: Options): Promise<ExitCode> {
  const log = createLog(levelFrom(process.env) ?? "error");
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  const demo = await start(options, log);
  const complete = await allRead(demo.served.site, stopping.signal);
  if (!stopping.signal.aborted) {
    print(demoText(demo, ownName()));
    if (!complete) complain("Not every device has been read yet.");
  }
  await stopped;
  print("\nstopping");
  await demo.stop();
  return exit.good;
}

async function start(options: Options, log: ReturnType<typeof createLog>): Promise<Demo> {
  const port = chosenPort(options.port, process.env);
  const { host, speed, wires, script } = options;
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
      ...(speed === undefined ? {} : { speed }),
      ...(wires === "tcp" ? { wires } : {}),
      ...(script === undefined ? {} : { script: readScript(script) }),
    });
  } catch (error) {
    if (error instanceof FaultError) throw new CannotRun(`${script ?? "the script"}: ${error.message}`);
    throw error;
  }
}

function readScript(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CannotRun(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
