/** Sensor data records as data. IPMI v2.0 §43. Numbers are as in the record; nothing here is converted. */

/** What something belongs to. IPMI v2.0 §39. */
export interface Entity {
  /** IPMI v2.0 table 43-13. */
  readonly id: number;
  /** 0..5Fh across the system, 60h..7Fh relative to the controller. */
  readonly instance: number;
  /** A group of things rather than one thing. */
  readonly logical: boolean;
}

interface Head {
  readonly recordId: number;
  /** The record's type, e.g. 01h. */
  readonly type: number;
}

/** How a sensor's number comes about. IPMI v2.0 §36.3. */
export interface Factors {
  /** −512..511. */
  readonly m: number;
  /** −512..511. */
  readonly b: number;
  /** K1, −8..7. */
  readonly bExponent: number;
  /** K2, −8..7. */
  readonly rExponent: number;
  /** Half raw counts, 0..63. */
  readonly tolerance: number;
  /** Hundredths of a percent before `accuracyExponent`, 0..1023. */
  readonly accuracy: number;
  readonly accuracyExponent: number;
}

/** How the raw byte is signed; `none`: it carries no number. */
export type AnalogFormat = "unsigned" | "ones-complement" | "twos-complement" | "none";

/** What a number is in. IPMI v2.0 table 43-1, bytes 21 to 23. */
export interface UnitCodes {
  readonly percent: boolean;
  /** IPMI v2.0 table 43-15. */
  readonly base: number;
  /** How `modifier` joins the base unit. */
  readonly join: "none" | "divided" | "multiplied";
  readonly modifier: number;
  /** 0 none, 1 per µs, 2 ms, 3 s, 4 minute, 5 hour, 6 day. */
  readonly rate: number;
}

/** Whether the BMC lets hysteresis or thresholds be seen and changed. */
export type Access = "none" | "readable" | "settable" | "fixed";

/** From the mildest to the worst, low ones first. */
export const thresholdNames = ["lnc", "lc", "lnr", "unc", "uc", "unr"] as const;
/** Lower and upper, non-critical, critical and non-recoverable. */
export type ThresholdName = (typeof thresholdNames)[number];
/** Raw bytes of those thresholds there are. */
export type RawThresholds = Readonly<Partial<Record<ThresholdName, number>>>;

/** What full, compact and event-only records have in common. */
interface SensorHead extends Head {
  /** Address of the controller that owns it (20h the BMC), or with bit 0 set a software id. */
  readonly owner: number;
  readonly channel: number;
  readonly lun: number;
  readonly number: number;
  readonly entity: Entity;
  /** IPMI v2.0 table 42-3. */
  readonly sensorType: number;
  /** Event/reading type: 01h thresholds, 6Fh states of the sensor type. IPMI v2.0 table 42-1. */
  readonly eventType: number;
  readonly oem: number;
  readonly name: string;
}

/** What full and compact records have in common. */
interface ReadableHead extends SensorHead {
  readonly initialisation: number;
  readonly ignoreIfAbsent: boolean;
  readonly rearmsItself: boolean;
  readonly hysteresisAccess: Access;
  readonly thresholdAccess: Access;
  readonly eventControl: "per-state" | "sensor" | "global" | "none";
  /** Bytes 14 to 19: three words, of which the meaning depends on the event type. */
  readonly assertMask: number;
  readonly deassertMask: number;
  readonly readingMask: number;
  readonly format: AnalogFormat;
  readonly units: UnitCodes;
  readonly hysteresis: { readonly positive: number; readonly negative: number };
}

/** One record for several sensors whose numbers follow each other. IPMI v2.0 table 43-2. */
export interface Sharing {
  /** 1..15. */
  readonly count: number;
  readonly suffix: "number" | "letter";
  /** Added to the position of each: the first suffix. */
  readonly offset: number;
  /** Whether the entity's instance follows the sensor's number. */
  readonly entityIncrements: boolean;
}

