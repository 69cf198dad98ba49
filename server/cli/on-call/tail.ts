import { type Command, InvalidArgumentError, Option } from "commander";
import { type Millis, seconds } from "../../../devices/clock.ts";
import { formatDuration, parseDuration } from "../../../devices/duration.ts";
import { numbered } from "../../../devices/numbered.ts";
import type { DeviceSummary, Reading } from "../../../client/index.ts";
import { readingKey } from "../../../client/readings.ts";
import { toJson } from "../../json.ts";
import { onServer, type Server } from "../client.ts";
import { whole } from "../numbers.ts";
import { csvEnd, csvLine } from "../show/csv.ts";
import { colours, noPaint } from "../show/table.ts";
import { cut, displayWidth, pad, plain } from "../show/width.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { complain, exit, type ExitCode, interrupted, print } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { follow, type Happening } from "./follow.ts";
import { deviceName } from "./look-up.ts";
import { chosenFields, keyOf, screenOf, type SelectionOptions, withSelection } from "./output.ts";
import { readingsOf } from "./read.ts";
import { type NamedReading, readingFields, readingJson } from "./reading-fields.ts";
import { ageText, exactValue, localTime, qualityStyle, roundedValue, unitText } from "./texts.ts";

export interface TailOptions extends TargetOptions, SelectionOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header?: boolean;
  readonly columns?: string;
  readonly count?: number;
  readonly interval: Millis;
}

/** A time between questions, for commander. */
export function intervalOf(text: string): Millis {
  const span = parseDuration(text);
  if (span !== undefined && span >= 100) return span;
  throw new InvalidArgumentError("It must be a duration of at least 100ms, such as 2s.");
}

export const withFollowing = (command: Command): Command =>
  command.addOption(
    new Option("--interval <duration>", "how often to ask a server that has no stream")
      .argParser(intervalOf)
      .default(seconds(1), "1s")
      .helpGroup("Output:"),
  );

const group = "Output:";

/** `bothy tail`: a line for every new reading. */
export function addTailCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("tail")
    .description("print a line for every new reading, until Ctrl-C; connects again by itself")
    .argument("[device...]", "names, beginnings of names, ids, or patterns")
    .addOption(
      new Option("-n, --count <number>", "end after so many").argParser(whole(1, 1e9)).helpGroup(group),
    )
    .addOption(new Option("--json", "one JSON object per line").helpGroup(group).conflicts("csv"))
    .addOption(new Option("--csv", "comma-separated values (RFC 4180)").helpGroup(group))
    .addOption(new Option("--no-header", "with --csv: without the line of names").helpGroup(group))
    .addOption(
      new Option(
        "--columns <columns>",
        `with --csv: ${readingFields(() => 0)
          .map(keyOf)
          .join(",")}`,
      ).helpGroup(group),
    );
  withTarget(withFollowing(withSelection(command))).action(async (words: string[], options: TailOptions) => {
    ended(await onServer(options, (server) => tail(server, words, options)));
  });
}

/** Prints new readings as lines. What is said of the connection goes to standard error. */
export async function tail(
  server: Server,
  words: readonly string[],
  options: TailOptions,
): Promise<ExitCode> {
  const all = words.length === 0 && options.tag === undefined && options.type === undefined;
  const devices = await devicesOf(server.client, words, options);
  if (devices.length === 0 && !all) return exit.fault;
  const names = new Names(server, devices);
  const write = lineWriter(devices, options);
  const enough = new AbortController();
  const signal = AbortSignal.any([interrupted(), enough.signal]);
  let count = 0;
  const news = await onlyNews(server, all ? undefined : devices);
  await follow(server, { ...(all ? {} : { devices }), interval: options.interval, signal }, (happening) => {
    if (happening.kind !== "reading") {
      complain(noticeText(happening));
      return;
    }
    if (count >= (options.count ?? Infinity) || !news(happening.reading)) return;
    count++;
    write({ name: names.of(happening.reading), reading: happening.reading });
    if (count === options.count) enough.abort();
  });
  return exit.good;
}

