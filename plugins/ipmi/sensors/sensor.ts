import {
  type Access,
  type CompactRecord,
  type Entity,
  type FullRecord,
  type RawThresholds,
  type SdrRecord,
  type SensorRecord,
  type Sharing,
  type ThresholdName,
  thresholdNames,
} from "../sdr/model.ts";
import { type Analog, analogOf } from "./analog.ts";
import { entityText, sensorTypeName } from "./names.ts";
import { eventTypes } from "./states.ts";

/** One sensor, whatever record it came from. Plain data. */
export interface Sensor {
  /** Owner, channel, LUN and number, hexadecimal: stays when the repository is rewritten. E.g. `20.0.0.1`. */
  readonly key: string;
  readonly owner: number;
  readonly channel: number;
  readonly lun: number;
  readonly number: number;
  /** The record it was described by; may change. */
  readonly recordId: number;
  /** With its suffix when the record is shared; never empty; not unique. */
  readonly name: string;
  readonly entity: Entity;
  /** E.g. `processor 1`. */
  readonly entityText: string;
  readonly type: number;
  /** E.g. `temperature`. */
  readonly typeText: string;
  readonly eventType: number;
  /** `threshold`: of a number; `discrete`: of states; `oem`: states only its maker can name. */
  readonly class: "threshold" | "discrete" | "oem";
  /** Absent when it has no number. */
  readonly analog?: Analog;
  /** Which states it can show, bit by bit. 0 for thresholds. */
  readonly stateMask: number;
  readonly thresholds: {
    readonly access: Access;
    readonly readable: readonly ThresholdName[];
    readonly settable: readonly ThresholdName[];
    /** Which the BMC compares and reports itself. */
    readonly reported: readonly ThresholdName[];
    /** As in the record; the BMC may have others meanwhile unless `access` is `fixed`. */
    readonly raw: RawThresholds;
  };
  /** Raw counts, as in the record. */
  readonly hysteresis: { readonly access: Access; readonly positive: number; readonly negative: number };
  readonly eventControl: "per-state" | "sensor" | "global" | "none";
  /** Which controller to ask, when that is not the BMC. */
  readonly target?: { readonly channel: number; readonly address: number };
  /** Why no command reaches it: no controller is behind its owner. */
  readonly unreachable?: string;
  /** It only sends events: it cannot be read. */
  readonly eventOnly: boolean;
}

export interface DescribeOptions {
  /** Takes every owner for the BMC: some firmware writes wrong ones (Fujitsu RX300, HP DL140). Default false. */
  readonly assumeBmc?: boolean;
}

const bmcAddress = 0x20;
const allStates = 0x7fff;
const unshared: Sharing = { count: 1, suffix: "number", offset: 0, entityIncrements: false };

/**
 * All sensors of a repository, in its order; shared records make several. Of several descriptions of one sensor the first
 * that can be read counts.
 */
export function describeSensors(
  records: readonly SdrRecord[],
  options: DescribeOptions = {},
): readonly Sensor[] {
  const sensors = new Map<string, Sensor>();
  for (const record of records) {
    if (record.kind !== "full" && record.kind !== "compact" && record.kind !== "event-only") continue;
    for (const sensor of sensorsOf(record, options)) {
      const before = sensors.get(sensor.key);
      if (before === undefined || (before.eventOnly && !sensor.eventOnly)) sensors.set(sensor.key, sensor);
    }
  }
  return [...sensors.values()];
}

/** The sensors of one record. IPMI v2.0 §43.2. */
function sensorsOf(record: SensorRecord, options: DescribeOptions): readonly Sensor[] {
  const sharing = record.kind === "full" ? unshared : record.sharing;
  const first = describe(record, options);
  if (sharing.count === 1) return [first];
  return Array.from({ length: sharing.count }, (_, k) => {
    const instance = record.entity.instance + (sharing.entityIncrements ? k : 0);
    const entity = { ...record.entity, instance: instance & 0x7f };
    const number = record.number + k;
    return {
      ...first,
      key: keyOf({ ...record, number }),
      number,
      name: `${first.name}${suffixOf(sharing, k)}`,
      entity,
      entityText: entityText(entity),
    };
  }).filter(({ number }) => number <= 0xff);
}

/** Numbers count from the offset, letters from A. */
function suffixOf({ suffix, offset }: Sharing, k: number): string {
  const n = offset + k;
  if (suffix === "number") return String(n);
  const letter = String.fromCharCode(0x41 + (n % 26));
  return n < 26 ? letter : `${String.fromCharCode(0x40 + Math.floor(n / 26))}${letter}`;
}

