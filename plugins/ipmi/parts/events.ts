import { type Instant } from "../../../devices/clock.ts";
import { type Device, valuesOf } from "../../../devices/device.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type LinkMemory, priority } from "../../../devices/plugin.ts";
import type { Reading } from "../../../devices/reading.ts";
import type { AskOptions } from "../answer.ts";
import { clearSel } from "../sel/clear.ts";
import { describeEvent, describeRecord } from "../sel/describe.ts";
import { markSel, readSel, type SelMark } from "../sel/read.ts";
import { parseSelRecord, type SelRecord, selRecordLength } from "../sel/record.ts";
import type { SelInfo } from "../sel/requests.ts";
import { eventOnlySensors, type Sensor } from "../sensors/sensor.ts";
import { bad, bmcDevice, good, type Part, type PartDeps, valueAt } from "./part.ts";

export interface EventParts {
  readonly memory: LinkMemory;
  readonly publish: (readings: readonly Reading[]) => void;
  /** To name what an event is about. */
  readonly sensors: () => readonly Sensor[];
}

const key = "sel-mark-1";
/** A log that was cleared and filled again says at most so much at once. */
const mostSaid = 50;

/**
 * The event log: what was noted last, how much there is, how full it is. One request tells whether anything is new; each
 * new event becomes a reading of its own and a line of the log. IPMI v2.0 §31.
 */
export function eventsPart(deps: PartDeps, parts: EventParts): Part {
  const { bmc, clock, settings } = deps;
  // They have no devices: nobody can ask what they would show now.
  const own = [...new Set(eventOnlySensors(parts.sensors()).map(({ name }) => name))];
  const device = bmcDevice(settings, ["sel"], "events", {
    type: "event-log",
    info: ["event log", ...(own.length === 0 ? [] : [`only it tells of ${few(own)}`])].join("; "),
    context: own.length === 0 ? {} : { "only send events": own.join(", ") },
    tags: ["ipmi/chassis-part:events"],
    outputs: ["string", "count", "percentage"].map((name) => ({ output: outputNamed(name) })),
    actions:
      settings.privilege < 3
        ? []
        : [{ name: "clear", kind: "pulse", accepts: { kind: "none" }, storage: "eeprom" }],
  });
  const watch = new EventWatch(deps, parts, device);
  return {
    devices: [device],
    polls: [
      {
        id: "events",
        period: settings.fast,
        values: valuesOf(device),
        read: (options) => watch.read(options),
      },
    ],
    write: async (_command, signal) => {
      const asked = { priority: priority.write, signal };
      await clearSel(bmc, { ...asked, clock });
      return watch.read(asked);
    },
  };
}

const mostNamed = 3;

const few = (names: readonly string[]): string =>
  names.length <= mostNamed
    ? names.join(", ")
    : `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`;

/** Follows a log from where it was left, also over restarts of the program. */
class EventWatch {
  readonly #deps: PartDeps;
  readonly #parts: EventParts;
  readonly #device: Device;
  #mark: SelMark | undefined;
  #last: Reading | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: PartDeps, parts: EventParts, device: Device) {
    this.#deps = deps;
    this.#parts = parts;
    this.#device = device;
    this.#mark = remembered(parts.memory.get(key));
  }

  /** One at a time: two would both find the same events new. @throws BothyError */
  read(options: AskOptions): Promise<readonly Reading[]> {
    const mine = this.#turn.then(() => this.#look(options));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #look(options: AskOptions): Promise<readonly Reading[]> {
    const { bmc, clock } = this.#deps;
    // What was there before anybody looked is nobody's news.
    this.#mark ??= this.#keep(await markSel(bmc, options));
    const { records, mark, restarted, info } = await readSel(bmc, this.#mark, options);
    if (mark !== this.#mark) this.#keep(mark);
    const now = clock.now();
    if (restarted && records.length === 0) this.#last = undefined;
    const news = records.slice(-mostSaid).map((record) => this.#news(record, now));
    if (news.length > 1) this.#parts.publish(news.slice(0, -1));
    this.#last = news.at(-1) ?? this.#last ?? this.#lastOf(mark, now);
    return [this.#lastReading(info, now), ...this.#counts(info, now)];
  }

  #keep(mark: SelMark): SelMark {
    this.#mark = mark;
    this.#parts.memory.set(key, mark);
    return mark;
  }

  #lastReading({ entries }: SelInfo, now: Instant): Reading {
    const id = valueAt(this.#device, "string");
    if (entries > 0 && this.#last !== undefined) return { ...this.#last, at: now };
    return bad(this.#device, id, now, "ABSENT", { fault: "the event log is empty" });
  }

  #counts({ entries, free, overflow }: SelInfo, now: Instant): readonly Reading[] {
    const used = entries * selRecordLength;
    const share = free >= 0xffff || used + free === 0 ? 0 : (100 * used) / (used + free);
    const context = overflow ? { overflow: "events were lost" } : {};
    return [
      good(valueAt(this.#device, "count"), now, entries, context),
      good(valueAt(this.#device, "percentage"), now, Math.round(share * 10) / 10, context),
    ];
  }

  /** A new event: said in the log, and a reading. */
  #news(record: SelRecord, now: Instant): Reading {
    const { log, settings } = this.#deps;
    const reading = this.#reading(record, now);
    const { severity = "" } = reading.context ?? {};
    const grave = severity === "critical" || severity === "non-recoverable";
    log[grave ? "warn" : "info"](
      { link: settings.name, record: record.id, ...reading.context },
      `${settings.at}: ${describeRecord(record, this.#parts.sensors())}`,
    );
    return reading;
  }

  #reading(record: SelRecord, now: Instant): Reading {
    const sensors = this.#parts.sensors();
    const time = "time" in record && record.time.kind === "clock" ? record.time.instant : undefined;
    const event = record.kind === "event" ? describeEvent(record, record.generator, sensors) : undefined;
    return good(valueAt(this.#device, "string"), now, describeRecord(record, sensors), {
      record: String(record.id),
      ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
      ...(event === undefined
        ? {}
        : { sensor: event.sensor, event: event.event, asserted: event.asserted ? "yes" : "no" }),
      ...(event?.severity === undefined ? {} : { severity: event.severity }),
    });
  }

  /** What the log ended with when it was left. */
  #lastOf({ last }: SelMark, now: Instant): Reading | undefined {
    if (last === undefined) return undefined;
    const bytes = Buffer.from(last.raw, "hex");
    return bytes.length < selRecordLength ? undefined : this.#reading(parseSelRecord(bytes, last.id), now);
  }
}

/** What is kept may be of another version, or damaged. */
function remembered(kept: unknown): SelMark | undefined {
  if (typeof kept !== "object" || kept === null) return undefined;
  const { info, first, last } = kept as Record<string, unknown>;
  const isRecord = (one: unknown): boolean =>
    one === undefined ||
    (typeof one === "object" &&
      one !== null &&
      typeof (one as Record<string, unknown>)["id"] === "number" &&
      typeof (one as Record<string, unknown>)["raw"] === "string");
  const isInfo =
    info === undefined ||
    (typeof info === "object" &&
      info !== null &&
      ["entries", "lastAdd", "lastErase"].every(
        (name) => typeof (info as Record<string, unknown>)[name] === "number",
      ));
  return isInfo && isRecord(first) && isRecord(last) ? kept : undefined;
}
