import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { handleServerStreamingCall, handleUnaryCall, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type * as m from "./messages.ts";

/** Every method with what it takes and gives, by how it answers. Synse v3 §5. */
export interface UnaryMethods {
  readonly Health: readonly [m.Empty, m.V3Health];
  readonly Metadata: readonly [m.Empty, m.V3Metadata];
  readonly Test: readonly [m.Empty, m.V3TestStatus];
  readonly Transaction: readonly [m.V3TransactionSelector, m.V3TransactionStatus];
  readonly Version: readonly [m.Empty, m.V3Version];
}

export interface StreamMethods {
  readonly Devices: readonly [m.V3DeviceSelector, m.V3Device];
  readonly Read: readonly [m.V3ReadRequest, m.V3Reading];
  readonly ReadCache: readonly [m.V3Bounds, m.V3Reading];
  readonly ReadStream: readonly [m.V3StreamRequest, m.V3Reading];
  readonly Transactions: readonly [m.Empty, m.V3TransactionStatus];
  readonly WriteAsync: readonly [m.V3WritePayload, m.V3WriteTransaction];
  readonly WriteSync: readonly [m.V3WritePayload, m.V3TransactionStatus];
}

/** How one method's messages become bytes and back. Those that arrive are whole; those sent may leave fields out. */
export interface V3Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: m.Outgoing<Request>) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: m.Outgoing<Response>) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

export type UnaryTable = {
  readonly [Name in keyof UnaryMethods]: V3Method<UnaryMethods[Name][0], UnaryMethods[Name][1]>;
};
export type StreamTable = {
  readonly [Name in keyof StreamMethods]: V3Method<StreamMethods[Name][0], StreamMethods[Name][1]>;
};
export type V3PluginMethods = UnaryTable & StreamTable;

/** What a server of the protocol implements: hand it with `v3Plugin.service` to `Server.addService`. */
export type V3PluginHandlers = {
  readonly [Name in keyof UnaryMethods]: handleUnaryCall<
    UnaryMethods[Name][0],
    m.Outgoing<UnaryMethods[Name][1]>
  >;
} & {
  readonly [Name in keyof StreamMethods]: handleServerStreamingCall<
    StreamMethods[Name][0],
    m.Outgoing<StreamMethods[Name][1]>
  >;
};

/** The folder of the .proto: beside this file in the sources; a build leaves it where it is. */
const folder = [new URL("./", import.meta.url), new URL("../../../plugins/synse/", import.meta.url)].find(
  (url) => existsSync(new URL("synse.proto", url)),
);

export const protoFile = fileURLToPath(new URL("synse.proto", folder ?? import.meta.url));

/**
 * The service as grpc-js wants it, for clients (`methods`) and servers (`service`). 64-bit integers are texts, enums
 * words, field names as the .proto has them, absent fields have their defaults.
 * @throws Error when the .proto is missing or wrong; a build has it
 */
export function loadV3Plugin(): {
  readonly service: ServiceDefinition;
  readonly methods: V3PluginMethods;
} {
  const loaded = loadSync(protoFile, {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = loaded["synse.V3Plugin"] as ServiceDefinition;
  // The .proto and the types above say the same; a test compares them.
  return { service, methods: service as unknown as V3PluginMethods };
}