const keyOf = ({ owner, channel, lun, number }: SensorRecord): string =>
  [owner, channel, lun, number].map((part) => part.toString(16)).join(".");

function describe(record: SensorRecord, { assumeBmc = false }: DescribeOptions): Sensor {
  const { recordId, owner, channel, lun, number, entity, eventType, sensorType } = record;
  const typeText = sensorTypeName(sensorType);
  return {
    key: keyOf(record),
    owner,
    channel,
    lun,
    number,
    recordId,
    name: record.name === "" ? `${typeText} ${number}` : record.name,
    entity,
    entityText: entityText(entity),
    type: sensorType,
    typeText,
    eventType,
    class: classOf(record),
    stateMask: eventType === eventTypes.threshold ? 0 : maskOf(record),
    thresholds: noThresholds,
    hysteresis: { access: "none", positive: 0, negative: 0 },
    eventControl: "none",
    eventOnly: record.kind === "event-only",
    ...(record.kind === "event-only" ? {} : ofReadable(record)),
    ...placeOf(record, assumeBmc),
  };
}

function classOf({ eventType, sensorType }: SensorRecord): Sensor["class"] {
  if (eventType === eventTypes.threshold) return "threshold";
  if (eventType === eventTypes.sensorSpecific) return sensorType >= 0xc0 ? "oem" : "discrete";
  return eventType >= 0x02 && eventType <= 0x0c ? "discrete" : "oem";
}

/** A record whose mask of readings is empty may still say which states make events. */
function maskOf(record: SensorRecord): number {
  if (record.kind === "event-only") return allStates;
  const { readingMask, assertMask, deassertMask } = record;
  return readingMask & allStates || (assertMask | deassertMask) & allStates || allStates;
}

const noThresholds: Sensor["thresholds"] = {
  access: "none",
  readable: [],
  settable: [],
  reported: [],
  raw: {},
};

function ofReadable(record: FullRecord | CompactRecord) {
  const { hysteresis, hysteresisAccess, eventControl } = record;
  const analog = record.kind === "full" ? analogOf(record) : undefined;
  const isThreshold = record.eventType === eventTypes.threshold;
  return {
    ...(analog === undefined ? {} : { analog }),
    ...(isThreshold ? { thresholds: thresholdsOf(record) } : {}),
    hysteresis: { access: isThreshold ? hysteresisAccess : "none", ...hysteresis } as const,
    eventControl,
  };
}

/** Bits 12 to 14 of the event masks say which comparisons are reported. IPMI v2.0 table 43-1, bytes 15 to 20. */
function thresholdsOf(record: FullRecord | CompactRecord): Sensor["thresholds"] {
  const { thresholdAccess, assertMask, deassertMask, readingMask } = record;
  const readable = thresholdAccess === "none" ? [] : thresholdsIn(readingMask);
  const raw = record.kind === "full" ? record.thresholds : {};
  return {
    access: thresholdAccess,
    readable,
    settable: thresholdAccess === "settable" ? thresholdsIn(readingMask >> 8) : [],
    reported: thresholdsIn(((assertMask >> 12) & 7) | (((deassertMask >> 12) & 7) << 3)),
    raw: Object.fromEntries(Object.entries(raw).filter(([name]) => (readable as string[]).includes(name))),
  };
}

/** The thresholds of a mask: bit 0 lnc … bit 5 unr. IPMI v2.0 table 35-9. */
export const thresholdsIn = (mask: number): readonly ThresholdName[] =>
  thresholdNames.filter((_, bit) => ((mask >> bit) & 1) !== 0);

/** Whom to ask, or why nobody. IPMI v2.0 table 43-1, bytes 6 and 7. */
function placeOf(
  { owner, channel }: SensorRecord,
  assumeBmc: boolean,
): Pick<Sensor, "target" | "unreachable"> {
  if (assumeBmc || (owner === bmcAddress && channel === 0)) return {};
  if ((owner & 1) === 0) return { target: { channel, address: owner } };
  return { unreachable: `it belongs to software (id ${hex(owner >> 1)}), not to a controller` };
}

const hex = (byte: number): string => `${byte.toString(16).padStart(2, "0").toUpperCase()}h`;

/** Those that never have a reading: what they have to say comes as events, and stands in the event log. */
export const eventOnlySensors = (sensors: readonly Sensor[]): readonly Sensor[] =>
  sensors.filter((sensor) => sensor.eventOnly);
