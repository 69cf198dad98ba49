import type { AddressInfo } from "node:net";
import { isIP } from "node:net";
import type { FastifyInstance } from "fastify";
import { type Millis, seconds, sleep } from "../devices/clock.ts";
import { BothyError } from "../devices/errors.ts";
import { whyNotListen } from "./access/check.ts";
import { createHttp } from "./http.ts";
import type { AddRoutes } from "./routes/parts.ts";
import type { Site } from "./site.ts";

/** How long clients get to take what they asked for once the site stops. */
const closeTimeout: Millis = seconds(2);

/** A site that answers over HTTP. */
export interface ServedSite {
  readonly site: Site;
  readonly http: FastifyInstance;
  /** e.g. `http://127.0.0.1:5000` */
  readonly url: string;
  /** Takes no more requests, ends streams, closes the links; a few seconds at the most. */
  stop(): Promise<void>;
}

/**
 * Starts a site and listens.
 * @throws BothyError `BAD_CONFIG` when the address must not or cannot be listened on
 */
export async function serveSite(site: Site, more: readonly AddRoutes[] = []): Promise<ServedSite> {
  const { host, port } = site.config.http;
  const wrong = whyNotListen(site.config.http, site.config.access);
  if (wrong !== undefined) {
    const fault = `${wrong.message}; ${wrong.remedy}`;
    throw new BothyError("BAD_CONFIG", { source: wrong.path.join("."), fault });
  }
  const http = await createHttp({ ...site, more });
  try {
    await http.listen({ host, port });
  } catch (error) {
    await http.close();
    throw cannotListen(error as NodeJS.ErrnoException, host, port);
  }
  try {
    site.start();
  } catch (error) {
    await http.close();
    throw error;
  }
  const url = urlOf(http, host, site.config.http.tls !== undefined);
  return { site, http, url, stop: () => stopServing(site, http) };
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): BothyError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program listens there; stop it or choose another port with --port",
    EACCES: "this user may not; ports below 1024 need rights, choose another with --port",
    EADDRNOTAVAIL: "this machine has no such address",
    ENOTFOUND: "no such host is known",
  };
  const fault = reasons[error.code ?? ""] ?? error.message;
  return new BothyError("BAD_CONFIG", { source: `listening on ${host}:${port}`, fault }, { cause: error });
}

function urlOf(http: FastifyInstance, host: string, secure: boolean): string {
  const { port } = http.server.address() as AddressInfo;
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${name}:${port}`;
}

async function stopServing(site: Site, http: FastifyInstance): Promise<void> {
  const closed = http.close();
  const patience = new AbortController();
  await Promise.all([
    site.stop(),
    Promise.race([closed, sleep(site.clock, closeTimeout, patience.signal)]).then(() => {
      patience.abort();
      http.server.closeAllConnections();
    }),
  ]);
  await closed;
}
