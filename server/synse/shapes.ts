import type { Instant } from "../../devices/clock.ts";
import { type Device, isReadable, isWritable } from "../../devices/device.ts";
import { formatGoDuration } from "../../devices/go-duration.ts";
import type { Transaction } from "../../devices/transaction.ts";
import { isoTime } from "../json.ts";

/** The JSON objects of Synse v3 §1.4, field names and their mixed case included. */

export const deviceSummary = (device: Device): object => ({
  id: device.id,
  alias: device.alias ?? "",
  info: device.info,
  type: device.type,
  plugin: device.plugin,
  tags: device.tags,
  metadata: device.context,
});

export const deviceInfo = (device: Device, since: Instant): object => ({
  timestamp: isoTime(since),
  id: device.id,
  type: device.type,
  plugin: device.plugin,
  info: device.info,
  alias: device.alias ?? "",
  capabilities: capabilities(device),
  tags: device.tags,
  outputs: device.outputs.map(({ output }) => ({
    name: output.name,
    type: output.type,
    precision: output.precision,
    scalingFactor: 0,
    ...(output.unit === undefined ? {} : { unit: { name: output.unit.name, symbol: output.unit.symbol } }),
  })),
  metadata: device.context,
  sort_index: device.sortIndex,
});

const capabilities = (device: Device): object => ({
  mode: `${isReadable(device) ? "r" : ""}${isWritable(device) ? "w" : ""}`,
  write: { actions: device.actions.map((action) => action.name) },
});

const writeContext = ({ request }: Transaction): object => ({
  action: request.action,
  data: request.data ?? "",
  ...(request.transaction === undefined ? {} : { transaction: request.transaction }),
});

export const transactionInfo = (transaction: Transaction, device: string): object => ({
  id: transaction.id,
  device,
  context: writeContext(transaction),
  timeout: formatGoDuration(transaction.timeout),
});

export const transactionStatus = (transaction: Transaction, device: string): object => ({
  id: transaction.id,
  created: isoTime(transaction.created),
  updated: isoTime(transaction.updated),
  message: transaction.message,
  timeout: formatGoDuration(transaction.timeout),
  status: transaction.status,
  // What went wrong, for programs: Synse clients pass over keys they do not know there.
  context: {
    ...writeContext(transaction),
    ...(transaction.reason === undefined ? {} : { reason: transaction.reason.code }),
  },
  device,
});
