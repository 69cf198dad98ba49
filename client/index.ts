/** A typed client for Bothy sites and other Synse v3 servers, for Node and browsers. See docs/client.md. */
export type { Backoff } from "./backoff.ts";
export {
  type AuditOptions,
  type Client,
  type ClientOptions,
  type ClientReadOptions,
  type ClientScanOptions,
  createClient,
  type FillOptions,
  type SessionOptions,
} from "./client.ts";
export type { Cancel, Clock } from "./clock.ts";
export { ClientError, type ErrorFields, type OwnCode } from "./errors.ts";
export type { Fetch, FetchResponse, Retry } from "./http.ts";
export { parseJson } from "./json.ts";
export type { Controllers, FollowOptions, TraceOptions } from "./controllers.ts";
export type * from "./controller-types.ts";
export type {
  Call,
  PluginsOptions,
  ReadCacheOptions,
  ReadOptions,
  Requests,
  ScanOptions,
  Selection,
  Tags,
  TagsOptions,
} from "./requests.ts";
export type { ConnectionState } from "./connection.ts";
export type { StateChange } from "./exchange.ts";
export type { Session, StreamOptions } from "./session.ts";
export type { Socket, SocketConstructor, SocketEvent } from "./socket.ts";
export type { StreamItem } from "./streams.ts";
export type * from "./types.ts";
