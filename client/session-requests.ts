import { toReading } from "./readings.ts";
import {
  type Call,
  groupsOf,
  patience,
  payloadOf,
  type ReadCacheOptions,
  type Requests,
} from "./requests.ts";
import type { Asked, Exchange } from "./exchange.ts";
import type { Shape } from "./shape.ts";
import * as shapes from "./shapes.ts";
import type { Reading } from "./types.ts";

const question = <T>(event: string, answer: string, shape: Shape<T>, data?: object): Asked<T> => ({
  event: `request/${event}`,
  answer: `response/${answer}`,
  shape,
  ...(data === undefined ? {} : { data }),
});

const write = <T>(event: string, answer: string, shape: Shape<T>, data: object): Asked<T> => ({
  ...question(event, answer, shape, data),
  write: true,
});

/** The questions of Synse v3 §2, by event. */
export function socketRequests({ ask }: Pick<Exchange, "ask">, timeout: number): Requests {
  const readings = async (event: string, data: object, call?: Call): Promise<readonly Reading[]> =>
    (await ask(question(event, "reading", shapes.readings, data), call)).map(toReading);
  return {
    status: (call) => ask(question("status", "status", shapes.status), call),
    version: (call) => ask(question("version", "version", shapes.version), call),
    config: (call) => ask(question("config", "config", shapes.config), call),
    plugins: ({ refresh, ...call } = {}) =>
      ask(question("plugins", "plugin_summary", shapes.plugins, { refresh }), call),
    plugin: (plugin, call) => ask(question("plugin", "plugin_info", shapes.plugin, { plugin }), call),
    pluginHealth: (call) => ask(question("plugin_health", "plugin_health", shapes.pluginHealth), call),
    scan: ({ tags, ns, force, ...call } = {}) =>
      ask(question("scan", "device_summary", shapes.devices, { tags: groupsOf(tags), ns, force }), call),
    tags: ({ ns, ids, ...call } = {}) => ask(question("tags", "tags", shapes.texts, { ns, ids }), call),
    info: (device, call) => ask(question("info", "device_info", shapes.deviceInfo, { device }), call),
    read: ({ tags, ns, ...call } = {}) => readings("read", { tags: groupsOf(tags), ns }, call),
    readDevice: (device, call) => readings("read_device", { device }, call),
    readCache: async function* ({ start, end, ...call }: ReadCacheOptions = {}) {
      yield* await readings("read_cache", { start, end }, call);
    },
    writeAsync: (device, writes, call) =>
      ask(
        write("write_async", "transaction_info", shapes.transactionInfos, {
          device,
          payload: payloadOf(writes),
        }),
        call,
      ),
    writeSync: (device, writes, call) =>
      ask(
        write("write_sync", "transaction_status", shapes.transactionStatuses, {
          device,
          payload: payloadOf(writes),
        }),
        { timeout: Math.max(timeout, patience), ...call },
      ),
    transaction: (transaction, call) =>
      ask(question("transaction", "transaction_status", shapes.transactionStatus, { transaction }), call),
    transactions: (call) => ask(question("transactions", "transaction_list", shapes.texts), call),
  };
}
