import { setMaxListeners } from "node:events";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type Clock, type Millis, seconds, sleep } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log, Plugin } from "../../devices/plugin.ts";
import { loadV3Plugin } from "../../plugins/synse/proto.ts";
import type { Site } from "../site.ts";
import { type Address, isOpen, targetOf } from "./address.ts";
import { PluginAnswers } from "./answers.ts";
import { v3Handlers } from "./handlers.ts";
import { makeRoomFor, removeSocket } from "./socket-file.ts";

/** How long calls under way get to end once the plugin stops. */
const closeTimeout: Millis = seconds(2);

/** What one client may ask for; and how a client that vanished without a word is found out. */
const limits = {
  "grpc.max_receive_message_length": 1_048_576,
  "grpc.max_concurrent_streams": 1000,
  "grpc.keepalive_time_ms": seconds(20),
  "grpc.keepalive_timeout_ms": seconds(20),
};

/** PEM texts. TLS 1.2 or newer. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Who may sign the certificates of clients; absent: they need none. */
  readonly clientCa?: Buffer;
}

export interface ServeOptions {
  readonly address: Address;
  readonly tls?: ServerTls;
  /** Whether to listen beyond this machine although nobody has to prove who they are. */
  readonly allowInsecure?: boolean;
}

/** A plugin that is served. */
export interface ServedPlugin {
  /** Its id. */
  readonly id: string;
  /** Where it is reached, as grpc writes it: `127.0.0.1:5001`, `unix:/run/bothy.sock`. */
  readonly target: string;
  /** Takes no more calls, ends streams, closes the links, removes the socket. Any number of times. */
  stop(): Promise<void>;
}

/**
 * Starts a site and serves it as one plugin, over the protocol between Synse's server and its plugins. Synse v3 §5.
 * @param site not started; its buses all speak `plugin`
 * @throws BothyError `BAD_CONFIG` when the address must not or cannot be listened on
 */
export async function servePlugin(site: Site, plugin: Plugin, options: ServeOptions): Promise<ServedPlugin> {
  const { address, tls, allowInsecure } = options;
  if (isOpen(address) && tls?.clientCa === undefined && allowInsecure !== true) throw insecure(address);
  const ended = new AbortController();
  // Every stream listens to it.
  setMaxListeners(0, ended.signal);
  const answers = new PluginAnswers(site, plugin);
  const server = new Server(limits);
  server.addService(loadV3Plugin().service, v3Handlers({ answers, log: site.log, signal: ended.signal }));
  if (address.kind === "unix") await makeRoomFor(address.path);
  const port = await bind(server, address, tls);
  try {
    site.start();
  } catch (error) {
    server.forceShutdown();
    if (address.kind === "unix") await removeSocket(address.path);
    throw error;
  }
  const target = targetOf(address, port);
  let stopping: Promise<void> | undefined;
  return {
    id: answers.id,
    target,
    stop: () => (stopping ??= stopServing(site, server, address, ended)),
  };
}

async function stopServing(site: Site, server: Server, address: Address, ended: AbortController) {
  ended.abort();
  await Promise.all([site.stop(), shutDown(server, site.clock, site.log)]);
  if (address.kind === "unix") await removeSocket(address.path);
}

async function shutDown(server: Server, clock: Clock, log: Log): Promise<void> {
  const patience = new AbortController();
  const closed = new Promise<void>((resolve) => {
    server.tryShutdown((error) => {
      if (error !== undefined) log.debug({}, `the plugin server: ${error.message}`);
      resolve();
    });
  });
  await Promise.race([closed, sleep(clock, closeTimeout, patience.signal)]);
  patience.abort();
  server.forceShutdown();
}

function credentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  const pair = { cert_chain: cert, private_key: key };
  return ServerCredentials.createSsl(clientCa ?? null, [pair], clientCa !== undefined);
}

function bind(server: Server, address: Address, tls: ServerTls | undefined): Promise<number> {
  const target = targetOf(address);
  const cannot = (cause: unknown): BothyError => {
    const fault = cause instanceof Error ? cause.message : String(cause);
    return new BothyError("BAD_CONFIG", { source: `listening on ${target}`, fault }, { cause });
  };
  return new Promise((resolve, reject) => {
    try {
      server.bindAsync(target, credentials(tls), (error, port) => {
        if (error === null) resolve(port);
        else reject(cannot(error));
      });
    } catch (error) {
      reject(cannot(error));
    }
  });
}

const insecure = (address: Address): BothyError =>
  new BothyError("BAD_CONFIG", {
    source: `listening on ${targetOf(address)}`,
    fault:
      "other machines reach it, and whoever does may switch equipment: give --tls-cert, --tls-key and --tls-client-ca, or listen " +
      "on 127.0.0.1 or a --socket; Synse's own server cannot show a certificate: where only it reaches the address, add --allow-insecure",
  });
