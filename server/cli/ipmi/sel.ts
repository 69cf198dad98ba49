import { systemClock } from "../../../devices/clock.ts";
import { asBothyError } from "../../../devices/errors.ts";
import { numbered } from "../../../devices/numbered.ts";
import { completionOf } from "../../../plugins/ipmi/completion.ts";
import { clearSel } from "../../../plugins/ipmi/sel/clear.ts";
import { readSel } from "../../../plugins/ipmi/sel/read.ts";
import { getSelInfo, type SelInfo } from "../../../plugins/ipmi/sel/requests.ts";
import {
  clockOffset,
  eventTime,
  type EventTime,
  getSelTime,
  getSelUtcOffset,
  setSelTime,
} from "../../../plugins/ipmi/sel/time.ts";
import { describeSensors, type Sensor } from "../../../plugins/ipmi/sensors/index.ts";
import { type OutputOptions, printList } from "../on-call/output.ts";
import { ageText } from "../on-call/texts.ts";
import { CannotRun, complain, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Bmc, bmcName, onBmc } from "./bmc.ts";
import { type Fact, printFacts, yesNo } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { mustAgree } from "./prompt.ts";
import { recordsOf } from "./records.ts";
import { selFields, selJson, type SelRow, timeText } from "./sel-rows.ts";
import { working } from "./working.ts";

export interface SelOptions extends LoginOptions, OutputOptions {
  readonly last?: number;
  readonly set?: boolean;
  readonly yes?: boolean;
}

export const selWords = ["list", "info", "clear", "time"] as const;
export type SelWord = (typeof selWords)[number];

/** The event log: what it holds, how full it is, its clock. */
export async function sel(word: SelWord, options: SelOptions): Promise<ExitCode> {
  if (options.set === true && word !== "time") throw new CannotRun("--set goes with `time`");
  if (options.last !== undefined && word !== "list") throw new CannotRun("--last goes with `list`");
  switch (word) {
    case "list":
      return list(options);
    case "info":
      return info(options);
    case "clear":
      return clear(options);
    case "time":
      return options.set === true ? setTime(options) : time(options);
  }
}

async function list(options: SelOptions): Promise<ExitCode> {
  const { rows, ahead, incomplete } = await onBmc(options, "user", async (bmc) => {
    const sensors = await sensorsOf(bmc);
    const { client, name, signal } = bmc;
    const done = working(`reading the event log of ${name}`);
    try {
      const news = await readSel(client, {}, { signal });
      return {
        rows: news.records.map((record): SelRow => ({ record, sensors })),
        ahead: options.json === true || news.records.length === 0 ? undefined : await aheadOf(bmc),
        incomplete: news.incomplete,
      };
    } finally {
      done();
    }
  });
  const shown = options.last === undefined ? rows : rows.slice(-options.last);
  printList(selFields, shown, options, selJson);
  if (incomplete !== undefined) complain(`the rest of the log cannot be read: ${incomplete.message}`);
  if (options.json !== true && rows.length === 0) complain("the event log is empty");
  if (ahead !== undefined) complain(`times are those of the BMC's clock, which is ${ahead}`);
  return incomplete === undefined ? exit.good : exit.fault;
}

/** Names of sensors are worth some requests, but nothing is worth failing for. */
async function sensorsOf(bmc: Bmc): Promise<readonly Sensor[]> {
  try {
    return describeSensors((await recordsOf(bmc)).records);
  } catch (thrown) {
    if (!(thrown instanceof CannotRun)) throw thrown;
    complain(`events have no names of sensors: ${thrown.message}`);
    return [];
  }
}

/** A difference below this is nothing to speak of, in ms. */
const sameTime = 60_000;

/** How far the BMC's clock is off, for people; undefined when it is not, or nobody knows. */
async function aheadOf({ client, signal }: Bmc): Promise<string | undefined> {
  try {
    return offText(await getSelTime(client, { signal }));
  } catch (thrown) {
    if (completionOf(thrown) === undefined) throw thrown;
    return undefined;
  }
}

function offText(there: EventTime): string | undefined {
  const offset = clockOffset(there, systemClock.now());
  if (offset === undefined) return "not set";
  if (offset.kind === "since-start") return "not set, and counts from its start";
  if (Math.abs(offset.add) < sameTime) return undefined;
  return `${ageText(Math.abs(offset.add))} ${offset.add > 0 ? "behind" : "ahead of"} this machine's`;
}

async function info(options: SelOptions): Promise<ExitCode> {
  const found = await onBmc(options, "user", ({ client, signal }) => getSelInfo(client, { signal }));
  if (options.json === true) printJson(found);
  else printFacts(infoFacts(found));
  return exit.good;
}

function infoFacts(found: SelInfo): readonly Fact[] {
  const { entries, free, overflow, version } = found;
  return [
    ["events", String(entries)],
    ["free", free === 0xffff ? "64 KiB or more" : `${free} bytes`, free === 0 ? "bad" : undefined],
    ["overflow", overflow ? "events were lost, as it was full" : "no", overflow ? "bad" : undefined],
    ["last event", sinceNever(found.lastAdd)],
    ["last cleared", sinceNever(found.lastErase)],
    ["version", `${version & 0x0f}.${version >> 4}`],
    ["single events can be deleted", yesNo(found.canDelete)],
  ];
}

const sinceNever = (seconds: number): string => (seconds === 0 ? "never" : timeText(eventTime(seconds)));

async function clear(options: SelOptions): Promise<ExitCode> {
  await mustAgree(`clear the event log of ${bmcName(options)}`, options.yes);
  return onBmc(options, "operator", async ({ client, name, signal }) => {
    const { entries } = await getSelInfo(client, { signal });
    const done = working(`clearing the event log of ${name}`);
    try {
      await clearSel(client, { clock: systemClock, signal });
    } finally {
      done();
    }
    if (options.json === true) printJson({ bmc: name, cleared: entries });
    else print(`${name}: ${numbered(entries, "event is", "events are")} gone`);
    return exit.good;
  });
}

/** BMCs before IPMI 2.0, and many after, know no offset. @throws what else went wrong */
function unknownThere(thrown: unknown): undefined {
  const { code } = asBothyError(thrown, "offset from UTC");
  if (completionOf(thrown) === undefined || code !== "UNSUPPORTED") throw thrown;
}

async function time(options: SelOptions): Promise<ExitCode> {
  const { there, minutes, now } = await onBmc(options, "user", async ({ client, signal }) => {
    const there = await getSelTime(client, { signal });
    const now = systemClock.now();
    const minutes = await getSelUtcOffset(client, { signal }).catch(unknownThere);
    return { there, minutes, now };
  });
  const offset = clockOffset(there, now);
  if (options.json === true) printJson({ ...there, behind: offset?.add ?? null, utcOffset: minutes ?? null });
  else
    printFacts([
      ["its clock", timeText(there)],
      ["which is", offText(there) ?? "as this machine's"],
      ["offset from UTC", minutes === undefined ? "not set" : `${minutes} min`],
    ]);
  return exit.good;
}

async function setTime(options: SelOptions): Promise<ExitCode> {
  const now = await onBmc(options, "operator", async ({ client, signal }) => {
    const now = systemClock.now();
    await setSelTime(client, now, { signal });
    return now;
  });
  const at = eventTime(Math.round(now / 1000));
  if (options.json === true) printJson(at);
  else print(`its clock was set to ${timeText(at)} UTC`);
  return exit.good;
}
