import type { Millis } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, atLeast, bit, type Decode } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { decodeText } from "../type-length.ts";
import { dcmiAnswer, dcmiRequest } from "./dcmi.ts";

/** What a controller can do by DCMI. DCMI v1.5 §6.1; parts that are absent it did not answer. */
export interface DcmiCapabilities {
  /** E.g. `1.5`. */
  readonly version: string;
  readonly powerManagement: boolean;
  readonly sel?: { readonly entries: number; readonly rollsOver: boolean };
  /** Channels of the primary and secondary LAN, and of the serial line. */
  readonly lanChannels?: readonly number[];
  readonly serialChannel?: number;
  /** Which controller limits power: its address; 20h is the BMC. */
  readonly powerController?: number;
  /** Spans over which power is averaged: the byte for `getPowerStatistics`, and how long that is. */
  readonly spans?: readonly { readonly code: number; readonly span: Millis }[];
}

/** Version and data of one parameter. */
interface Parameter {
  readonly version: string;
  readonly data: Buffer;
}

const decodeParameter = dcmiAnswer(3, "DCMI capabilities", (data): Parameter => ({
  version: `${data.readUInt8(0)}.${data.readUInt8(1)}`,
  data: data.subarray(3),
}));

const getParameter = (requester: Requester, parameter: number, options?: AskOptions): Promise<Parameter> =>
  ask(requester, dcmiRequest(0x01, parameter), decodeParameter, options);

/** Seconds, minutes, hours, days. DCMI v1.5 table 6-3. */
const spanUnits = [1000, 60_000, 3_600_000, 86_400_000] as const;
const noChannel = 0xff;

/** What each parameter adds; too short an answer adds nothing. */
const readers: Readonly<Record<number, (data: Buffer) => Partial<DcmiCapabilities>>> = {
  2: (data) =>
    data.length < 2 ? {} : { sel: { entries: data.readUInt16LE(0) & 0x0fff, rollsOver: bit(data[1], 7) } },
  3: ([address]) => (address === undefined ? {} : { powerController: address }),
  4: ([first = noChannel, second = noChannel, serial = noChannel]) => ({
    lanChannels: [first, second].filter((channel) => channel !== noChannel),
    ...(serial === noChannel ? {} : { serialChannel: serial }),
  }),
  5: ([count = 0, ...codes]) => ({
    spans: codes.slice(0, count).map((code) => ({ code, span: (code & 0x3f) * (spanUnits[code >> 6] ?? 0) })),
  }),
};

/** @throws BothyError `UNSUPPORTED` (C1h) without DCMI: see `ifDcmi` */
export async function getDcmiCapabilities(
  requester: Requester,
  options?: AskOptions,
): Promise<DcmiCapabilities> {
  const { version, data } = await getParameter(requester, 1, options);
  let found: DcmiCapabilities = { version, powerManagement: bit(data[1], 0) };
  for (const [parameter, read] of Object.entries(readers)) {
    try {
      found = { ...found, ...read((await getParameter(requester, Number(parameter), options)).data) };
    } catch (thrown) {
      const about = completionOf(thrown) !== undefined;
      if (!about && !(thrown instanceof BothyError && thrown.code === "SHORT_FRAME")) throw thrown;
    }
  }
  return found;
}

const textChunk = 16;
const longestText = 0xff;

/** A text that is read piece by piece: its whole length, and some of it. */
const decodeText16 = dcmiAnswer(1, "DCMI text", (data) => ({
  total: data.readUInt8(0),
  part: data.subarray(1),
}));

async function readText(requester: Requester, command: number, options?: AskOptions): Promise<string> {
  let text = Buffer.alloc(0);
  for (let total = 1; text.length < total;) {
    const count = text.length === 0 ? textChunk : Math.min(textChunk, total - text.length);
    const got = await ask(requester, dcmiRequest(command, text.length, count), decodeText16, options);
    total = Math.min(got.total, longestText);
    if (got.part.length === 0) break;
    text = Buffer.concat([text, got.part.subarray(0, total - text.length)]);
  }
  return decodeText("8-bit", text);
}

/** The asset tag, up to 63 bytes. DCMI v1.5 §6.4.2. */
export const getAssetTag = (requester: Requester, options?: AskOptions): Promise<string> =>
  readText(requester, 0x06, options);

/** What the controller calls itself in the network. DCMI v1.5 §6.4.6. */
export const getControllerIdentifier = (requester: Requester, options?: AskOptions): Promise<string> =>
  readText(requester, 0x09, options);

/** Entities that DCMI knows. DCMI v1.5 table 6-13. */
export const dcmiEntities = { inlet: 0x40, processor: 0x41, board: 0x42 } as const;
export type DcmiEntity = keyof typeof dcmiEntities;

const temperatureType = 0x01;

/** Reads a list whose answers give its total, a count, and items. */
async function readList<T>(
  requester: Requester,
  command: number,
  entity: DcmiEntity,
  itemLength: number,
  decodeItem: (item: Buffer) => T,
  options?: AskOptions,
): Promise<readonly T[]> {
  const items: T[] = [];
  const decode: Decode<{ total: number; data: Buffer }> = dcmiAnswer(2, "DCMI list", (data) => {
    const count = data.readUInt8(1);
    return { total: data.readUInt8(0), data: data.subarray(2, 2 + count * itemLength) };
  });
  for (let total = 1; items.length < total;) {
    const request = dcmiRequest(command, temperatureType, dcmiEntities[entity], 0, items.length + 1);
    const got = await ask(requester, request, decode, options);
    total = got.total;
    if (got.data.length < itemLength) break;
    for (let at = 0; at + itemLength <= got.data.length; at += itemLength)
      items.push(decodeItem(got.data.subarray(at, at + itemLength)));
  }
  return items;
}

/** The SDR record ids of an entity's temperature sensors. DCMI v1.5 §6.5.2. */
export const getDcmiSensors = (
  requester: Requester,
  entity: DcmiEntity,
  options?: AskOptions,
): Promise<readonly number[]> =>
  readList(requester, 0x07, entity, 2, (item) => item.readUInt16LE(0), options);

export interface DcmiTemperature {
  /** °C, whole degrees. */
  readonly celsius: number;
  readonly instance: number;
}

/** The temperatures of an entity, in °C. DCMI v1.5 §6.7.3. */
export const getDcmiTemperatures = (
  requester: Requester,
  entity: DcmiEntity,
  options?: AskOptions,
): Promise<readonly DcmiTemperature[]> => readList(requester, 0x10, entity, 2, decodeTemperature, options);

/** Sign and magnitude. */
function decodeTemperature(item: Buffer): DcmiTemperature {
  const [value = 0, instance = 0] = atLeast(item, 2, "DCMI", "temperature");
  const magnitude = value & 0x7f;
  return { celsius: bit(value, 7) && magnitude > 0 ? -magnitude : magnitude, instance };
}
