// A Synse plugin inside the test, every answer of which is in the test's hand.
import type { TestContext } from "node:test";
import { Server, ServerCredentials, type ServerErrorResponse } from "@grpc/grpc-js";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type {
  Outgoing,
  V3Device,
  V3Health,
  V3Metadata,
  V3Reading,
  V3StreamRequest,
  V3TransactionStatus,
  V3WritePayload,
} from "../../plugins/synse/messages.ts";
import { loadV3Plugin, type V3PluginHandlers } from "../../plugins/synse/proto.ts";

type ReadStream = ServerWritableStream<V3StreamRequest, Outgoing<V3Reading>>;

/** What the plugin says. Change it at any time. */
export interface TestPlugin {
  metadata: Outgoing<V3Metadata>;
  devices: readonly Outgoing<V3Device>[];
  readings: readonly Outgoing<V3Reading>[];
  health: Outgoing<V3Health>;
  /** What follows one write, look by look; the last stays. */
  outcomes: readonly Outgoing<V3TransactionStatus>[];
  /** Calls that are never answered, by method. */
  readonly silent: Set<string>;
  /** How calls fail, by method. */
  readonly failing: Map<string, Partial<ServerErrorResponse>>;
  /** Every call so far, by method. */
  readonly calls: string[];
  readonly writes: V3WritePayload[];
  readonly streams: Set<ReadStream>;
  readonly port: number;
  /** Hangs up on everybody. */
  stop(): void;
}

export const reading = (device: string, more: Outgoing<V3Reading> = {}): Outgoing<V3Reading> => ({
  id: device,
  timestamp: "2031-05-06T07:08:09Z",
  type: "temperature",
  unit: { name: "celsius", symbol: "C" },
  ...more,
});

export const device = (id: string, more: Outgoing<V3Device> = {}): Outgoing<V3Device> => ({
  id,
  type: "temperature",
  info: `Device ${id}`,
  alias: id,
  capabilities: { mode: "rw" },
  outputs: [
    { name: "temperature", type: "temperature", precision: 2, unit: { name: "celsius", symbol: "C" } },
  ],
  ...more,
});

export async function startTestPlugin(t: TestContext): Promise<TestPlugin> {
  const server = new Server();
  const state: TestPlugin = {
    metadata: { id: "plugin-1", tag: "tests/plugin", name: "plugin", maintainer: "tests" },
    devices: [device("a")],
    readings: [reading("a", { float64_value: 20 })],
    health: { status: "OK" },
    outcomes: [{ status: "DONE" }],
    silent: new Set(),
    failing: new Map(),
    calls: [],
    writes: [],
    streams: new Set(),
    port: 0,
    stop: () => server.forceShutdown(),
  };
  server.addService(loadV3Plugin().service, handlers(state));
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return Object.assign(state, { port });
}

function handlers(state: TestPlugin): V3PluginHandlers {
  /** Whether a call is answered at all. */
  const answers = (name: string, fail: (error: Partial<ServerErrorResponse>) => void): boolean => {
    state.calls.push(name);
    const error = state.failing.get(name);
    if (error !== undefined) fail(error);
    return error === undefined && !state.silent.has(name);
  };
  const list = <Request, Response>(
    name: string,
    make: (request: Request) => readonly Response[],
  ): ((call: ServerWritableStream<Request, Response>) => void) => {
    return (call) => {
      if (!answers(name, (error) => call.emit("error", error))) return;
      for (const message of make(call.request)) call.write(message);
      call.end();
    };
  };
  type Reply<Response> = (error: Partial<ServerErrorResponse> | null, response?: Response) => void;
  const one = <Response>(
    name: string,
    make: () => Response,
  ): ((call: unknown, reply: Reply<Response>) => void) => {
    return (_call, reply) => {
      if (answers(name, (error) => reply(error))) reply(null, make());
    };
  };
  let looks = 0;
  return {
    Test: one("Test", () => ({ ok: true })),
    Metadata: one("Metadata", () => state.metadata),
    Version: one("Version", () => ({ pluginVersion: "1.0.0" })),
    Health: one("Health", () => state.health),
    Transaction: one(
      "Transaction",
      () => state.outcomes[Math.min(looks++, state.outcomes.length - 1)] ?? { status: "PENDING" },
    ),
    Transactions: list("Transactions", () => []),
    Devices: list("Devices", () => state.devices),
    Read: list("Read", ({ selector }: { selector: { id: string } | null }) =>
      state.readings.filter(({ id }) => selector === null || selector.id === "" || selector.id === id),
    ),
    ReadCache: list("ReadCache", () => []),
    ReadStream: (call) => {
      if (!answers("ReadStream", (error) => call.emit("error", error))) return;
      state.streams.add(call);
      call.on("close", () => state.streams.delete(call));
      call.on("cancelled", () => state.streams.delete(call));
    },
    WriteAsync: list("WriteAsync", (payload: V3WritePayload) => {
      state.writes.push(payload);
      return payload.data.map(({ transaction }) => ({ id: transaction, timeout: "30s" }));
    }),
    WriteSync: list("WriteSync", () => []),
  };
}
