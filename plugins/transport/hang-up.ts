import { read as systemRead } from "node:fs";
import { promisify } from "node:util";

const readSome = promisify(systemRead);

/** What is used of an open port of the serial library on a Unix system. */
interface UnixPort {
  fd: number | null;
  readonly poller: { once(event: "readable", callback: (error?: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

function isUnixPort(port: unknown): port is UnixPort {
  return typeof port === "object" && port !== null && "fd" in port && "poller" in port && "read" in port;
}

const canceled = (): Error => Object.assign(new Error("Port is not open"), { canceled: true });
const codeOf = (thrown: unknown): unknown =>
  typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;

/**
 * Makes an open port notice that its terminal was hung up. serialport 13 reads again at once when it reads nothing,
 * but of a hung-up terminal (adapter pulled while a read is under way) nothing is read for ever: no event comes and
 * a processor is kept busy. Nothing read means exactly that, because the library opens with VMIN 1.
 */
export function noticeHangUp(port: unknown): void {
  if (!isUnixPort(port)) return;
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (port.fd === null) throw canceled();
      try {
        const { bytesRead } = await readSome(port.fd, buffer, offset, length, null);
        if (bytesRead > 0) return { buffer, bytesRead };
        throw new Error("the terminal was hung up");
      } catch (thrown) {
        const code = codeOf(thrown);
        if (code !== "EAGAIN" && code !== "EWOULDBLOCK" && code !== "EINTR") throw thrown;
      }
      await readable(port);
    }
  };
}

function readable(port: UnixPort): Promise<void> {
  if (port.fd === null) return Promise.reject(canceled());
  return new Promise((resolve, reject) => {
    port.poller.once("readable", (error) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}
