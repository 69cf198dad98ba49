import type { Command } from "commander";
import { systemClock } from "../../devices/clock.ts";
import { newMemory } from "../../devices/link.ts";
import { type LinkPlan, noSite, type ScanResult } from "../../devices/plugin.ts";
import { createLog, levelFrom } from "../logger.ts";
import { adHocPlan, type LineOptions, settingsOf, withSerialOptions, withTcpOptions } from "./ad-hoc.ts";
import { ask, defaultServer, lines } from "./client.ts";
import { loadOrExplain } from "./load.ts";
import { type Range, unitRange } from "./numbers.ts";
import { CannotRun, exit, type ExitCode, interrupted, print, printJson } from "./terminal.ts";

interface Options extends LineOptions {
  readonly config?: string;
  readonly server: string;
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
    .option("--server <url>", "ask a running site", defaultServer)
    .option("--units <range>", "unit ids to try (default: 1-247)", unitRange)
    .option("--json", "one JSON object per line, for every address");
  withTcpOptions(withSerialOptions(command)).addHelpText("after", examples);
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
    settings !== undefined
      ? directly(adHocPlan(settings), units, signal)
      : options.config !== undefined
        ? directly(planOf(options.config, name), units, signal)
        : remotely(options.server, units, name, signal);
  let answered = 0;
  for await (const result of results) {
    if (result.answered) answered++;
    report(result, options);
  }
  if (options.json !== true) {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    const { from, to } = units;
    print(
      `${answered === 0 ? "no unit" : answered === 1 ? "1 unit" : `${answered} units`} of ${from} to ${to} answered`,
    );
  }
  return answered > 0 ? exit.good : exit.fault;
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

/** @throws CannotRun when the configuration has no such bus, or several and none was named */
function planOf(file: string, name: string | undefined): LinkPlan {
  const { plans } = loadOrExplain(file);
  const names = plans.map((plan) => plan.name).join(", ");
  if (name === undefined && plans.length > 1) throw new CannotRun(`say which bus: ${names}`);
  const plan = name === undefined ? plans[0] : plans.find((one) => one.name === name);
  if (plan === undefined) throw new CannotRun(`there is no bus ${name ?? ""}; there are ${names}`);
  return plan;
}

async function* directly(plan: LinkPlan, units: Range, signal: AbortSignal): AsyncGenerator<ScanResult> {
  const log = createLog(levelFrom(process.env) ?? "error");
  const connection = await plan.open({ ...noSite, clock: systemClock, log, memory: newMemory(), signal });
  try {
    if (connection.scan === undefined) throw new CannotRun(`bus ${plan.name} cannot be scanned`);
    yield* connection.scan(units, signal);
  } finally {
    await connection.close();
  }
}

interface ScanFailure {
  readonly error: { readonly text: string };
}

async function* remotely(
  server: string,
  units: Range,
  name: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ScanResult> {
  const bus = name ?? (await onlyBus(server));
  const body = JSON.stringify(units);
  const answer = await ask(server, `/api/buses/${encodeURIComponent(bus)}/scan`, {
    method: "POST",
    body,
    signal,
  });
  for await (const line of lines<ScanResult | ScanFailure>(answer, signal)) {
    if ("error" in line) throw new CannotRun(line.error.text);
    yield line;
  }
}

/** The name of a running site's bus when it has just one. @throws CannotRun otherwise, naming them */
export async function onlyBus(server: string): Promise<string> {
  const buses = (await (await ask(server, "/api/buses")).json()) as { readonly name: string }[];
  const [first, ...others] = buses;
  if (first !== undefined && others.length === 0) return first.name;
  throw new CannotRun(`say which bus: ${buses.map((bus) => bus.name).join(", ")}`);
}