/** Type 01h. IPMI v2.0 table 43-1. */
export interface FullRecord extends ReadableHead {
  readonly kind: "full";
  /** 0 linear … 11 cube root, 70h and up: factors differ from reading to reading. */
  readonly linearization: number;
  readonly factors: Factors;
  readonly direction: number;
  readonly nominal?: number;
  readonly normalMaximum?: number;
  readonly normalMinimum?: number;
  readonly maximum: number;
  readonly minimum: number;
  /** All six as they stand there, also those that mean nothing. */
  readonly thresholds: Readonly<Record<ThresholdName, number>>;
}

/** Type 02h. IPMI v2.0 table 43-2. */
export interface CompactRecord extends ReadableHead {
  readonly kind: "compact";
  readonly sharing: Sharing;
}

/** Type 03h. IPMI v2.0 table 43-3. */
export interface EventOnlyRecord extends SensorHead {
  readonly kind: "event-only";
  readonly sharing: Sharing;
}

/** An entity by the controller that knows it; `address` and `channel` are 0 unless the record is of type 09h. */
export interface EntityAt {
  readonly id: number;
  readonly instance: number;
  readonly address: number;
  readonly channel: number;
}

/** Types 08h and 09h: what is part of what. IPMI v2.0 tables 43-4, 43-5. */
export interface AssociationRecord extends Head {
  readonly kind: "association";
  readonly container: EntityAt;
  /** The four are two ranges, from the first to the second and from the third to the fourth. */
  readonly isRange: boolean;
  /** More records of the same container follow. */
  readonly isLinked: boolean;
  readonly presenceAssumed: boolean;
  /** Four; those with id 0 are empty. */
  readonly contained: readonly EntityAt[];
}

interface Locator extends Head {
  readonly entity: Entity;
  readonly oem: number;
  readonly name: string;
}

/** Type 10h. IPMI v2.0 table 43-7. */
export interface GenericLocatorRecord extends Locator {
  readonly kind: "generic-locator";
  readonly accessAddress: number;
  readonly slaveAddress: number;
  readonly channel: number;
  readonly lun: number;
  readonly bus: number;
  readonly span: number;
  readonly deviceType: number;
  readonly modifier: number;
}

/** Type 11h. IPMI v2.0 table 43-8. */
export interface FruLocatorRecord extends Locator {
  readonly kind: "fru-locator";
  /** The controller that is asked, 20h the BMC. */
  readonly accessAddress: number;
  /** Read with Read FRU Data by `fruId`; otherwise a memory chip at `slaveAddress`. */
  readonly isLogical: boolean;
  /** 0 when it is not logical. */
  readonly fruId: number;
  /** 0 when it is logical. */
  readonly slaveAddress: number;
  readonly channel: number;
  readonly lun: number;
  readonly bus: number;
  readonly deviceType: number;
  readonly modifier: number;
}

/** Type 12h. IPMI v2.0 table 43-9. */
export interface ControllerLocatorRecord extends Locator {
  readonly kind: "controller-locator";
  readonly slaveAddress: number;
  readonly channel: number;
  readonly powerFlags: number;
  /** [7] chassis [6] bridge [5] event generator [4] event receiver [3] FRU [2] SEL [1] SDR repository [0] sensors. */
  readonly capabilities: number;
}

/** Type C0h. IPMI v2.0 table 43-12. */
export interface OemRecord extends Head {
  readonly kind: "oem";
  readonly manufacturer: number;
  readonly data: Uint8Array;
}

/** A type that is not looked into. */
export interface OtherRecord extends Head {
  readonly kind: "other";
  /** Whole, with its head. */
  readonly bytes: Uint8Array;
}

/** What cannot be what it says it is. */
export interface FaultyRecord extends Head {
  readonly kind: "faulty";
  /** For people. */
  readonly fault: string;
  readonly bytes: Uint8Array;
}

export type SensorRecord = FullRecord | CompactRecord | EventOnlyRecord;
export type SdrRecord =
  | SensorRecord
  | AssociationRecord
  | GenericLocatorRecord
  | FruLocatorRecord
  | ControllerLocatorRecord
  | OemRecord
  | OtherRecord
  | FaultyRecord;