/** Tells what is new: streams of a site begin, also after a reconnection, with what is known already. */
async function onlyNews(
  { client }: Server,
  devices: readonly DeviceSummary[] | undefined,
): Promise<(reading: Reading) => boolean> {
  const last = new Map<string, string>();
  const isNew = (reading: Reading): boolean => {
    const key = readingKey(reading);
    const said = `${reading.timestamp} ${reading.quality} ${String(reading.value)}`;
    if (last.get(key) === said) return false;
    last.set(key, said);
    return true;
  };
  // An original server refuses this while one of its plugins is down; then more is told than is new.
  const known = await (devices === undefined ? client.read() : readingsOf(client, devices)).catch(() => []);
  known.forEach(isNew);
  return isNew;
}

/** What happened to the connection, for people. */
export function noticeText(happening: Exclude<Happening, { kind: "reading" }>): string {
  switch (happening.kind) {
    case "lost":
      return `… no readings: ${happening.why}; trying again`;
    case "resumed":
      return `… readings come again; those of ${ageText(happening.missed)} are missing`;
    case "dropped":
      return `… ${numbered(happening.count, "reading was", "readings were")} not shown: this terminal is too slow`;
    case "polling":
      return `… this server has no stream of readings; asking again and again`;
  }
}

/** What devices are called; those that came later are looked up. */
export class Names {
  readonly #server: Server;
  readonly #names: Map<string, string>;
  #lookedAt = -Infinity;

  constructor(server: Server, devices: readonly DeviceSummary[]) {
    this.#server = server;
    this.#names = new Map(devices.map((device) => [device.id, deviceName(device)]));
  }

  of({ device }: Reading): string {
    const name = this.#names.get(device);
    if (name !== undefined) return name;
    this.#look();
    return device;
  }

  #look(): void {
    const now = this.#server.now();
    if (now - this.#lookedAt < seconds(10)) return;
    this.#lookedAt = now;
    this.#server.client.scan().then(
      (devices) => devices.forEach((device) => this.#names.set(device.id, deviceName(device))),
      // The connection is being looked after where the readings come from.
      () => undefined,
    );
  }
}

function lineWriter(devices: readonly DeviceSummary[], options: TailOptions): (named: NamedReading) => void {
  if (options.json === true) return (named) => print(toJson(readingJson(named)));
  if (options.csv === true) {
    const fields = chosenFields(
      readingFields(() => 0),
      [],
      options,
      false,
    );
    if (options.header !== false) process.stdout.write(csvLine(fields.map(keyOf)) + csvEnd);
    return (named) => process.stdout.write(csvLine(fields.map(({ text }) => text(named, false))) + csvEnd);
  }
  const widest = { name: Math.max(0, ...devices.map((device) => displayWidth(deviceName(device)))), type: 0 };
  return (named) => print(tailLine(named, widest));
}

/** A reading in one line. @param widest what was widest so far; grows */
function tailLine({ name, reading }: NamedReading, widest: { name: number; type: number }): string {
  const { people, width, colour } = screenOf();
  const channel = reading.context["channel"];
  const type = plain(channel === undefined ? reading.type : `${reading.type} ${channel}`);
  widest.name = Math.max(widest.name, displayWidth(name));
  widest.type = Math.max(widest.type, displayWidth(type));
  const value = people ? roundedValue(reading.value) : exactValue(reading.value);
  const symbol = reading.unit?.symbol ?? "";
  const what =
    reading.quality === "good"
      ? `${value} ${people ? unitText(symbol) : symbol}`
      : `${value === "" ? "" : `${value} ${symbol} `}${reading.quality}: ${reading.reason.text}`;
  const time = people ? localTime(reading.timestamp) : reading.timestamp;
  const line = cut(
    [time, pad(plain(name), widest.name), pad(type, widest.type), plain(what).trim()].join("  "),
    width,
  );
  return (colour ? colours : noPaint)(line, qualityStyle(reading.quality));
}

/** For the head of `watch`. */
export const intervalText = (interval: Millis): string => `asked every ${formatDuration(interval)}`;
