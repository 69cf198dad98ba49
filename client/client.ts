import type { Backoff } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import { controllerRequests, type Controllers } from "./controllers.ts";
import { fault } from "./errors.ts";
import { type Fetch, Http, type Query, segment, type Retry } from "./http.ts";
import { toReading } from "./readings.ts";
import {
  type Call,
  groupsOf,
  patience,
  payloadOf,
  type ReadCacheOptions,
  type ReadOptions,
  type Requests,
  type ScanOptions,
  type Selection,
} from "./requests.ts";
import { createSession, type Session } from "./session.ts";
import * as shapes from "./shapes.ts";
import { type SocketConstructor, socketOpener } from "./socket.ts";
import type * as types from "./types.ts";

export interface ClientOptions {
  /** Where the server is, e.g. `https://hut-17.example:5000`; with a path when a proxy has it below one. */
  readonly url: string;
  /** An API token or JWT, or what gives one, asked before every request. */
  readonly token?: string | (() => string | Promise<string>);
  /** In ms, for a whole call with what is tried again. Default: 10,000; for writes that are waited for 60,000. */
  readonly timeout?: number;
  /**
   * How reads are tried again when the connection fails or a proxy answers for the server; `false`: never. Pauses in
   * ms, random below a bound that doubles. Default: 2 attempts more, after at most 200 ms, later at most 5,000 ms.
   */
  readonly retry?: Partial<Retry> | false;
  readonly fetch?: Fetch;
  /**
   * For sessions. Default: the browser's own, which sends a log-in's cookie but no token; in Node that of the package
   * `ws`, which sends the token.
   */
  readonly WebSocket?: SocketConstructor;
  readonly clock?: Clock;
  /** 0 ≤ random() < 1, for the pauses. */
  readonly random?: () => number;
}

export interface ClientScanOptions extends ScanOptions {
  /** Comma-joined keys, e.g. `type,alias`. Default: `plugin,sortIndex,id`. */
  readonly sort?: string;
}

export interface ClientReadOptions extends ReadOptions {
  /** Only devices of the plugin with this id. */
  readonly plugin?: string;
}

export interface SessionOptions {
  /** Pauses between attempts to connect again, in ms, as in `retry`. Default: 500, later 30,000. */
  readonly backoff?: Partial<Backoff>;
  /** After this time without a message, in ms, a sign of life is asked for. Default: 30,000. */
  readonly idle?: number;
}

export interface AuditOptions extends Call {
  /** ISO 8601; not before then. */
  readonly since?: string;
  /** ISO 8601; not after then. */
  readonly until?: string;
  /** A part of who it was. */
  readonly who?: string;
  /** By id or alias. */
  readonly device?: string;
  /** Only entries with a smaller `n`: the next page. */
  readonly before?: number;
  /** At the most 10,000. Default: 100. */
  readonly limit?: number;
}

export interface FillOptions extends Call {
  /** Resolve when the write has ended, not when it is accepted. */
  readonly wait?: boolean;
}

/** A server over HTTP: what all Synse v3 servers know, and below the line what only Bothy sites do. */
export interface Client extends Requests {
  scan(options?: ClientScanOptions): Promise<readonly types.DeviceSummary[]>;
  read(options?: ClientReadOptions): Promise<readonly types.Reading[]>;

  /** Which site this is, and how it is. */
  site(call?: Call): Promise<types.Site>;
  buses(call?: Call): Promise<readonly types.Bus[]>;
  /** @throws ClientError 404 */
  bus(name: string, call?: Call): Promise<types.Bus>;
  /** Frames as they cross the line of a bus, without end. @throws ClientError 404 */
  frames(bus: string, call?: Call): AsyncIterable<types.FrameLine, void>;
  /** Asks each address of a bus who is there. @throws ClientError 404, 503 while the bus is closed */
  scanBus(
    bus: string,
    range?: { from?: number; to?: number },
    call?: Call,
  ): AsyncIterable<types.ScanLine, void>;
  /** Every error code there is. */
  errors(call?: Call): Promise<readonly types.ErrorEntry[]>;
  /** The latest of each value of a device: quality, age, and what the equipment sent for it. @throws ClientError 404 */
  readings(device: string, call?: Call): Promise<readonly types.DeviceReading[]>;
  /** Who wants what of a device: its priority arrays. @throws ClientError 404 */
  writes(device: string, call?: Call): Promise<readonly types.PriorityArray[]>;
  /** Fills a slot of a priority array. @throws ClientError 400, 404, 405 */
  fill(device: string, action: string, fill: types.Fill, options?: FillOptions): Promise<types.SlotWrite>;
  /** Relinquishes a slot; the next one is in force. @throws ClientError 400, 404 */
  relinquish(
    device: string,
    action: string,
    which?: types.Relinquish,
    call?: Call,
  ): Promise<types.PriorityArray>;
  /** Who one is to the site, and what one may do. */
  whoami(call?: Call): Promise<types.Identity>;
  /**
   * In a browser: sends the token once and is from then on known by a cookie no script can read, on WebSockets too.
   * @throws ClientError 401
   */
  login(call?: Call): Promise<types.Identity>;
  logout(call?: Call): Promise<void>;
  /** Who wrote what, and who was refused, the newest first. @throws ClientError 403 for all but admins */
  audit(options?: AuditOptions): Promise<readonly types.AuditEntry[]>;

