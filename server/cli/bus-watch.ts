import type { Command } from "commander";
import type { TappedFrame } from "../../devices/plugin.ts";
import { type LineOptions, settingsOf, withSerialOptions } from "./ad-hoc.ts";
import { onlyBus } from "./bus-scan.ts";
import { onServer, ownOnly, started } from "./client.ts";
import { type TargetOptions, withTarget } from "./target.ts";
import { complain, exit, type ExitCode, interrupted, print, printJson } from "./terminal.ts";

interface Options extends LineOptions, TargetOptions {
  readonly host?: string;
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
    .option("--hex", "with the bytes of every frame")
    .option("--json", "one JSON object per frame");
  withTarget(withSerialOptions(command)).addHelpText("after", examples);
  command.action(async (name: string | undefined, options: Options) => {
    settingsOf(options);
    ended(
      options.port === undefined ? await watchSite(name, options) : await watchPort(options.port, options),
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
  try {
    await onServer(options, async (server) => {
      const bus = name ?? (await onlyBus(server));
      const frames = server.client.frames(bus, { signal });
      for await (const line of await ownOnly(server.target, "buses", started(frames))) {
        if (options.json === true) printJson(line);
        else if ("hex" in line) print(frameText(line as unknown as TappedFrame, options.hex === true));
        else complain(noticeText(bus, line));
      }
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return exit.good;
}

async function watchPort(path: string, options: Options): Promise<ExitCode> {
  const { overhear } = await import("./bus-line.ts");
  const signal = interrupted();
  const show = (frame: TappedFrame): void => {
    if (options.json === true) printJson(frame);
    else print(frameText(frame, options.hex === true));
  };
  await overhear(path, options, show, signal);
  return signal.aborted ? exit.good : exit.cannot;
}

function noticeText(bus: string, { state, reason, dropped, error }: Notice): string {
  if (dropped !== undefined) return `… ${dropped} frames were not shown: this terminal is too slow`;
  if (error !== undefined) return error;
  return `${bus} is ${state ?? "there"}${reason === undefined ? "" : `: ${reason}`}`;
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
