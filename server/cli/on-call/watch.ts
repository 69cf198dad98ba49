import type { Command } from "commander";
import { type Millis, seconds, sleep, systemClock } from "../../../devices/clock.ts";
import { numbered } from "../../../devices/numbered.ts";
import type { DeviceSummary, Reading } from "../../../client/index.ts";
import { readingKey } from "../../../client/readings.ts";
import { onServer, type Server } from "../client.ts";
import { sparkline } from "../show/sparkline.ts";
import { colours, noPaint, tableLines } from "../show/table.ts";
import { cut, plain } from "../show/width.ts";
import { withTarget } from "../target.ts";
import { exit, type ExitCode, interrupted } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { type Frame, openScreen } from "./full-screen.ts";
import { follow } from "./follow.ts";
import { type Screen, screenOf, withSelection } from "./output.ts";
import { readingsOf } from "./read.ts";
import { namedReadings, readingFields, type NamedReading } from "./reading-fields.ts";
import { intervalText, Names, noticeText, tail, type TailOptions, withFollowing } from "./tail.ts";
import type { Field } from "./output.ts";

/** `bothy watch`: readings in place, each with its trend. */
export function addDeviceWatchCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("watch")
    .description("watch readings change, each with a sparkline; q ends it. In a pipe: as tail")
    .argument("[device...]", "names, beginnings of names, ids, or patterns");
  withTarget(withFollowing(withSelection(command))).action(async (words: string[], options: TailOptions) => {
    const { people, colour } = screenOf();
    const inPlace = people && process.env["TERM"] !== "dumb";
    ended(
      await onServer(options, (server) =>
        inPlace ? watch(server, words, options, colour) : tail(server, words, options),
      ),
    );
  });
}

/** One line of the screen. */
export interface Watched extends NamedReading {
  /** The newest last; undefined where there was none. */
  readonly history: readonly (number | undefined)[];
}

const longestTrend = 16;
const keptHistory = 120;
/** Redrawn no more often than one can read, and often enough for ages to be true. */
const shortestFrame: Millis = 200;
const longestFrame: Millis = seconds(1);

async function watch(
  server: Server,
  words: readonly string[],
  options: TailOptions,
  colour: boolean,
): Promise<ExitCode> {
  const all = words.length === 0 && options.tag === undefined && options.type === undefined;
  const devices = await devicesOf(server.client, words, options);
  if (devices.length === 0 && !all) return exit.fault;
  const board = new Board(server, devices);
  for (const { reading } of namedReadings(devices, await readingsOf(server.client, devices)))
    board.take(reading);
  const quit = new AbortController();
  const signal = AbortSignal.any([interrupted(), quit.signal]);
  const screen = openScreen(() => quit.abort());
  try {
    const following = follow(
      server,
      { ...(all ? {} : { devices }), interval: options.interval, signal },
      (happening) => {
        if (happening.kind === "reading") board.take(happening.reading);
        else board.say(happening.kind === "polling" ? intervalText(options.interval) : noticeText(happening));
        if (happening.kind === "resumed") board.say("");
      },
    );
    // Whatever ends it ends the drawing too; what went wrong is thrown once the terminal is given back.
    following.catch(() => quit.abort());
    let drawn = -Infinity;
    while (!signal.aborted) {
      const now = systemClock.monotonic();
      if (board.changed || screen.touched() || now - drawn >= longestFrame) {
        screen.draw((width) => board.lines({ width, people: true, colour }));
        drawn = now;
      }
      await sleep(systemClock, shortestFrame, signal);
    }
    await following;
  } finally {
    screen.close();
  }
  return exit.good;
}

/** Everything that is watched, as it stands. */
class Board {
  readonly #server: Server;
  readonly #names: Names;
  readonly #rows = new Map<string, { reading: Reading; history: (number | undefined)[] }>();
  #notice = "";
  changed = true;

  constructor(server: Server, devices: readonly DeviceSummary[]) {
    this.#server = server;
    this.#names = new Names(server, devices);
  }

  take(reading: Reading): void {
    const key = readingKey(reading);
    const row = this.#rows.get(key) ?? { reading, history: [] };
    // A stream may begin with what was read before.
    if (row.history.length > 0 && row.reading.timestamp >= reading.timestamp) return;
    row.reading = reading;
    row.history.push(typeof reading.value === "number" ? reading.value : undefined);
    if (row.history.length > keptHistory) row.history.shift();
    this.#rows.set(key, row);
    this.changed = true;
  }

  say(notice: string): void {
    this.#notice = notice;
    this.changed = true;
  }

  lines(screen: Screen): Frame {
    this.changed = false;
    const rows = [...this.#rows.values()].map((row) => ({ name: this.#names.of(row.reading), ...row }));
    return watchLines(
      { url: this.#server.target.url, now: this.#server.now(), notice: this.#notice },
      rows,
      screen,
    );
  }
}

/** Shorter where there is less room, and never so long that what is watched would do without it. */
const trendWithin = (width: number): Field<Watched> => ({
  name: "TREND",
  narrow: "drop",
  importance: 4,
  text: ({ history }) =>
    history.every((value) => value === undefined)
      ? ""
      : sparkline(history, Math.min(longestTrend, Math.floor(width / 8))),
});

const watchedColumns = ["DEVICE", "TYPE", "CHANNEL", "VALUE", "UNIT", "TREND", "QUALITY", "AGE", "REASON"];

/** The frame for these rows. */
export function watchLines(
  { url, now, notice }: { readonly url: string; readonly now: number; readonly notice: string },
  rows: readonly Watched[],
  { width, colour }: Screen,
): Frame {
  const known: readonly Field<Watched>[] = [...readingFields(() => now), trendWithin(width)];
  const fields = watchedColumns.flatMap((name) => {
    const field = known.find((one) => one.name === name);
    if (field === undefined) return [];
    const empty = field.shown === "filled" && rows.every((row) => field.text(row, true) === "");
    return empty ? [] : [field];
  });
  const cells = rows.map((row) =>
    fields.map((field) => {
      const style = field.style?.(row);
      return { text: plain(field.text(row, true)), ...(style === undefined ? {} : { style }) };
    }),
  );
  const [head = "", ...body] = tableLines(fields, cells, { width, paint: colour ? colours : noPaint });
  const bad = rows.filter(({ reading }) => reading.quality !== "good").length;
  const counts = `${numbered(rows.length, "value")}${bad === 0 ? "" : `, ${bad} not good`}`;
  const title = cut([url, counts, ...(notice === "" ? [] : [plain(notice)])].join("  "), width);
  return { head: [colour ? colours(title, notice === "" ? "faint" : "doubtful") : title, head], body };
}
