import type { Command } from "commander";
import { systemClock } from "../../devices/clock.ts";
import { newMemory } from "../../devices/link.ts";
import type { TappedFrame } from "../../devices/plugin.ts";
import { openLine } from "../../plugins/modbus/client.ts";
import { watchLine } from "../../plugins/modbus/sniffer.ts";
import { createLog, levelFrom } from "../logger.ts";
import { type LineOptions, settingsOf, withSerialOptions } from "./ad-hoc.ts";
import { ask, defaultServer, lines } from "./client.ts";
import { onlyBus } from "./bus-scan.ts";
import { complain, exit, type ExitCode, interrupted, print, printJson } from "./terminal.ts";

interface Options extends LineOptions {
  readonly server: string;
  readonly json?: boolean;
  readonly hex?: boolean;
}

/** `bothy bus watch`: frames as they cross a line, decoded, with timing. */
export function addWatchCommand(bus: Command, ended: (code: ExitCode) => void): void {
  const command = bus
    .command("watch")
    .description(
      "show frames live: of a running site's bus, or overheard on a serial port without ever sending",
    )
    .argument("[bus]", "name of the bus")
    .option("--server <url>", "the running site", defaultServer)
    .option("--hex", "with the bytes of every frame")
    .option("--json", "one JSON object per frame");
  withSerialOptions(command).addHelpText("after", examples);
  command.action(async (name: string | undefined, options: Options) => {
    settingsOf(options);
    ended(
      options.port === undefined ? await watchSite(name, options) : await overhear(options.port, options),
    );
  });
}

const examples = `
Examples:
  bothy bus watch rs485-a --hex                     a bus of the site that runs here
  bothy bus watch --port /dev/ttyUSB0 --baud 19200  overhear a line another program drives`;

/** What a site says between frames. */
interface Notice {
  readonly state?: string;
  readonly reason?: string;
  readonly dropped?: number;
  readonly error?: string;
}

async function watchSite(name: string | undefined, options: Options): Promise<ExitCode> {
  const signal = interrupted();
  const bus = name ?? (await onlyBus(options.server));
  try {
    const answer = await ask(options.server, `/api/buses/${encodeURIComponent(bus)}/frames`, { signal });
    for await (const line of lines<TappedFrame | Notice>(answer, signal)) {
      if (options.json === true) printJson(line);
      else if ("hex" in line) print(frameText(line, options.hex === true));
      else complain(noticeText(bus, line));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return exit.good;
}

function noticeText(bus: string, { state, reason, dropped, error }: Notice): string {
  if (dropped !== undefined) return `… ${dropped} frames were not shown: this terminal is too slow`;
  if (error !== undefined) return error;
  return `${bus} is ${state ?? "there"}${reason === undefined ? "" : `: ${reason}`}`;
}

async function overhear(path: string, options: Options): Promise<ExitCode> {
  const signal = interrupted();
  const log = createLog(levelFrom(process.env) ?? "error");
  const parity = options.parity === "even" || options.parity === "odd" ? options.parity : "none";
  const bus = {
    name: path,
    transport: "serial",
    path,
    baudRate: options.baud ?? 9600,
    parity,
    stopBits: options.stopBits === 2 ? 2 : 1,
  } as const;
  const line = await openLine(bus, { clock: systemClock, log, memory: newMemory() });
  const stop = watchLine(line, bus, systemClock, (frame) => {
    if (options.json === true) printJson(frame);
    else print(frameText(frame, options.hex === true));
  });
  await Promise.race([
    line.closed,
    new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })),
  ]);
  stop();
  await line.close();
  return signal.aborted ? exit.good : exit.cannot;
}

/** The time of day here, as the watch of whoever stands at the line has it. */
function time(at: number): string {
  const here = new Date(at);
  return new Date(at - here.getTimezoneOffset() * 60_000).toISOString().slice(11, 23);
}

/** One line per frame: when, how long the line was silent before, who speaks, what, how long an answer took. */
export function frameText(frame: TappedFrame, hex: boolean): string {
  const { at, direction, text, gap, took, fault } = frame;
  const arrow = direction === "sent" ? "→" : "←";
  const silence = `+${gap.toFixed(1)}`.padStart(8);
  const parts = [
    `${time(at)} ${silence} ms  ${arrow}  ${text}`,
    ...(took === undefined ? [] : [`(${took.toFixed(1)} ms)`]),
    ...(fault === undefined ? [] : [`!! ${fault}`]),
    ...(hex ? [`\n    ${frame.hex.replace(/../g, "$& ").trim()}`] : []),
  ];
  return parts.join("  ");
}
