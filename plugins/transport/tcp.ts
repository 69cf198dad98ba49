import { connect, type Socket } from "node:net";
import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { type Line, settler } from "./line.ts";

export interface TcpConfig {
  readonly host: string;
  readonly port: number;
  /** Default 5 s. */
  readonly connectTimeout?: Millis;
}

const defaultConnectTimeout: Millis = 5000;
/** Idle time after which the system asks whether the other end is still there. */
const keepAliveAfter: Millis = 10_000;

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there: check the port, and that the device allows another connection",
  EHOSTUNREACH: "no way to that address: check the network and the address",
  ENETUNREACH: "no way to that address: check the network and the address",
  ENOTFOUND: "the name is not known: check the spelling, or write the address",
  ETIMEDOUT: "no reply: check that the device has power and the address is right",
  ECONNRESET: "the other end hung up",
};

const faultOf = (error: Error & { code?: string }): string => {
  const remedy = remedies[error.code ?? ""];
  return remedy === undefined ? error.message : `${error.message}; ${remedy}`;
};

/**
 * Connects to a socket. An attempt that takes too long, or is aborted, leaves nothing behind.
 * @throws BothyError `LINE_DOWN` with a remedy, `STOPPED` when aborted
 */
export function openTcp(config: TcpConfig, clock: Clock, signal?: AbortSignal): Promise<Line> {
  const name = `${config.host}:${config.port}`;
  const timeout = config.connectTimeout ?? defaultConnectTimeout;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new BothyError("STOPPED", { source: name }));
      return;
    }
    const socket = connect({ host: config.host, port: config.port, noDelay: true });
    const line = lineOn(socket, name);
    const over = (): void => {
      cancel();
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: BothyError): void => {
      over();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(new BothyError("STOPPED", { source: name }));
    const cancel = clock.at(clock.monotonic() + timeout, () => {
      const fault = `no connection within ${timeout} ms; ${remedies["ETIMEDOUT"] ?? ""}`;
      fail(new BothyError("LINE_DOWN", { source: name, fault }));
    });
    signal?.addEventListener("abort", abort, { once: true });
    void line.closed.then((error) => fail(error ?? new BothyError("STOPPED", { source: name })));
    socket.once("connect", () => {
      over();
      socket.setKeepAlive(true, keepAliveAfter);
      resolve(line);
    });
  });
}

function lineOn(socket: Socket, name: string): Line {
  const { promise, settle } = settler<BothyError | undefined>();
  let listener: (bytes: Uint8Array) => void = () => undefined;
  const down = (fault: string, cause?: Error): void =>
    settle(new BothyError("LINE_DOWN", { source: name, fault }, { cause }));
  socket.on("data", (bytes) => listener(bytes));
  socket.on("error", (error) => {
    down(faultOf(error), error);
    socket.destroy();
  });
  // Half a connection is none: a unit that will hear nothing more cannot be asked.
  socket.on("end", () => {
    down("the other end closed the connection");
    socket.destroy();
  });
  socket.on("close", () => down("the connection is closed"));
  return {
    name,
    write: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    receive: (next) => {
      listener = next;
    },
    closed: promise,
    close: () => {
      settle(undefined);
      // Reset: what the system still holds for an end that cannot be reached must not get there minutes later, when
      // something else was commanded since.
      socket.resetAndDestroy();
      return Promise.resolve();
    },
  };
}
