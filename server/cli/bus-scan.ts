import type { Command } from "commander";
import { type Millis, minutes } from "../../devices/clock.ts";
import { numbered } from "../../devices/numbered.ts";
import type { ScanResult } from "../../devices/plugin.ts";
import { type LineOptions, settingsOf, withSerialOptions, withTcpOptions } from "./ad-hoc.ts";
import { connect, ownOnly, type Server, started } from "./client.ts";
import { explained } from "./explain.ts";
import { type Range, unitRange } from "./numbers.ts";
import { targetOf, type TargetOptions, withServer } from "./target.ts";
import { CannotRun, exit, type ExitCode, interrupted, print, printJson } from "./terminal.ts";

/** How long one address may take: polling goes on meanwhile. */
const patience: Millis = minutes(2);

interface Options extends LineOptions {
  readonly config?: string;
  readonly server?: string;
  readonly context?: string;
  readonly ca?: string;
  readonly units?: Range;
  readonly json?: boolean;
}

/** `bothy bus scan`: which unit ids answer on a line. */
export function addScanCommand(bus: Command, ended: (code: ExitCode) => void): void {
  const command = bus
    .command("scan")
    .description(
      "ask which units answer on a line: a running site's, a configuration's, or one named by options",
    )
    .argument("[bus]", "name of the bus")
    .option("-c, --config <file>", "open the bus of this configuration (no site may be running on it)")
    .option("--units <range>", "unit ids to try (default: 1-247)", unitRange)
    .option("--json", "one JSON object per line, for every address");
  withServer(withTcpOptions(withSerialOptions(command))).addHelpText("after", examples);
  command.action(async (name: string | undefined, options: Options) => ended(await scan(name, options)));
}

const examples = `
Examples:
  bothy bus scan rs485-a                                  a bus of the site that runs here
  bothy bus scan --port /dev/ttyUSB0 --baud 19200         a serial line no site has open
  bothy bus scan --host 10.0.0.5                          a Modbus TCP endpoint or gateway
  bothy bus scan --config site.yaml rs485-a --units 1-32  a bus as a configuration describes it`;

const everyUnit: Range = { from: 1, to: 247 };

async function scan(name: string | undefined, options: Options): Promise<ExitCode> {
  const signal = interrupted();
  const settings = settingsOf(options);
  const { units = everyUnit } = options;
  const results =
    settings === undefined && options.config === undefined
      ? remotely(serverOf(options), units, name, signal)
      : await ownLine(settings, name, options, signal);
  let answered = 0;
  for await (const result of results) {
    if (result.answered) answered++;
    report(result, options);
  }
  if (options.json !== true) {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    const { from, to } = units;
    print(`${answered === 0 ? "no unit" : numbered(answered, "unit")} of ${from} to ${to} answered`);
  }
  return answered > 0 ? exit.good : exit.fault;
}

const serverOf = ({ server, context, ca }: Options): TargetOptions => ({
  ...(server === undefined ? {} : { server }),
  ...(context === undefined ? {} : { context }),
  ...(ca === undefined ? {} : { ca }),
});

/** A line that no site has open: named by options, or of a configuration. */
async function ownLine(
  settings: Record<string, unknown> | undefined,
  name: string | undefined,
  { config = "", units = everyUnit }: Options,
  signal: AbortSignal,
): Promise<AsyncGenerator<ScanResult>> {
  const { adHocPlan, planOf, scanLine } = await import("./bus-line.ts");
  return scanLine(settings === undefined ? planOf(config, name) : adHocPlan(settings), units, signal);
}

function report(result: ScanResult, options: Options): void {
  if (options.json === true) {
    printJson(result);
    return;
  }
  const { address, answered, took, identity } = result;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${answered ? "" : `unit ${address} …`}`);
  if (answered)
    print(`unit ${String(address).padStart(3)}  ${(took ?? 0).toFixed(0).padStart(4)} ms  ${identity ?? ""}`);
}

async function* remotely(
  options: TargetOptions,
  units: Range,
  name: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ScanResult> {
  const server = connect(targetOf(options));
  try {
    const bus = name ?? (await onlyBus(server));
    const results = server.client.scanBus(bus, units, { signal, timeout: patience });
    yield* await ownOnly(server.target, "buses", started(results));
  } catch (error) {
    throw explained(server.target, error);
  }
}

/** The name of a running site's bus when it has just one. @throws CannotRun otherwise, naming them */
export async function onlyBus({ target, client }: Server): Promise<string> {
  const buses = await ownOnly(target, "buses", client.buses());
  const [first, ...others] = buses;
  if (first !== undefined && others.length === 0) return first.name;
  throw new CannotRun(`say which bus: ${buses.map((bus) => bus.name).join(", ")}`);
}