  /** What controls the site. */
  readonly controllers: Controllers;

  /** Opens a WebSocket, which is opened again whenever it is lost. What is asked before it is open waits. */
  connect(options?: SessionOptions): Session;
}

/** @throws ClientError `BAD_INPUT` for a URL that is none */
export function createClient(options: ClientOptions): Client {
  const { token, timeout = 10_000, retry = {}, clock = systemClock, random = Math.random } = options;
  const url = baseOf(options.url);
  const tokenNow = async (): Promise<string | undefined> => (typeof token === "function" ? token() : token);
  const http = new Http({
    url,
    token: tokenNow,
    // Looked up when it is used: a page may replace it.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    timeout,
    retry: { attempts: 2, least: 200, most: 5000, ...(retry === false ? { attempts: 0 } : retry) },
    clock,
    random,
  });
  const open = socketOpener(options.WebSocket);
  const connect = ({ backoff, idle = 30_000 }: SessionOptions = {}): Session =>
    createSession({
      url: `${url.replace(/^http/, "ws")}/v3/connect`,
      ...{ open, token: tokenNow, timeout, idle, clock, random },
      backoff: { least: 500, most: 30_000, ...backoff },
      retry: retry !== false,
    });
  return {
    ...synseRequests(http, timeout),
    ...ownRequests(http, timeout),
    controllers: controllerRequests(http),
    connect,
  };
}

function baseOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw fault("BAD_INPUT", `${url} is no URL such as http://127.0.0.1:5000`);
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, "");
}

/** Waiting for a write takes the device's time. */
const patient = (call: Call, timeout: number): Call => ({ timeout: Math.max(timeout, patience), ...call });

type Synse = Pick<Client, keyof Requests>;

function synseRequests(http: Http, timeout: number): Synse {
  const reading = { method: "GET", shape: shapes.readings } as const;
  const device = (name: string): string => segment(name, "a device's id or alias");
  return {
    status: (call) => http.ask({ method: "GET", path: "/test", shape: shapes.status }, call),
    version: (call) => http.ask({ method: "GET", path: "/version", shape: shapes.version }, call),
    config: (call) => http.ask({ method: "GET", path: "/v3/config", shape: shapes.config }, call),
    plugins: ({ refresh, ...call } = {}) =>
      http.ask({ method: "GET", path: "/v3/plugin", query: { refresh }, shape: shapes.plugins }, call),
    plugin: async (id, call) =>
      http.ask(
        { method: "GET", path: `/v3/plugin/${segment(id, "a plugin's id")}`, shape: shapes.plugin },
        call,
      ),
    pluginHealth: (call) =>
      http.ask({ method: "GET", path: "/v3/plugin/health", shape: shapes.pluginHealth }, call),
    scan: async ({ sort, force, ...rest } = {}) =>
      http.ask(
        {
          method: "GET",
          path: "/v3/scan",
          query: { ...selectionQuery(rest), sort, force },
          shape: shapes.devices,
        },
        rest,
      ),
    tags: ({ ns, ids, ...call } = {}) =>
      http.ask({ method: "GET", path: "/v3/tags", query: { ns, ids }, shape: shapes.texts }, call),
    info: async (name, call) =>
      http.ask({ method: "GET", path: `/v3/info/${device(name)}`, shape: shapes.deviceInfo }, call),
    read: async ({ plugin, ...rest } = {}) => {
      const query = { ...selectionQuery(rest), plugin };
      return (await http.ask({ ...reading, path: "/v3/read", query }, rest)).map(toReading);
    },
    readDevice: async (name, call) =>
      (await http.ask({ ...reading, path: `/v3/read/${device(name)}` }, call)).map(toReading),
    readCache: (cacheOptions) => cached(http, cacheOptions),
    writeAsync: async (name, writes, call) =>
      http.ask(
        {
          method: "POST",
          path: `/v3/write/${device(name)}`,
          body: payloadOf(writes),
          shape: shapes.transactionInfos,
        },
        call,
      ),
    writeSync: async (name, writes, call = {}) =>
      http.ask(
        {
          method: "POST",
          path: `/v3/write/wait/${device(name)}`,
          body: payloadOf(writes),
          shape: shapes.transactionStatuses,
        },
        patient(call, timeout),
      ),
    transaction: async (id, call) =>
      http.ask(
        {
          method: "GET",
          path: `/v3/transaction/${segment(id, "a transaction's id")}`,
          shape: shapes.transactionStatus,
        },
        call,
      ),
    transactions: (call) => http.ask({ method: "GET", path: "/v3/transaction", shape: shapes.texts }, call),
  };
}

