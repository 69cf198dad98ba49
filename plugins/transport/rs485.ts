import type { Millis } from "../../devices/clock.ts";

/** Direction control of an RS-485 port by the kernel, as its driver offers it (TIOCSRS485). */
export interface Rs485Config {
  /** Level of RTS while sending. Default true. */
  readonly rtsOnSend?: boolean | undefined;
  /** Level of RTS after sending. Default false. */
  readonly rtsAfterSend?: boolean | undefined;
  /** Whole milliseconds between RTS and the first bit. Default 0. */
  readonly delayBeforeSend?: Millis | undefined;
  /** Whole milliseconds between the last bit and RTS going back. Default 0. */
  readonly delayAfterSend?: Millis | undefined;
  /** Listen while sending: gives a local echo. Default false. */
  readonly receiveWhileSending?: boolean | undefined;
}

/** linux/serial.h, asm-generic/ioctls.h. */
const requestCode = 0x542f;
const flags = { enabled: 1, rtsOnSend: 2, rtsAfterSend: 4, receiveWhileSending: 16 } as const;
const structWords = 8;

/** The kernel's `struct serial_rs485`: flags, two delays in milliseconds, padding; eight 32-bit words. */
export function serialRs485(config: Rs485Config): Uint32Array {
  const words = new Uint32Array(structWords);
  words[0] =
    flags.enabled |
    ((config.rtsOnSend ?? true) ? flags.rtsOnSend : 0) |
    ((config.rtsAfterSend ?? false) ? flags.rtsAfterSend : 0) |
    ((config.receiveWhileSending ?? false) ? flags.receiveWhileSending : 0);
  words[1] = Math.round(config.delayBeforeSend ?? 0);
  words[2] = Math.round(config.delayAfterSend ?? 0);
  return words;
}

/**
 * Asks the kernel to control the direction of an open port.
 * @returns why it will not (a pseudo-terminal, a driver without it, not Linux); undefined when it does
 */
export async function setRs485(fd: number, config: Rs485Config): Promise<string | undefined> {
  if (process.platform !== "linux") return `not offered on ${process.platform}`;
  const { default: koffi } = await import("koffi");
  const ioctl = koffi.load("libc.so.6").func("int ioctl(int fd, unsigned long request, ...)");
  const result: unknown = ioctl(fd, requestCode, "void *", serialRs485(config));
  if (result === 0) return undefined;
  const code = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0];
  return `the kernel says ${name ?? code}`;
}
