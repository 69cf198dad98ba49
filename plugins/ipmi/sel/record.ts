import { bit, nonsense } from "../answer.ts";
import { type EventTime, eventTime } from "./time.ts";

export const selRecordLength = 16;

interface Head {
  /** 1..FFFEh; may wrap, and is not always ascending. */
  readonly id: number;
  readonly type: number;
  /** All 16 bytes, hexadecimal. */
  readonly raw: string;
}

/** Who said so. IPMI v2.0 table 32-1. */
export interface Generator {
  /** Software, whose id `address` then is; else a controller at that address, 20h being the BMC. */
  readonly software: boolean;
  readonly address: number;
  readonly channel: number;
  readonly lun: number;
}

/** What data byte 2 or 3 of an event is. IPMI v2.0 table 29-6. */
export type DataMeaning = "none" | "reading" | "threshold" | "previous-state" | "oem" | "specific";

/** Something that happened to a sensor. IPMI v2.0 table 32-1, record type 02h. */
export interface SensorEvent {
  /** 04h; 03h from IPMI 1.0. */
  readonly revision: number;
  readonly sensorType: number;
  readonly sensor: number;
  /** Whether it began; false: it is over. */
  readonly asserted: boolean;
  /** 01h threshold, 02h..0Ch generic, 6Fh particular to the sensor type, 70h..7Fh only its maker knows. */
  readonly eventType: number;
  /** Which threshold or state, 0..15. */
  readonly offset: number;
  /** The three bytes of event data. */
  readonly data: readonly [number, number, number];
  readonly meaning2: DataMeaning;
  readonly meaning3: DataMeaning;
}

export type SelRecord =
  | (Head & SensorEvent & { readonly kind: "event"; readonly time: EventTime; readonly generator: Generator })
  /** Types C0h..DFh. `data` is hexadecimal. */
  | (Head & {
      readonly kind: "oem-timed";
      readonly time: EventTime;
      readonly maker: number;
      readonly data: string;
    })
  /** Types E0h..FFh. */
  | (Head & { readonly kind: "oem"; readonly data: string })
  /** All other types: some firmware makes them up (HP DL380 G5). */
  | (Head & { readonly kind: "unknown"; readonly data: string });

/**
 * Reads one record. IPMI v2.0 §32.
 * @param bytes 16, of which more are cut
 * @param askedId the id it was asked for by: some firmware puts another one in the record
 * @throws BothyError `BAD_FRAME` when it is too short
 */
export function parseSelRecord(bytes: Uint8Array, askedId?: number, source = "event log"): SelRecord {
  if (bytes.length < selRecordLength) throw nonsense(source, `a record of ${bytes.length} bytes, not 16`);
  const data = Buffer.from(bytes.subarray(0, selRecordLength));
  const type = data.readUInt8(2);
  const head = { id: askedId ?? data.readUInt16LE(0), type, raw: data.toString("hex") };
  if (type === 0x02)
    return { ...head, kind: "event", ...timeAndGenerator(data), ...parseEvent(data.subarray(9)) };
  const rest = (from: number): string => data.toString("hex", from);
  if (type >= 0xe0) return { ...head, kind: "oem", data: rest(3) };
  if (type < 0xc0) return { ...head, kind: "unknown", data: rest(3) };
  const time = eventTime(data.readUInt32LE(3));
  return { ...head, kind: "oem-timed", time, maker: data.readUIntLE(7, 3), data: rest(10) };
}

function timeAndGenerator(data: Buffer): { readonly time: EventTime; readonly generator: Generator } {
  const [address, where] = [data.readUInt8(7), data.readUInt8(8)];
  const software = bit(address, 0);
  return {
    time: eventTime(data.readUInt32LE(3)),
    generator: {
      software,
      address: software ? address >> 1 : address,
      channel: where >> 4,
      lun: where & 3,
    },
  };
}

/** The seven bytes from the revision on, as they are in records and in event messages. IPMI v2.0 §29.7. */
export function parseEvent(data: Buffer): SensorEvent {
  const [revision = 0, sensorType = 0, sensor = 0, direction = 0, first = 0, second = 0xff, third = 0xff] =
    data;
  const eventType = direction & 0x7f;
  return {
    revision,
    sensorType,
    sensor,
    asserted: !bit(direction, 7),
    eventType,
    offset: first & 0x0f,
    data: [first, second, third],
    meaning2: dataMeaning(first >> 6, eventType === 0x01 ? "reading" : "previous-state"),
    meaning3: dataMeaning((first >> 4) & 3, eventType === 0x01 ? "threshold" : "none"),
  };
}

const dataMeaning = (code: number, one: DataMeaning): DataMeaning =>
  (["none", one, "oem", "specific"] as const)[code & 3] ?? "none";
