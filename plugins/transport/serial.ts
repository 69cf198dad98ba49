import { SerialPort } from "serialport";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import { noticeHangUp } from "./hang-up.ts";
import { type Line, settler } from "./line.ts";
import { type Rs485Config, setRs485 } from "./rs485.ts";

export interface SerialConfig {
  /** The device, e.g. `/dev/ttyUSB0`. */
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits?: 7 | 8 | undefined;
  readonly parity?: "none" | "even" | "odd" | undefined;
  readonly stopBits?: 1 | 2 | undefined;
  readonly rs485?: Rs485Config | undefined;
}

/** What the system says when a port does not open, and what to do about it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /no such (file|device)/i,
    "check that the adapter is plugged in and the path is right (ls /dev/serial/by-id)",
  ],
  [
    /permission denied|access denied/i,
    "add the user to the group that owns it, usually dialout, and log in again",
  ],
  [
    /cannot lock|busy|temporarily unavailable/i,
    "another program has the port: find it with fuser, and stop it",
  ],
  [/not a tty|inappropriate ioctl|not a character device/i, "that is no serial port: check the path"],
  [/invalid (setting|argument)/i, "the port cannot do this baud rate, parity or number of bits"],
];

/** The system's words with what to do about them. */
export function serialFault(message: string): string {
  const remedy = remedies.find(([pattern]) => pattern.test(message))?.[1];
  return remedy === undefined ? message : `${message}; ${remedy}`;
}

/**
 * Opens a serial port.
 * @throws BothyError `LINE_DOWN` with a remedy
 */
export async function openSerial(config: SerialConfig, log: Log): Promise<Line> {
  const { path, baudRate, dataBits = 8, parity = "none", stopBits = 1, rs485 } = config;
  const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
  const { promise, settle } = settler<BothyError | undefined>();
  let listener: (bytes: Uint8Array) => void = () => undefined;
  const down = (message: string, cause?: Error): void =>
    settle(new BothyError("LINE_DOWN", { source: path, fault: serialFault(message) }, { cause }));
  await opened(port, path);
  noticeHangUp(port.port);
  port.on("data", (bytes: Buffer) => listener(bytes));
  port.on("error", (error) => {
    down(error.message, error);
    if (port.isOpen) port.close(() => undefined);
  });
  port.on("close", (error?: Error | null) => down(whyClosed(error), error ?? undefined));
  if (rs485 !== undefined) await direct(port, rs485, log);
  return {
    name: path,
    // The callback is never waited for: after a close it never comes.
    write: (bytes) => {
      if (port.isOpen) port.write(bytes);
    },
    receive: (next) => {
      listener = next;
    },
    closed: promise,
    close: () =>
      new Promise((resolve) => {
        settle(undefined);
        if (!port.isOpen) resolve();
        else port.close(() => resolve());
      }),
  };
}

/** A pulled adapter closes the port with an error that says so; a port or its stream that ends otherwise says nothing. */
export const whyClosed = (error: Error | null | undefined): string =>
  error instanceof Error ? `the port is gone: ${error.message}` : "the port is closed";

function opened(port: SerialPort, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    port.open((error) => {
      if (error === null) resolve();
      else {
        const fault = serialFault(error.message);
        reject(new BothyError("LINE_DOWN", { source: path, fault }, { cause: error }));
      }
    });
  });
}

/** Direction control is asked for, not demanded: many adapters turn the line by themselves. */
async function direct(port: SerialPort, rs485: Rs485Config, log: Log): Promise<void> {
  const binding: unknown = port.port;
  const fd = typeof binding === "object" && binding !== null && "fd" in binding ? binding.fd : undefined;
  const fault = typeof fd === "number" ? await setRs485(fd, rs485) : "the port has no file descriptor";
  if (fault === undefined) return;
  log.warn(
    { path: port.path, fault },
    "no RS-485 direction control by the kernel; fine when the adapter does it by itself",
  );
}
