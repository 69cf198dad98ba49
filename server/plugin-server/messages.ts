import type { Instant } from "../../devices/clock.ts";
import { type Device, type DeviceOutput, isReadable, isWritable } from "../../devices/device.ts";
import type { Output } from "../../devices/output.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { defaultNamespace, parseTag } from "../../devices/tag.ts";
import type * as m from "../../plugins/synse/messages.ts";
import { isoTime } from "../json.ts";

/** Our devices and readings as messages of the plugin protocol. Synse v3 §5. */

export type Sent<T> = m.Outgoing<T>;

function tagMessage(text: string): Sent<m.V3Tag> {
  const { namespace, annotation, label } = parseTag(text) ?? { namespace: "", annotation: "", label: text };
  return { namespace, annotation, label };
}

/** A tag of a selector; `**` may stand for the label. Without a namespace it is in the default one. */
export const tagOf = ({ namespace, annotation, label }: m.V3Tag): string =>
  `${namespace === "" ? defaultNamespace : namespace}/${annotation === "" ? "" : `${annotation}:`}${label}`;

const unitMessage = ({ unit }: Output): Sent<m.V3OutputUnit> => ({
  name: unit?.name ?? "",
  symbol: unit?.symbol ?? "",
});

const outputMessage = ({ output }: DeviceOutput): Sent<m.V3DeviceOutput> => ({
  name: output.name,
  type: output.type,
  precision: output.precision,
  scalingFactor: 0,
  ...(output.unit === undefined ? {} : { unit: unitMessage(output) }),
});

/**
 * @param plugin the id of the plugin that is served; of a plugin behind ours, devices have another
 * @param at when it is said
 */
export const deviceMessage = (device: Device, plugin: string, at: Instant): Sent<m.V3Device> => ({
  timestamp: isoTime(at),
  id: device.id,
  type: device.type,
  plugin,
  info: device.info,
  alias: device.alias ?? "",
  metadata: device.context,
  capabilities: {
    mode: `${isReadable(device) ? "r" : ""}${isWritable(device) ? "w" : ""}`,
    write: { actions: device.actions.map(({ name }) => name) },
  },
  tags: device.tags.map(tagMessage),
  outputs: device.outputs.map(outputMessage),
  sortIndex: device.sortIndex,
});

const largest = { int64: 2n ** 63n - 1n, uint64: 2n ** 64n - 1n };

/** Whole numbers stay whole, as those of Synse's own plugins do. What is beyond 64 bits is sent as text. */
function valueMessage(value: Value, embedded: boolean): m.V3Value {
  if (typeof value === "boolean") return { bool_value: value };
  if (typeof value === "string")
    return embedded ? { bytes_value: Buffer.from(value) } : { string_value: value };
  if (typeof value === "number") {
    const whole = Number.isSafeInteger(value) && !Object.is(value, -0);
    return whole ? { int64_value: String(value) } : { float64_value: value };
  }
  const text = String(value);
  if (value >= -largest.int64 - 1n && value <= largest.int64) return { int64_value: text };
  return value > 0n && value <= largest.uint64 ? { uint64_value: text } : { string_value: text };
}

/**
 * A reading as a plugin sends it. One that is bad has no value; what is wrong, and what makes one uncertain, stands in its
 * context, as it does over HTTP.
 * @returns undefined for a value the device does not have
 */
export function readingMessage(device: Device, reading: Reading): Sent<m.V3Reading> | undefined {
  const { id } = reading;
  const found = device.outputs.find(
    ({ output, channel }) => output.name === id.output && channel === id.channel,
  );
  if (found === undefined) return undefined;
  const { output, channel, context } = found;
  const quality =
    reading.quality === "good"
      ? {}
      : { quality: reading.quality, reason: reading.reason.code, reason_text: reading.reason.text };
  return {
    id: device.id,
    timestamp: isoTime(reading.at),
    type: output.type,
    deviceType: device.type,
    deviceInfo: device.info,
    unit: unitMessage(output),
    context: {
      ...device.context,
      ...(channel === undefined ? {} : { channel }),
      ...context,
      ...reading.context,
      ...quality,
    },
    ...(reading.quality === "bad" ? {} : valueMessage(reading.value, output.embedded === true)),
  };
}

/** What the write desk says of a write; Synse v3 §1.4. */
interface WriteJson {
  readonly id: string;
  readonly device: string;
  readonly timeout: string;
  readonly context: { readonly action: string; readonly data: string; readonly transaction?: string };
}

interface StatusJson extends WriteJson {
  readonly created: string;
  readonly updated: string;
  readonly message: string;
  readonly status: "PENDING" | "WRITING" | "DONE" | "ERROR";
}

const contextMessage = ({ action, data, transaction = "" }: WriteJson["context"]): Sent<m.V3WriteData> => ({
  action,
  data: Buffer.from(data),
  transaction,
});

/** @param json as `SynseService.write` gives it */
export function acceptedMessage(json: object): Sent<m.V3WriteTransaction> {
  const { id, device, timeout, context } = json as WriteJson;
  return { id, device, timeout, context: contextMessage(context) };
}

/** @param json as `SynseService.transaction` gives it */
export function statusMessage(json: object): Sent<m.V3TransactionStatus> {
  const { id, created, updated, message, timeout, status, context } = json as StatusJson;
  return { id, created, updated, message, timeout, status, context: contextMessage(context) };
}
