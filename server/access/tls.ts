import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { RequestListener, ServerOptions } from "node:http";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { TlsSection } from "./schema.ts";
import { WatchedFiles } from "./watched-file.ts";

/** How long a client may take to agree on keys. */
const handshakeTimeout = 10_000;

/** @throws BothyError `BAD_CONFIG` for a file that cannot be read, or keys that do not fit */
function readTls({ cert, key, clientCa }: TlsSection): SecureContextOptions {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new BothyError(
        "BAD_CONFIG",
        { source: "http.tls", fault: (error as Error).message },
        { cause: error },
      );
    }
  };
  const options: SecureContextOptions = {
    cert: read(cert),
    key: read(key),
    ...(clientCa === undefined ? {} : { ca: read(clientCa) }),
    minVersion: "TLSv1.2",
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const fault = `${cert} and ${key} cannot be used: ${(error as Error).message}`;
    throw new BothyError("BAD_CONFIG", { source: "http.tls", fault }, { cause: error });
  }
  return options;
}

/**
 * An HTTPS server that takes new certificates without a restart, when the files change.
 * @throws BothyError `BAD_CONFIG`
 */
export function tlsServer(
  section: TlsSection,
  options: ServerOptions,
  handler: RequestListener,
  deps: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Server {
  const { clock, log, signal } = deps;
  const { clientCa, clientsOnly = false } = section;
  const server = createServer(
    {
      ...options,
      ...readTls(section),
      handshakeTimeout,
      // Who shows none may still have a token; who shows a bad one is told so.
      requestCert: clientCa !== undefined,
      rejectUnauthorized: clientsOnly,
    },
    handler,
  );
  const reload = (): void => {
    try {
      server.setSecureContext(readTls(section));
      log.info({ cert: section.cert }, "the certificate was read again");
    } catch (error) {
      log.error({ error: String(error) }, "the new certificate cannot be used; the one before stays");
    }
  };
  const files = [section.cert, section.key, ...(clientCa === undefined ? [] : [clientCa])];
  void new WatchedFiles(files, reload).watch(clock, signal);
  return server;
}