async function* cached(
  http: Http,
  { start, end, ...call }: ReadCacheOptions = {},
): AsyncGenerator<types.Reading, void> {
  const query: Query = { start, end };
  for await (const line of http.lines(
    { method: "GET", path: "/v3/readcache", query, shape: shapes.reading },
    call,
  ))
    yield toReading(line);
}

/** @throws ClientError `BAD_INPUT` for a tag with a comma: over HTTP it would be two */
function selectionQuery({ tags, ns }: Selection): Query {
  const groups = groupsOf(tags).map((group) => {
    const split = group.find((tag) => tag.includes(","));
    if (split !== undefined) throw fault("BAD_INPUT", `the tag ${split} has a comma`);
    return group.join(",");
  });
  return { ns, tags: groups };
}

type Own = Omit<Client, keyof Requests | "connect" | "controllers">;

function ownRequests(http: Http, timeout: number): Own {
  const bus = (name: string): string => `/api/buses/${segment(name, "a bus")}`;
  const device = (name: string): string => `/api/devices/${segment(name, "a device's id or alias")}`;
  const arrays = (name: string): string => `${device(name)}/writes`;
  return {
    site: (call) => http.ask({ method: "GET", path: "/api/site", shape: shapes.site }, call),
    buses: (call) => http.ask({ method: "GET", path: "/api/buses", shape: shapes.buses }, call),
    bus: async (name, call) => http.ask({ method: "GET", path: bus(name), shape: shapes.bus }, call),
    frames: async function* (name, call) {
      const path = `${bus(name)}/frames`;
      yield* http.lines({ method: "GET", path, shape: shapes.frameLine }, call, true);
    },
    scanBus: async function* (name, body = {}, call = {}) {
      const path = `${bus(name)}/scan`;
      yield* http.lines({ method: "POST", path, body, shape: shapes.scanLine }, call);
    },
    errors: (call) => http.ask({ method: "GET", path: "/api/errors", shape: shapes.errors }, call),
    readings: async (name, call) =>
      http.ask({ method: "GET", path: `${device(name)}/readings`, shape: shapes.deviceReadings }, call),
    writes: async (name, call) =>
      http.ask({ method: "GET", path: arrays(name), shape: shapes.priorityArrays }, call),
    fill: async (name, action, { value, ...fill }, { wait, ...call } = {}) =>
      http.ask(
        {
          method: "PUT",
          path: `${arrays(name)}/${segment(action, "an action")}`,
          query: { wait },
          // As text: the site's own reading of it is exact, also beyond 2^53.
          body: { ...fill, ...(typeof value === "bigint" ? { value: String(value) } : { value }) },
          shape: shapes.slotWrite,
        },
        wait === true ? patient(call, timeout) : call,
      ),
    relinquish: async (name, action, { slot, why } = {}, call = {}) =>
      http.ask(
        {
          method: "DELETE",
          path: `${arrays(name)}/${segment(action, "an action")}`,
          query: { slot, why },
          shape: shapes.priorityArray,
        },
        call,
      ),
    whoami: (call) => http.ask({ method: "GET", path: "/api/session", shape: shapes.identity }, call),
    login: (call) => http.ask({ method: "POST", path: "/api/session", shape: shapes.identity }, call),
    logout: (call) => http.ask({ method: "DELETE", path: "/api/session", shape: shapes.nothing }, call),
    audit: ({ since, until, who, device, before, limit, ...call } = {}) => {
      const query = { since, until, who, device, before, limit };
      return http.ask({ method: "GET", path: "/api/audit", query, shape: shapes.audit }, call);
    },
  };
}
